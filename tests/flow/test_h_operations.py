"""THREATS H: stopping, signals, randomness; data races are looked for by running test_a_single_use.py on a ThreadSanitizer build."""

import collections
import math
import random
import signal
import time

from lib.checks import success
from lib.client import new_email
from lib.load import Load, settle
from lib.raw import Wire, request_bytes
from lib.server import LONG


def test_H3_sigterm_under_load_loses_no_request(start_server, open_client):
    """Every request that was sent is answered, the exit code is 0, and everything acknowledged is still there afterwards."""
    server = start_server()
    app, ledgers = server.create_app(), None
    for _ in range(200 if LONG else 8):
        load = Load(server, app, workers=4, ledgers=ledgers).start()
        time.sleep(random.uniform(0.05, 0.3))
        began = time.monotonic()
        assert server.terminate(seconds=15) == 0
        assert time.monotonic() - began < 10
        load.join()
        assert load.failures == [], "sent, and never answered"
        assert all(status == 503 for _, _, status, _ in load.refusals), load.refusals
        server.start()
        client = open_client(server)
        ledgers = load.ledgers
        for ledger in ledgers:
            settle(client, app, ledger)


def test_H3_what_waits_in_the_accept_queue_is_answered(start_server):
    server = start_server()
    app = server.create_app()
    wires = [Wire(server) for _ in range(40)]
    for wire in wires:
        wire.send(request_bytes("POST", "/v1/auth/send-otp", {"app_id": app.app_id, "email": new_email()}))
    server.process.send_signal(signal.SIGTERM)
    for wire in wires:
        success(wire.read_answer())
        wire.close()
    assert server.process.wait(10) == 0


def test_H3_idle_and_half_sent_connections_do_not_hold_up_the_stop(start_server):
    server = start_server()
    idle, half = Wire(server), Wire(server)
    assert idle.call("GET", "/healthz").status_code == 200
    half.send(b"POST /v1/auth/logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
    began = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - began < 10
    idle.close()
    half.close()


def test_H3_a_second_sigterm_ends_it_at_once(start_server):
    server = start_server()
    half = Wire(server)
    half.send(b"POST /v1/auth/logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
    server.process.send_signal(signal.SIGTERM)
    while '"event":"stop"' not in server.log():  # two signals at once would be one
        time.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == -signal.SIGTERM
    half.close()


def test_H5_signals_of_all_kinds_under_load_do_no_harm(start_server):
    """Those that may arrive: reloads, broken pipes, children, terminals. All are taken by signalfd, or ignored."""
    server = start_server()
    load = Load(server, server.create_app(), workers=4).start()
    numbers = (signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH, signal.SIGCONT)
    sent = 0
    while sent < (100000 if LONG else 3000) or load.refreshed < 100:
        server.process.send_signal(random.choice(numbers))
        sent += 1
        assert server.process.poll() is None and not load.failures, (sent, load.failures)
    load.stop()
    assert load.failures == [] and load.refusals == []
    assert server.terminate() == 0


def test_H3_sigint_stops_it_as_well(start_server):
    server = start_server()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(10) == 0


def test_H8_codes_are_uniform_and_tokens_never_repeat(client, server, app):
    """The long test (10^7 codes) is a unit test; here the whole way to the message is looked at."""
    codes, tokens = [], set()
    with Wire(server) as wire:
        contacts = [new_email() for _ in range(600)]
        for contact in contacts:
            answer = wire.call("POST", "/v1/auth/send-otp", {"app_id": app.app_id, "email": contact})
            tokens.add(success(answer)["otp_request_id"])
    deadline = time.monotonic() + 10
    while len(codes) < len(contacts):
        codes = [found[0]["code"] for contact in contacts if (found := client.messages(contact, limit=1))]
        assert time.monotonic() < deadline
    assert len(tokens) == len(contacts)
    for place in range(6):
        counts = collections.Counter(code[place] for code in codes)
        expected = len(codes) / 10
        chi_square = sum((counts[digit] - expected) ** 2 / expected for digit in "0123456789")
        assert chi_square < 39.4, f"digit {place}: chi-square {chi_square:.1f} of 9 degrees, p < 10^-5: {counts}"
    duplicates = len(codes) - len(set(codes))
    expected = len(codes) ** 2 / 2e6
    assert duplicates <= expected + 6 * math.sqrt(expected) + 1
