"""What the gateway sends, read by OpenTelemetry's own messages and gRPC's own server."""

import concurrent.futures
import http.server
import importlib.util
import os
import pathlib
import threading
import time

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
SECONDS = 20

PLUGIN = """
plugins:
- name: opentelemetry
  config:
    traces_endpoint: "{url}{traces}"
    access_logs: {{endpoint: "{url}{logs}"}}
    metrics:
      endpoint: "{url}{metrics}"
      push_interval: 0.1
      enable_ai_metrics: true
      enable_latency_metrics: true
      enable_request_metrics: true
      enable_bandwidth_metrics: true
      enable_consumer_attribute: true
    headers: {{X-Token: hidden}}
    resource_attributes: {{deployment.environment.name: test}}
    queue: {{max_coalescing_delay: 0.05}}
"""

ROUTE = """
_format_version: "3.0"
routes:
- name: chat
  paths: [/chat]
  plugins:
  - name: ai-proxy
    config:
      route_type: llm/v1/chat
      auth: {{header_name: Authorization, header_value: Bearer sk-sim-otel}}
      logging: {{log_statistics: true, log_payloads: true}}
      model:
        provider: openai
        name: gpt-4o
        options: {{upstream_url: "{simulator}/v1/chat/completions"}}
"""


class Received:
    """What a collector has taken, as messages."""

    def __init__(self):
        self.requests = {"traces": [], "metrics": [], "logs": []}
        self.tokens = set()
        self.refusals = 0

    def take(self, signal, request, token):
        self.requests[signal].append(request)
        self.tokens.add(token)

    def spans(self):
        return [
            span
            for request in list(self.requests["traces"])
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self):
        """The metrics of the last push, by name."""
        if not self.requests["metrics"]:
            return {}
        (resource,) = self.requests["metrics"][-1].resource_metrics
        (scope,) = resource.scope_metrics
        return {metric.name: metric for metric in scope.metrics}


REQUESTS = {
    "traces": trace_service_pb2.ExportTraceServiceRequest,
    "metrics": metrics_service_pb2.ExportMetricsServiceRequest,
    "logs": logs_service_pb2.ExportLogsServiceRequest,
}
ANSWERS = {
    "traces": trace_service_pb2.ExportTraceServiceResponse,
    "metrics": metrics_service_pb2.ExportMetricsServiceResponse,
    "logs": logs_service_pb2.ExportLogsServiceResponse,
}


def serve_http(received):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/x-protobuf"
            signal = self.path.removeprefix("/v1/")
            received.take(signal, REQUESTS[signal].FromString(body), self.headers["x-token"])
            answer = ANSWERS[signal]().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    paths = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}
    return f"http://127.0.0.1:{server.server_port}", paths, server.shutdown


def serve_grpc(received, port=0):
    def servicer(base, signal):
        class Servicer(base):
            def Export(self, request, context):
                if signal == "traces" and received.refusals < 2:
                    received.refusals += 1
                    context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
                metadata = dict(context.invocation_metadata())
                received.take(signal, request, metadata.get("x-token"))
                return ANSWERS[signal]()

        return Servicer()

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(
        servicer(trace_service_pb2_grpc.TraceServiceServicer, "traces"), server
    )
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(
        servicer(metrics_service_pb2_grpc.MetricsServiceServicer, "metrics"), server
    )
    logs_service_pb2_grpc.add_LogsServiceServicer_to_server(
        servicer(logs_service_pb2_grpc.LogsServiceServicer, "logs"), server
    )
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return f"grpc://127.0.0.1:{port}", {"traces": "", "metrics": "", "logs": ""}, lambda: server.stop(None).wait()


def launcher():
    """The launcher of these tests, which is no package."""
    path = pathlib.Path(__file__).parents[2] / "launch.py"
    spec = importlib.util.spec_from_file_location("launch", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[serve_http, serve_grpc], ids=["http", "grpc"])
def world(request, tmp_path):
    """A gateway of its own, and what its collector receives."""
    received = Received()
    url, paths, stop = request.param(received)
    config = tmp_path / "kong.yaml"
    simulator = os.environ["AI_PROXY_SIMULATOR_URL"]
    config.write_text(ROUTE.format(simulator=simulator) + PLUGIN.format(url=url, **paths), encoding="utf-8")
    with launcher().gateway(os.environ["AI_PROXY_BIN"], config, {}, tmp_path / "records") as urls:
        yield urls, received
    stop()


def wait_for(what, look):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


def attributes(pairs):
    found = {}
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        found[pair.key] = [item.string_value for item in value.values] if kind == "array_value" else value
    return found


def chat(urls, text, **more):
    body = {"messages": [{"role": "user", "content": text}], "temperature": 0.25, **more}
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a=1"}
    return httpx.post(f"{urls['proxy']}/chat", json=body, headers=headers, timeout=SECONDS)


