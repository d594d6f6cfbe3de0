"""keywright user …: what an operator does with users, on a server in use and on a store without one."""

import json

import pytest

from lib.checks import UUID7, success
from lib.client import new_email, new_phone
from lib.server import Server

UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


@pytest.fixture(params=["running", "stopped"])
def house(request, engine):
    """A data folder with one app, the demo, its server running or stopped: the commands work either way."""
    server = Server(engine)
    try:
        server.start()
        if request.param == "stopped":
            assert server.terminate() == 0
        yield server
    finally:
        server.remove()


def refused(done, code, exit_code=1):
    assert done.returncode == exit_code and code in done.stderr, f"{done.returncode}: {done.stdout}{done.stderr}"


def test_a_user_is_made_found_changed_and_ended(house):
    email, phone = new_email(), new_phone()
    made = house.cli_json("user", "create", "--email", email, "--metadata", '{"plan": "pro", "seats": 3}')
    user_id = made["user_id"]
    assert UUID7.fullmatch(user_id) and made["metadata"] == {"plan": "pro", "seats": 3}
    refused(house.cli("user", "create", "--email", email, check=False), "ALREADY_EXISTS")
    refused(house.cli("user", "create", check=False), "VALIDATION_ERROR")
    assert [user["user_id"] for user in house.cli_json("user", "list", "--email", email.upper())["users"]] == [user_id]
    assert house.cli_json("user", "list", "--phone", phone)["users"] == []
    changed = house.cli_json("user", "set", user_id, "metadata", '{"plan": null}', "phone", phone)["user"]
    assert changed["metadata"] == {"seats": 3} and (changed["email"], changed["phone"]) == (email, phone)
    assert house.cli_json("user", "set", user_id, "phone", "")["user"]["phone"] is None
    refused(house.cli("user", "set", user_id, "email", "", check=False), "VALIDATION_ERROR")
    assert house.cli_json("user", "end-sessions", user_id)["sessions_ended"] == 0
    assert house.cli_json("user", "delete", user_id)["user"]["deleted_at"]
    assert house.cli_json("user", "restore", user_id)["user"]["deleted_at"] is None
    assert house.cli_json("user", "show", user_id)["user"]["metadata"] == {"seats": 3}
    assert house.cli_json("user", "erase", user_id)["erased"] is True
    refused(house.cli("user", "show", user_id, check=False), "USER_NOT_FOUND")


def test_people_read_tables(house):
    email = new_email()
    house.cli("user", "create", "--email", email, "--metadata", '{"email": "not this", "plan": "pro"}')
    listed = house.cli("user", "list").stdout.splitlines()
    assert listed[0].split() == ["user_id", "email", "phone", "created_at", "last_sign_in_at", "metadata", "deleted_at"]
    assert len(listed) == 2 and email in listed[1]
    user_id = listed[1].split()[0]
    shown = dict(line.split(maxsplit=1) for line in house.cli("user", "show", user_id).stdout.splitlines())
    assert (shown["email"], shown["phone"]) == (email, "-") and json.loads(shown["metadata"])["plan"] == "pro"


def test_it_is_about_the_app_that_is_named(server, app):
    other = server.create_app()
    user_id = server.cli_json("user", "create", "--email", new_email(), "--app", app.app_id)["user_id"]
    refused(server.cli("user", "show", user_id, "--app", other.app_id, check=False), "USER_NOT_FOUND")
    refused(server.cli("user", "show", user_id, check=False), "app_id")
    refused(server.cli("user", "list", "--app", UNKNOWN, check=False), "APP_NOT_FOUND")


def test_what_the_operator_does_holds_at_once(server, client, app):
    signed_in = client.sign_in(app)
    where = ["--app", app.app_id]
    assert server.cli_json("user", "end-sessions", signed_in.user["user_id"], *where)["sessions_ended"] == 1
    assert client.me(signed_in.access).json()["error"] == "TOKEN_REVOKED"
    server.cli("user", "delete", signed_in.user["user_id"], *where)
    assert client.me(signed_in.access).json()["error"] == "USER_DELETED"
