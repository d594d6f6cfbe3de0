"""THREATS G9: a backup does not know what was spent after it was made. Also G7 and G1 for backups: works go on, and kill -9
leaves things usable."""

import json
import random
import shutil
import sqlite3
import stat
import time

import pytest

from lib import postgres
from lib.checks import envelope, session, success
from lib.client import Session, bearer, new_email
from lib.client_app import Pkce
from lib.load import Load
from lib.server import LONG, Server, run


def backup(server, name="backup"):
    """Makes one in the server's folder, and returns its path."""
    path = server.folder / name
    server.cli("backup", path)
    return path


def restore(server, file, *flags, check=True):
    assert server.process.poll() is not None, "nobody restores under a running server"
    return server.cli("restore", file, *flags, check=check)


def restore_and_start(server, file, *flags):
    assert server.terminate() == 0
    restore(server, file, *flags)
    return server.start()


def app_names(server):
    return sorted(app["name"] for app in server.cli_json("app", "list")["apps"])


# ---- what was spent stays spent ----


class Handed:
    """One of everything that works once, handed out to one person and not used yet."""

    def __init__(self, client, app):
        self.client, self.app = client, app
        self.signed_in = client.sign_in(app, email := new_email())
        self.otp = client.ask_code(app, email)
        self.link = client.ask_link(app)
        self.link_code = client.ask_link(app)
        self.pkce = Pkce()
        self.code = client.hand_over(self.signed_in)
        self.bound_code = client.hand_over(self.signed_in, code_challenge=self.pkce.challenge)

    def use(self):
        """Each once: the answers."""
        client, app = self.client, self.app
        return {
            "otp": client.verify_otp(app, *self.otp),
            "link": client.verify_link(self.link.token),
            "link_code": client.exchange(self.link_code.code, flow_token=self.link_code.flow_token),
            "code": client.exchange(self.code),
            "bound_code": client.exchange(self.bound_code, code_verifier=self.pkce.verifier),
            "refresh": client.refresh(self.signed_in.refresh),
        }


VOID = {
    "otp": "OTP_EXPIRED",
    "link": "magic_link_expired",
    "link_code": "exchange_code_not_found",
    "code": "exchange_code_not_found",
    "bound_code": "exchange_code_not_found",
    "refresh": "TOKEN_REVOKED",
}


def test_G9_nothing_that_was_handed_out_before_a_restore_works_again(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    spent, unused = Handed(client, app), Handed(client, app)
    file = backup(server)
    first = spent.use()
    for name, answer in first.items():
        session(answer, with_user=name != "refresh")
    later = client.sign_in(app)

    restore_and_start(server, file)
    client = spent.client = unused.client = open_client(server)
    for handed in (spent, unused):
        for name, answer in handed.use().items():
            envelope(answer, VOID[name])
        envelope(client.me(handed.signed_in.access), "TOKEN_REVOKED")
        assert success(client.introspect(app, handed.signed_in.access)) == {"success": True, "active": False}
    for name, answer in first.items():
        envelope(client.refresh(answer.json()["refresh_token"]), "TOKEN_REVOKED" if name == "refresh" else "TOKEN_INVALID")
    envelope(client.refresh(later.refresh), "TOKEN_INVALID")
    assert success(client.logout(later.refresh))["sessions_ended"] == 0


def test_G9_users_apps_and_keys_are_as_they_were(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app("Before")
    ada = client.sign_in(app, email := new_email())
    keys = server.cli_json("key", "list")["keys"]
    file = backup(server)
    server.create_app("Later")
    someone = client.sign_in(app, other := new_email())

    restore_and_start(server, file)
    client = open_client(server)
    assert "Before" in app_names(server) and "Later" not in app_names(server)
    assert [key["kid"] for key in server.cli_json("key", "list")["keys"]] == [key["kid"] for key in keys]
    again = client.sign_in(app, email)
    assert again.user["user_id"] == ada.user["user_id"] and again.user["new"] is False
    success(client.me(again.access))
    session(client.refresh(again.refresh), with_user=False)
    fresh = client.sign_in(app, other)
    assert fresh.user["new"] is True and fresh.user["user_id"] != someone.user["user_id"]


def test_G9_the_restore_is_on_record_and_starts_no_second_epoch(start_server, engine):
    server = start_server()
    file = backup(server)
    restore_and_start(server, file)
    server.restart()
    assert server.terminate() == 0
    assert server.rows("SELECT detail FROM events WHERE type = 'store.restored'") == [('{"sessions":"ended"}',)]
    assert server.rows("SELECT kept_sessions FROM epochs") == [(0,)]
    restore(server, file, "--keep-sessions")
    assert server.rows("SELECT detail FROM events WHERE type = 'store.restored'") == [('{"sessions":"kept"}',)]


def test_G9_limits_stay(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    contact = new_email()
    for _ in range(5):
        success(client.send_otp(app, contact))
    restore_and_start(server, backup(server))
    envelope(open_client(server).send_otp(app, contact), "OTP_RATE_LIMITED")


def test_G9_kept_sessions_go_on_and_codes_are_void_all_the_same(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    handed = Handed(client, app)
    idle, busy, racing, gone = (client.sign_in(app) for _ in range(4))
    success(client.logout(gone.refresh))
    file = backup(server)
    tokens = [racing.refresh]
    for _ in range(4):
        tokens.append(session(client.refresh(tokens[-1]), with_user=False)["refresh_token"])
    for _ in range(3):
        busy = Session(session(client.refresh(busy.refresh), with_user=False))

    restore_and_start(server, file, "--keep-sessions")
    client = handed.client = open_client(server)
    success(client.me(idle.access))
    session(client.refresh(idle.refresh), with_user=False)
    # further than the store knows: taken once, and the counter goes on from there
    moved = session(client.refresh(busy.refresh), with_user=False)
    moved = session(client.refresh(moved["refresh_token"]), with_user=False)
    envelope(client.refresh(busy.refresh), "TOKEN_REUSE")
    envelope(client.refresh(moved["refresh_token"]), "TOKEN_REVOKED")
    # once only: the second one that is too far is refused
    session(client.refresh(tokens[2]), with_user=False)
    envelope(client.refresh(tokens[4]), "TOKEN_REVOKED")
    session(client.refresh(tokens[3]), with_user=False)
    envelope(client.refresh(gone.refresh), "TOKEN_REVOKED")
    answers = handed.use()
    session(answers.pop("refresh"), with_user=False)
    for name, answer in answers.items():
        envelope(answer, VOID[name])


def test_G9_a_message_that_was_delivered_since_is_not_sent_again(production, smtp_sink, open_client):
    smtp_sink.stop_listening()
    server = production()
    client, app = open_client(server), server.create_app()
    success(client.send_otp(app, new_email()))
    file = backup(server)
    smtp_sink.start_listening()
    smtp_sink.wait_for(1)
    restore_and_start(server, file)
    success(open_client(server).send_otp(app, second := new_email()))
    assert smtp_sink.wait_for(2)[-1]["to"] == [second]
    time.sleep(1.5)  # longer than the job takes that looks for messages left behind
    assert len(smtp_sink.wait_for(2)) == 2
