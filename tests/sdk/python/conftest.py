"""Clients for the gateway that launch.py started, and its records."""

import json
import os
import time

import openai
import pytest


def client(path="/v1", key="unused", kind=openai.OpenAI, **options):
    # Retries would hide what the first answer was.
    return kind(base_url=os.environ["AI_PROXY_URL"] + path, api_key=key, max_retries=0, timeout=20, **options)


def record_of(request_id):
    """The gateway's record of a request; written when the request has ended, so it may take a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with open(os.environ["AI_PROXY_RECORDS"], encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n") and json.loads(line)["request"]["id"] == request_id:
                    return json.loads(line)
        time.sleep(0.02)
    raise AssertionError(f"no record of request {request_id}")


@pytest.fixture
def sdk():
    with client() as made:
        yield made
