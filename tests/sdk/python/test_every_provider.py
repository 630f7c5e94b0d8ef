"""OpenAI's SDK through the gateway to every provider: the same questions, the same answers."""

import json

import openai
import pydantic
import pytest
from conftest import PNG, record_of
from targets import able

HELLO = [{"role": "user", "content": "hello there"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Tells the {name}.",
            "parameters": {
                "type": "object",
                "properties": {"place": {"type": "string"}},
                "required": ["place"],
                "additionalProperties": False,
            },
        },
    }
    for name in ["weather", "tides", "traffic"]
]
THREE = [{"role": "user", "content": "call_three_tools please"}]
PLACES = [{"place": f"value {n} of {name}"} for n, name in [(1, "weather"), (2, "tides"), (3, "traffic")]]


def each(capability):
    """Marks a test that runs for every provider with the capability, and fills its cell."""
    targets = able("openai", capability)
    over = pytest.mark.parametrize("target", targets, ids=lambda target: target.provider)
    return lambda test: over(pytest.mark.conforms("openai", capability)(test))


@each("chat")
def test_an_answer(every, target):
    raw = every.chat.completions.with_raw_response.create(model=target.name(), messages=HELLO, max_tokens=50)
    answer = raw.parse()
    [choice] = answer.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == "echo: hello there"
    assert choice.finish_reason == "stop"
    usage = answer.usage
    assert usage.prompt_tokens == 2
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert raw.headers["x-kong-llm-model"] == target.told()
    record = record_of(raw.headers["x-kong-request-id"])
    assert record["gateway"]["target"]["provider"] == target.provider_id()
    assert record["gateway"]["usage"]["source"] == "reported"
    assert record["gateway"]["usage"]["total_tokens"] == usage.total_tokens


@each("chat")
def test_the_end_is_told(every, target):
    cut = every.chat.completions.create(
        model=target.name(), messages=[{"role": "user", "content": "words:400"}], max_tokens=60
    )
    assert cut.choices[0].finish_reason == "length"
    assert cut.choices[0].message.content.startswith("w1 w2 w3")


@each("chat")
def test_systems_and_turns(every, target):
    answer = every.chat.completions.create(
        model=target.name(),
        messages=[
            {"role": "system", "content": "be brief"},
            {"role": "developer", "content": "and kind"},
            {"role": "user", "content": "one"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "three"},
            {"role": "user", "content": "four"},
        ],
    )
    assert answer.choices[0].message.content == "echo: four"


@each("stream")
def test_a_stream(every, target):
    chunks = list(
        every.chat.completions.create(
            model=target.name(), messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in said) == "echo: hello there"
    assert [choice.finish_reason for choice in said if choice.finish_reason] == ["stop"]
    # Databricks tells its usage on every chunk.
    usage = [chunk.usage for chunk in chunks if chunk.usage][-1]
    assert usage.prompt_tokens == 2
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@each("tools")
def test_tools_and_their_results(every, target):
    answer = every.chat.completions.create(model=target.name(), messages=THREE, tools=TOOLS)
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "tides", "traffic"]
    assert [json.loads(call.function.arguments) for call in calls] == PLACES
    assert len({call.id for call in calls}) == 3
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result {index}"}
        for index, call in enumerate(calls)
    ]
    # The answer goes back as it came.
    message = choice.message.model_dump(exclude_none=True)
    second = every.chat.completions.create(
        model=target.name(), messages=[*THREE, message, *results], tools=TOOLS
    )
    assert second.choices[0].message.content == "tool said: result 2"


@each("tools")
def test_a_tool_is_ordered(every, target):
    order = 'use_tool:tides {"place": "a \\"b\\" \\n 💡 c"}'
    answer = every.chat.completions.create(
        model=target.name(), messages=[{"role": "user", "content": order}], tools=TOOLS
    )
    [call] = answer.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("tides", {"place": 'a "b" \n 💡 c'})


@each("tool stream")
def test_streamed_tools(every, target):
    with every.chat.completions.stream(model=target.name(), messages=THREE, tools=TOOLS) as stream:
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls"
    calls = choice.message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "tides", "traffic"]
    assert [json.loads(call.function.arguments) for call in calls] == PLACES
    assert len({call.id for call in calls}) == 3


