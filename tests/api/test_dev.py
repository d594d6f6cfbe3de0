"""serve --dev: the inbox at /dev/messages and /dev/inbox, loopback only, and gone in production."""

import re

import pytest

from lib.checks import RFC3339, envelope, success
from lib.client import new_email
from lib.server import free_port, run

INBOX = "/dev/inbox"
MESSAGES = "/dev/messages"


def test_messages_are_listed_newest_first(client, app):
    contact = new_email()
    for _ in range(3):
        success(client.send_otp(app, contact))
        client.next_message(contact)
    messages = client.messages(contact)
    assert [list(message) for message in messages] == [
        ["id", "channel", "to", "subject", "text", "html", "code", "link", "created_at"]
    ] * 3
    assert all(message["to"] == contact and RFC3339.fullmatch(message["created_at"]) for message in messages)
    assert [message["created_at"] for message in messages] == sorted((m["created_at"] for m in messages), reverse=True)
    assert client.messages(contact, limit=2) == messages[:2]


def test_without_a_name_all_messages_are_listed(client, app):
    contact = new_email()
    client.ask_code(app, contact)
    assert contact in [message["to"] for message in client.get(MESSAGES).json()["messages"]]


def test_the_page_shows_the_code_and_runs_nothing_of_the_message(client, app):
    app.set("name", "<svg onload=alert(1)>")
    _, code = client.ask_code(app, new_email())
    page = client.get(INBOX)
    assert page.status_code == 200 and page.headers["content-type"].lower().startswith("text/html")
    assert code in page.text and "<svg onload" not in page.text


@pytest.mark.parametrize("path", [INBOX, MESSAGES])
def test_there_is_no_inbox_in_production(start_server, open_client, path):
    client = open_client(start_server(dev=False))
    envelope(client.get(path), "NOT_FOUND")


def test_the_clock_cannot_be_moved_in_production(start_server):
    server = start_server(dev=False)
    assert server.operator("POST", "/operator/dev/clock", {"shift_ms": 1000}).status_code == 404


def test_the_operators_paths_exist_only_on_the_socket(client):
    for path in ("/operator/dev/clock", "/operator/apps", "/v1/operator/apps"):
        envelope(client.post(path, {"shift_ms": 1000, "name": "x"}), "NOT_FOUND")


@pytest.mark.parametrize("address", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_dev_mode_listens_on_loopback_only(tmp_path, address):
    done = run("serve", "--dev", "--data", tmp_path / "data", "--listen", f"{address}:{free_port()}", timeout=10)
    assert done.returncode in (1, 2) and "loopback" in done.stderr.lower()


def test_the_first_start_shows_a_demo_app_and_the_second_no_secret(start_server, open_client):
    server = start_server()
    first = server.output()
    assert f"127.0.0.1:{server.port}" in first and "/dev/inbox" in first and "curl" in first
    (demo,) = server.cli_json("app", "list")["apps"]
    secret = re.search(r"kws_[A-Za-z0-9_-]{22,}", first).group()
    assert demo["app_id"] in first
    success(open_client(server).post("/v1/auth/introspect", {"token": "x"}, auth=(demo["app_id"], secret)))
    server.out_path.write_text("")
    server.restart()
    assert f"127.0.0.1:{server.port}" in server.output() and "kws_" not in server.output()
