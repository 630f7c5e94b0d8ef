"""Anthropic's SDK through the gateway to every provider: relayed to Anthropic, translated to the others."""

import pytest
from conftest import PNG, messages_client, record_of
from targets import TARGETS, able

HELLO = [{"role": "user", "content": "hello there"}]
TOOLS = [
    {
        "name": name,
        "description": f"Tells the {name}.",
        "input_schema": {
            "type": "object",
            "properties": {"place": {"type": "string"}},
            "required": ["place"],
            "additionalProperties": False,
        },
    }
    for name in ["weather", "tides", "traffic"]
]
THREE = [{"role": "user", "content": "call_three_tools please"}]
CALLS = [
    ("weather", {"place": "value 1 of weather"}),
    ("tides", {"place": "value 2 of tides"}),
    ("traffic", {"place": "value 3 of traffic"}),
]


def each(capability):
    """Marks a test that runs for every provider with the capability, and fills its cell."""
    targets = able("anthropic", capability)
    over = pytest.mark.parametrize("target", targets, ids=lambda target: target.provider)
    return lambda test: over(pytest.mark.conforms("anthropic", capability)(test))


def ask(target, messages, **more):
    return {"model": target.name(), "max_tokens": 100, "messages": messages, **more}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def calls_of(message):
    return [(block.name, block.input) for block in message.content if block.type == "tool_use"]


def same(streamed, whole):
    """Whether a message that was streamed is the one that came whole."""

    def shape(message):
        return [
            (block.type, getattr(block, "text", None), getattr(block, "name", None), getattr(block, "input", None))
            for block in message.content
        ]

    return shape(streamed) == shape(whole) and (streamed.stop_reason, streamed.role) == (whole.stop_reason, whole.role)


@each("chat")
def test_an_answer(claude, target):
    raw = claude.messages.with_raw_response.create(**ask(target, HELLO, system="be brief"))
    answer = raw.parse()
    assert (answer.type, answer.role) == ("message", "assistant")
    assert answer.model == target.name() and answer._request_id
    assert text_of(answer) == "echo: hello there"
    assert (answer.stop_reason, answer.stop_sequence) == ("end_turn", None)
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0
    assert raw.headers["content-type"].startswith("application/json")
    assert raw.headers["x-kong-llm-model"] == target.told()
    record = record_of(raw.headers["x-kong-request-id"])
    assert record["gateway"]["outcome"] == "completed"
    assert record["gateway"]["usage"]["source"] == "reported"
    assert record["gateway"]["usage"]["total_tokens"] == answer.usage.input_tokens + answer.usage.output_tokens


@each("chat")
def test_stop_reasons(claude, target):
    words = [{"role": "user", "content": "words:400"}]
    cut = claude.messages.create(**ask(target, words, max_tokens=60))
    assert cut.stop_reason == "max_tokens"
    assert text_of(cut).startswith("w1 w2 w3")
    if not target.stops:
        return
    stopped = claude.messages.create(**ask(target, words, stop_sequences=[" w9"]))
    assert text_of(stopped) == "w1 w2 w3 w4 w5 w6 w7 w8"
    # Which sequence it was, only some providers tell.
    assert stopped.stop_reason in ("end_turn", "stop_sequence")


@each("stream")
def test_a_stream(claude, target):
    whole = claude.messages.create(**ask(target, HELLO))
    with claude.messages.stream(**ask(target, HELLO)) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
        assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert "".join(pieces) == "echo: hello there"
    assert same(final, whole)
    assert final.usage.input_tokens == whole.usage.input_tokens
    assert final.usage.output_tokens == whole.usage.output_tokens


@each("stream")
def test_the_events_of_a_stream(claude, target):
    events = list(claude.messages.create(**ask(target, HELLO), stream=True))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}


