"""THREATS H11: every step leaves one record, and no record can be changed, removed or added without keywright audit verify naming it.
Whoever tries has the whole store in hand, but not the master key."""

import json
import random
import threading
import time
import uuid

import pytest

from lib.checks import session, success
from lib.client import Client, new_email, wrong
from lib.hands import Hands
from lib.server import LONG, Server
from lib.visit import approve, other_number

ROUNDS = 50 if LONG else 6
RECORDS = 12  # of the trail that is tampered with


def verify(server):
    """The exit code, and what was found of each app."""
    done = server.cli("audit", "verify", "--json", check=False)
    found = json.loads(done.stdout)
    assert found["holds"] == (done.returncode == 0)
    return done.returncode, {one["app_id"]: one for one in found["apps"]}


def broken(server, app):
    """What verify says is broken of the app alone: seq, event_id, what."""
    code, found = verify(server)
    assert code == 1 and [one for one in found if not found[one]["holds"]] == [app.app_id]
    fault = found[app.app_id]["broken"]
    return fault["seq"], fault["event_id"], fault["what"]


def holds(server, app):
    code, found = verify(server)
    assert code == 0, found
    return found[app.app_id]


# ---- every step has one record ----


def types_since(client, app, seen):
    """The types of the events since the last call, oldest first."""
    events = [event for event in reversed(client.all_events(app, limit=100)) if event["event_id"] not in seen]
    seen.update(event["event_id"] for event in events)
    return sorted(event["type"] for event in events)


def test_H11_every_step_of_a_sign_in_has_one_record(server, client):
    app, email, seen = server.create_app(), new_email(), set()
    assert types_since(client, app, seen) == ["app.created"]

    request_id, code = client.ask_code(app, email)
    assert types_since(client, app, seen) == ["otp.sent"]
    for _ in range(2):
        client.verify_otp(app, request_id, wrong(code))
    assert types_since(client, app, seen) == []
    client.verify_otp(app, request_id, wrong(code))
    client.verify_otp(app, request_id, code)
    assert types_since(client, app, seen) == ["otp.locked"]

    signed_in = client.sign_in(app, email)
    assert types_since(client, app, seen) == ["otp.sent", "session.started", "user.created"]
    client.sign_in(app, email)
    assert types_since(client, app, seen) == ["otp.sent", "session.started"]
    success(client.verify_otp(app, *client.ask_code(app, email, purpose="prove"), purpose="prove"))
    assert types_since(client, app, seen) == ["otp.sent", "otp.verified"]

    app.set("redirect_uris", ["https://app.example/callback"])
    assert types_since(client, app, seen) == ["app.changed"]
    link = client.ask_link(app, email)
    assert types_since(client, app, seen) == ["link.sent"]
    session(client.exchange(link.code, flow_token=link.flow_token), with_user=True)
    assert types_since(client, app, seen) == ["session.started"]

    handed = client.hand_over(signed_in)
    assert types_since(client, app, seen) == ["exchange.issued"]
    session(client.exchange(handed), with_user=True)
    assert types_since(client, app, seen) == ["session.started"]

    refreshed = success(client.refresh(signed_in.refresh))
    assert types_since(client, app, seen) == []
    client.refresh(signed_in.refresh)
    assert types_since(client, app, seen) == ["session.reuse"]
    client.refresh(refreshed["refresh_token"])
    assert types_since(client, app, seen) == []

    third = client.sign_in(app, email)
    types_since(client, app, seen)
    success(client.logout(third.refresh))
    success(client.logout(third.refresh))
    assert types_since(client, app, seen) == ["session.ended"]


def test_H11_every_step_on_the_pages_has_one_record(visit, server):
    here = visit()
    seen = set()
    page = here.ask()
    number, mail = page.number, here.mail()
    assert types_since(here.client, here.app, seen) == ["app.changed", "app.created", "link.sent"]
    elsewhere = here.new_browser()
    approve(elsewhere, elsewhere.get(here.path(mail)), number)
    assert types_since(here.client, here.app, seen) == ["link.approved"]

    again = here.browser.follow(here.browser.submit(here.first().form("/signin"), contact=here.contact))
    mail = here.mail()
    assert types_since(here.client, here.app, seen) == ["link.sent"]
    approve(elsewhere, elsewhere.get(here.path(mail)), other_number(again.number))
    assert types_since(here.client, here.app, seen) == ["link.denied"]


