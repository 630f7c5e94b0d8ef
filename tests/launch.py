"""Runs a command with a gateway and a simulated provider behind it: launch.py CONFIG COMMAND...

Both are the real binary (AI_PROXY_BIN) on ports that the system chooses. The command finds
AI_PROXY_URL, AI_PROXY_ADMIN_URL, AI_PROXY_SIMULATOR_URL and AI_PROXY_RECORDS (a file, one JSON line a
request) in its environment; its exit status is that of the launcher.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

START_SECONDS = 20
STOP_SECONDS = 10


class Process:
    """A child whose standard error is watched for the line that says it is ready."""

    def __init__(self, name, arguments, ready, environment=None, stdout=None):
        self.name = name
        self.ready = re.compile(ready)
        self.lines = []
        self.match = None
        self.changed = threading.Condition()
        self.child = subprocess.Popen(
            arguments,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stderr:
            with self.changed:
                self.lines.append(line)
                self.match = self.match or self.ready.search(line)
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def wait_ready(self, seconds=START_SECONDS):
        """Waits for the ready line; its named groups are returned."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while self.match is None:
                left = deadline - time.monotonic()
                if left <= 0 or None in self.lines:
                    raise SystemExit(f"{self.name} did not start:\n{self.log()}")
                self.changed.wait(left)
            return self.match.groupdict()

    def log(self):
        return "".join(line for line in self.lines if line is not None)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.reader.join(STOP_SECONDS)


@contextlib.contextmanager
def simulator(binary):
    """The simulated providers; gives their base URL."""
    process = Process(
        "simulator",
        [binary, "simulate", "--listen", "127.0.0.1:0"],
        r"ai-proxy simulate listening=(?P<url>http://\S+)",
    )
    try:
        yield process.wait_ready()["url"]
    finally:
        process.stop()


@contextlib.contextmanager
def gateway(binary, config, environment, records):
    """The gateway with this configuration; gives its URLs `proxy` and `admin`, and its `pid`."""
    with open(records, "wb") as sink:
        process = Process(
            "gateway",
            [binary, "serve", "--config", str(config), "--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
            r"ai-proxy ready proxy=(?P<proxy>http://\S+) admin=(?P<admin>http://\S+)",
            environment,
            stdout=sink,
        )
        try:
            yield {**process.wait_ready(), "pid": process.child.pid}
        finally:
            process.stop()
            if process.child.returncode != 0:
                print(f"gateway ended with {process.child.returncode}:\n{process.log()}", file=sys.stderr)


def main():
    config, command = sys.argv[1], sys.argv[2:]
    binary = os.environ["AI_PROXY_BIN"]
    with tempfile.TemporaryDirectory() as folder, simulator(binary) as simulated:
        records = os.path.join(folder, "records.jsonl")
        environment = {"DECK_SIMULATOR": simulated, "DECK_PROVIDER_KEY": "sk-sim-provider"}
        with gateway(binary, config, environment, records) as urls:
            found = {
                "AI_PROXY_URL": urls["proxy"],
                "AI_PROXY_ADMIN_URL": urls["admin"],
                "AI_PROXY_SIMULATOR_URL": simulated,
                "AI_PROXY_RECORDS": records,
            }
            status = subprocess.run(command, env={**os.environ, **found}, check=False).returncode
    sys.exit(status)


if __name__ == "__main__":
    main()
