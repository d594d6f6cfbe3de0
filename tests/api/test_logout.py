"""POST /auth/logout: which sessions end, and that asking twice does no harm."""

import pytest

from lib.checks import bad_fields, envelope, session, success
from lib.client import new_email

PATH = "/v1/auth/logout"


def ended(response):
    body = success(response)
    assert list(body) == ["success", "sessions_ended"]
    return body["sessions_ended"]


def test_it_ends_the_session_at_once(client, app):
    signed_in = client.sign_in(app)
    assert ended(client.logout(signed_in.refresh)) == 1
    envelope(client.refresh(signed_in.refresh), "TOKEN_REVOKED")
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")


def test_a_second_logout_ends_nothing_more(client, app):
    signed_in = client.sign_in(app)
    assert ended(client.logout(signed_in.refresh)) == 1
    assert ended(client.logout(signed_in.refresh)) == 0


@pytest.mark.parametrize("token", ["x", "kwr_nonsense", "kwr_" + "A" * 80, "x" * 256])
def test_an_unknown_token_ends_nothing(client, token):
    assert ended(client.logout(token)) == 0
    assert ended(client.logout(token, everywhere=True)) == 0


def test_an_older_token_still_ends_its_session(client, app):
    signed_in = client.sign_in(app)
    child = session(client.refresh(signed_in.refresh), with_user=False)
    assert ended(client.logout(signed_in.refresh)) == 1
    envelope(client.refresh(child["refresh_token"]), "TOKEN_REVOKED")


def test_it_leaves_the_other_sessions_alone(client, app):
    contact = new_email()
    first, second = client.sign_in(app, contact), client.sign_in(app, contact)
    assert ended(client.logout(first.refresh)) == 1
    session(client.refresh(second.refresh), with_user=False)


def test_everywhere_ends_all_of_this_user_and_no_others(client, app):
    contact = new_email()
    sessions = [client.sign_in(app, contact) for _ in range(4)]
    stranger = client.sign_in(app)
    assert ended(client.logout(sessions[0].refresh, everywhere=True)) == 4
    for one in sessions:
        envelope(client.refresh(one.refresh), "TOKEN_REVOKED")
        envelope(client.me(one.access), "TOKEN_REVOKED")
    session(client.refresh(stranger.refresh), with_user=False)


def test_everywhere_needs_the_current_token(client, app):
    contact = new_email()
    first, second = client.sign_in(app, contact), client.sign_in(app, contact)
    session(client.refresh(first.refresh), with_user=False)
    client.logout(first.refresh, everywhere=True)
    session(client.refresh(second.refresh), with_user=False)


def test_require_secret_demands_it(client, app):
    signed_in = client.sign_in(app)
    app.set("require_secret", "on")
    refused = client.logout(signed_in.refresh)
    assert refused.status_code == 401 or ended(refused) == 0
    assert ended(client.post(PATH, {"refresh_token": signed_in.refresh}, auth=app.basic)) == 1


def test_all_bad_fields_are_listed(client):
    assert bad_fields(client.post(PATH, {})) == ["refresh_token"]
    assert bad_fields(client.post(PATH, {"refresh_token": 1, "everywhere": "yes"})) == ["refresh_token", "everywhere"]
    for value in (1, "true", [], {}):
        assert bad_fields(client.logout("kwr_x", everywhere=value)) == ["everywhere"]
