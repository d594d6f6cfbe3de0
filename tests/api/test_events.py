"""GET /events: the app's audit events, newest first."""

import pytest

from lib.checks import REQUEST_ID, RFC3339, UUID7, bad_fields, envelope, success
from lib.client import new_email

EVENTS = "/v1/events"
FIELDS = ["event_id", "type", "at", "user_id", "session_id", "ip", "user_agent", "contact", "detail", "request_id", "sealed"]


def test_an_event_says_who_did_what_when_and_from_where(client, app):
    email = new_email()
    signed_in = client.sign_in(app, email, headers={"User-Agent": "Lynx/2.9"})
    body = success(client.events(app))
    assert list(body) == ["success", "events", "next_cursor"] and body["next_cursor"] is None
    assert all(list(event) == FIELDS for event in body["events"])
    events = {event["type"]: event for event in body["events"]}
    assert len(events) == len(body["events"]) == 4 and set(events) == {"app.created", "otp.sent", "user.created", "session.started"}

    started = events["session.started"]
    assert UUID7.fullmatch(started["event_id"]) and RFC3339.fullmatch(started["at"]) and REQUEST_ID.fullmatch(started["request_id"])
    assert (started["user_id"], started["session_id"]) == (signed_in.user["user_id"], signed_in.session_id)
    assert (started["ip"], started["user_agent"], started["detail"]) == ("127.0.0.1", "Lynx/2.9", {"amr": "otp-email"})
    assert events["user.created"]["request_id"] == started["request_id"]

    sent = events["otp.sent"]
    assert (sent["contact"], sent["user_id"], sent["session_id"], sent["detail"]) == (email, None, None, None)
    assert events["app.created"]["user_id"] is None


def test_events_are_sealed_soon(client, app):
    client.sign_in(app)
    assert len(client.sealed_events(app)) == 4


def test_the_newest_come_first_in_pages_that_repeat_nothing(client, app):
    for i in range(6):
        client.create_tenant(app, f"Tenant {i}")
    whole = client.all_events(app)
    assert len(whole) == 7
    for limit in (1, 2, 6, 7, 8):
        assert [event["event_id"] for event in client.all_events(app, limit=limit)] == [event["event_id"] for event in whole]
    ids = [event["event_id"] for event in whole]
    assert ids == sorted(ids, reverse=True)


def test_events_of_one_type(client, app):
    client.sign_in(app)
    client.sign_in(app)
    assert {event["type"] for event in client.all_events(app, type="session.started")} == {"session.started"}
    assert len(client.all_events(app, type="session.started", limit=1)) == 2
    assert client.all_events(app, type="session.reuse") == []


def test_events_of_one_user(client, app):
    one, other = client.sign_in(app), client.sign_in(app)
    events = client.all_events(app, user_id=one.user["user_id"])
    assert sorted(event["type"] for event in events) == ["session.started", "user.created"]
    assert {event["user_id"] for event in events} == {one.user["user_id"]}
    both = client.all_events(app, user_id=other.user["user_id"], type="user.created")
    assert [event["user_id"] for event in both] == [other.user["user_id"]]


def test_another_apps_events_are_not_shown(client, server, app):
    stranger = server.create_app()
    signed_in = client.sign_in(app)
    assert [event["type"] for event in client.all_events(stranger)] == ["app.created"]
    assert client.all_events(stranger, user_id=signed_in.user["user_id"]) == []


def test_a_page_looks_at_so_many_events_and_leads_on(client, app):
    """A filter that fits nothing must not read a million events at once."""
    signed_in = client.sign_in(app)
    for i in range(2100):
        assert client.create_tenant(app).status_code == 201
    body = success(client.events(app, type="session.started"))
    assert body["events"] == [] and body["next_cursor"]
    body = success(client.events(app, type="session.started", cursor=body["next_cursor"]))
    assert [event["session_id"] for event in body["events"]] == [signed_in.session_id] and body["next_cursor"] is None
    assert len(client.all_events(app, user_id=signed_in.user["user_id"])) == 2
    assert len(client.all_events(app, type="tenant.created", limit=100)) == 2100


@pytest.mark.parametrize(
    "query, bad", [({"type": "session"}, "type"), ({"type": ""}, "type"), ({"user_id": "ada"}, "user_id"), ({"cursor": "x"}, "cursor"), ({"limit": 101}, "limit")]
)
def test_a_bad_query_is_refused(client, app, query, bad):
    assert bad_fields(client.events(app, **query)) == [bad]


def test_of_an_unknown_type_all_known_ones_are_named(client, app):
    message = envelope(client.events(app, type="session.begun"), "VALIDATION_ERROR")["details"][0]["message"]
    assert "session.started" in message and "app.created" in message


def test_only_the_apps_server_reads_them(client, app):
    signed_in = client.sign_in(app)
    for options in ({}, {"auth": (app.app_id, "wrong")}, {"headers": {"Authorization": f"Bearer {signed_in.access}"}}):
        envelope(client.get(EVENTS, **options), "TOKEN_INVALID")
    envelope(client.get(EVENTS, params={"app_id": app.app_id}), "TOKEN_INVALID")
