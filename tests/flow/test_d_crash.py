"""THREATS D16: a crash between the commit and the sending. What was acknowledged is sent once, or twice with the same code.

Each message meets one crash: the next comes when the last one's messages have gone out. Where a relay's acceptance and the
crash fall together nobody can know that it was sent; two such crashes for one message would make three copies."""

import collections
import random
import threading
import time

import httpx
import pytest

from lib.client import new_email
from lib.mail import code_of
from lib.server import LONG

ROUNDS = 1000 if LONG else 15
SENDERS = 4


class Senders:
    """Threads that ask for codes until they are stopped, and know which requests were acknowledged."""

    def __init__(self, server, app):
        self.server, self.app = server, app
        self.acknowledged, self.stopping = [], False
        self.threads = [threading.Thread(target=self.send_until_stopped) for _ in range(SENDERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def send_until_stopped(self):
        with httpx.Client(base_url=f"http://127.0.0.1:{self.server.port}", timeout=5, trust_env=False) as client:
            while not self.stopping:
                contact = new_email()
                try:
                    answer = client.post("/v1/auth/send-otp", json={"app_id": self.app.app_id, "email": contact})
                except httpx.TransportError:
                    time.sleep(0.005)
                    continue
                if answer.status_code == 200:
                    self.acknowledged.append(contact)


@pytest.mark.engines("sqlite")
def test_D16_what_was_acknowledged_is_sent_once_or_twice(start_server, mail_settings, smtp_sink):
    """On SQLite alone: with PostgreSQL another node may be at work, so a crashed node's claims pass first, half a minute each."""
    server = start_server(dev=False, settings=mail_settings | {"limit.sends_per_address": "1000000/1m"})
    rng = random.Random(16)
    with Senders(server, server.create_app()) as senders:
        for _ in range(ROUNDS):
            time.sleep(rng.uniform(0.01, 0.15))
            server.kill()
            left_behind = list(senders.acknowledged)
            server.start()
            wait_for_all(smtp_sink, left_behind)
            time.sleep(0.3)  # and the store knows it: on a busy machine a commit takes its time
        senders.stopping = True
    wait_for_all(smtp_sink, senders.acknowledged)
    codes = codes_by_address(smtp_sink)
    assert len(senders.acknowledged) > ROUNDS
    for contact in senders.acknowledged:
        sent = codes[contact]
        assert 1 <= len(sent) <= 2 and len(set(sent)) == 1, f"{contact} got {sent}"


def wait_for_all(sink, contacts, seconds=30):
    deadline = time.monotonic() + seconds
    while not set(contacts) <= {message["to"][0] for message in sink.messages}:
        assert time.monotonic() < deadline, "acknowledged, but never sent"
        time.sleep(0.01)


def codes_by_address(sink):
    codes = collections.defaultdict(list)
    for message in sink.messages:
        codes[message["to"][0]].append(code_of(message))
    return codes
