"""Whole chat and completions answers."""

import openai
from conftest import client, record_of

HELLO = [{"role": "user", "content": "hello there"}]


def test_an_answer_has_every_part(sdk):
    answer = sdk.chat.completions.create(model="gpt-4o", messages=HELLO)
    [choice] = answer.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == "echo: hello there"
    assert choice.finish_reason == "stop"
    assert answer.model == "gpt-4o"
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (2, 3, 5)


def test_parameters_reach_the_provider(sdk):
    answer = sdk.chat.completions.create(
        model="gpt-4o", messages=HELLO, n=2, max_tokens=2, temperature=0.5, seed=7, stop=["never"], user="u"
    )
    assert [choice.message.content for choice in answer.choices] == ["echo: hello"] * 2
    assert {choice.finish_reason for choice in answer.choices} == {"length"}
    assert answer.system_fingerprint == "fp_sim7"


def test_text_survives_unchanged(sdk):
    text = 'quotes " and \\ and \n\t and \u2028 and 💡 and e\u0301 and \x7f'
    answer = sdk.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": text}]}],
    )
    assert answer.choices[0].message.content == f"echo: {text}"


def test_raw_headers_tell_model_request_and_latency(sdk):
    raw = sdk.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
    assert raw.status_code == 200
    assert raw.headers["content-type"].startswith("application/json")
    assert raw.headers["x-kong-llm-model"] == "openai/gpt-4o"
    assert int(raw.headers["x-kong-upstream-latency"]) >= 0
    assert int(raw.headers["x-kong-proxy-latency"]) >= 0
    assert raw.parse().choices[0].message.content == "echo: hello there"
    record = record_of(raw.headers["x-kong-request-id"])
    assert record["gateway"]["outcome"] == "completed"
    assert record["response"]["status"] == 200


def test_a_base_url_may_end_in_a_slash_and_have_a_prefix():
    for path in ["/v1", "/v1/", "/team/v1", "/team/v1/"]:
        with client(path) as sdk:
            answer = sdk.chat.completions.create(model="gpt-4o", messages=HELLO)
            assert answer.choices[0].message.content == "echo: hello there", path


def test_query_and_headers_of_the_caller_are_taken(sdk):
    answer = sdk.chat.completions.create(
        model="gpt-4o", messages=HELLO, extra_headers={"x-mine": "1"}, extra_query={"q": "1"}
    )
    assert answer.choices[0].message.content == "echo: hello there"


def test_the_alias_stands_for_the_model():
    with client("/named/v1") as sdk:
        for name in ["house-model", "gpt-4o-mini"]:
            raw = sdk.chat.completions.with_raw_response.create(
                model=name, messages=[{"role": "user", "content": "one two three four"}]
            )
            assert raw.headers["x-kong-llm-model"] == "openai/gpt-4o-mini"
            # The configured token limit applies: the request has none.
            assert raw.parse().choices[0].message.content == "echo: one two"


def test_completions(sdk):
    answer = sdk.completions.create(model="gpt-3.5-turbo-instruct", prompt="say this")
    assert answer.object == "text_completion"
    assert "say this" in answer.choices[0].text
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def ask():
    async with client(kind=openai.AsyncOpenAI) as sdk:
        whole = await sdk.chat.completions.create(model="gpt-4o", messages=HELLO)
        stream = await sdk.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True)
        parts = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        return whole.choices[0].message.content, "".join(parts)


def test_the_asynchronous_client():
    import asyncio

    assert asyncio.run(ask()) == ("echo: hello there", "echo: hello there")
