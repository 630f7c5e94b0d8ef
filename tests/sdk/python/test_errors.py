"""Every error arrives as the class of error that the SDK has for it."""

import openai
import pytest
from conftest import client, record_of

HELLO = [{"role": "user", "content": "hello"}]


def failure(kind, path="/v1", **request):
    with client(path) as sdk, pytest.raises(kind) as caught:
        sdk.chat.completions.create(**{"model": "gpt-4o", "messages": HELLO, **request})
    assert type(caught.value) is kind
    assert caught.value.request_id
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_status_of_the_provider_decides(status, kind, stream):
    error = failure(kind, model=f"fault-status_{status}", stream=stream)
    assert error.status_code == status
    assert error.body["message"]
    assert error.body["type"]


def test_a_request_that_the_provider_refuses():
    error = failure(openai.BadRequestError, temperature=9)
    assert error.body["param"] == "temperature"
    assert failure(openai.NotFoundError, model="missing-model").body["code"] == "model_not_found"


def test_a_key_that_the_provider_refuses():
    error = failure(openai.AuthenticationError, "/refused/v1")
    assert error.body["code"] == "invalid_api_key"


def test_a_request_that_the_gateway_refuses():
    error = failure(openai.BadRequestError, "/fixed/v1", model="another-model")
    assert error.body["message"] == "cannot use own model - must be: gpt-4o-mini"
    assert failure(openai.BadRequestError, messages=[]).body["message"]


def test_a_path_without_a_route():
    error = failure(openai.NotFoundError, "/nowhere")
    assert "no Route matched with those values" in error.response.text
    assert error.response.headers["x-kong-request-id"] == error.request_id


def test_an_answer_that_is_none():
    error = failure(openai.InternalServerError, model="fault-no_choices")
    assert error.body["message"] == (
        "transformation failed from type openai://llm/v1/chat: 'choices' not in llm/v1/chat response"
    )


def test_a_failed_request_leaves_a_record():
    error = failure(openai.RateLimitError, model="fault-status_429")
    record = record_of(error.response.headers["x-kong-request-id"])
    assert record["response"]["status"] == 429


def test_the_sdk_retries_what_can_be_retried():
    # Two retries after the first try: three requests, all answered 503.
    with client() as sdk:
        patient = sdk.with_options(max_retries=2)
        seen = []
        patient._client.event_hooks["response"].append(lambda response: seen.append(response.status_code))
        with pytest.raises(openai.InternalServerError):
            patient.chat.completions.create(model="fault-status_503", messages=HELLO)
    assert seen == [503, 503, 503]