# ---- hands on the store ----


@pytest.fixture
def trail(start_server, open_client):
    """The store of a server that is down: an app's trail of RECORDS records and another app's, all chained."""
    server = start_server()
    client, app, bystander = open_client(server), server.create_app(), server.create_app()
    client.sign_in(bystander)
    while len(client.all_events(app)) < RECORDS:
        client.sign_in(app)
        client.new_tenant(app)
    client.sealed_events(bystander)
    client.sealed_events(app)
    hands = Hands(server)
    assert holds(server, app)["records"] >= RECORDS
    return server, app, hands


def place(hands, app, seq):
    return hands.rows("SELECT * FROM event_seals WHERE app_id = ? AND seq = ?", uuid.UUID(app.app_id).bytes, seq)[0]


def event(hands, app, seq):
    return hands.rows("SELECT * FROM events WHERE event_id = ?", place(hands, app, seq)["event_id"])[0]


# What no row is without.
ALWAYS = {"app_id", "event_id", "seq", "link", "at", "type", "request_id"}
TEXTS = {"ip", "user_agent", "contact", "detail"}


def one_byte_changed(value):
    if isinstance(value, int):
        return value ^ 1 << 20
    at = random.randrange(len(value))
    if isinstance(value, str):
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    return value[:at] + bytes([value[at] ^ 1 << random.randrange(8)]) + value[at + 1 :]


def changes_of(column, value):
    """Other values the column could be given: another byte, none, one where there was none."""
    if value is None:
        return ["x" if column in TEXTS else b"16 bytes or more"]
    return [one_byte_changed(value)] + ([] if column in ALWAYS else [None])


@pytest.mark.parametrize("table, read, key", [("events", event, ["app_id", "event_id"]), ("event_seals", place, ["app_id", "seq"])])
def test_H11_one_changed_byte_of_any_column_names_the_record(trail, table, read, key):
    server, app, hands = trail
    where = " AND ".join(f"{name} = ?" for name in key)
    for seq in random.sample(range(2, RECORDS), 3):
        row = read(hands, app, seq)
        for column, value in row.items():
            for changed in changes_of(column, value):
                moved = row | {column: changed}
                assert hands.change(f"UPDATE {table} SET {column} = ? WHERE {where}", changed, *(row[name] for name in key)) == 1
                at, event_id, what = broken(server, app)
                # a place that was moved stands behind the chain's end; one that is gone does not know its event
                assert at == seq or (column == "seq" and what == "inserted"), (column, changed, at, what)
                assert event_id == str(uuid.UUID(bytes=row["event_id"])) or what in ("missing", "inserted"), (column, event_id, what)
                assert hands.change(f"UPDATE {table} SET {column} = ? WHERE {where}", value, *(moved[name] for name in key)) == 1
    holds(server, app)


def test_H11_a_deleted_record_is_missed(trail):
    server, app, hands = trail
    row = event(hands, app, 5)
    assert hands.change("DELETE FROM events WHERE event_id = ?", row["event_id"]) == 1
    assert broken(server, app)[::2] == (5, "missing")
    hands.put("events", row)
    hands.change("DELETE FROM event_queue")
    holds(server, app)
    gone = place(hands, app, 7)
    assert hands.change("DELETE FROM events WHERE event_id = ?", gone["event_id"]) == 1
    assert hands.change("DELETE FROM event_seals WHERE event_id = ?", gone["event_id"]) == 1
    assert broken(server, app)[::2] == (7, "missing")


def test_H11_two_swapped_records_are_noticed(trail):
    server, app, hands = trail
    one, two = place(hands, app, 4), place(hands, app, 9)
    for row in (one, two):
        hands.change("DELETE FROM event_seals WHERE event_id = ?", row["event_id"])
    hands.put("event_seals", one | {"seq": 9})
    hands.put("event_seals", two | {"seq": 4})
    assert broken(server, app) == (4, str(uuid.UUID(bytes=two["event_id"])), "reordered")