@each("tools")
def test_tools_and_their_results(claude, target):
    answer = claude.messages.create(**ask(target, THREE, tools=TOOLS))
    assert answer.stop_reason == "tool_use"
    assert calls_of(answer) == CALLS
    ids = [block.id for block in answer.content if block.type == "tool_use"]
    assert len(set(ids)) == 3
    results = [
        {"type": "tool_result", "tool_use_id": ids[0], "content": "sunny"},
        {"type": "tool_result", "tool_use_id": ids[1], "content": [{"type": "text", "text": "high"}]},
        {"type": "tool_result", "tool_use_id": ids[2], "content": "no such road", "is_error": True},
    ]
    turns = [*THREE, {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    second = claude.messages.create(**ask(target, turns, tools=TOOLS))
    assert text_of(second).startswith("tool said: ")
    assert "no such road" in text_of(second)


@each("tools")
def test_a_tool_can_be_forced_or_forbidden(claude, target):
    choice = {"type": "tool", "name": "tides"}
    raw = claude.messages.with_raw_response.create(**ask(target, HELLO, tools=TOOLS, tool_choice=choice))
    if target.forces:
        assert calls_of(raw.parse())[0][0] == "tides"
    else:
        assert "tool_choice" in raw.headers["x-ai-proxy-losses"]
    none = claude.messages.create(**ask(target, THREE, tools=TOOLS, tool_choice={"type": "none"}))
    assert calls_of(none) == []


@each("tool stream")
def test_streamed_tools(claude, target):
    with claude.messages.stream(**ask(target, THREE, tools=TOOLS)) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    assert calls_of(final) == CALLS
    assert len({block.id for block in final.content}) == 3


@each("vision")
def test_an_image(claude, target):
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "text", "text": "describe_images"},
    ]
    answer = claude.messages.create(**ask(target, [{"role": "user", "content": content}]))
    assert text_of(answer) == "images: image/png of 73 bytes"


@each("structured")
def test_structured_output(claude, target):
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["title", "days"],
        "additionalProperties": False,
    }
    answer = claude.messages.create(
        **ask(target, HELLO, output_config={"format": {"type": "json_schema", "schema": schema}})
    )
    assert text_of(answer).replace('": ', '":').replace(", ", ",") in (
        '{"title":"echo: hello there","days":7}',
        '{"days":7,"title":"echo: hello there"}',
    )


@each("reasoning")
def test_thinking_and_a_second_turn(claude, target):
    request = {
        "model": target.name(target.reasons),
        "max_tokens": 4000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "tools": TOOLS,
    }
    answer = claude.messages.create(**request, messages=THREE)
    assert answer.content[0].type == "thinking"
    assert answer.content[0].thinking.startswith("thought1")
    assert calls_of(answer) == CALLS
    with claude.messages.stream(**request, messages=THREE) as stream:
        streamed = stream.get_final_message()
    assert streamed.content[0].thinking == answer.content[0].thinking
    # Back it goes as it came, whole or streamed; a maker of signatures looks at its own.
    for message in (answer, streamed):
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}
            for block in message.content
            if block.type == "tool_use"
        ]
        turns = [
            *THREE,
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": results},
        ]
        second = claude.messages.create(**request, messages=turns)
        assert "sunny" in text_of(second)


@each("counting")
def test_tokens_are_counted(claude, target):
    said = [{"role": "user", "content": "one two three four five"}]
    few = claude.messages.count_tokens(model=target.name(), messages=HELLO)
    more = claude.messages.count_tokens(model=target.name(), messages=said, system="six", tools=TOOLS)
    assert 0 < few.input_tokens < more.input_tokens


def test_models_are_listed(claude):
    listed = [model.id for model in claude.models.list()]
    assert {target.name() for target in TARGETS} <= set(listed)


def test_claude_by_its_own_name(claude):
    answer = claude.messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=HELLO)
    assert text_of(answer) == "echo: hello there"
    assert answer.model == "claude-sonnet-4-5"


async def talk():
    import anthropic

    async with messages_client(kind=anthropic.AsyncAnthropic) as sdk:
        async with sdk.messages.stream(model="openai/gpt-4o", max_tokens=100, messages=HELLO) as stream:
            return text_of(await stream.get_final_message())


def test_the_asynchronous_client():
    import asyncio

    assert asyncio.run(talk()) == "echo: hello there"
