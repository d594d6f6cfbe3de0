"""keywright license …: over the socket of a running server, and without one."""

import contextlib
import fcntl
import json
import os
import pty
import select
import subprocess
import termios

import pytest

from lib import issued
from lib.licenses import ISSUED, SERVER_MEMBERS, License, Shop, check_held, check_license, new_device
from lib.server import BINARY, environment


@pytest.fixture
def seller(house):
    """With an app that the commands are about."""
    house.app = house.create_app()
    return house


def ask(seller, *words):
    answer = seller.cli_json("license", *words, "--app", seller.app.app_id)
    issued.remember_answer(answer)
    return answer


def test_a_license_is_issued_shown_changed_renewed_and_revoked(seller):
    made = ask(seller, "issue", "--max-activations", "2", "--duration-days", "30", "--entitlements", '{"pro": true}')
    assert list(made) == ["success", *ISSUED] and made["entitlements"] == {"pro": True}
    license_id = made["license_id"]
    shown = ask(seller, "show", license_id)["license"]
    assert check_license(shown, SERVER_MEMBERS)["max_activations"] == 2
    assert ask(seller, "lookup", made["license_key"])["license"] == shown
    changed = ask(seller, "set", license_id, "max_activations", "5", "metadata", '{"order": 7}')["license"]
    assert (changed["max_activations"], changed["metadata"]) == (5, {"order": 7})
    assert ask(seller, "renew", license_id, "--duration-days", "9")["license"]["expires_at"] > shown["expires_at"]
    assert ask(seller, "reissue", license_id)["license_key"] != made["license_key"]
    assert ask(seller, "revoke", "--license-id", license_id, "--reason", "refunded")["license"]["status"] == "revoked"
    assert [one["license_id"] for one in ask(seller, "list", "--status", "revoked")["licenses"]] == [license_id]
    again = seller.cli("license", "revoke", "--license-id", license_id, "--app", seller.app.app_id, check=False)
    assert again.returncode == 1 and "LICENSE_ALREADY_REVOKED" in again.stderr


def test_many_are_issued_by_one_command(seller):
    assert len(ask(seller, "issue", "--count", "25")["licenses"]) == 25
    assert len(ask(seller, "list", "--limit", "100")["licenses"]) == 25


def test_people_read_a_table(seller):
    made = ask(seller, "issue", "--count", "2")["licenses"]
    listed = seller.cli("license", "list", "--app", seller.app.app_id).stdout
    assert all(one["license_id"] in listed and one["key_hint"] in listed for one in made)
    assert not any(one["license_key"] in listed for one in made)


def test_support_sees_and_frees_devices(server, client, app):
    shop = Shop(client, app)
    license = shop.issue()
    activation_id = shop.take(license, device := new_device(), device_name="Ada's laptop")
    listed = server.cli("license", "devices", license.license_id, "--app", app.app_id).stdout
    assert activation_id in listed and "Ada's laptop" in listed
    server.cli("license", "free", license.license_id, activation_id, "--app", app.app_id)
    shop.take(license, new_device())
    done = server.cli("license", "free", license.license_id, activation_id, "--app", app.app_id, check=False)
    assert done.returncode == 1 and "ACTIVATION_NOT_FOUND" in done.stderr


def test_settings_of_an_app_about_licenses(server):
    app = server.create_app()
    app.set("license_prefix", "SKETCH")
    app.set("accept_custom_keys", "on")
    app.set("lease_debt", "on")
    shown = server.cli_json("app", "show", app.app_id)["app"]
    assert (shown["license_prefix"], shown["accept_custom_keys"], shown["lease_debt"]) == ("SKETCH", True, True)
    for prefix in ("A", "ABCDEFGHJ", "abc", "OIL", "A B", "ÄÖ"):
        refused = server.cli("app", "set", app.app_id, "license_prefix", prefix, check=False)
        assert refused.returncode == 1 and "license_prefix" in refused.stderr
    issued_key = server.cli_json("license", "issue", "--app", app.app_id)["license_key"]
    issued.remember_license_key(issued_key)
    assert issued_key.startswith("SKETCH-")


