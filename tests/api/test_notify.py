"""What the server tells systemd as a service of Type=notify (sd_notify(3))."""

import os
import re
import secrets
import signal
import socket
import time

import pytest

from lib.raw import Wire


@pytest.fixture(params=["path", "abstract"])
def listener(request, tmp_path, monkeypatch):
    """A socket as systemd has one: listener() is the next message as a dictionary."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@keywright-test-{secrets.token_hex(4)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        yield lambda: dict(line.split("=", 1) for line in listening.recv(4096).decode().split("\n"))


def monotonic_usec():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_ready_is_said_once_it_serves(start_server, listener):
    server = start_server()
    said = listener()
    assert said == {"READY": "1", "STATUS": f"Serving {server.public_url}"}
    assert server.terminate() == 0
    listener()
    server.spawn()
    assert listener()["READY"] == "1"
    with Wire(server) as wire:  # not a moment later
        assert wire.call("GET", "/readyz").status_code == 200


def test_a_reload_begins_and_ends(start_server, listener, tmp_path):
    config = tmp_path / "keywright.ini"
    config.write_text("")
    server = start_server(config=config)
    listener()
    before = monotonic_usec()
    server.process.send_signal(signal.SIGHUP)
    said = listener()
    assert said.pop("RELOADING") == "1" and said.pop("STATUS") == "Reloading"
    assert before <= int(said.pop("MONOTONIC_USEC")) <= monotonic_usec() and not said
    assert listener() == {"READY": "1", "STATUS": f"Serving {server.public_url}"}
    config.write_text("[otp]\nlength = 99\n")
    server.process.send_signal(signal.SIGHUP)
    listener()
    said = listener()
    assert said["READY"] == "1" and re.search(r"kept old.*log", said["STATUS"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_announced(start_server, listener, number):
    server = start_server()
    listener()
    server.process.send_signal(number)
    assert listener()["STOPPING"] == "1"
    assert server.process.wait(10) == 0


def test_a_start_that_fails_says_no_ready(start_server, listener):
    server = start_server()
    listener()
    assert server.terminate() == 0
    listener()
    server.settings["otp.length"] = 99
    server.spawn()
    assert server.process.wait(10) == 1
    server.settings.pop("otp.length")
    server.start()
    assert listener()["READY"] == "1"


@pytest.mark.parametrize("address", ["", "nowhere", "/nowhere/notify", "@", "/" + "x" * 200])
def test_a_socket_that_is_none_does_not_matter(start_server, monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    server = start_server()
    server.reload()
    assert server.terminate() == 0


def test_nobody_who_listens_is_not_waited_for(start_server, monkeypatch, tmp_path):
    """A socket whose queue is full."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as flood:
            flood.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    flood.sendto(b"x", address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        server = start_server()
        server.reload()
        assert server.terminate() == 0
    os.unlink(address)
