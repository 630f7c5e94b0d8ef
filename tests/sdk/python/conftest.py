"""Clients for the gateway that launch.py started, its records, and the results for the page of conformance."""

import json
import os
import time

import anthropic
import openai
import pytest

# 3 by 2 pixels of one colour.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR42mNQmHAAghjg"
    "LABSlAihCrf7RwAAAABJRU5ErkJggg=="
)


def client(path="/v1", key="unused", kind=openai.OpenAI, **options):
    # Retries would hide what the first answer was.
    return kind(base_url=os.environ["AI_PROXY_URL"] + path, api_key=key, max_retries=0, timeout=20, **options)


def messages_client(path="/every", key="unused", kind=anthropic.Anthropic, **options):
    return client(path, key, kind, **options)


def record_of(request_id):
    """The gateway's record of a request; written when the request has ended, so it may take a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for record in records():
            if record["request"]["id"] == request_id:
                return record
        time.sleep(0.02)
    raise AssertionError(f"no record of request {request_id}")


def records():
    """Every record so far."""
    with open(os.environ["AI_PROXY_RECORDS"], encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


@pytest.fixture
def sdk():
    with client() as made:
        yield made


@pytest.fixture(scope="session")
def every():
    with client("/every/v1") as made:
        yield made


@pytest.fixture(scope="session")
def claude():
    with messages_client() as made:
        yield made


RESULTS = pytest.StashKey[dict]()


def pytest_configure(config):
    config.stash[RESULTS] = {}
    config.addinivalue_line("markers", "conforms(table, capability): its result goes into the page of conformance")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes whether every test of a capability has passed, by table, provider and capability."""
    report = yield
    marker = item.get_closest_marker("conforms")
    if marker and (call.when == "call" or report.failed):
        table, capability = marker.args
        target = item.callspec.params["target"] if hasattr(item, "callspec") else None
        row = item.config.stash[RESULTS].setdefault(table, {}).setdefault(getattr(target, "provider", "-"), {})
        row[capability] = row.get(capability, True) and report.passed
    return report


def pytest_sessionfinish(session):
    path = os.environ.get("AI_PROXY_CONFORMANCE")
    if path:
        with open(path, "w", encoding="utf-8") as sink:
            json.dump(session.config.stash[RESULTS], sink, indent=1, sort_keys=True)
