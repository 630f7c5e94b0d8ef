"""Embeddings, in both encodings."""

import math

import pytest


def test_the_encoding_that_the_sdk_asks_for_by_itself(sdk):
    # Unless told otherwise the SDK asks for base64 and decodes it.
    answer = sdk.embeddings.create(model="text-embedding-3-small", input="some text")
    [item] = answer.data
    assert math.isclose(sum(x * x for x in item.embedding), 1.0, abs_tol=1e-3)
    assert answer.usage.prompt_tokens == 2


def test_both_encodings_give_the_same_vector(sdk):
    ask = {"model": "text-embedding-3-small", "input": "some text"}
    base64 = sdk.embeddings.create(**ask).data[0].embedding
    floats = sdk.embeddings.create(**ask, encoding_format="float").data[0].embedding
    assert floats == pytest.approx(base64, abs=1e-6)


def test_several_inputs_keep_their_order(sdk):
    texts = ["one", "two", "three"]
    answer = sdk.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=16)
    assert [item.index for item in answer.data] == [0, 1, 2]
    alone = [
        sdk.embeddings.create(model="text-embedding-3-small", input=text, dimensions=16).data[0].embedding
        for text in texts
    ]
    assert [item.embedding for item in answer.data] == alone
    assert all(len(item.embedding) == 16 for item in answer.data)
