"""The API key of an SDK as a key of the gateway."""

import openai
import pytest
from conftest import client, record_of

HELLO = [{"role": "user", "content": "hello"}]


def test_the_api_key_is_the_callers_key():
    with client("/keyed/v1", "application-key") as sdk:
        raw = sdk.chat.completions.with_raw_response.create(model="gpt-4o", messages=HELLO)
        # The provider has accepted the configured credential, so the caller's was not sent in its place.
        assert raw.parse().choices[0].message.content == "echo: hello"
        record = record_of(raw.headers["x-kong-request-id"])
        assert record["consumer"]["username"] == "application"
        assert "application-key" not in str(record)


def test_a_header_of_its_own_works_too():
    with client("/keyed/v1", "no-key-of-ours") as sdk:
        answer = sdk.chat.completions.create(
            model="gpt-4o", messages=HELLO, extra_headers={"apikey": "application-key"}
        )
        assert answer.choices[0].message.content == "echo: hello"


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_key_is_refused(stream):
    with client("/keyed/v1", "no-key-of-ours") as sdk, pytest.raises(openai.AuthenticationError) as caught:
        sdk.chat.completions.create(model="gpt-4o", messages=HELLO, stream=stream)
    assert caught.value.response.json()["message"] == "Unauthorized"
    assert caught.value.response.headers["www-authenticate"].startswith("Key")
    assert "no-key-of-ours" not in caught.value.response.text
