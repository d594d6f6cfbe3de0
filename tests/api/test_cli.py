"""The command line: apps and keys, with a running server (over its socket) and without."""

import base64
import contextlib
import datetime
import json
import os
import pty
import re
import stat
import subprocess
import termios

import pytest

from lib.checks import UUID7, success
from lib.client import new_email
from lib.server import BINARY, environment, run
from lib.tables import endpoints, settings

# The paths behind these commands, on <data>/keywright.sock only:
APPS = "/operator/apps"
APP = "/operator/apps/{app_id}"
ROTATE_SECRET = "/operator/apps/{app_id}/rotate-secret"
KEYS = "/operator/keys"
ROTATE_KEY = "/operator/keys/rotate"
RETIRE_KEY = "/operator/keys/{kid}/retire"


def fails(done, code):
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    assert done.stderr.strip() and "Sanitizer" not in done.stderr
    return done.stderr


def nouns(listed, noun):
    """The items of a listing, bare or in an object."""
    return listed[noun] if isinstance(listed, dict) else listed


def test_an_app_is_made_listed_shown_and_changed(house):
    created = house.cli_json("app", "create", "Corner Bakery")
    assert UUID7.fullmatch(created["app_id"]) and len(created["app_secret"]) >= 22
    app_id = created["app_id"]
    assert app_id in [app["app_id"] for app in nouns(house.cli_json("app", "list"), "apps")]
    house.cli("app", "set", app_id, "allowed_origins", "https://one.example,https://two.example")
    house.cli("app", "set", app_id, "name", "Bäckerei", "require_secret", "on")
    shown = house.cli_json("app", "show", app_id)
    shown = shown.get("app", shown)
    assert shown["name"] == "Bäckerei" and shown["require_secret"] is True
    assert shown["allowed_origins"] == ["https://one.example", "https://two.example"]
    assert created["app_secret"] not in json.dumps(shown), "the secret is shown once"
    rotated = house.cli_json("app", "rotate-secret", app_id)
    assert rotated["app_secret"] != created["app_secret"]


def test_what_pages_and_links_go_by_is_set_and_shown(house):
    app_id = house.cli_json("app", "create", "Corner Bakery")["app_id"]
    standard = house.cli_json("app", "show", app_id)["app"]
    assert standard["redirect_uris"] == [] and standard["color"] is None and standard["logo"] is None
    assert (standard["require_pkce"], standard["link_target"], standard["bind_links"]) == (True, "hosted", False)
    logo = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff" + bytes(8189)).decode()
    house.cli("app", "set", app_id, "redirect_uris", "https://a.example/cb,com.example.app:/cb", "require_pkce", "off",
              "link_target", "app", "bind_links", "on", "color", "#0b57d0", "logo", logo)  # fmt: skip
    shown = house.cli_json("app", "show", app_id)["app"]
    assert shown["redirect_uris"] == ["https://a.example/cb", "com.example.app:/cb"]
    assert (shown["require_pkce"], shown["link_target"], shown["bind_links"]) == (False, "app", True)
    assert (shown["color"], shown["logo"]) == ("#0b57d0", logo)
    assert max(map(len, house.cli("app", "show", app_id).stdout.split("\n"))) < 200, "people see where a logo begins"


def test_output_for_people_says_the_same(house):
    done = house.cli("app", "create", "For people")
    listed = house.cli("app", "list").stdout
    app_id = next(word for word in done.stdout.split() if UUID7.fullmatch(word.strip(".,:\"'")))
    assert app_id in listed and "For people" in listed
    assert "For people" in house.cli("app", "show", app_id).stdout


def in_a_terminal(server, columns, *words):
    """What a person sees in a terminal so wide: stdout and stderr."""
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (50, columns))
    seen = []
    with contextlib.closing(os.fdopen(terminal, "rb", buffering=0)) as screen:
        done = subprocess.Popen(
            [str(BINARY), *words, "--data", str(server.data)], stdin=subprocess.DEVNULL, stdout=its_end, stderr=its_end, env=environment({})
        )
        os.close(its_end)
        with contextlib.suppress(OSError):  # EIO: everybody has closed it
            while piece := screen.read(4096):
                seen.append(piece)
        assert done.wait(30) == 0
    text = b"".join(seen).decode().replace("\r\n", "\n")
    assert "\x1b" not in text
    return text