def test_what_is_done_is_in_the_audit_trail(start_server, open_client):
    server = start_server()
    app = server.create_app()
    shop = Shop(open_client(server), app)
    user_id = shop.client.sign_in(app).user["user_id"]
    license = shop.issue(user_id=user_id, max_activations=2)
    activation_id = shop.take(license, new_device())
    check_held(shop.activate(license, new_device(), device_name="Somebody's name"), 201)
    shop.free(license, activation_id)
    shop.change(license, metadata={"a": 1}), shop.renew(license, duration_days=2)
    shop.reissue(license), shop.revoke(license, reason="because")
    shop.post("/v1/licenses", {"count": 5})
    assert server.terminate() == 0
    rows = server.rows("SELECT type, detail FROM events ORDER BY event_id")
    rows = [row for row in rows if row[0].startswith(("license.", "activation."))]
    assert [row[0] for row in rows] == [
        "license.issued", "activation.created", "activation.created", "activation.freed", "license.changed",
        "license.renewed", "license.reissued", "license.revoked", "license.issued"
    ]  # fmt: skip
    details = [json.loads(row[1]) for row in rows]
    assert all(detail["license_id"] == license.license_id for detail in details[:-1])
    assert [(detail["used"], detail["max"]) for detail in details[1:4]] == [(1, 2), (2, 2), (1, 2)]
    assert details[1]["activation_id"] == details[3]["activation_id"] == activation_id and details[-1]["count"] == 5
    assert "Somebody" not in str(rows)


# ---- keys by stdin, which stand neither in ps nor in the shell's history ----


def test_a_dash_takes_the_key_from_stdin(seller):
    where = ["--app", seller.app.app_id, "--json"]
    made = ask(seller, "issue")
    for line in (made["license_key"] + "\n", made["license_key"] + "\r\nmore\n", made["license_key"].lower()):
        found = json.loads(seller.cli("license", "lookup", "-", *where, input=line).stdout)["license"]
        assert found["license_id"] == made["license_id"]
    seller.cli("license", "revoke", "--license-key", "-", *where, input=made["license_key"])
    assert ask(seller, "show", made["license_id"])["license"]["status"] == "revoked"
    seller.cli("app", "set", seller.app.app_id, "accept_custom_keys", "on")
    seller.cli("license", "issue", "--license-key", "-", *where, input="legacy key 1\n")
    assert ask(seller, "lookup", "legacy key 1")["license"]["status"] == "active"


def test_without_a_line_there_is_no_key(seller):
    for nothing in ("", "\n", "\nKEY-1\n"):
        done = seller.cli("license", "lookup", "-", "--app", seller.app.app_id, check=False, input=nothing)
        assert done.returncode == 2 and "no license_key came by stdin" in done.stderr
    done = seller.cli("license", "lookup", "-", "--app", seller.app.app_id, check=False, input="x" * 2000)
    assert done.returncode == 1 and "VALIDATION_ERROR" in done.stderr, "one that is too long is not cut to fit"
    made = ask(seller, "issue")
    refused = seller.cli("license", "show", "-", "--app", seller.app.app_id, check=False, input=made["license_id"])
    assert refused.returncode == 1 and "license_id" in refused.stderr, "only what is secret is read there"


