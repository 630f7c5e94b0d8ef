"""A real Prometheus scrapes a real gateway: what it reads is what was sent, and the dashboard shows all of it.

Needs prometheus and promtool on the PATH, and the binary in AI_PROXY_BIN; run.sh sees to both.
"""

import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import launch  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRAPE_SECONDS = 0.5
TRAFFIC_SECONDS = 6
PATIENCE_SECONDS = 20

# Characters that an exposition has to escape.
STRANGE_MODEL = 'no"bo\\dy} knows'

# Names, types and labels in the order of Kong's plugin, without the labels that a scrape adds.
MODEL = "ai_provider ai_model cache_status vector_db embeddings_provider embeddings_model".split()
SERIES = {
    "kong_http_requests_total": ("counter", ["service", "route", "code", "source", "consumer"]),
    "kong_kong_latency_ms": ("histogram", ["service", "route"]),
    "kong_upstream_latency_ms": ("histogram", ["service", "route"]),
    "kong_request_latency_ms": ("histogram", ["service", "route"]),
    "kong_bandwidth_bytes": ("counter", ["service", "route", "direction", "consumer"]),
    "kong_ai_llm_requests_total": ("counter", [*MODEL, "request_mode", "workspace", "consumer"]),
    "kong_ai_llm_cost_total": ("counter", [*MODEL, "request_mode", "workspace", "consumer"]),
    "kong_ai_llm_tokens_total": ("counter", [*MODEL, "token_type", "workspace", "consumer"]),
    "kong_ai_llm_provider_latency_ms": ("histogram", [*MODEL, "request_mode", "workspace", "consumer"]),
    "kong_node_info": ("gauge", ["node_id", "version"]),
}
BUCKETS = {
    "kong_ai_llm_provider_latency_ms": "250 500 1000 1500 2000 2500 3000 3500 4000 4500 5000 10000 30000 60000",
    "kong_kong_latency_ms": "1 2 5 7 10 15 20 30 50 75 100 200 500 750 1000 3000 6000",
    "kong_upstream_latency_ms": "25 50 80 100 250 400 700 1000 2000 5000 10000 30000 60000",
    "kong_request_latency_ms": "25 50 80 100 250 400 700 1000 2000 5000 10000 30000 60000",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch(url, body=None, headers=None):
    """Status, headers and text of an answer."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def wait_for(what, probe):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            if found := probe():
                return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


class Prometheus:
    """A server that scrapes one address."""

    def __init__(self, stack, scraped):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = folder / "prometheus.yml"
        config.write_text(
            f"global: {{scrape_interval: {int(SCRAPE_SECONDS * 1000)}ms}}\n"
            f"scrape_configs: [{{job_name: ai-proxy, static_configs: [{{targets: ['{scraped}']}}]}}]\n"
        )
        log = stack.enter_context(open(folder / "log", "wb"))
        child = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(self._stop, child)
        wait_for("Prometheus", lambda: fetch(f"{self.url}/-/ready")[0] == 200)

    @staticmethod
    def _stop(child):
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def api(self, path, **arguments):
        status, _, text = fetch(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(arguments, doseq=True)}")
        answer = json.loads(text)
        if status != 200 or answer["status"] != "success":
            raise AssertionError(f"{arguments}: {text}")
        return answer["data"]

    def query(self, expression):
        return self.api("query", query=expression)["result"]

    def value(self, expression):
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else None


class Scraped(unittest.TestCase):
    """One gateway, one Prometheus and some traffic for all tests."""

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        binary = os.environ["AI_PROXY_BIN"]
        cls.records_file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "records"
        simulated = stack.enter_context(launch.simulator(binary))
        environment = {"DECK_SIMULATOR": simulated, "DECK_PROVIDER_KEY": "sk-sim-provider"}
        urls = stack.enter_context(
            launch.gateway(binary, HERE / "gateway.yaml", environment, cls.records_file)
        )
        cls.proxy, cls.admin = urls["proxy"], urls["admin"]
        cls.prometheus = Prometheus(stack, urllib.parse.urlsplit(cls.admin).netloc)
        cls.sent = cls.drive()
        records = wait_for("every record", lambda: cls.records_if(cls.sent))
        cls.priced = [record for record in records if "ai" in record]
        wait_for(
            "the last scrape",
            lambda: cls.prometheus.value("sum(ai_proxy_requests_total)") == cls.sent
            and cls.prometheus.value("sum(ai_proxy_requests_in_flight)") == 0,
        )

    @classmethod
    def records_if(cls, count):
        records = [json.loads(line) for line in cls.records_file.read_text().splitlines()]
        return records if len(records) == count else None

    @classmethod
    def drive(cls):
        """Sends all kinds of requests again and again; gives their number."""
        plain = {"messages": [{"role": "user", "content": "count me"}]}
        kinds = [
            ("/priced", "key-alice", plain, {}),
            ("/priced", "key-bob", {**plain, "stream": True}, {}),
            ("/chosen", "key-alice", {**plain, "model": STRANGE_MODEL}, {}),
            ("/silent", "key-bob", plain, {}),
            ("/priced", "key-alice", plain, {"x-sim-fault": "status_500"}),
            ("/priced", "wrong", plain, {}),
            ("/nowhere", "key-alice", plain, {}),
        ]
        sent = 0
        until = time.monotonic() + TRAFFIC_SECONDS
        for path, key, body, headers in itertools.cycle(kinds):
            headers = {"content-type": "application/json", "apikey": key, **headers}
            fetch(cls.proxy + path, json.dumps(body).encode(), headers)
            sent += 1
            if time.monotonic() > until and sent % len(kinds) == 0:
                return sent
            time.sleep(0.02)

    def test_the_target_is_up(self):
        (target,) = self.prometheus.api("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))

    def test_head_and_content_type(self):
        request = urllib.request.Request(f"{self.admin}/metrics", method="HEAD")
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.read(), b"")
            self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")

    def test_promtool_reads_the_exposition(self):
        text = fetch(f"{self.admin}/metrics")[2]
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertNotIn("error while linting", checked.stderr)
        # Kong's names are what they are.
        complaints = [line for line in checked.stderr.splitlines() if not re.match(r"kong_|ai_proxy_\w+_ms ", line)]
        self.assertEqual(complaints, [], checked.stderr)

    def test_names_types_and_labels_are_those_of_kong(self):
        text = fetch(f"{self.admin}/metrics")[2]
        for name, (kind, labels) in SERIES.items():
            with self.subTest(name):
                self.assertIn(f"\n# TYPE {name} {kind}\n", text)
                sample = name + ("_count" if kind == "histogram" else "")
                lines = [line for line in text.splitlines() if line.startswith(sample + "{")]
                self.assertNotEqual(lines, [])
                for line in lines:
                    self.assertEqual(re.findall(r'[{,](\w+)="', line), labels)
        for name, bounds in BUCKETS.items():
            with self.subTest(name):
                lines = re.findall(rf'^{name}_bucket{{.*le="([^"]+)"}}', text, re.MULTILINE)
                self.assertEqual(lines[: len(bounds.split()) + 1], [*bounds.split(), "+Inf"])

    def test_prometheus_has_counted_what_the_records_say(self):
        value = self.prometheus.value
        requests = len(self.priced)
        self.assertGreater(requests, 0)
        self.assertLess(requests, self.sent, "some have no statistics")
        self.assertEqual(value("sum(kong_ai_llm_requests_total)"), requests)
        self.assertEqual(value("sum(kong_ai_llm_provider_latency_ms_count)"), requests)
        self.assertEqual(value("sum(kong_http_requests_total)"), self.sent)
        self.assertEqual(value("sum(kong_request_latency_ms_count)"), self.sent)
        usage = [record["ai"]["proxy"]["usage"] for record in self.priced]
        for kind in ["prompt_tokens", "completion_tokens", "total_tokens"]:
            counted = value(f'sum(kong_ai_llm_tokens_total{{token_type="{kind}"}})')
            self.assertEqual(counted, sum(one[kind] for one in usage), kind)
        known = [one["cost"] for one in usage if one["cost"] is not None]
        self.assertGreater(sum(known), 0)
        self.assertAlmostEqual(value("sum(kong_ai_llm_cost_total)"), sum(known), places=6)
        self.assertGreater(len(usage), len(known))
        self.assertEqual(value("sum(ai_proxy_llm_cost_unknown_total)"), len(usage) - len(known))
        streams = sum(record["ai"]["proxy"]["meta"]["request_mode"] == "stream" for record in self.priced)
        self.assertEqual(value('sum(kong_ai_llm_requests_total{request_mode="stream"})'), streams)
        self.assertEqual(value("sum(ai_proxy_llm_first_token_latency_ms_count)"), streams)

    def test_consumers_and_models_are_told_apart(self):
        def values(label, metric):
            return {result["metric"].get(label, "") for result in self.prometheus.query(f"sum by ({label}) ({metric})")}

        self.assertEqual(values("consumer", "kong_ai_llm_requests_total"), {"alice", "bob"})
        self.assertEqual(values("consumer", "kong_http_requests_total"), {"alice", "bob", ""})
        self.assertEqual(values("ai_model", "kong_ai_llm_requests_total"), {"gpt-4o-mini", STRANGE_MODEL})
        self.assertEqual(values("workspace", "kong_ai_llm_requests_total"), {"default"})
        self.assertEqual(values("source", "kong_http_requests_total"), {"service", "kong"})

    def test_every_query_of_the_dashboard_has_data(self):
        dashboard = json.loads((ROOT / "docs/grafana/ai-proxy.json").read_text())
        variables = {"__rate_interval": f"{TRAFFIC_SECONDS + PATIENCE_SECONDS}s", "__range": "1m"}
        variables |= {one["name"]: ".*" for one in dashboard["templating"]["list"]}
        asked = 0
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                expression = re.sub(r"\$(\w+)", lambda found: variables[found[1]], target["expr"])
                with self.subTest(panel["title"], expression=expression):
                    self.assertNotEqual(self.prometheus.query(expression), [])
                    asked += 1
        self.assertGreater(asked, 30)
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
                selector = re.sub(r"\$(\w+)", ".*", selector)
                with self.subTest(variable["name"]):
                    self.assertNotEqual(self.prometheus.api(f"label/{label}/values", **{"match[]": selector}), [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
