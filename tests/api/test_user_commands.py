"""keywright user …: what an operator does with users, on a server in use and on a store without one."""

import json

import pytest

from lib.checks import UUID7, success
from lib.client import new_email, new_phone

UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


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


# ---- import ----


def import_file(house, path, content, *words, check=True):
    path.write_text(content)
    return house.cli("user", "import", path, *words, check=check)


def test_a_csv_file_is_imported_and_bad_lines_are_named(house, tmp_path):
    emails = [new_email() for _ in range(3)]
    content = (
        "email,phone,metadata\r\n"
        f'{emails[0]},,"{{""plan"": ""pro""}}"\r\n'
        "not an address,,\r\n"
        "\r\n"
        f"{emails[1]},+4915112345678,\r\n"
        f"{emails[0].upper()},,\r\n"
        ",,{}\r\n"
        f'{emails[2]},,"[1]"\r\n'
        f'"{emails[2]}'
    )
    done = import_file(house, tmp_path / "users.csv", content, check=False)
    assert done.returncode == 1
    assert [line.split() for line in done.stdout.splitlines()] == [["created", "2"], ["existing", "1"], ["bad", "4"]]
    said = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in said] == ["line 3", "line 7", "line 8", "line 9"]
    assert all(": VALIDATION_ERROR: " in line for line in said) and "email: Must be" in said[0] and "metadata: Must be" in said[2]
    users = {user["email"]: user for user in house.cli_json("user", "list")["users"]}
    assert users[emails[0]]["metadata"] == {"plan": "pro"} and users[emails[1]]["phone"] == "+4915112345678"
    assert len(users) == 2


def test_json_lines_are_imported_and_machines_get_json(house, tmp_path):
    lines = [{"email": new_email(), "metadata": {"n": n}} for n in range(20)]
    content = "\n".join(map(json.dumps, [*lines, {"mail": "x"}, {"phone": "123"}]))
    done = import_file(house, tmp_path / "users.jsonl", content, "--json", check=False)
    assert done.returncode == 1
    body = json.loads(done.stdout)
    assert (body["success"], body["created"], body["existing"]) == (False, 20, 0)
    assert [(bad["line"], bad["error"]) for bad in body["bad"]] == [(21, "VALIDATION_ERROR"), (22, "VALIDATION_ERROR")]
    assert "phone: Must be" in body["bad"][1]["message"]


def test_an_import_that_broke_off_goes_on_when_it_is_run_again(house, tmp_path):
    lines = [json.dumps({"email": new_email()}) for _ in range(6)]
    assert json.loads(import_file(house, tmp_path / "part", "\n".join(lines[:4]), "--json").stdout)["created"] == 4
    whole = json.loads(import_file(house, tmp_path / "whole", "\n".join(lines), "--json").stdout)
    assert whole == {"success": True, "created": 2, "existing": 4, "bad": []}


def test_what_stands_against_every_line_stops_at_the_first(server, app, tmp_path):
    server.create_app()
    lines = "\n".join(json.dumps({"email": new_email()}) for _ in range(3))
    for words, why in (([], "app_id"), (["--app", UNKNOWN], "APP_NOT_FOUND")):
        done = import_file(server, tmp_path / "users", lines, *words, check=False)
        refused(done, why)
        assert "stopped at line 1;" in done.stderr and "created            0" in done.stdout
    assert json.loads(import_file(server, tmp_path / "users", lines, "--app", app.app_id, "--json").stdout)["created"] == 3


@pytest.mark.parametrize("content, why", [("", "nothing"), ("mail\n", "email, phone, metadata"), ("email,email\n", "twice"), (None, "No such file")])
def test_a_file_that_is_none_is_refused(server, tmp_path, content, why):
    path = tmp_path / "users"
    if content is not None:
        path.write_text(content)
    done = server.cli("user", "import", path, check=False)
    refused(done, why)
    assert not done.stdout
    for words in ([], [path, path]):
        assert server.cli("user", "import", *words, check=False).returncode == 2


def test_imported_users_sign_in(server, client, app, tmp_path):
    contact = new_email()
    import_file(server, tmp_path / "users", f"email\n{contact}\n", "--app", app.app_id)
    app.set("signup", "closed")
    assert client.sign_in(app, contact).user["new"] is False
    (found,) = success(client.as_server(app, "GET", "/users", params={"email": contact}))["users"]
    assert found["last_sign_in_at"]