def test_official_messages_read_what_is_sent(world):
    urls, received = world
    answer = chat(urls, "hello collector", stream=True)
    assert answer.status_code == 200
    assert chat(urls, "once more").status_code == 200

    wait_for("the spans of two requests", lambda: len(received.spans()) >= 8)
    (resource, *_) = received.requests["traces"][0].resource_spans
    about = attributes(resource.resource.attributes)
    assert about["service.name"] == "ai-proxy"
    assert about["deployment.environment.name"] == "test"
    assert resource.scope_spans[0].scope.name == "ai-proxy"
    spans = received.spans()
    assert len(spans) == 8
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    assert len({span.span_id for span in spans}) == 8
    root = next(span for span in spans if span.name == "POST /chat")
    assert root.parent_span_id.hex() == SPAN
    assert root.trace_state == "a=1"
    assert root.kind == root.SPAN_KIND_SERVER
    assert root.flags & 0x301 == 0x301
    parent = root
    for name in ["kong.access.plugin.ai-proxy", "kong.gen_ai", "POST"]:
        span = next(span for span in spans if span.name == name and span.parent_span_id == parent.span_id)
        assert root.start_time_unix_nano <= span.start_time_unix_nano < span.end_time_unix_nano
        assert span.status.code == span.status.STATUS_CODE_UNSET
        parent = span
    model = attributes(next(span for span in spans if span.name == "kong.gen_ai").attributes)
    assert model["gen_ai.operation.name"] == "chat"
    assert model["gen_ai.request.model"] == "gpt-4o"
    assert model["gen_ai.request.temperature"] == 0.25
    assert model["gen_ai.response.finish_reasons"] == ["stop"]
    assert model["gen_ai.usage.input_tokens"] > 0
    assert "hello collector" in model["gen_ai.input.messages"]
    server = attributes(root.attributes)
    assert server["http.response.status_code"] == 200
    assert server["http.route"] == "/chat"

    def pushed():
        found = received.metrics().get("http.server.request.count")
        return found is not None and sum(point.as_int for point in found.sum.data_points) == 2

    wait_for("metrics of two requests", pushed)
    metrics = received.metrics()
    assert metrics["http.server.request.count"].sum.is_monotonic
    assert metrics["http.server.request.count"].sum.aggregation_temporality == 2
    tokens = metrics["gen_ai.client.token.usage"]
    assert tokens.unit == "{token}"
    kinds = {attributes(point.attributes)["gen_ai.token.type"] for point in tokens.sum.data_points}
    assert kinds == {"input", "output", "total"}
    duration = metrics["gen_ai.client.operation.duration"]
    assert duration.unit == "s"
    for point in duration.histogram.data_points:
        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
        assert sum(point.bucket_counts) == point.count
        assert 0 < point.start_time_unix_nano < point.time_unix_nano
        assert 0 < point.sum < 20
    expected = {
        "gen_ai.server.request.duration",
        "gen_ai.server.time_to_first_token",
        "gen_ai.server.time_per_output_token",
        "kong.gen_ai.llm.cost",
        "kong.latency.total",
        "kong.latency.internal",
        "kong.latency.upstream",
        "http.server.request.size",
        "http.server.response.size",
    }
    assert expected <= metrics.keys()
    assert metrics["kong.gen_ai.llm.cost"].sum.data_points[0].as_double > 0

    wait_for("two records", lambda: sum(map(count_logs, list(received.requests["logs"]))) == 2)
    log = received.requests["logs"][0].resource_logs[0].scope_logs[0].log_records[0]
    assert log.trace_id.hex() == TRACE
    assert '"request"' in log.body.string_value
    assert received.tokens == {"hidden"}


def count_logs(request):
    return sum(len(scope.log_records) for resource in request.resource_logs for scope in resource.scope_logs)


def test_errors_are_told(world):
    urls, received = world
    headers = {"x-sim-fault": "status_429"}
    body = {"messages": [{"role": "user", "content": "hi"}]}
    answer = httpx.post(f"{urls['proxy']}/chat", json=body, headers=headers, timeout=SECONDS)
    assert answer.status_code == 429
    wait_for("the spans", lambda: len(received.spans()) == 4)
    model = next(span for span in received.spans() if span.name == "kong.gen_ai")
    assert model.status.code == model.status.STATUS_CODE_ERROR
    assert attributes(model.attributes)["error.type"] == "429"
    root = next(span for span in received.spans() if not span.parent_span_id)
    assert root.status.code == root.status.STATUS_CODE_UNSET


def test_a_grpc_collector_may_be_restarted(tmp_path):
    received = Received()
    url, paths, stop = serve_grpc(received)
    config = tmp_path / "kong.yaml"
    simulator = os.environ["AI_PROXY_SIMULATOR_URL"]
    config.write_text(ROUTE.format(simulator=simulator) + PLUGIN.format(url=url, **paths), encoding="utf-8")
    with launcher().gateway(os.environ["AI_PROXY_BIN"], config, {}, tmp_path / "records") as urls:
        assert chat(urls, "before").status_code == 200
        wait_for("the spans", lambda: len(received.spans()) == 4)
        stop()
        assert chat(urls, "between").status_code == 200
        _, _, stop = serve_grpc(received, int(url.rsplit(":")[-1]))
        wait_for("the spans of both", lambda: len(received.spans()) == 8)
        status = httpx.get(f"{urls['admin']}/status", timeout=SECONDS).json()
        assert all(sink["lost"] == 0 for sink in status["sinks"]), status
    stop()
