"""POST /auth/verify: the session answer, every refusal and their order, whom a link is meant for."""

import base64
import json
import time

import pytest

from lib.checks import bad_fields, envelope, session, success
from lib.client import new_email
from lib.client_app import Pkce

VERIFY = "/v1/auth/verify"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
HOME = "https://app.example/signed-in"


def claims(access_token):
    payload = access_token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def status_of(client, link):
    body = success(client.link_status(link.link_id, link.flow_token))
    assert list(body) == ["success", "status"]
    return body["status"]


@pytest.fixture
def pkce():
    return Pkce()


@pytest.fixture
def at_home(app):
    """An app that has registered a redirect_uri."""
    app.set("redirect_uris", [HOME])
    return app


# ---- using the link ----


def test_a_link_signs_in_and_makes_the_user(client, app):
    link = client.ask_link(app, contact := new_email())
    body = session(client.verify_link(link.token), with_user=True)
    assert (body["expires_in"], body["refresh_expires_in"]) == (1800, 2592000)
    assert body["user"]["email"] == contact and body["user"]["new"] is True
    told = claims(body["access_token"])
    assert told["amr"] == ["link"] and told["aud"] == app.app_id
    success(client.me(body["access_token"]))


def test_a_link_and_a_code_find_the_same_user(client, app):
    contact = new_email()
    first = client.sign_in(app, contact)
    body = session(client.verify_link(client.ask_link(app, contact).token), with_user=True)
    assert body["user"]["user_id"] == first.user["user_id"] and body["user"]["new"] is False


def test_the_path_without_a_version_answers_too(client, app):
    link = client.ask_link(app)
    session(client.post("/auth/verify", {"token": link.token}), with_user=True)
    assert success(client.post("/auth/magic-link/status", {"magic_link_id": link.link_id, "flow_token": link.flow_token}))["status"] == "used"


def test_a_used_link_is_used(client, app):
    link = client.ask_link(app)
    session(client.verify_link(link.token), with_user=True)
    envelope(client.verify_link(link.token), "magic_link_already_used")
    envelope(client.verify_link(link.token), "magic_link_already_used")


def test_a_link_works_to_its_last_second_and_used_outranks_expired(clock_client, clock_app, clock_server):
    used, late = (clock_client.ask_link(clock_app) for _ in range(2))
    clock_server.shift_clock(895)
    session(clock_client.verify_link(used.token), with_user=True)
    clock_server.shift_clock(6)
    envelope(clock_client.verify_link(late.token), "magic_link_expired")
    envelope(clock_client.verify_link(late.token), "magic_link_expired")
    envelope(clock_client.verify_link(used.token), "magic_link_already_used")


def test_a_link_past_its_retention_is_not_found(start_server, open_client):
    server = start_server(settings={"magic_link.retention": "1h"})
    client, app = open_client(server), server.create_app()
    link = client.ask_link(app)
    server.shift_clock(15 * 60 + 3500)
    envelope(client.verify_link(link.token), "magic_link_expired")
    server.shift_clock(200)
    deadline = time.monotonic() + 30
    while (refused := client.verify_link(link.token)).json()["error"] == "magic_link_expired":
        assert time.monotonic() < deadline, "the link was not pruned"
        time.sleep(0.05)
    envelope(refused, "magic_link_not_found")
    envelope(client.link_status(link.link_id, link.flow_token), "magic_link_not_found")


@pytest.mark.parametrize("token", ["x", "A" * 43, "x" * 256, "'; DROP TABLE magic_links; --", "\u0001", "ü" * 43, " "], ids=ascii)
def test_any_unknown_token_is_not_found(client, token):
    envelope(client.verify_link(token), "magic_link_not_found")


def test_another_spelling_of_a_token_is_another_token(client, app):
    link = client.ask_link(app)
    for other in (link.token[:-1], link.token + "=", link.token + "A", " " + link.token, link.token.swapcase(), link.url):
        envelope(client.verify_link(other), "magic_link_not_found")
    session(client.verify_link(link.token), with_user=True)


@pytest.mark.parametrize("field", ["token", "code_verifier", "flow_token"])
@pytest.mark.parametrize("value", ["", "x" * 257, 7, True, [], {}], ids=lambda value: repr(value)[:12])
def test_a_secret_is_a_string_of_1_to_256(client, field, value):
    assert bad_fields(client.post(VERIFY, {"token": "x", field: value})) == [field]


def test_verify_needs_a_token(client):
    assert bad_fields(client.post(VERIFY, {})) == ["token"]
    assert bad_fields(client.post(VERIFY, {"token": None, "code_verifier": None, "flow_token": 1})) == ["token", "flow_token"]


