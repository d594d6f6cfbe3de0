"""A day of an operator: everything from the command line, on a server where people sign in all the while."""

import contextlib
import csv
import json
import re

import pytest

from lib import issued
from lib.checks import envelope, session, success
from lib.client import Session, new_email
from lib.load import Load
from lib.server import App

NOTHING_YET = "0190b8a0-7c3e-7d10-8f00-000000000000"


class Desk:
    """Where the operator works: each command is read as machines do, and what only looks as people do too."""

    def __init__(self, server):
        self.server = server
        self.where = []

    def about(self, app_id):
        """Commands from here on are about that app."""
        self.where = ["--app", app_id]
        return self

    def do(self, *words):
        done = self.server.cli(*words, "--json", *self.where)
        assert not done.stderr, done.stderr
        issued.remember_answer(answer := json.loads(done.stdout))
        assert answer["success"] is True
        return answer

    def look(self, *words):
        """What machines are told; people are told the same."""
        answer = self.do(*words)
        shown = self.server.cli(*words, *self.where)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]| $", shown.stdout, re.M), "a table is text and blanks"
        for said in said_in({key: value for key, value in answer.items() if key != "next_cursor"}):
            assert said in shown.stdout, f"{words}: people are not told {said}\n{shown.stdout}"
        return answer

    def is_refused(self, code, *words):
        done = self.server.cli(*words, *self.where, check=False)
        assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith(f"keywright: {code}: "), done.stderr

    def mistypes(self, meant, *words):
        done = self.server.cli(*words, *self.where, check=False)
        assert done.returncode == 2 and f"(did you mean {meant}?); try keywright help" in done.stderr, done.stderr


