"""keywright audit verify, and the operator's endpoints behind it: the chains are walked piece by piece."""

import json
import uuid

import pytest

from lib.checks import RFC3339
from lib.hands import Hands
from lib.server import run

APPS = "/operator/audit/apps"
VERIFY = "/operator/audit/verify"
PIECE = 500
FIELDS = ["success", "app_id", "length", "begun_at", "records", "forgotten", "unproven", "broken", "next", "unsealed", "oldest_unsealed_at"]
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000001"


def ask(server, path, **query):
    answer = server.operator("GET", path + "?" + "&".join(f"{name}={value}" for name, value in query.items()))
    assert answer.status_code == 200, answer.text
    return answer.json()


def verify(server, *words):
    done = server.cli("audit", "verify", "--json", *words, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def filled(start_server, open_client):
    """A server of the test's own, an app with more events than a piece has, all of them chained."""
    server = start_server()
    client, app = open_client(server), server.create_app()
    for _ in range(PIECE + 100):
        client.new_tenant(app)
    client.sealed_events(app)
    return server, app


# ---- endpoints ----


def test_the_apps_that_have_chains_end_with_the_house(start_server):
    server = start_server()
    made = [server.create_app().app_id for _ in range(3)]
    whole = ask(server, APPS)
    assert list(whole) == ["success", "apps", "next_cursor"] and whole["next_cursor"] is None
    ids = [app["app_id"] for app in whole["apps"]]
    assert ids[-1] is None and set(made) <= set(ids) and len(set(ids)) == len(ids)
    seen, page = [], ask(server, APPS, limit=2)
    while page["next_cursor"]:
        seen += page["apps"]
        page = ask(server, APPS, limit=2, cursor=page["next_cursor"])
    assert seen + page["apps"] == whole["apps"]


def test_a_piece_says_where_to_go_on(filled):
    server, app = filled
    length = PIECE + 101
    first = ask(server, VERIFY, app_id=app.app_id)
    assert list(first) == FIELDS and RFC3339.fullmatch(first["begun_at"])
    assert (first["app_id"], first["length"], first["records"], first["broken"]) == (app.app_id, length, PIECE, None)
    assert first["next"] == {"part": "chain", "seq": PIECE + 1}
    second = ask(server, VERIFY, app_id=app.app_id, **first["next"])
    assert (second["records"], second["next"]) == (101, {"part": "events"})
    third = ask(server, VERIFY, app_id=app.app_id, **second["next"])
    assert third["records"] == 0 and list(third["next"]) == ["part", "event_id"]
    last = ask(server, VERIFY, app_id=app.app_id, **third["next"])
    assert (last["next"], last["broken"], last["unsealed"], last["oldest_unsealed_at"]) == (None, None, 0, None)
    beyond = ask(server, VERIFY, app_id=app.app_id, part="chain", seq=10**9)
    assert (beyond["records"], beyond["broken"], beyond["next"]) == (0, None, {"part": "events"})


def test_the_house_has_a_chain_of_its_own(start_server):
    server = start_server()
    server.cli("key", "rotate")
    for app in ask(server, APPS)["apps"]:
        of_app = ask(server, VERIFY, **{name: id for name, id in app.items() if id})
        assert of_app["app_id"] == app["app_id"] and of_app["broken"] is None


@pytest.mark.parametrize(
    "query, bad", [("app_id=x", "app_id"), ("part=x", "part"), ("seq=0", "seq"), ("seq=-1", "seq"), ("part=events&event_id=x", "event_id")]
)
def test_a_bad_position_is_refused(server, query, bad):
    answer = server.operator("GET", f"{VERIFY}?{query}")
    assert answer.status_code == 400 and [detail["field"] for detail in answer.json()["details"]] == [bad]


def test_an_unknown_app_has_no_trail(server):
    answer = server.operator("GET", f"{VERIFY}?app_id={UNKNOWN}")
    assert (answer.status_code, answer.json()["error"]) == (404, "APP_NOT_FOUND")


# ---- the command ----


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_what_holds_is_0(filled, state):
    server, app = filled
    server.create_app()
    if state == "stopped":
        server.terminate()
    code, found = verify(server)
    assert code == 0 and (found["success"], found["holds"]) == (True, True)
    records = {one["app_id"]: one["records"] for one in found["apps"]}
    assert records[app.app_id] == PIECE + 101 and None in records and len(records) == len(found["apps"])
    assert all(one["holds"] and one["broken"] is None for one in found["apps"])
    code, found = verify(server, "--app", app.app_id)
    assert code == 0 and [one["app_id"] for one in found["apps"]] == [app.app_id]


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_what_is_broken_is_1_and_every_app_is_told(filled, open_client, state):
    server, app = filled
    other = server.create_app()
    open_client(server).sealed_events(other)
    hands = Hands(server)
    for app_id, seq in ((app.app_id, PIECE + 50), (other.app_id, 1)):
        at = "(SELECT event_id FROM event_seals WHERE app_id = ? AND seq = ?)"
        assert hands.change(f"UPDATE events SET at = at + 1 WHERE event_id = {at}", uuid.UUID(app_id).bytes, seq) == 1
    if state == "running":
        server.start()
    code, found = verify(server)
    assert code == 1 and found["holds"] is False
    broken = {one["app_id"]: one["broken"] for one in found["apps"] if not one["holds"]}
    assert {app_id: (one["seq"], one["what"]) for app_id, one in broken.items()} == {
        app.app_id: (PIECE + 50, "edited"), other.app_id: (1, "edited")}  # fmt: skip

    done = server.cli("audit", "verify", check=False)
    assert done.returncode == 1 and app.app_id in done.stderr and other.app_id in done.stderr
    assert f"record {PIECE + 50}: event {broken[app.app_id]['event_id']}: edited" in done.stderr
    assert verify(server, "--app", other.app_id)[0] == 1


def test_an_unknown_app_is_refused(server):
    done = server.cli("audit", "verify", "--app", UNKNOWN, check=False)
    assert done.returncode == 1 and "APP_NOT_FOUND" in done.stderr
    done = server.cli("audit", "verify", "--app", "x", check=False)
    assert done.returncode == 1 and "app_id" in done.stderr


def test_words_it_does_not_know_are_2(tmp_path):
    assert run("audit", "verify", "all", "--data", tmp_path).returncode == 2


def test_a_store_without_apps_holds(tmp_path):
    done = run("audit", "verify", "--json", "--data", tmp_path)
    assert done.returncode == 0 and [one["app_id"] for one in json.loads(done.stdout)["apps"]] == [None]


def test_events_are_listed(server, client, app):
    signed_in = client.sign_in(app)
    listed = server.cli_json("audit", "list", "--app", app.app_id, "--user-id", signed_in.user["user_id"])
    assert [event["type"] for event in listed["events"]] == [event["type"] for event in client.all_events(app, user_id=signed_in.user["user_id"])]
