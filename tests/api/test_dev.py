"""serve --dev: the inbox at /dev/messages and /dev/inbox, loopback only, and gone in production."""

import re
import subprocess

import pytest

from lib.checks import RFC3339, envelope, success
from lib.client import new_email
from lib.server import BINARY, environment, free_port, run

INBOX = "/dev/inbox"
MESSAGES = "/dev/messages"
DEMO = "/dev/demo"


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


@pytest.mark.parametrize("path", [INBOX, MESSAGES, DEMO])
def test_nothing_of_it_is_there_in_production(start_server, open_client, path):
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


@pytest.mark.parametrize(
    "called, shown",
    [("keywright", "keywright"), ("plain/keywright", "plain/keywright"), ("it's $HOME/keywright", "'it'\\''s $HOME/keywright'")],
)
def test_the_welcome_names_the_program_as_it_was_called(tmp_path, called, shown):
    (tmp_path / called).parent.mkdir(exist_ok=True)
    (tmp_path / called).symlink_to(BINARY)
    where = ["--data", "data", "--listen", f"127.0.0.1:{free_port()}"]
    run_here = {"cwd": tmp_path, "env": environment({}, str(tmp_path)), "text": True}
    with subprocess.Popen([called, "serve", "--dev", *where], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **run_here) as process:
        said = next(line for line in process.stdout if line.startswith("Stop with Ctrl-C."))
        process.terminate()
    command = re.search("`(.*)`", said)[1]
    assert command == f"{shown} app list"
    done = subprocess.run(["/bin/sh", "-c", f"{command} --data data"], capture_output=True, timeout=30, **run_here)
    assert done.returncode == 0 and "Demo" in done.stdout, "a shell does what it says"


def test_the_demo_page_is_a_client_of_the_demo_app(start_server, open_client):
    server = start_server()
    (demo,) = server.cli_json("app", "list")["apps"]
    assert f"try it      {server.url}{DEMO}\n" in server.output()
    assert demo["redirect_uris"] == [server.url + DEMO]
    page = open_client(server).get(DEMO)
    assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'data-app="{demo["app_id"]}"' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text):
        assert open_client(server).get(path).status_code == 200
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=", page.text)


@pytest.mark.parametrize("redirect_uris", [["http://127.0.0.1:9/dev/demo", "https://app.example.com/cb"], []])
def test_sign_ins_of_the_demo_come_back_to_wherever_it_serves_now(start_server, redirect_uris):
    server = start_server()
    (demo,) = server.cli_json("app", "list")["apps"]
    server.operator("PATCH", f"/operator/apps/{demo['app_id']}", {"redirect_uris": redirect_uris})
    server.restart()
    (demo,) = server.cli_json("app", "list")["apps"]
    assert demo["redirect_uris"] == [server.url + DEMO] + redirect_uris


def test_where_no_app_is_the_demo_none_is_made_of_another(start_server, open_client):
    server = start_server()
    (demo,) = server.cli_json("app", "list")["apps"]
    server.operator("PATCH", f"/operator/apps/{demo['app_id']}", {"name": "Real", "redirect_uris": []})
    server.out_path.write_text("")
    server.restart()
    (app,) = server.cli_json("app", "list")["apps"]
    assert app["name"] == "Real" and app["redirect_uris"] == [] and DEMO not in server.output()
    envelope(open_client(server).get(DEMO), "NOT_FOUND")
