"""GET /auth/me: who the bearer is, and every way not to be let in."""

import pytest

from lib.checks import check_user, envelope, success
from lib.client import bearer, new_email

PATH = "/v1/auth/me"


def test_it_tells_who_is_signed_in(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    body = success(client.me(signed_in.access))
    assert list(body) == ["success", "user", "session_id", "tenant_id", "roles"]
    check_user(body["user"])
    assert body["user"]["email"] == contact and body["user"]["user_id"] == signed_in.user["user_id"]
    assert (body["session_id"], body["tenant_id"], body["roles"]) == (signed_in.session_id, None, [])
    assert "new" not in body["user"]


def test_both_paths_answer(client, app):
    signed_in = client.sign_in(app)
    assert success(client.get("/auth/me", headers=bearer(signed_in.access))) == success(client.me(signed_in.access))


def test_the_scheme_is_read_in_any_case(client, app):
    signed_in = client.sign_in(app)
    success(client.get(PATH, headers={"Authorization": f"bearer {signed_in.access}"}))


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"},
     {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Digest x"},
     {"Cookie": "access_token=x"}],
    ids=str,
)  # fmt: skip
def test_without_a_token_nobody_is_let_in(client, headers):
    envelope(client.get(PATH, headers=headers), "TOKEN_INVALID")


def test_the_token_is_taken_from_the_header_alone(client, app):
    signed_in = client.sign_in(app)
    envelope(client.get(PATH, params={"access_token": signed_in.access}), "TOKEN_INVALID")
    envelope(client.get(PATH, headers={"Cookie": f"access_token={signed_in.access}"}), "TOKEN_INVALID")
    envelope(client.get(PATH, headers={"Authorization": signed_in.access}), "TOKEN_INVALID")
    envelope(client.get(PATH, headers={"Authorization": f"Bearer {signed_in.access} x"}), "TOKEN_INVALID")


def test_two_authorization_headers_let_nobody_in(client, app):
    signed_in = client.sign_in(app)
    headers = [("Authorization", "Bearer nonsense"), ("Authorization", f"Bearer {signed_in.access}")]
    assert client.get(PATH, headers=headers).status_code in (400, 401)


def test_a_token_too_old_is_expired(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    clock_server.shift_clock(1801)
    envelope(clock_client.me(signed_in.access), "TOKEN_EXPIRED")


def test_a_token_too_old_of_an_ended_session(clock_client, clock_app, clock_server):
    """Expired and revoked at once: a client that refreshes on either learns the truth there."""
    signed_in = clock_client.sign_in(clock_app)
    clock_client.logout(signed_in.refresh)
    envelope(clock_client.me(signed_in.access), "TOKEN_REVOKED")
    clock_server.shift_clock(1801)
    assert clock_client.me(signed_in.access).json()["error"] in ("TOKEN_EXPIRED", "TOKEN_REVOKED")


def test_it_never_remembers_a_session_longer_than_it_lives(client, app):
    """Checked tokens may be remembered, but not beyond the end of their session."""
    signed_in = client.sign_in(app)
    for _ in range(20):
        success(client.me(signed_in.access))
    client.logout(signed_in.refresh)
    for _ in range(20):
        envelope(client.me(signed_in.access), "TOKEN_REVOKED")
