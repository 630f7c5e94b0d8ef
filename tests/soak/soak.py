"""Loads the gateway (AI_PROXY_BIN) for some seconds and fails if its memory grows: soak.py SECONDS

The load is mixed on purpose: whole and streamed answers, large bodies, embeddings, answers that are cut,
refused requests, and streams that the caller leaves. At the end memory and open files must be where they
were after warming up, and there must be exactly one record for each request.
"""

import http.client
import json
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time
from urllib.parse import urlsplit

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))
import launch  # noqa: E402

CALLERS = 24
# The allocator keeps what it had once: a level is measured, so growth must stand clear of its noise.
GROWTH_MIB = 6
GROWTH_SHARE = 0.10
CEILING_MIB = 160
# Connections to the provider that are kept, and what the runtime holds.
SPARE_FILES = CALLERS + 16


def chat(text, model="gpt-4o", **members):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], **members})


CHAT = "/v1/chat/completions"
# Path, body, the statuses that it may have, and whether the caller leaves after the first bytes.
REQUESTS = [
    (CHAT, chat("hello"), {200}, False),
    (CHAT, chat("words:60", stream=True), {200}, False),
    (CHAT, chat("words:300", stream=True), {200}, True),
    (CHAT, chat("x" * 200_000), {200}, False),
    (CHAT, chat("words:60", "fault-cut_mid", stream=True), {200}, False),
    (CHAT, chat("words:60", "fault-split", stream=True, stream_options={"include_usage": True}), {200}, False),
    (CHAT, chat("hello", "fault-status_500"), {500}, False),
    (CHAT, chat("hello", "fault-truncated_whole"), {500, 502}, False),
    (CHAT, '{"model":"gpt-4o","messages":[', {400}, False),
    (CHAT, chat("hello", "fault-gzip"), {200}, False),
    ("/v1/embeddings", json.dumps({"model": "e", "input": ["some", "text"], "dimensions": 512}), {200}, False),
    # Without a body: an answer that does not wait for one may cost the connection.
    ("/nowhere", None, {404}, False),
]


class Caller(threading.Thread):
    """One caller after another request, on one connection as long as it lasts."""

    def __init__(self, address, number, end):
        super().__init__(daemon=True)
        self.address, self.number, self.end = address, number, end
        self.sent = 0
        self.wrong = []

    def run(self):
        connection = None
        while time.monotonic() < self.end and len(self.wrong) < 10:
            path, body, statuses, leaves = REQUESTS[(self.number + self.sent) % len(REQUESTS)]
            if connection is None:
                connection = http.client.HTTPConnection(self.address, timeout=30)
            try:
                connection.request("POST" if body else "GET", path, body, {"content-type": "application/json"})
                self.sent += 1
                answer = connection.getresponse()
                if answer.status not in statuses:
                    self.wrong.append(f"{path} {(body or '')[:80]}: {answer.status}")
                if leaves:
                    answer.read(64)
                else:
                    answer.read()
                if leaves or answer.will_close:
                    connection.close()
                    connection = None
            except (http.client.HTTPException, OSError) as error:
                self.wrong.append(f"{path} {(body or '')[:80]}: {error!r}")
                connection.close()
                connection = None


def memory_mib(pid):
    """Resident memory."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("Rss:"):
                return int(line.split()[1]) / 1024
    raise SystemExit("no Rss in smaps_rollup")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def lines_in(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def load(urls, seconds):
    """Runs the callers; gives them and the samples of memory as (second, MiB)."""
    start = time.monotonic()
    address = urlsplit(urls["proxy"]).netloc
    callers = [Caller(address, number, start + seconds) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    samples = []
    while any(caller.is_alive() for caller in callers):
        samples.append((time.monotonic() - start, memory_mib(urls["pid"])))
        time.sleep(0.25)
    return callers, samples


def main():
    seconds = float(sys.argv[1])
    binary = os.environ["AI_PROXY_BIN"]
    failures = []
    with tempfile.TemporaryDirectory() as folder, launch.simulator(binary) as simulated:
        records = os.path.join(folder, "records.jsonl")
        environment = {"DECK_SIMULATOR": simulated, "DECK_PROVIDER_KEY": "sk-sim-provider"}
        with launch.gateway(binary, TESTS / "sdk" / "gateway.yaml", environment, records) as urls:
            files = open_files(urls["pid"])
            callers, samples = load(urls, seconds)
            sent = sum(caller.sent for caller in callers)
            wrong = [line for caller in callers for line in caller.wrong]
            if wrong:
                failures.append("answers that were not expected: " + "; ".join(wrong[:5]))
            if not wait_for(lambda: lines_in(records) >= sent):
                failures.append(f"{sent} requests, {lines_in(records)} records")
            if not wait_for(lambda: open_files(urls["pid"]) <= files + SPARE_FILES):
                failures.append(f"{open_files(urls['pid'])} open files, {files} before the load")
        if lines_in(records) != sent:
            failures.append(f"{sent} requests, {lines_in(records)} records")
    warm = statistics.median(mib for second, mib in samples if 0.2 <= second / seconds < 0.4)
    last = statistics.median(mib for second, mib in samples if second / seconds >= 0.8)
    peak = max(mib for _, mib in samples)
    if last > warm * (1 + GROWTH_SHARE) + GROWTH_MIB:
        failures.append(f"memory grew from {warm:.1f} to {last:.1f} MiB")
    if peak > CEILING_MIB:
        failures.append(f"memory peaked at {peak:.1f} MiB, more than {CEILING_MIB}")
    print(f"soak: {sent} requests in {seconds:.0f} s, memory {warm:.1f} -> {last:.1f} MiB, peak {peak:.1f} MiB")
    if failures:
        raise SystemExit("soak failed: " + "\nsoak failed: ".join(failures))


if __name__ == "__main__":
    main()
