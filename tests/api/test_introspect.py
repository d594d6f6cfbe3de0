"""POST /auth/introspect (RFC 7662): an app's server asks what a token is worth now."""

import time

import pytest

from lib.checks import bad_fields, envelope, is_int, session, success

PATH = "/v1/auth/introspect"


def inactive(response):
    body = success(response)
    assert body == {"success": True, "active": False} and list(body) == ["success", "active"]


def active(response):
    body = success(response)
    assert list(body)[:2] == ["success", "active"] and body["active"] is True
    assert {"token_type", "sub", "sid", "aud", "iss", "iat", "exp"} <= set(body), list(body)
    return body


def test_an_access_token_is_described(client, server, app):
    signed_in = client.sign_in(app)
    body = active(client.introspect(app, signed_in.access))
    assert (body["sub"], body["sid"]) == (signed_in.user["user_id"], signed_in.session_id)
    assert (body["aud"], body["iss"]) == (app.app_id, server.public_url)
    assert is_int(body["iat"]) and is_int(body["exp"]) and body["exp"] - body["iat"] == 1800
    assert abs(body["iat"] - time.time()) < 30


def test_a_refresh_token_is_described_and_not_rotated(client, app):
    signed_in = client.sign_in(app)
    for _ in range(3):
        body = active(client.introspect(app, signed_in.refresh))
        assert (body["sub"], body["sid"]) == (signed_in.user["user_id"], signed_in.session_id)
    child = session(client.refresh(signed_in.refresh), with_user=False)
    inactive(client.introspect(app, signed_in.refresh))
    active(client.introspect(app, child["refresh_token"]))


@pytest.mark.parametrize("token", ["x", "kwr_x", "a.b.c", "é", "x" * 256])
def test_anything_else_is_inactive(client, app, token):
    inactive(client.introspect(app, token))


def test_logout_is_seen_at_once(client, app):
    signed_in = client.sign_in(app)
    client.logout(signed_in.refresh)
    inactive(client.introspect(app, signed_in.access))
    inactive(client.introspect(app, signed_in.refresh))


def test_an_expired_token_is_inactive(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    clock_server.shift_clock(1801)
    inactive(clock_client.introspect(clock_app, signed_in.access))
    active(clock_client.introspect(clock_app, signed_in.refresh))


def test_another_apps_token_is_inactive(client, server, app):
    other = server.create_app()
    signed_in = client.sign_in(app)
    inactive(client.introspect(other, signed_in.access))
    inactive(client.introspect(other, signed_in.refresh))


def test_it_takes_a_form_as_the_standard_says(client, app):
    signed_in = client.sign_in(app)
    fields = {"token": signed_in.access, "token_type_hint": "access_token"}
    active(client.request("POST", PATH, data=fields, auth=app.basic))
    inactive(client.request("POST", PATH, data={"token": "a+b%20c"}, auth=app.basic))


def test_credentials_may_stand_in_the_body(client, app):
    signed_in = client.sign_in(app)
    body = {"token": signed_in.access, "app_id": app.app_id, "app_secret": app.secret}
    active(client.post(PATH, body))


def test_without_proof_nobody_may_ask(client, server, app):
    other = server.create_app()
    token = client.sign_in(app).access
    for body, auth in [
        ({"token": token}, None),
        ({"token": token, "app_id": app.app_id}, None),
        ({"token": token, "app_secret": app.secret}, None),
        ({"token": token, "app_id": app.app_id, "app_secret": "wrong"}, None),
        ({"token": token, "app_id": app.app_id, "app_secret": other.secret}, None),
        ({"token": token}, (app.app_id, "wrong")),
        ({"token": token}, (app.app_id, "")),
        ({"token": token}, ("", app.secret)),
        ({"token": token}, (other.app_id, app.secret)),
        ({"token": token}, ("nonsense", app.secret)),
        ({"token": token, "app_id": other.app_id}, app.basic),
        ({"token": token, "app_secret": "wrong"}, app.basic),
        ({}, None),
    ]:
        envelope(client.post(PATH, body, auth=auth), "TOKEN_INVALID")


def test_a_user_token_is_no_proof_of_an_app(client, app):
    token = client.sign_in(app).access
    envelope(client.post(PATH, {"token": token}, headers={"Authorization": f"Bearer {token}"}), "TOKEN_INVALID")


def test_the_token_must_be_there(client, app):
    assert bad_fields(client.post(PATH, {}, auth=app.basic)) == ["token"]
    for value in (1, None, [], ""):
        assert bad_fields(client.post(PATH, {"token": value}, auth=app.basic)) == ["token"]


def test_both_secrets_live_during_a_rotation(client, server, app):
    token = client.sign_in(app).access
    created = server.cli_json("app", "rotate-secret", app.app_id)
    assert created["app_secret"] != app.secret
    active(client.post(PATH, {"token": token}, auth=app.basic))
    active(client.post(PATH, {"token": token}, auth=(app.app_id, created["app_secret"])))
    server.cli("app", "rotate-secret", app.app_id)
    envelope(client.post(PATH, {"token": token}, auth=app.basic), "TOKEN_INVALID")
    active(client.post(PATH, {"token": token}, auth=(app.app_id, created["app_secret"])))
