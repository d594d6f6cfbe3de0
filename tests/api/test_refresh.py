"""POST /auth/refresh: rotation, what becomes of older tokens, Idempotency-Key."""

import pytest

from lib.checks import bad_fields, envelope, session, success
from lib.client import bearer, new_email

PATH = "/v1/auth/refresh"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


@pytest.fixture
def signed_in(client, app):
    return client.sign_in(app)


def test_it_rotates(client, signed_in):
    body = session(client.refresh(signed_in.refresh), with_user=False)
    assert body["session_id"] == signed_in.session_id
    assert body["refresh_token"] != signed_in.refresh and body["access_token"] != signed_in.access
    assert body["expires_in"] == 1800 and 2592000 - 5 <= body["refresh_expires_in"] <= 2592000
    success(client.me(body["access_token"]))
    session(client.refresh(body["refresh_token"]), with_user=False)


def test_the_earlier_access_token_stays_good(client, signed_in):
    client.refresh(signed_in.refresh)
    success(client.me(signed_in.access))


def test_many_rotations_in_a_row(client, signed_in):
    token, seen = signed_in.refresh, {signed_in.refresh}
    for _ in range(30):
        token = session(client.refresh(token), with_user=False)["refresh_token"]
        assert token not in seen
        seen.add(token)


def test_an_older_token_is_reuse_and_ends_the_family(client, signed_in):
    child = session(client.refresh(signed_in.refresh), with_user=False)
    envelope(client.refresh(signed_in.refresh), "TOKEN_REUSE")
    envelope(client.refresh(child["refresh_token"]), "TOKEN_REVOKED")
    envelope(client.refresh(signed_in.refresh), "TOKEN_REUSE")
    envelope(client.me(child["access_token"]), "TOKEN_REVOKED")


def test_reuse_touches_no_other_session_of_the_user(client, app):
    contact = new_email()
    first, second = client.sign_in(app, contact), client.sign_in(app, contact)
    client.refresh(first.refresh)
    envelope(client.refresh(first.refresh), "TOKEN_REUSE")
    session(client.refresh(second.refresh), with_user=False)


@pytest.mark.parametrize("token", ["x", "kwr_", "kwr_AAAA", "kwr_" + "A" * 80, "x" * 256, "kwr_\u00fc", "eyJhbGciOiJub25lIn0.e30."])
def test_an_unknown_token_is_invalid(client, token):
    envelope(client.refresh(token), "TOKEN_INVALID")


@pytest.mark.parametrize("token", ["", "x" * 257, None, 5, [], {}], ids=lambda value: repr(value)[:12])
def test_a_token_is_a_string_of_1_to_256(client, token):
    assert bad_fields(client.refresh(token)) == ["refresh_token"]


def test_a_garbled_token_is_invalid_and_touches_nothing(client, signed_in):
    token = signed_in.refresh
    for index in range(len(token)):
        garbled = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        envelope(client.refresh(garbled), "TOKEN_INVALID")
    for garbled in (token[:-1], token + "A", token.upper(), token[4:], " " + token):
        envelope(client.refresh(garbled), "TOKEN_INVALID")
    session(client.refresh(token), with_user=False)


def test_an_access_token_is_no_refresh_token(client, signed_in):
    response = client.refresh(signed_in.access)
    assert response.json()["error"] in ("TOKEN_INVALID", "VALIDATION_ERROR"), "it is longer than 256"
    session(client.refresh(signed_in.refresh), with_user=False)


def test_a_sent_app_id_must_match(client, server, app, signed_in):
    envelope(client.refresh(signed_in.refresh, app_id=server.create_app().app_id), "TOKEN_INVALID")
    assert bad_fields(client.refresh(signed_in.refresh, app_id="nonsense")) == ["app_id"]
    session(client.refresh(signed_in.refresh, app_id=app.app_id), with_user=False)


def test_require_secret_demands_it_and_nothing_is_consumed(client, app, signed_in):
    app.set("require_secret", "on")
    envelope(client.refresh(signed_in.refresh), "TOKEN_INVALID")
    envelope(client.refresh(signed_in.refresh, app_id=app.app_id), "TOKEN_INVALID")
    body = {"refresh_token": signed_in.refresh}
    envelope(client.post(PATH, body, auth=(app.app_id, "wrong")), "TOKEN_INVALID")
    child = session(client.post(PATH, body, auth=app.basic), with_user=False)
    envelope(client.post(PATH, body), "TOKEN_INVALID")
    session(client.post(PATH, {"refresh_token": child["refresh_token"]}, auth=app.basic), with_user=False)


def test_after_logout_it_is_revoked(client, signed_in):
    success(client.logout(signed_in.refresh))
    envelope(client.refresh(signed_in.refresh), "TOKEN_REVOKED")


def test_a_foreign_tenant_consumes_nothing(client, signed_in):
    envelope(client.refresh(signed_in.refresh, tenant_id=UNKNOWN), "TENANT_NOT_FOUND")
    assert bad_fields(client.refresh(signed_in.refresh, tenant_id="nonsense")) == ["tenant_id"]
    session(client.refresh(signed_in.refresh, tenant_id=None), with_user=False)


