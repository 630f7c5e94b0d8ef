"""Asks a real model, through the gateway, with OpenAI's SDK; prints the answers and the records."""

import contextlib
import json
import os
import pathlib
import socket
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import launch  # noqa: E402
import openai  # noqa: E402

QUESTION = [
    {"role": "system", "content": "You answer in one short sentence."},
    {"role": "user", "content": "What is the capital of France?"},
]
LOAD_SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def model_server():
    """The model on loopback; gives its base URL once it has been loaded."""
    port = free_port()
    process = launch.Process(
        "llama-server",
        [
            os.environ["LLAMA_SERVER"],
            *["--model", os.environ["MODEL"], "--host", "127.0.0.1", "--port", str(port)],
            *["--ctx-size", "2048", "--threads", str(os.cpu_count() or 1), "--alias", "smollm2"],
        ],
        r"listening on http",
    )
    url = f"http://127.0.0.1:{port}"
    try:
        process.wait_ready(LOAD_SECONDS)
        deadline = time.monotonic() + LOAD_SECONDS
        while not is_healthy(url):
            if time.monotonic() > deadline:
                raise SystemExit(f"the model was not loaded:\n{process.log()}")
            time.sleep(0.2)
        yield url
    finally:
        process.stop()


def is_healthy(url):
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def ask_whole(sdk):
    start = time.monotonic()
    answer = sdk.chat.completions.create(model="smollm2", messages=QUESTION, temperature=0, max_tokens=60)
    text = answer.choices[0].message.content
    print(f"whole    {time.monotonic() - start:6.2f} s  {text!r}")
    print(f"         finish {answer.choices[0].finish_reason}, usage {answer.usage.prompt_tokens}+{answer.usage.completion_tokens}")
    assert "Paris" in text, "the answer is not the model's"
    assert answer.usage.prompt_tokens > 10 and answer.usage.completion_tokens > 0
    return text


def ask_streaming(sdk):
    start = time.monotonic()
    first, parts, usage = None, [], None
    stream = sdk.chat.completions.create(
        model="smollm2",
        messages=QUESTION,
        temperature=0,
        max_tokens=60,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        usage = chunk.usage or usage
        if chunk.choices and chunk.choices[0].delta.content:
            first = first or time.monotonic() - start
            parts.append(chunk.choices[0].delta.content)
    print(f"streamed {time.monotonic() - start:6.2f} s  {''.join(parts)!r}")
    print(f"         first text after {first:.2f} s, {len(parts)} pieces, usage {usage.prompt_tokens}+{usage.completion_tokens}")
    assert len(parts) > 3, "the answer came in one piece"
    return "".join(parts)


def main():
    with tempfile.TemporaryDirectory() as folder, model_server() as server:
        records = os.path.join(folder, "records.jsonl")
        with launch.gateway(os.environ["AI_PROXY_BIN"], HERE / "gateway.yaml", {"DECK_MODEL_SERVER": server}, records) as urls:
            with openai.OpenAI(base_url=urls["proxy"] + "/v1", api_key="unused", max_retries=0) as sdk:
                whole, streamed = ask_whole(sdk), ask_streaming(sdk)
        # At temperature 0 the model says the same twice.
        assert whole == streamed, "the streamed answer differs from the whole one"
        with open(records, encoding="utf-8") as lines:
            read = [json.loads(line) for line in lines]
    for record in read:
        print("record  ", json.dumps(record, separators=(",", ":")))
    assert [record["gateway"]["outcome"] for record in read] == ["completed", "completed"]
    assert all(record["gateway"]["usage"]["source"] == "reported" for record in read), "usage was not read"
    assert all(record["gateway"]["usage"]["completion_tokens"] > 0 for record in read)
    print("2 passed, 0 failed")


if __name__ == "__main__":
    main()