def said_in(value):
    """Every text in an answer that fits into a line."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from said_in(one)
    elif isinstance(value, str) and 0 < len(value) <= 60:
        yield value


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "keywright.ini"
    path.write_text("[otp]\nlength = 6\n")
    return path


@pytest.fixture
def server(start_server, config):
    return start_server(config=config)


@contextlib.contextmanager
def people_sign_in(server, app):
    """All the while people sign in and refresh, and none of them is refused or cut off."""
    load = Load(server, app, workers=2, checks_access=True).start()
    try:
        yield load
    finally:
        load.stop()
    assert not load.failures and not load.refusals, (load.failures, load.refusals)
    assert load.signed_in and load.refreshed


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["email", "metadata"], *rows])
    return path


def test_a_day(server, open_client, config, tmp_path):
    desk, client = Desk(server), open_client(server)

    # ---- in the morning a new app is set up
    created = desk.do("app", "create", "Corner Bakery")
    app = App(server, created)
    app_id = app.app_id
    desk.mistypes("redirect_uris", "app", "set", app_id, "redirect_uri", "https://bakery.example/signed-in")
    desk.is_refused("VALIDATION_ERROR", "app", "set", app_id, "redirect_uris", "javascript:alert(1)")
    desk.do("app", "set", app_id, "redirect_uris", "https://bakery.example/signed-in", "color", "#0b57d0")
    assert desk.look("app", "show", app_id)["app"]["redirect_uris"] == ["https://bakery.example/signed-in"]
    assert app_id in [one["app_id"] for one in desk.look("app", "list")["apps"]]
    desk.is_refused("VALIDATION_ERROR", "user", "list")
    desk.about(app_id)

    with people_sign_in(server, app) as load:
        # ---- its users move in; one is looked up, and gets a plan
        ada, bob, eve = (new_email() for _ in range(3))
        file = write_csv(tmp_path / "users.csv", [[ada, '{"plan": "free"}'], [bob, ""], [eve, ""]])
        assert desk.do("user", "import", file)["created"] == 3
        assert desk.do("user", "import", file)["existing"] == 3, "what exists is passed over"
        ids = {email: desk.look("user", "list", "--email", email)["users"][0]["user_id"] for email in (ada, bob, eve)}
        desk.do("user", "set", ids[ada], "metadata", '{"plan": "pro", "address": {"city": "Ulm"}}')
        assert desk.look("user", "show", ids[ada])["user"]["metadata"] == {"plan": "pro", "address": {"city": "Ulm"}}
        desk.mistypes("user list", "usr", "list")
        desk.mistypes("--email", "user", "list", "--emial", ada)
        desk.is_refused("USER_NOT_FOUND", "user", "show", NOTHING_YET)

        # ---- a customer's company: a tenant, and a role there
        at_work = client.sign_in(app, ada)
        tenant_id = desk.do("tenant", "create", "Bakery Ltd", "--slug", "bakery")["tenant_id"]
        desk.is_refused("ALREADY_EXISTS", "tenant", "create", "Another", "--slug", "bakery")
        assert desk.look("tenant", "list")["tenants"][0]["tenant_id"] == tenant_id
        assert desk.look("tenant", "show", tenant_id)["tenant"]["slug"] == "bakery"
        assert desk.do("tenant", "set", tenant_id, "name", "Bakery")["tenant"]["name"] == "Bakery"
        for role in ("billing:read", "baker", "baker"):
            desk.do("role", "assign", tenant_id, ids[ada], role)
        roles = desk.look("role", "list", "--user-id", ids[ada], "--tenant-id", tenant_id)["roles"]
        assert sorted(one["role"] for one in roles) == ["baker", "billing:read"]
        desk.do("role", "revoke", tenant_id, ids[ada], "--role", "baker")
        desk.is_refused("ROLE_NOT_FOUND", "role", "revoke", tenant_id, ids[ada], "--role", "baker")
        at_work = Session(session(client.refresh(at_work.refresh, tenant_id=tenant_id), with_user=False))
        who = success(client.me(at_work.access))
        assert (who["tenant_id"], who["roles"]) == (tenant_id, ["billing:read"])

        # ---- a telephone is lost, somebody leaves, somebody wants to be forgotten
        lost = client.sign_in(app, bob)
        assert desk.do("user", "end-sessions", ids[bob])["sessions_ended"] == 1
        envelope(client.refresh(lost.refresh), "TOKEN_REVOKED")
        leaves = client.sign_in(app, bob)
        assert desk.do("user", "delete", ids[bob])["user"]["deleted_at"]
        envelope(client.me(leaves.access), "USER_DELETED")
        assert desk.do("user", "restore", ids[bob])["user"]["deleted_at"] is None
        envelope(client.me(leaves.access), "TOKEN_REVOKED")
        client.sign_in(app, bob)
        forgotten = client.sign_in(app, eve)
        assert desk.do("user", "erase", ids[eve])["erased"] is True
        envelope(client.me(forgotten.access), "TOKEN_REVOKED")
        desk.is_refused("USER_NOT_FOUND", "user", "show", ids[eve])

        # ---- who did what: the events, and that nobody touched them
        deleted = desk.look("audit", "list", "--type", "user.deleted", "--user-id", ids[bob])["events"]
        assert [one["user_id"] for one in deleted] == [ids[bob]]
        assert "user.restored" in [one["type"] for one in desk.look("audit", "list", "--user-id", ids[bob], "--limit", "20")["events"]]
        assert desk.look("audit", "list", "--type", "user.erased")["events"][0]["contact"] is None
        assert desk.do("audit", "verify")["holds"] is True

        # ---- keys, settings, and how things are
        (old,) = [key["kid"] for key in desk.look("key", "list")["keys"] if key["kind"] == "token"]
        assert desk.do("key", "rotate", "--now")["stage"] == "active"
        assert desk.look("key", "list")["keys"] and old
        desk.is_refused("NOT_FOUND", "key", "retire", "nonsense")
        config.write_text("[otp]\nlength = 8\n")
        checked = server.cli("config", "check", "--config", config, "--dev", "--json")
        assert json.loads(checked.stdout) == {"success": True}
        server.reload()
        assert len(client.ask_code(app, new_email())[1]) == 8
        config.write_text("[otp]\nlenght = 8\n")
        told = server.cli("config", "check", "--config", config, "--dev", check=False)
        assert told.returncode == 1 and "otp.length" in told.stderr
        config.write_text("[otp]\nlength = 8\n")
        findings = desk.do("doctor", "--dev", "--config", config)["findings"]
        assert {"store", "master_key", "disk", "clock"} <= {one["check"] for one in findings}

        # ---- a backup, while they sign in
        waiting = client.ask_code(app, bob)
        before = load.signed_in
        backup = server.folder / "evening"
        assert desk.do("backup", backup)["bytes"] == backup.stat().st_size
        assert server.cli("backup", backup, check=False).returncode == 1, "a file that is there stays"
        while load.signed_in == before:
            client.get("/healthz")

        # ---- after it: another secret, and something that the backup does not know
        secret = desk.do("app", "rotate-secret", app_id)["app_secret"]
        assert client.get("/v1/tenants", auth=(app_id, secret)).status_code == 200
        assert client.get("/v1/tenants", auth=app.basic).status_code == 200, "the former one holds for a day"
        assert desk.do("tenant", "create", "Too late")["slug"] is None
        spent = session(client.refresh(at_work.refresh), with_user=False)
        explained = server.cli("explain", "TOKEN_REUSE").stdout
        assert explained.startswith("TOKEN_REUSE (HTTP 401)\n") and desk.do("explain", "token_reuse")["status"] == 401

    # ---- at night the server is stopped: the same commands work on its store
    assert server.terminate() == 0
    assert desk.look("user", "show", ids[ada])["user"]["email"] == ada
    assert [one["name"] for one in desk.look("tenant", "list")["tenants"]] == ["Too late", "Bakery"]
    assert desk.look("role", "list", "--user-id", ids[ada])["roles"][0]["role"] == "billing:read"
    assert desk.look("audit", "list", "--type", "tenant.created", "--limit", "2")["events"]
    assert desk.do("audit", "verify")["holds"] is True
    assert desk.do("doctor", "--dev", "--config", config)["problems"] == 0
    desk.is_refused("TENANT_NOT_FOUND", "tenant", "show", NOTHING_YET)
    (server.data / "master.key").chmod(0o644)
    fault = server.cli("user", "list", *desk.where, check=False)
    assert fault.returncode == 3 and "master.key" in fault.stderr
    (server.data / "master.key").chmod(0o600)

    # ---- and the store as it was in the evening takes its place
    assert json.loads(server.cli("restore", backup, "--json").stdout)["sessions"] == "ended"
    server.start()
    client = open_client(server)
    assert [one["name"] for one in desk.look("tenant", "list")["tenants"]] == ["Bakery"]
    assert desk.look("user", "show", ids[ada])["user"]["metadata"]["plan"] == "pro"
    desk.is_refused("USER_NOT_FOUND", "user", "show", ids[eve])
    for token in (at_work.refresh, spent["refresh_token"]):
        envelope(client.refresh(token), "TOKEN_REVOKED")
    envelope(client.me(at_work.access), "TOKEN_REVOKED")
    envelope(client.verify_otp(app, *waiting), "OTP_EXPIRED")
    envelope(client.get("/v1/tenants", auth=(app_id, secret)), "TOKEN_INVALID")
    assert client.get("/v1/tenants", auth=app.basic).status_code == 200
    again = client.sign_in(app, ada)
    moved = session(client.refresh(again.refresh, tenant_id=tenant_id), with_user=False)
    assert success(client.me(moved["access_token"]))["roles"] == ["billing:read"]
    assert desk.do("audit", "verify")["holds"] is True