def test_verify_is_no_page(client, app):
    link = client.ask_link(app)
    envelope(client.get(VERIFY, params={"token": link.token}), "METHOD_NOT_ALLOWED")
    session(client.verify_link(link.token), with_user=True)


# ---- whom a link is meant for: whoever it is not consumes nothing ----


def test_a_challenge_wants_its_verifier(client, at_home, pkce):
    link = client.ask_link(at_home, redirect_uri=HOME, code_challenge=pkce.challenge)
    for verifier in (Pkce().verifier, pkce.challenge, pkce.verifier + "A", pkce.verifier[:-1]):
        envelope(client.verify_link(link.token, code_verifier=verifier), "magic_link_not_found")
    envelope(client.verify_link(link.token), "magic_link_not_found")
    assert status_of(client, link) == "pending"
    session(client.verify_link(link.token, code_verifier=pkce.verifier), with_user=True)
    envelope(client.verify_link(link.token), "magic_link_not_found")
    envelope(client.verify_link(link.token, code_verifier=pkce.verifier), "magic_link_already_used")


def test_a_challenge_counts_without_a_redirect_uri_too(client, app, pkce):
    link = client.ask_link(app, code_challenge=pkce.challenge)
    envelope(client.verify_link(link.token), "magic_link_not_found")
    session(client.verify_link(link.token, code_verifier=pkce.verifier), with_user=True)


def test_a_verifier_without_a_challenge_is_a_mismatch(client, app, pkce):
    link = client.ask_link(app)
    envelope(client.verify_link(link.token, code_verifier=pkce.verifier), "magic_link_not_found")
    session(client.verify_link(link.token), with_user=True)


def test_bound_links_want_their_own_flow_token(client, server, app):
    app.set("bind_links", "on")
    link, other = client.ask_link(app), client.ask_link(app)
    for flow_token in ("kwf_x", other.flow_token, link.flow_token[:-1], link.flow_token.swapcase(), link.flow_token[4:]):
        envelope(client.verify_link(link.token, flow_token=flow_token), "magic_link_not_found")
    envelope(client.verify_link(link.token), "magic_link_not_found")
    assert status_of(client, link) == "pending"
    session(client.verify_link(link.token, flow_token=link.flow_token), with_user=True)


def test_a_link_stays_as_bound_as_it_was_when_asked_for(client, app):
    loose = client.ask_link(app)
    app.set("bind_links", "on")
    bound = client.ask_link(app)
    app.set("bind_links", "off")
    session(client.verify_link(loose.token), with_user=True)
    envelope(client.verify_link(bound.token), "magic_link_not_found")


def test_a_flow_token_that_comes_unasked_must_still_be_right(client, app):
    link, other = client.ask_link(app), client.ask_link(app)
    envelope(client.verify_link(link.token, flow_token=other.flow_token), "magic_link_not_found")
    session(client.verify_link(link.token, flow_token=link.flow_token), with_user=True)


def test_an_app_that_requires_its_secret_requires_it_here(client, server, app):
    app.set("require_secret", "on")
    other = server.create_app()
    link = client.ask_link(app, auth=app.basic)
    envelope(client.verify_link(link.token), "magic_link_not_found")
    envelope(client.verify_link(link.token, app_id=app.app_id), "magic_link_not_found")
    envelope(client.verify_link(link.token, auth=other.basic), "magic_link_not_found")
    envelope(client.verify_link(link.token, auth=(app.app_id, "wrong")), "TOKEN_INVALID")
    assert status_of(client, link) == "pending"
    session(client.verify_link(link.token, auth=app.basic), with_user=True)


def test_another_apps_proof_never_fits(client, server, app):
    link = client.ask_link(app)
    envelope(client.verify_link(link.token, auth=server.create_app().basic), "magic_link_not_found")
    session(client.verify_link(link.token, app_id=app.app_id, app_secret=app.secret), with_user=True)


# ---- tenants and users ----


def test_a_tenant_refuses_a_right_link_and_keeps_it(client, app):
    link = client.ask_link(app, tenant_id=UNKNOWN)
    envelope(client.verify_link(link.token), "TENANT_NOT_FOUND")
    assert status_of(client, link) == "pending"
    envelope(client.verify_link(link.token), "TENANT_NOT_FOUND")


def test_closed_signup_takes_no_new_user_and_the_link_is_spent(client, app):
    session(client.verify_link(client.ask_link(app, known := new_email()).token), with_user=True)
    app.set("signup", "closed")
    session(client.verify_link(client.ask_link(app, known).token), with_user=True)
    link = client.ask_link(app)
    envelope(client.verify_link(link.token), "USER_NOT_FOUND")
    envelope(client.verify_link(link.token), "magic_link_already_used")