def test_a_table_fits_the_terminal_or_becomes_one_row_after_another(server, client):
    app = server.create_app()
    long = "n" * 90
    user = client.new_user(app, email=new_email(), metadata={"note": long})
    words = ["user", "list", "--app", app.app_id]
    titles = list(server.cli_json(*words)["users"][0])

    piped = server.cli(*words).stdout.splitlines()
    assert piped[0].split() == titles and len(piped) == 2 and not any(line.endswith(" ") for line in piped)
    wide = in_a_terminal(server, 240, *words).splitlines()
    assert wide == piped
    middle = in_a_terminal(server, 150, *words).splitlines()
    assert middle[0].split() == ["user_id", "email", "created_at", "metadata"], "what no row has is left out"
    assert max(map(len, middle)) <= 150 and len(middle) == 2
    narrow = in_a_terminal(server, 80, *words).splitlines()
    assert narrow[0].split() == ["user_id", user["user_id"]] and narrow[3].split(maxsplit=1) == ["metadata", "{"]
    assert long in narrow[4] and "}" in narrow[5]
    client.new_user(app)
    assert in_a_terminal(server, 80, *words).split("\n\n")[1].startswith("user_id "), "an empty line between rows"


def test_what_people_should_know_of_a_list_stands_on_stderr(server, client, app):
    where = ["--app", app.app_id]
    none = server.cli("user", "list", *where)
    assert (none.stdout, none.stderr) == ("", "no users\n")
    made = [client.new_user(app)["user_id"] for _ in range(3)]
    first = server.cli("user", "list", "--limit", "2", *where)
    assert len(first.stdout.splitlines()) == 3
    hint = re.fullmatch(r"there are more: the same with (--cursor) (\S+)\n", first.stderr)
    rest = server.cli("user", "list", "--limit", "2", *hint.groups(), *where)
    assert rest.stdout.split()[len(rest.stdout.splitlines()[0].split())] == made[0] and not rest.stderr
    machine = server.cli("user", "list", "--limit", "2", "--json", *where)
    assert json.loads(machine.stdout)["next_cursor"] == hint[2] and not machine.stderr


def test_an_answer_without_anything_to_show_says_done(server, client, app):
    where = ["--app", app.app_id]
    done = server.cli("tenant", "delete", client.new_tenant(app), *where)
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_what_strangers_wrote_does_not_steer_the_terminal(server, client, app):
    client.new_user(app, email=new_email(), metadata={"note": "\x1b[2J\u009b31m\u202etxt", "a\x1b]0;x\x07": 1})
    shown = in_a_terminal(server, 80, "user", "list", "--app", app.app_id) + server.cli("user", "list", "--app", app.app_id).stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown) and "\\u009b31m" in shown


def test_everything_is_json_for_machines():
    code = json.loads(run("explain", "otp_invalid", "--json").stdout)
    assert (code["error"], code["status"]) == ("OTP_INVALID", 400) and code["what_to_do"] in code["page"] + code["what_to_do"]
    shown = json.loads(run("config", "show", "--dev", "--json").stdout)["settings"]
    assert {row["name"] for row in shown} == set(settings()) and {"name", "value", "default", "live", "help"} == set(shown[0])
    assert json.loads(run("config", "check", "--dev", "--json").stdout) == {"success": True}
    assert json.loads(run("version", "--json").stdout)["version"]


@pytest.mark.parametrize(
    "key, value",
    [("nonsense", "x"), ("require_secret", "maybe"), ("signup", "sometimes"), ("allowed_origins", "not an origin"),
     ("allowed_origins", "https://x.example/path"), ("redirect_uris", "javascript:alert(1)"), ("redirect_uris", "http://x.example/"),
     ("redirect_uris", ",".join(f"https://x.example/{i}" for i in range(21))), ("require_pkce", "maybe"), ("link_target", "theirs"),
     ("bind_links", "x"), ("color", "red"), ("logo", "https://x.example/logo.png"), ("session_purposes", "NOT GOOD"), ("name", ""), ("name", "x" * 1000), ("name", "a\nb")],
)  # fmt: skip
def test_a_bad_setting_is_refused(server, app, key, value):
    done = server.cli("app", "set", app.app_id, key, value, check=False)
    assert done.returncode in (1, 2) and done.stderr.strip()


def test_refusals_are_1_and_name_the_code(server):
    unknown = "0190b8a0-7c3e-7d10-8f00-000000000000"
    assert "APP_NOT_FOUND" in fails(server.cli("app", "show", unknown, check=False), 1)
    assert "APP_NOT_FOUND" in fails(server.cli("app", "rotate-secret", unknown, check=False), 1)
    assert "VALIDATION_ERROR" in fails(server.cli("app", "show", "nonsense", check=False), 1)


