"""Fixtures: servers on each storage engine, a fresh app per test, clients."""

import ipaddress
import itertools
import os

import pytest
from sms_sink import SmsSink
from smtp_sink import SmtpSink

from lib import postgres
from lib.client import Client
from lib.server import BINARY, ENGINES, Server, free_port
from lib.visit import Visit


def pytest_report_header():
    return f"keywright: {BINARY}; engines: {', '.join(ENGINES)}; PostgreSQL: {os.environ.get('KW_TEST_PG', 'KW_TEST_PG is not set')}"


@pytest.fixture(scope="session", params=ENGINES)
def any_engine(request):
    return postgres.skip_if_absent(request.param)


@pytest.fixture
def engine(any_engine, request):
    """The storage engine of this run of the test; skips where the test is for others only."""
    marker = request.node.get_closest_marker("engines")
    if marker and any_engine not in marker.args:
        pytest.skip(f"only on {', '.join(marker.args)}")
    return any_engine


@pytest.fixture(scope="session")
def shared_server(any_engine):
    with Server(any_engine) as server:
        yield server


@pytest.fixture(scope="session")
def shared_clock_server(any_engine):
    with Server(any_engine) as server:
        yield server


@pytest.fixture
def server(engine, shared_server):
    """A dev-mode server that all tests share: make an app of your own, leave its clock alone."""
    return shared_server


@pytest.fixture
def clock_server(engine, shared_clock_server):
    """A dev-mode server whose clock tests may move forward; it never shows the true time."""
    return shared_clock_server


@pytest.fixture
def start_server(engine):
    """Starts servers for one test alone: start_server(dev=…, settings={…})."""
    started = []

    def start(**options):
        server = Server(options.pop("engine", engine), **options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.remove()


@pytest.fixture(params=["running", "stopped"])
def house(request, engine):
    """A data folder with one app, the demo, its server running or stopped: commands work either way."""
    server = Server(engine)
    try:
        server.start()
        if request.param == "stopped":
            assert server.terminate() == 0
        yield server
    finally:
        server.remove()


@pytest.fixture
def open_client():
    """Opens clients that are closed after the test: open_client(server, source="127.0.0.9")."""
    opened = []

    def open_one(server, **options):
        opened.append(Client(server, **options))
        return opened[-1]

    yield open_one
    for client in opened:
        client.close()


_addresses = itertools.count(1)


@pytest.fixture
def new_address():
    """Makes addresses of this host that no other test has: what one test does to its address, no other feels."""
    return lambda: str(ipaddress.ip_address("127.1.0.0") + next(_addresses))


@pytest.fixture
def stranger(server, open_client, new_address):
    """A client of the shared server from an address of its own."""
    return open_client(server, source=new_address())


@pytest.fixture
def visit(server, open_client, new_address):
    """A person who signs in on the pages, from an address of their own: visit("+4915…", redirect=False)."""
    return lambda *words, **options: Visit(server, open_client(server, source=new_address()), *words, **options)


@pytest.fixture
def clock_visit(clock_server, open_client, new_address):
    return lambda *words: Visit(clock_server, open_client(clock_server, source=new_address()), *words)


@pytest.fixture
def client(server, open_client):
    return open_client(server)


@pytest.fixture
def app(server):
    return server.create_app()


@pytest.fixture
def clock_client(clock_server, open_client):
    return open_client(clock_server)


@pytest.fixture
def clock_app(clock_server):
    return clock_server.create_app()


# ---- a PostgreSQL that comes and goes ----


@pytest.fixture
def cluster(engine):
    if not os.environ.get("KW_TEST_PG"):
        pytest.skip("NOT TESTED ON POSTGRESQL: KW_TEST_PG is not set (see tests/README.md)")
    made = postgres.Cluster(free_port())
    made.start()
    yield made
    made.remove()


@pytest.fixture
def on_cluster(cluster):
    """A server whose PostgreSQL can be stopped and frozen."""
    url = postgres.fresh_database(cluster.url)
    with Server("postgres", store=url) as server:
        yield server
        cluster.start_if_stopped()


# ---- production: mail and SMS leave the house, budgets per address count ----


@pytest.fixture
def smtp_sink():
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def sms_sink():
    with SmsSink() as sink:
        yield sink


@pytest.fixture
def mail_settings(smtp_sink):
    return {"mail.smtp_url": f"smtp://127.0.0.1:{smtp_sink.port}", "mail.from": "login@keywright.example"}


@pytest.fixture
def sms_settings(sms_sink):
    return {
        "sms.provider": "webhook",
        "sms.url": f"http://127.0.0.1:{sms_sink.port}/hook",
        "sms.token": "a-webhook-secret",
        "sms.from": "Keywright",
        "sms.countries": "49,1",
        "sms.allow_private_url": 1,
    }


@pytest.fixture
def production(start_server, mail_settings, sms_settings):
    """Starts a production server that mails to smtp_sink and texts to sms_sink."""
    return lambda **settings: start_server(dev=False, settings=mail_settings | sms_settings | settings)