def test_an_authorization_header_is_ignored(client, signed_in):
    body = {"refresh_token": signed_in.refresh}
    session(client.post(PATH, body, headers=bearer("nonsense")), with_user=False)


def test_both_paths_are_one(client, signed_in):
    body = success(client.post("/auth/refresh", {"refresh_token": signed_in.refresh}))
    session(client.post("/v1/auth/refresh", {"refresh_token": body["refresh_token"]}), with_user=False)


# ---- time ----


def test_an_idle_session_ends_and_a_used_one_goes_on(clock_client, clock_app, clock_server):
    idle, used = clock_client.sign_in(clock_app), clock_client.sign_in(clock_app)
    clock_server.shift_clock(29 * 86400)
    child = session(clock_client.refresh(used.refresh), with_user=False)
    clock_server.shift_clock(2 * 86400)
    envelope(clock_client.refresh(idle.refresh), "TOKEN_REVOKED")
    session(clock_client.refresh(child["refresh_token"]), with_user=False)


def test_a_session_ends_at_its_absolute_age(start_server, open_client):
    server = start_server(settings={"token.session_ttl": "3d", "token.refresh_ttl": "2d"})
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    server.shift_clock(86400 * 1.5)
    body = session(client.refresh(signed_in.refresh), with_user=False)
    assert body["refresh_expires_in"] <= 86400 * 1.5, "it promises more than the session has left"
    server.shift_clock(86400 * 1.6)
    envelope(client.refresh(body["refresh_token"]), "TOKEN_REVOKED")


# ---- Idempotency-Key ----


def test_the_same_key_answers_the_same_successor(client, signed_in):
    first = session(client.refresh(signed_in.refresh, key="K1"), with_user=False)
    again = session(client.refresh(signed_in.refresh, key="K1"), with_user=False)
    assert again["refresh_token"] == first["refresh_token"]
    success(client.me(again["access_token"]))
    session(client.refresh(again["refresh_token"]), with_user=False)


def test_once_the_successor_was_used_the_same_key_is_reuse(client, signed_in):
    first = session(client.refresh(signed_in.refresh, key="K1"), with_user=False)
    session(client.refresh(first["refresh_token"]), with_user=False)
    envelope(client.refresh(signed_in.refresh, key="K1"), "TOKEN_REUSE")


@pytest.mark.parametrize("second_key", ["K2", "k1", None])
def test_another_key_or_none_is_reuse(client, signed_in, second_key):
    session(client.refresh(signed_in.refresh, key="K1"), with_user=False)
    envelope(client.refresh(signed_in.refresh, key=second_key), "TOKEN_REUSE")


def test_a_key_given_only_the_second_time_is_reuse(client, signed_in):
    session(client.refresh(signed_in.refresh), with_user=False)
    envelope(client.refresh(signed_in.refresh, key="K1"), "TOKEN_REUSE")


def test_the_same_key_with_another_body_is_refused_and_ends_nothing(client, app, signed_in):
    first = session(client.refresh(signed_in.refresh, key="K1"), with_user=False)
    envelope(client.refresh(signed_in.refresh, key="K1", app_id=app.app_id), "IDEMPOTENCY_KEY_REUSED")
    session(client.refresh(first["refresh_token"]), with_user=False)


def test_the_key_belongs_to_the_token(client, app):
    first, second = client.sign_in(app), client.sign_in(app)
    tokens = {session(client.refresh(one.refresh, key="same"), with_user=False)["refresh_token"] for one in (first, second)}
    assert len(tokens) == 2


def test_the_key_helps_for_sixty_seconds(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    session(clock_client.refresh(signed_in.refresh, key="K1"), with_user=False)
    clock_server.shift_clock(57)
    session(clock_client.refresh(signed_in.refresh, key="K1"), with_user=False)
    clock_server.shift_clock(4)
    envelope(clock_client.refresh(signed_in.refresh, key="K1"), "TOKEN_REUSE")


@pytest.mark.parametrize("key", ["x" * 129, "a b", "\u00fc"], ids=["too long", "a blank", "not ASCII"])
def test_a_malformed_key_is_refused_and_rotates_nothing(client, signed_in, key):
    headers = {"Idempotency-Key": key.encode()}
    envelope(client.post(PATH, {"refresh_token": signed_in.refresh}, headers=headers), "VALIDATION_ERROR")
    session(client.refresh(signed_in.refresh, key="x" * 128), with_user=False)


def test_a_grace_setting_forgives_the_immediate_parent(start_server, open_client):
    server = start_server(settings={"token.refresh_grace": "10s"})
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    child = session(client.refresh(signed_in.refresh), with_user=False)
    assert session(client.refresh(signed_in.refresh), with_user=False)["refresh_token"] == child["refresh_token"]
    server.shift_clock(11)
    envelope(client.refresh(signed_in.refresh), "TOKEN_REUSE")
