"""Streamed answers."""

import time

import openai
import pytest

HELLO = [{"role": "user", "content": "hello there you"}]


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_chunks_add_up_to_the_answer(sdk):
    chunks = list(sdk.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    assert text_of(chunks) == "echo: hello there you"
    assert len(chunks) > 3
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.model, chunk.created) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_usage_comes_when_it_was_asked_for(sdk):
    chunks = list(
        sdk.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].choices == []
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 4)


def test_usage_does_not_come_unasked(sdk):
    chunks = list(sdk.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_usage_is_added_where_the_provider_has_none(sdk):
    chunks = list(
        sdk.chat.completions.create(
            model="fault-no_usage", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0


def test_the_headers_of_a_stream(sdk):
    with sdk.chat.completions.with_streaming_response.create(model="gpt-4o", messages=HELLO, stream=True) as raw:
        assert raw.headers["content-type"].startswith("text/event-stream")
        assert raw.headers["x-kong-llm-model"] == "openai/gpt-4o"
        lines = list(raw.iter_lines())
    assert [line for line in lines if line == "data: [DONE]"] == ["data: [DONE]"]
    assert lines[-2:] == ["data: [DONE]", ""] or lines[-1] == "data: [DONE]"


# Without `comments`: this SDK does not read frames that have fields but no data. The Node tests have it.
@pytest.mark.parametrize(
    "fault", ["split", "drip", "burst", "crlf", "cr_only", "bom", "multi_data", "no_space", "no_done"]
)
def test_any_legal_framing_gives_the_same_text(sdk, fault):
    chunks = sdk.chat.completions.create(model=f"fault-{fault}", messages=HELLO, stream=True)
    assert text_of(chunks) == "echo: hello there you"


@pytest.mark.parametrize("fault", ["cut_mid", "cut_in_frame", "end_mid", "reset", "error_mid"])
def test_a_broken_stream_is_an_error_and_never_a_short_answer(sdk, fault):
    chunks = sdk.chat.completions.create(
        model=f"fault-{fault}", messages=[{"role": "user", "content": "words:40"}], stream=True
    )
    received = []
    with pytest.raises(openai.APIError) as caught:
        received.extend(chunks)
    # Told in the stream, by the gateway or the provider: the connection itself ended properly.
    assert not isinstance(caught.value, openai.APIConnectionError)
    assert caught.value.message
    assert len(received) > 0


def test_an_error_before_the_first_chunk_is_no_success(sdk):
    with pytest.raises(openai.APIError):
        list(sdk.chat.completions.create(model="fault-error_first", messages=HELLO, stream=True))


def test_chunks_arrive_when_they_are_made(sdk):
    chunks = sdk.chat.completions.create(
        model="fault-slow",
        messages=[{"role": "user", "content": "words:20"}],
        stream=True,
        extra_headers={"x-sim-delay": "40"},
    )
    moments = [time.monotonic() for _ in chunks]
    # 20 chunks 40 ms apart: they would come together if something collected them.
    assert moments[-1] - moments[0] > 0.4


def test_a_stream_that_is_left_early_does_no_harm(sdk):
    chunks = sdk.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "words:500"}], stream=True
    )
    next(iter(chunks))
    chunks.close()
    again = sdk.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert again.choices[0].message.content == "echo: hello there you"
