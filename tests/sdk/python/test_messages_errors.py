"""Every error arrives as the class of error that Anthropic's SDK has for it; keys of callers."""

import anthropic
import pytest
from conftest import messages_client, record_of
from targets import TARGETS

HELLO = [{"role": "user", "content": "hello"}]
EACH = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.provider)
CONFORMS = pytest.mark.conforms("anthropic", "errors")


def failure(kind, path="/every", key="unused", **request):
    with messages_client(path, key) as sdk, pytest.raises(kind) as caught:
        sdk.messages.create(**{"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": HELLO, **request})
    assert type(caught.value) is kind
    return caught.value


@CONFORMS
@EACH
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, anthropic.BadRequestError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_status_of_the_provider_decides(target, status, kind, stream):
    error = failure(kind, model=target.name(target.faulty(f"status_{status}")), stream=stream)
    assert error.status_code == status
    assert error.body["type"] == "error"
    assert error.body["error"]["message"] and error.body["error"]["type"].endswith("_error")
    assert error.request_id


@CONFORMS
@EACH
def test_an_error_in_the_middle_of_a_stream(target):
    received = []
    with messages_client() as sdk, pytest.raises(anthropic.APIStatusError) as caught:
        with sdk.messages.stream(
            model=target.name(target.faulty("error_mid")),
            max_tokens=100,
            messages=[{"role": "user", "content": "words:40"}],
        ) as stream:
            received.extend(stream.text_stream)
    assert received and "w40" not in "".join(received)
    assert caught.value.body["error"]["message"]


@CONFORMS
@EACH
@pytest.mark.parametrize("fault", ["cut_mid", "end_mid"])
def test_a_broken_stream_is_never_a_short_answer(target, fault):
    with messages_client() as sdk, pytest.raises(anthropic.APIError):
        with sdk.messages.stream(
            model=target.name(target.faulty(fault)),
            max_tokens=100,
            messages=[{"role": "user", "content": "words:40"}],
        ) as stream:
            stream.get_final_message()


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_key_that_the_provider_refuses(provider):
    error = failure(anthropic.AuthenticationError, model=f"refused-{provider}/claude-sonnet-4-5")
    assert error.body["error"]["type"] == "authentication_error"
    assert "not-the-providers-key" not in error.response.text


def test_the_api_key_is_the_callers_key():
    # Unless told otherwise, this SDK sends the key as a bearer token.
    with messages_client("/keyed", "application-key") as sdk:
        raw = sdk.messages.with_raw_response.create(model="openai/gpt-4o", max_tokens=9, messages=HELLO)
        assert raw.parse().content[0].text == "echo: hello"
    record = record_of(raw.headers["x-kong-request-id"])
    assert record["consumer"]["username"] == "application"
    assert "application-key" not in str(record)
    header = {"x-api-key": "application-key"}
    with messages_client("/keyed", "no-key-of-ours") as sdk:
        answer = sdk.messages.create(
            model="claude-sonnet-4-5", max_tokens=9, messages=HELLO, extra_headers=header
        )
        assert answer.content[0].text == "echo: hello"


def test_an_unknown_key_is_refused():
    error = failure(anthropic.AuthenticationError, "/keyed", "no-key-of-ours")
    assert "no-key-of-ours" not in error.response.text


def test_requests_that_are_refused():
    assert failure(anthropic.NotFoundError, "/nowhere").response.headers["x-kong-request-id"]
    failure(anthropic.BadRequestError, model="openai/gpt-4o", messages=[])
    failure(anthropic.BadRequestError, max_tokens=0)


def test_versions_go_through():
    # The newest version knows no temperature, the one before does.
    request = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": HELLO, "extra_body": {"temperature": 0.5}}
    with messages_client() as sdk:
        with pytest.raises(anthropic.BadRequestError, match="temperature"):
            sdk.messages.create(**request)
        answer = sdk.messages.create(**request, extra_headers={"anthropic-version": "2023-06-01"})
        assert answer.content[0].text == "echo: hello"