@pytest.mark.parametrize("words", [["nonsense"], ["app"], ["app", "nonsense"], ["app", "create"], ["app", "show"], ["key", "nonsense"],
                                   ["serve", "--nonsense"], ["explain"], ["config"], ["serve", "--listen"], ["app", "list", "--nonsense"]])  # fmt: skip
def test_wrong_usage_is_2_and_is_told(words, tmp_path):
    said = fails(run(*words, "--data", tmp_path / "data") if words[0] != "serve" else run(*words), 2)
    assert "keywright" in said.lower() or "usage" in said.lower()
    assert not (tmp_path / "data").exists(), "wrong usage leaves nothing behind"


def test_help_and_version():
    done = run("version")
    assert done.returncode == 0 and done.stdout.strip()
    assert run("--help").returncode == 0 and "serve" in run("--help").stdout
    assert run().returncode == 2


def keys_of(house, kind):
    listed = nouns(house.cli_json("key", "list"), "keys")
    assert "PRIVATE" not in json.dumps(listed) and not any("d" in key for key in listed)
    return {key["kid"]: key for key in listed if key["kind"] == kind}


@pytest.mark.parametrize("kind, flags", [("token", []), ("license", ["--license"])])
def test_keys_are_listed_rotated_and_retired(house, kind, flags):
    other = keys_of(house, "license" if kind == "token" else "token")
    (old,) = keys_of(house, kind)
    new = house.cli_json("key", "rotate", *flags)
    assert new["kind"] == kind and new["stage"] == "published"
    assert set(keys_of(house, kind)) == {old, new["kid"]}
    assert house.cli_json("key", "retire", old)["replacement"] == new["kid"]
    assert keys_of(house, kind)[new["kid"]]["stage"] == "active"
    assert len(other) == 1 and keys_of(house, "license" if kind == "token" else "token") == other
    assert fails(house.cli("key", "retire", "unknown-kid", check=False), 1)


def test_a_key_of_leases_starts_90_days_after_it_was_published(house):
    new = house.cli_json("key", "rotate", "--license", "true")
    began, starts = (datetime.datetime.fromisoformat(new[name]) for name in ("created_at", "active_at"))
    assert starts - began == datetime.timedelta(days=90)


def test_the_last_key_cannot_leave_nothing_to_sign_with(start_server, open_client):
    server = start_server()
    (kid,) = keys_of(server, "token")
    server.cli("key", "retire", kid, check=False)
    client, app = open_client(server), server.create_app()
    success(client.me(client.sign_in(app).access))


def test_what_the_command_line_changes_the_server_knows_at_once(server, client):
    app = server.create_app()
    success(client.send_otp(app, new_email()))
    app.set("require_secret", "on")
    assert client.send_otp(app, new_email()).status_code == 401
    app.set("require_secret", "off")
    success(client.send_otp(app, new_email()))


@pytest.mark.skipif(os.geteuid() != 0, reason="about root alone")
@pytest.mark.parametrize("words", [["app", "list"], ["app", "create", "Shop"], ["backup", "copy"], ["restore", "copy"], ["serve", "--dev"]])
def test_root_leaves_nothing_in_the_folder_of_another_user(tmp_path, words):
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 65534, 65534)
    done = run(*words, "--data", data, cwd=tmp_path)
    assert done.returncode in (1, 3) and "nobody's" in done.stderr and "runuser -u nobody" in done.stderr
    assert not list(data.iterdir())


def test_the_socket_is_the_operators_alone(server):
    mode = (server.data / "keywright.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and mode & 0o077 == 0


def test_the_socket_answers_like_any_endpoint(server):
    body = server.operator("POST", APPS, {"name": "By socket"}).json()
    assert body["success"] is True
    assert server.operator("GET", APP.format(app_id=body["app_id"])).status_code == 200
    refused = server.operator("POST", APPS, {"name": 7})
    assert refused.status_code == 400 and refused.json()["details"][0]["field"] == "name"
    assert server.operator("GET", KEYS).json()["keys"]


def test_the_operators_endpoints_are_not_on_the_network(client):
    for endpoint in endpoints():
        if endpoint.is_operators:
            for prefix in ("", "/v1"):
                assert client.request(endpoint.method, prefix + endpoint.path.replace("{app_id}", "x").replace("{kid}", "x")).status_code == 404


def test_a_stale_socket_does_not_stop_the_next_start(start_server):
    server = start_server()
    server.kill()
    assert (server.data / "keywright.sock").exists()
    assert server.cli_json("app", "list")["success"] is True
    server.start()
    server.create_app()