@each("vision")
def test_an_image(every, target):
    content = [
        {"type": "text", "text": "describe_images"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = every.chat.completions.create(
        model=target.name(), messages=[{"role": "user", "content": content}]
    )
    assert answer.choices[0].message.content == "images: image/png of 73 bytes"


class Trip(pydantic.BaseModel):
    title: str
    days: int


@each("structured")
def test_structured_output(every, target):
    answer = every.chat.completions.parse(
        model=target.name(), messages=[{"role": "user", "content": "a trip"}], response_format=Trip
    )
    assert answer.choices[0].message.parsed == Trip(title="echo: a trip", days=7)


def thoughts(message):
    """The one place where thoughts are, whatever the provider's own is."""
    return (message.model_extra or {}).get("reasoning_content") or ""


@each("reasoning")
def test_reasoning(every, target):
    request = {"model": target.name(target.reasons), "messages": HELLO, "reasoning_effort": "low"}
    answer = every.chat.completions.create(**request)
    assert answer.choices[0].message.content == "echo: hello there"
    if target.counts_reasoning:
        assert answer.usage.completion_tokens_details.reasoning_tokens > 0
    if target.shows_reasoning:
        assert thoughts(answer.choices[0].message).startswith("thought1")
    streamed = list(every.chat.completions.create(**request, stream=True))
    deltas = [chunk.choices[0].delta for chunk in streamed if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "echo: hello there"
    assert "".join(thoughts(delta) for delta in deltas) == thoughts(answer.choices[0].message)


@each("embeddings")
def test_embeddings(every, target):
    model = target.name(target.embeds)
    answer = every.embeddings.create(model=model, input=["one", "two"], encoding_format="float")
    assert [item.index for item in answer.data] == [0, 1]
    one, two = (item.embedding for item in answer.data)
    assert len(one) == len(two) > 0 and one != two


@each("embeddings in base64")
def test_many_embeddings(every, target):
    texts = [f"text number {number}" for number in range(30)]
    data = every.embeddings.create(model=target.name(target.embeds), input=texts).data
    assert [item.index for item in data] == list(range(30))
    [alone] = every.embeddings.create(model=target.name(target.embeds), input=texts[29]).data
    assert data[29].embedding == pytest.approx(alone.embedding, abs=1e-6)


@each("embeddings in base64")
def test_embeddings_as_the_sdk_asks_for_them(every, target):
    model = target.name(target.embeds)
    # Unless told otherwise the SDK asks for base64 and decodes it.
    [decoded] = every.embeddings.create(model=model, input="one").data
    [floats] = every.embeddings.create(model=model, input="one", encoding_format="float").data
    assert decoded.embedding == pytest.approx(floats.embedding, abs=1e-6)


@each("errors")
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors(every, target, status, kind, stream):
    model = target.name(target.faulty(f"status_{status}"))
    with pytest.raises(kind) as caught:
        every.chat.completions.create(model=model, messages=HELLO, stream=stream)
    assert type(caught.value) is kind
    assert caught.value.message
    # The provider's, where it has told one.
    error = caught.value
    assert error.request_id == error.response.headers.get(
        "x-upstream-request-id", error.response.headers["x-kong-request-id"]
    )


@each("stream errors")
def test_an_error_in_a_stream(every, target):
    stream = every.chat.completions.create(
        model=target.name(target.faulty("error_mid")),
        messages=[{"role": "user", "content": "words:40"}],
        stream=True,
    )
    received = 0
    with pytest.raises(openai.APIError) as caught:
        for _ in stream:
            received += 1
    assert received > 0
    # What the SDK says where it finds no message.
    assert caught.value.message != "An error occurred during streaming"


@each("stream errors")
@pytest.mark.parametrize("fault", ["cut_mid", "end_mid"])
def test_a_broken_stream(every, target, fault):
    stream = every.chat.completions.create(
        model=target.name(target.faulty(fault)),
        messages=[{"role": "user", "content": "words:40"}],
        stream=True,
    )
    with pytest.raises(openai.APIError):
        list(stream)
