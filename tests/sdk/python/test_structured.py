"""Structured output."""

import json
from typing import Literal

from pydantic import BaseModel

ASK = [{"role": "user", "content": "a trip"}]


class Leg(BaseModel):
    place: str
    days: int


class Trip(BaseModel):
    title: str
    mode: Literal["train", "boat"]
    legs: list[Leg]


def test_the_parse_helper_gives_an_object(sdk):
    answer = sdk.chat.completions.parse(model="gpt-4o", messages=ASK, response_format=Trip)
    trip = answer.choices[0].message.parsed
    assert isinstance(trip, Trip)
    assert trip.mode == "train"
    assert trip.legs[0].place == "echo: a trip"


def test_the_stream_helper_gives_an_object(sdk):
    with sdk.chat.completions.stream(model="gpt-4o", messages=ASK, response_format=Trip) as stream:
        trip = stream.get_final_completion().choices[0].message.parsed
    assert trip.legs[0].place == "echo: a trip"


def test_a_schema_reaches_the_provider_unchanged(sdk):
    # An empty array must stay one: the provider refuses a schema whose `required` is anything else.
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    answer = sdk.chat.completions.create(
        model="gpt-4o",
        messages=ASK,
        response_format={"type": "json_schema", "json_schema": {"name": "nothing", "schema": schema, "strict": True}},
    )
    assert json.loads(answer.choices[0].message.content) == {}


def test_json_mode(sdk):
    answer = sdk.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "answer in json"}],
        response_format={"type": "json_object"},
    )
    assert json.loads(answer.choices[0].message.content) == {"answer": "echo: answer in json"}
