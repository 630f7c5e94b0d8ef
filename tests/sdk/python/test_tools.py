"""Tool calls, one and several, whole and streamed."""

import json

import pytest

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {
                "type": "object",
                "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["place", "days"],
            },
        },
    }
    for name in ["weather", "tides", "traffic"]
]
ONE = [{"role": "user", "content": "call_tool please"}]
THREE = [{"role": "user", "content": "call_three_tools please"}]


def test_one_call_and_its_result(sdk):
    answer = sdk.chat.completions.create(model="gpt-4o", messages=ONE, tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"
    message = answer.choices[0].message
    [call] = message.tool_calls
    assert call.function.name == "weather"
    assert set(json.loads(call.function.arguments)) == {"place", "days"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    second = sdk.chat.completions.create(model="gpt-4o", messages=[*ONE, message, result], tools=TOOLS)
    assert second.choices[0].message.content == "tool said: sunny"


def test_parallel_calls(sdk):
    answer = sdk.chat.completions.create(model="gpt-4o", messages=THREE, tools=TOOLS)
    calls = answer.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "tides", "traffic"]
    assert len({call.id for call in calls}) == 3


def test_parallel_calls_can_be_turned_off(sdk):
    answer = sdk.chat.completions.create(
        model="gpt-4o", messages=THREE, tools=TOOLS, parallel_tool_calls=False
    )
    assert len(answer.choices[0].message.tool_calls) == 1


def test_a_named_tool_is_forced(sdk):
    answer = sdk.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "x"}],
        tools=TOOLS,
        tool_choice={"type": "function", "function": {"name": "tides"}},
    )
    assert [call.function.name for call in answer.choices[0].message.tool_calls] == ["tides"]


@pytest.mark.parametrize("model", ["gpt-4o", "fault-split", "fault-drip"])
def test_streamed_calls_add_up_to_the_whole_ones(sdk, model):
    whole = sdk.chat.completions.create(model="gpt-4o", messages=THREE, tools=TOOLS).choices[0].message
    with sdk.chat.completions.stream(model=model, messages=THREE, tools=TOOLS) as stream:
        final = stream.get_final_completion().choices[0]
    assert final.finish_reason == "tool_calls"
    assert [(call.id, call.function.name, call.function.arguments) for call in final.message.tool_calls] == [
        (call.id, call.function.name, call.function.arguments) for call in whole.tool_calls
    ]
