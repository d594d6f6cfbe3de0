"""GET /healthz, /readyz and /metrics: for those who run the server."""

import re

import httpx

from lib.checks import common_headers
from lib.server import free_port

SAMPLE = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="[^"\n]*"(,[a-zA-Z_][a-zA-Z0-9_]*="[^"\n]*")*\})? [-+0-9.eEinfNa]+')


def test_a_running_server_is_healthy_and_ready(client):
    for path in ("/healthz", "/readyz"):
        response = client.get(path)
        assert response.status_code == 200
        common_headers(response)


def samples(text):
    """Reads Prometheus' text format strictly: {name with labels: value}."""
    found, typed = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped")
            assert name not in typed, f"{name} is typed twice"
            typed.add(name)
        elif line and not line.startswith("# HELP "):
            assert SAMPLE.fullmatch(line), line
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    assert typed and found
    return found


def test_metrics_are_prometheus_text(client, app):
    client.sign_in(app)
    response = client.get("/metrics")
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/plain")
    assert response.text.endswith("\n")
    assert all(name.startswith(("keywright_", "process_")) for name in samples(response.text))


def test_metrics_move_and_name_no_person(client, app):
    before = samples(client.get("/metrics").text)
    client.sign_in(app, "somebody.known@example.com")
    after = client.get("/metrics").text
    assert samples(after) != before
    assert "somebody" not in after and app.app_id not in after


def test_in_production_metrics_are_on_an_address_of_their_own(start_server, open_client):
    port = free_port()
    server = start_server(dev=False, settings={"server.metrics_listen": f"127.0.0.1:{port}"})
    client = open_client(server)
    assert client.get("/metrics").status_code == 404
    response = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert response.status_code == 200
    samples(response.text)
    # who scrapes by a private address, or a name of the cluster's, sends that as the Host
    for host in (f"10.0.0.7:{port}", "keywright.monitoring.svc"):
        assert httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": host}).status_code == 200
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
        assert client.get("/metrics", headers={"Host": host}).status_code == 421
    assert httpx.post(f"http://127.0.0.1:{port}/v1/auth/logout", json={"refresh_token": "x"}).status_code == 404


def test_without_the_setting_there_are_no_metrics_in_production(start_server, open_client):
    assert open_client(start_server(dev=False)).get("/metrics").status_code == 404