def test_H11_an_inserted_record_is_noticed(trail):
    """Beside the chain; among those that wait for it, where our own job takes it up; and behind the chain's end."""
    server, app, hands = trail
    stranger = event(hands, app, 3) | {"event_id": uuid.uuid4().bytes}
    hands.put("events", stranger)
    hands.change("DELETE FROM event_queue")
    assert broken(server, app) == (None, str(uuid.UUID(bytes=stranger["event_id"])), "inserted")
    hands.change("DELETE FROM events WHERE event_id = ?", stranger["event_id"])
    length = holds(server, app)["records"]

    hands.put("event_seals", place(hands, app, length) | {"seq": length + 1, "event_id": stranger["event_id"]})
    assert broken(server, app)[::2] == (length + 1, "inserted")
    hands.change("DELETE FROM event_seals WHERE event_id = ?", stranger["event_id"])
    holds(server, app)

    hands.put("events", stranger)
    server.start()
    deadline = time.monotonic() + 10
    while verify(server)[1][app.app_id]["unsealed"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert broken(server, app) == (length + 1, str(uuid.UUID(bytes=stranger["event_id"])), "edited")


def test_H11_records_cut_off_the_end_are_missed(trail):
    """Whatever is done to the row that says where the chain ends."""
    server, app, hands = trail
    key, length = uuid.UUID(app.app_id).bytes, holds(server, app)["records"]
    gone = "(SELECT event_id FROM event_seals WHERE app_id = ? AND seq > ?)"
    hands.change(f"DELETE FROM events WHERE event_id IN {gone}", key, length - 2)
    hands.change("DELETE FROM event_seals WHERE app_id = ? AND seq > ?", key, length - 2)
    assert broken(server, app)[::2] == (length - 1, "missing")
    end = hands.rows("SELECT * FROM event_chains WHERE app_id = ?", key)[0]
    hands.change("UPDATE event_chains SET seq = ?, link = ? WHERE app_id = ?", length - 2, place(hands, app, length - 2)["link"], key)
    assert broken(server, app)[2] == "end_edited"
    hands.change("DELETE FROM event_chains WHERE app_id = ?", key)
    assert broken(server, app)[2] == "end_edited"
    hands.put("event_chains", end)
    assert broken(server, app)[::2] == (length - 1, "missing")


def test_H11_a_shorter_story_is_not_told_by_our_own_job(trail, open_client):
    """The chain is thrown away, what may stay is put where new events wait, and the server is started."""
    server, app, hands = trail
    key, gone = uuid.UUID(app.app_id).bytes, event(hands, app, 6)["event_id"]
    hands.change("DELETE FROM events WHERE event_id = ?", gone)
    hands.change("DELETE FROM event_seals WHERE app_id = ?", key)
    hands.change("DELETE FROM event_chains WHERE app_id = ?", key)
    columns = "app_id, event_id, mac, user_id, contact"
    hands.change(f"INSERT INTO event_queue ({columns}) SELECT {columns} FROM events WHERE app_id = ?", key)
    server.start()
    open_client(server).sealed_events(app)
    assert broken(server, app)[2] == "begun_anew"


def test_H11_dropping_what_is_personal_is_ours_alone(trail):
    server, app, hands = trail
    row = event(hands, app, 4)
    drop = "UPDATE events SET ip = NULL, user_agent = NULL, contact = NULL, salt = NULL, forgotten = ? WHERE event_id = ?"
    for mark in (None, row["mac"], row["digest"], bytes(32)):
        hands.change(drop, mark, row["event_id"])
        assert broken(server, app) == (4, str(uuid.UUID(bytes=row["event_id"])), "digest_wrong")


# ---- erase ----


def test_H11_an_erased_user_leaves_no_personal_field_and_a_trail_that_holds(start_server, open_client):
    server = start_server()
    client, app, email, old = open_client(server, headers={"User-Agent": "Ada's browser"}), server.create_app(), new_email(), new_email()
    client.send_otp(app, email)  # before there was a user
    signed_in = client.sign_in(app, email)
    user_id = signed_in.user["user_id"]
    client.ask_link(app, email)
    client.logout(signed_in.refresh)
    client.sealed_events(app)
    other = client.sign_in(app, old)
    client.sign_in(app, email)  # of the last ones some may wait for the chain, some not
    success(client.as_server(app, "POST", f"/users/{user_id}/erase"))

    events = client.sealed_events(app)
    of_other = {other.user["user_id"], None}
    mine = [event for event in events if event["user_id"] == user_id]
    assert len(mine) >= 5 and all((event["ip"], event["user_agent"], event["contact"]) == (None, None, None) for event in mine)
    assert {event["contact"] for event in events} == {None, old}
    assert all(event["ip"] for event in events if event["contact"] == old) and any(event["user_id"] in of_other for event in events)
    hands = Hands(server)
    assert not hands.rows("SELECT 1 FROM events WHERE contact = ? OR (user_id = ? AND (ip IS NOT NULL OR salt IS NOT NULL))", email, uuid.UUID(user_id).bytes)
    found = holds(server, app)
    assert found["forgotten"] == len([event for event in events if event["ip"] is None and event["type"] != "app.created"])
    server.start()
    assert holds(server, app)["unsealed"] == 0


# ---- restores, crashes, and nodes ----


def test_H11_a_restored_trail_holds_and_goes_on(start_server, open_client, tmp_path):
    """What waited in the backup gets its place, what is new gets one behind it, and the house's chain says that there was a restore."""
    server = start_server()
    client, app = open_client(server), server.create_app()
    client.sign_in(app)
    client.sealed_events(app)
    client.sign_in(app)
    server.cli("backup", tmp_path / "backup")
    before = len(client.all_events(app))
    client.sign_in(app)
    server.terminate()
    server.cli("restore", tmp_path / "backup")
    holds(server, app)
    server.start()
    client = open_client(server)
    client.sign_in(app)
    events = client.sealed_events(app)
    assert len(events) >= before + 2
    assert holds(server, app)["records"] == len(events)
    assert verify(server)[1][None]["records"] >= 1


def test_H11_a_kill_between_event_and_seal_loses_nothing(start_server):
    server = start_server()
    app = server.create_app()
    sessions = []
    for _ in range(ROUNDS):
        with Client(server) as client:
            for _ in range(3):
                sessions.append(client.sign_in(app).session_id)
            time.sleep(random.uniform(0, 0.5))
            sessions.append(client.sign_in(app).session_id)
        server.kill()
        assert verify(server)[0] == 0
        server.start()
    with Client(server) as client:
        events = client.sealed_events(app)
    started = [event["session_id"] for event in events if event["type"] == "session.started"]
    assert sorted(started) == sorted(sessions)
    assert holds(server, app)["records"] == len(events)


@pytest.mark.engines("postgres")
def test_H11_nodes_that_seal_together_give_each_event_one_place(start_server):
    """And what is forgotten meanwhile stays forgotten."""
    server = start_server()
    app, shared = server.create_app(), {"store.master_key_file": str(server.data / "master.key")}
    with Server("postgres", store=server.store, settings=shared) as second, Server("postgres", store=server.store, settings=shared) as third:
        stopping, sessions, erased = threading.Event(), [], []

        def sign_in_until_stopped(node):
            with Client(node) as client:
                while not stopping.is_set():
                    signed_in = client.sign_in(app)
                    sessions.append(signed_in.session_id)
                    if random.random() < 0.3:
                        success(client.as_server(app, "POST", f"/users/{signed_in.user['user_id']}/erase"))
                        erased.append(signed_in.user["user_id"])

        threads = [threading.Thread(target=sign_in_until_stopped, args=(node,)) for node in (server, second, third) * 2]
        for thread in threads:
            thread.start()
        time.sleep(60 if LONG else 5)
        stopping.set()
        for thread in threads:
            thread.join()
        with Client(server) as client:
            events = client.sealed_events(app)
        started = [event["session_id"] for event in events if event["type"] == "session.started"]
        assert sorted(started) == sorted(sessions) and erased
        assert holds(server, app)["records"] == len(events)
        assert all(event["ip"] is None for event in events if event["user_id"] in set(erased))