def type_in_a_terminal(server, typed, *words):
    """The command at a terminal of its own, where that is typed once it has asked and listens: what stands there then, and the
    process's exit code and stdout, which is a pipe."""
    terminal, its_end = pty.openpty()
    seen = b""
    with contextlib.closing(os.fdopen(terminal, "r+b", buffering=0)) as screen:
        process = subprocess.Popen(
            [BINARY, *words, *server.where()], stdin=its_end, stdout=subprocess.PIPE, stderr=its_end, env=environment(server.settings),
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        )  # fmt: skip
        os.close(its_end)
        while not seen.endswith(b": ") or termios.tcgetattr(screen)[3] & termios.ECHO:
            seen += screen.read(1) if select.select([screen], [], [], 0.01)[0] else b""
        screen.write(typed)
        with contextlib.suppress(OSError):  # EIO: everybody has closed it
            while piece := screen.read(4096):
                seen += piece
        said, _ = process.communicate(timeout=30)
    return seen.decode(), process.returncode, said.decode()


def test_a_terminal_is_asked_for_the_key_and_does_not_show_it(seller):
    made = ask(seller, "issue")
    words = ["license", "lookup", "-", "--app", seller.app.app_id, "--json"]
    seen, code, said = type_in_a_terminal(seller, made["license_key"].encode() + b"\n", *words)
    assert code == 0 and json.loads(said)["license"]["license_id"] == made["license_id"]
    assert seen.strip() == "license_key:", "nothing of what was typed"


@pytest.mark.parametrize("typed", [b"\n", b"\x04", b"KEY-1\x03"], ids=["nothing", "end", "interrupt"])
def test_a_question_that_is_not_answered_is_a_usage_error(seller, typed):
    seen, code, said = type_in_a_terminal(seller, typed, "license", "lookup", "-", "--app", seller.app.app_id)
    assert code == 2 and "no license_key came by stdin" in seen and "KEY-1" not in seen and not said


# ---- import ----


def test_keys_of_another_system_are_imported_and_found(seller, tmp_path):
    app_id, path = seller.app.app_id, tmp_path / "keys.csv"
    seller.cli("app", "set", app_id, "accept_custom_keys", "on")
    path.write_text(
        "license_key;max_activations;expires_at;entitlements;metadata\n"
        'LEGACY/0001;3;2099-01-01T00:00:00Z;"{""edition"": ""pro""}";"{""order"": 7}"\n'
        "LEGACY/0002;;;;\n"
        ";2;;;\n"
        "short;;;;\n"
        "LEGACY/0003;many;;;\n"
        "LEGACY/0002;5;;;\n"
    )
    done = seller.cli("license", "import", path, "--app", app_id, check=False)
    assert done.returncode == 1
    assert [line.split() for line in done.stdout.splitlines()] == [["created", "2"], ["existing", "1"], ["bad", "3"]]
    said = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert [line.split(": ")[:2] for line in said] == [
        ["line 4", "VALIDATION_ERROR"], ["line 5", "LICENSE_INVALID"], ["line 6", "VALIDATION_ERROR"]
    ]  # fmt: skip
    assert "license_key: Is required." in said[0] and "max_activations: Must be" in said[2]
    found = ask(seller, "lookup", "LEGACY/0001")["license"]
    assert (found["max_activations"], found["expires_at"], found["entitlements"]) == (3, "2099-01-01T00:00:00Z", {"edition": "pro"})
    assert ask(seller, "lookup", "LEGACY/0002")["license"]["max_activations"] == 1
    assert len(ask(seller, "list")["licenses"]) == 2


def test_imported_keys_activate(server, client, app, tmp_path):
    shop, path = Shop(client, app), tmp_path / "keys.jsonl"
    app.set("accept_custom_keys", "on")
    user_id = client.sign_in(app).user["user_id"]
    rows = [{"license_key": f"legacy key {n}", "user_id": user_id} for n in range(30)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    where = [path, "--app", app.app_id, "--json"]
    assert json.loads(server.cli("license", "import", *where).stdout) == {"success": True, "created": 30, "existing": 0, "bad": []}
    assert json.loads(server.cli("license", "import", *where).stdout) == {"success": True, "created": 0, "existing": 30, "bad": []}
    license = License(app, {"license_id": None, "license_key": "legacy key 7"})
    assert check_held(shop.activate(license, new_device()), 201)["license"]["user_id"] == user_id
