"""/auth/sessions: a person sees the sessions of their own, and ends them."""

import pytest

from lib.checks import RFC3339, bad_fields, envelope, session, success
from lib.client import Session, bearer, new_email

SESSIONS = "/v1/auth/sessions"
SESSION = "/v1/auth/sessions/{session_id}"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def listed(client, signed_in, **query):
    body = success(client.as_user(signed_in, "GET", "/auth/sessions", params=query))
    assert list(body) == ["success", "sessions", "next_cursor"]
    return body["sessions"]


def end(client, signed_in, session_id):
    return client.request("DELETE", SESSION.format(session_id=session_id), headers=bearer(signed_in.access))


def end_others(client, signed_in):
    body = success(client.request("DELETE", SESSIONS, headers=bearer(signed_in.access)))
    assert list(body) == ["success", "sessions_ended"]
    return body["sessions_ended"]


def test_those_that_live_are_listed_newest_first(server, client, open_client, app, new_address):
    contact, address = new_email(), new_address()
    first = client.sign_in(app, contact)
    second = open_client(server, source=address, headers={"User-Agent": FIREFOX}).sign_in(app, contact)
    ended = client.sign_in(app, contact)
    client.logout(ended.refresh)
    client.sign_in(app)
    sessions = listed(client, first)
    assert [one["session_id"] for one in sessions] == [second.session_id, first.session_id]
    assert [one["current"] for one in sessions] == [False, True]
    assert [one["current"] for one in listed(client, second)] == [True, False]
    assert list(sessions[0]) == ["session_id", "created_at", "last_used_at", "ip", "user_agent", "current"]
    assert (sessions[0]["ip"], sessions[0]["user_agent"]) == (address, FIREFOX)
    for one in sessions:
        assert RFC3339.fullmatch(one["created_at"]) and RFC3339.fullmatch(one["last_used_at"])


def test_a_server_that_names_no_end_user_leaves_no_address(client, app):
    request_id, code = client.ask_code(app, new_email())
    signed_in = Session(session(client.verify_otp(app, request_id, code, auth=app.basic), with_user=True))
    (only,) = listed(client, signed_in)
    assert only["ip"] is None


def test_a_list_comes_in_pages(client, app):
    contact = new_email()
    signed_in = [client.sign_in(app, contact) for _ in range(5)]
    seen, query = [], {"limit": 2}
    while query:
        body = success(client.as_user(signed_in[0], "GET", "/auth/sessions", params=query))
        seen += [one["session_id"] for one in body["sessions"]]
        query = body["next_cursor"] and {"limit": 2, "cursor": body["next_cursor"]}
    assert seen == [one.session_id for one in signed_in[::-1]]
    assert bad_fields(client.as_user(signed_in[0], "GET", "/auth/sessions", params={"limit": "x", "cursor": "x"})) == ["cursor", "limit"]


def test_a_refresh_shows_as_use(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    (before,) = listed(clock_client, signed_in)
    clock_server.shift_clock(60)
    child = Session(session(clock_client.refresh(signed_in.refresh), with_user=False))
    (after,) = listed(clock_client, child)
    assert after["created_at"] == before["created_at"] == before["last_used_at"] < after["last_used_at"]


def test_an_idle_session_is_listed_no_more(start_server, open_client):
    server = start_server(settings={"token.refresh_ttl": "1h"})
    client, app, contact = open_client(server), server.create_app(), new_email()
    client.sign_in(app, contact)
    server.shift_clock(3601)
    signed_in = client.sign_in(app, contact)
    assert [one["session_id"] for one in listed(client, signed_in)] == [signed_in.session_id]


def test_another_session_of_ones_own_is_ended(client, app):
    contact = new_email()
    mine, lost = client.sign_in(app, contact), client.sign_in(app, contact)
    body = success(end(client, mine, lost.session_id))
    assert body == {"success": True, "sessions_ended": 1}
    envelope(client.me(lost.access), "TOKEN_REVOKED")
    envelope(client.refresh(lost.refresh), "TOKEN_REVOKED")
    envelope(end(client, mine, lost.session_id), "SESSION_NOT_FOUND")
    success(client.me(mine.access))


def test_the_present_session_can_be_ended_too(client, app):
    signed_in = client.sign_in(app)
    success(end(client, signed_in, signed_in.session_id))
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")
    envelope(end(client, signed_in, signed_in.session_id), "TOKEN_REVOKED")


def test_foreign_sessions_are_not_found_and_live_on(client, server, app):
    mine, other = client.sign_in(app), client.sign_in(app)
    elsewhere = client.sign_in(server.create_app())
    for session_id in (other.session_id, elsewhere.session_id, UNKNOWN, mine.user["user_id"]):
        envelope(end(client, mine, session_id), "SESSION_NOT_FOUND")
    success(client.me(other.access))
    success(client.me(elsewhere.access))
    assert bad_fields(end(client, mine, "nonsense")) == ["session_id"]


def test_all_others_are_ended_at_once(client, app):
    contact = new_email()
    mine, *others = [client.sign_in(app, contact) for _ in range(4)]
    stranger = client.sign_in(app)
    assert end_others(client, mine) == 3
    for other in others:
        envelope(client.me(other.access), "TOKEN_REVOKED")
    success(client.me(mine.access))
    success(client.me(stranger.access))
    session(client.refresh(mine.refresh), with_user=False)
    assert end_others(client, mine) == 0


def test_the_present_session_can_still_be_handed_over(client, app):
    signed_in = client.sign_in(app)
    code = client.hand_over(signed_in)
    end_others(client, signed_in)
    session(client.exchange(code), with_user=True)


@pytest.mark.parametrize("method, path", [("GET", SESSIONS), ("DELETE", SESSIONS), ("DELETE", SESSION.format(session_id=UNKNOWN))])
def test_only_the_signed_in_may(client, app, method, path):
    signed_in = client.sign_in(app)
    envelope(client.request(method, path), "TOKEN_INVALID")
    envelope(client.request(method, path, auth=app.basic), "TOKEN_INVALID")
    client.logout(signed_in.refresh)
    envelope(client.request(method, path, headers=bearer(signed_in.access)), "TOKEN_REVOKED")
    deleted = client.sign_in(app)
    client.delete_user(app, deleted.user["user_id"])
    envelope(client.request(method, path, headers=bearer(deleted.access)), "USER_DELETED")
