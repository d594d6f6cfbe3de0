"""How a user ends: sessions ended, deleted softly and restored, erased for good."""

import json

import pytest

from lib.checks import bad_fields, envelope, managed_user, session, success
from lib.client import Session, new_email, new_phone, wrong

USER = "/v1/users/{user_id}"
RESTORE = "/v1/users/{user_id}/restore"
ERASE = "/v1/users/{user_id}/erase"
SESSIONS = "/v1/users/{user_id}/sessions"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


def call(client, app, method, path, user_id):
    return client.request(method, path.format(user_id=user_id), auth=app.basic)


def delete(client, app, user_id):
    body = success(call(client, app, "DELETE", USER, user_id))
    assert list(body) == ["success", "user", "sessions_ended"]
    return body


def restore(client, app, user_id):
    return managed_user(call(client, app, "POST", RESTORE, user_id))


def erase(client, app, user_id):
    assert success(call(client, app, "POST", ERASE, user_id)) == {"success": True, "erased": True}


def end_sessions(client, app, user_id):
    body = success(call(client, app, "DELETE", SESSIONS, user_id))
    assert list(body) == ["success", "sessions_ended"]
    return body["sessions_ended"]


@pytest.mark.parametrize("method, path", [("DELETE", USER), ("POST", RESTORE), ("POST", ERASE), ("DELETE", SESSIONS)])
def test_nobodys_and_other_apps_users_are_not_found(client, server, app, method, path):
    signed_in = client.sign_in(app)
    user_id = signed_in.user["user_id"]
    assert bad_fields(call(client, app, method, path, "nonsense")) == ["user_id"]
    envelope(call(client, app, method, path, UNKNOWN), "USER_NOT_FOUND")
    envelope(call(client, server.create_app(), method, path, user_id), "USER_NOT_FOUND")
    success(client.me(signed_in.access))


# ---- sessions ----


def test_a_server_ends_all_sessions_of_a_user(client, app):
    contact = new_email()
    sessions = [client.sign_in(app, contact) for _ in range(3)]
    other = client.sign_in(app)
    assert end_sessions(client, app, sessions[0].user["user_id"]) == 3
    for signed_in in sessions:
        envelope(client.me(signed_in.access), "TOKEN_REVOKED")
        envelope(client.refresh(signed_in.refresh), "TOKEN_REVOKED")
    success(client.me(other.access))
    assert end_sessions(client, app, sessions[0].user["user_id"]) == 0
    client.sign_in(app, contact)


def test_a_sign_in_that_waits_as_a_code_ends_with_the_sessions(client, app):
    signed_in = client.sign_in(app)
    code = client.hand_over(signed_in)
    end_sessions(client, app, signed_in.user["user_id"])
    envelope(client.exchange(code), "exchange_code_not_found")


# ---- delete ----


def test_deleting_ends_sessions_and_says_so(client, app):
    contact = new_email()
    sessions = [client.sign_in(app, contact) for _ in range(2)]
    user_id = sessions[0].user["user_id"]
    body = delete(client, app, user_id)
    assert body["sessions_ended"] == 2 and body["user"]["deleted_at"] and body["user"]["email"] == contact
    again = delete(client, app, user_id)
    assert again["sessions_ended"] == 0 and again["user"] == body["user"]
    assert end_sessions(client, app, user_id) == 0


def test_every_genuine_token_says_that_its_user_was_deleted(client, app):
    signed_in = client.sign_in(app)
    older = signed_in.refresh
    current = session(client.refresh(older), with_user=False)
    access = [signed_in.access, current["access_token"]]
    delete(client, app, signed_in.user["user_id"])
    for token in access:
        envelope(client.me(token), "USER_DELETED")
        envelope(client.as_user(Session(current), "POST", "/auth/exchange-codes", {"format": "opaque"}), "USER_DELETED")
    for token in (older, current["refresh_token"]):
        envelope(client.refresh(token), "USER_DELETED")
        envelope(client.refresh(token, key="K"), "USER_DELETED")
        envelope(client.logout(token), "USER_DELETED")
        envelope(client.logout(token, everywhere=True), "USER_DELETED")
    for token in (*access, current["refresh_token"], older):
        assert success(client.introspect(app, token)) == {"success": True, "active": False}
    forged = access[0][:-8] + "AAAAAAAA"
    envelope(client.me(forged), "TOKEN_INVALID")
    assert success(client.logout("kwr_unknown"))["sessions_ended"] == 0


def test_bad_fields_do_not_outrank_it(client, app):
    signed_in = client.sign_in(app)
    delete(client, app, signed_in.user["user_id"])
    envelope(client.as_user(signed_in, "POST", "/auth/exchange-codes", {"format": "nonsense"}), "USER_DELETED")


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_a_right_code_says_so_and_is_used_up_and_a_wrong_one_does_not(client, app, make_contact):
    contact = make_contact()
    user_id = client.sign_in(app, contact).user["user_id"]
    before = client.ask_code(app, contact)
    delete(client, app, user_id)
    for request_id, code in (before, client.ask_code(app, contact)):
        assert envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_INVALID")["attempts_left"] == 2
        envelope(client.verify_otp(app, request_id, code), "USER_DELETED")
        envelope(client.verify_otp(app, request_id, code), "OTP_ALREADY_USED")


def test_other_purposes_prove_the_contact_and_touch_no_user(client, app):
    contact = new_email()
    delete(client, app, client.sign_in(app, contact).user["user_id"])
    request_id, code = client.ask_code(app, contact, purpose="reopen")
    assert success(client.verify_otp(app, request_id, code, purpose="reopen"))["verified"] is True


def test_a_right_link_says_so_and_is_used_up(client, app):
    contact = new_email()
    user_id = client.sign_in(app, contact).user["user_id"]
    before = client.ask_link(app, contact)
    delete(client, app, user_id)
    for link in (before, client.ask_link(app, contact)):
        envelope(client.verify_link("A" * 43), "magic_link_not_found")
        assert success(client.link_status(link.link_id, link.flow_token))["status"] == "pending"
        envelope(client.verify_link(link.token), "USER_DELETED")
        envelope(client.verify_link(link.token), "magic_link_already_used")
        assert success(client.link_status(link.link_id, link.flow_token))["status"] == "used"
        envelope(client.exchange(link.code, flow_token=link.flow_token), "exchange_code_not_found")


def test_the_code_of_a_link_and_those_of_sessions_say_so_and_are_used_up(stranger, app):
    client, contact = stranger, new_email()
    signed_in = client.sign_in(app, contact)
    link = client.ask_link(app, contact)
    codes = [client.hand_over(signed_in, format=form) for form in ("opaque", "numeric")]
    delete(client, app, signed_in.user["user_id"])
    for code, bound in [(link.code, {"flow_token": link.flow_token}), *((code, {}) for code in codes)]:
        envelope(client.exchange(code, **bound), "USER_DELETED")
        envelope(client.exchange(code, **bound), "exchange_code_not_found")


def test_a_send_never_tells(client, app):
    """The same answer for a deleted user as for one who lives and for nobody."""
    contacts = [new_email() for _ in range(3)]
    client.sign_in(app, contacts[0])
    delete(client, app, client.sign_in(app, contacts[1]).user["user_id"])
    for send in (client.send_otp, client.magic_link):
        answers = [success(send(app, contact)) for contact in contacts]
        assert [list(answer) for answer in answers] == [list(answers[0])] * 3
        assert len({answer["code_length"] for answer in answers}) == 1


def test_a_deleted_user_can_be_read_and_found(client, app):
    user = client.new_user(app, email=new_email(), metadata={"a": 1})
    delete(client, app, user["user_id"])
    shown = managed_user(call(client, app, "GET", USER, user["user_id"]))
    assert shown["deleted_at"] and shown["email"] == user["email"] and shown["metadata"] == {"a": 1}


# ---- restore ----


def test_a_restored_user_signs_in_again_and_no_session_comes_back(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    user_id = signed_in.user["user_id"]
    code = client.hand_over(signed_in)
    delete(client, app, user_id)
    user = restore(client, app, user_id)
    assert user["deleted_at"] is None and user["email"] == contact
    assert restore(client, app, user_id) == user, "whoever lives stays as they are"
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")
    envelope(client.refresh(signed_in.refresh), "TOKEN_REVOKED")
    envelope(client.exchange(code), "exchange_code_not_found")
    again = client.sign_in(app, contact)
    assert again.user["user_id"] == user_id and again.user["new"] is False


def test_a_code_from_before_signs_in_after_it(client, app):
    contact = new_email()
    user_id = client.sign_in(app, contact).user["user_id"]
    request_id, code = client.ask_code(app, contact)
    delete(client, app, user_id)
    restore(client, app, user_id)
    session(client.verify_otp(app, request_id, code), with_user=True)


# ---- erase ----


def test_an_erased_user_is_gone_and_its_contacts_are_free(client, app):
    email, phone = new_email(), new_phone()
    user_id = client.new_user(app, email=email, phone=phone)["user_id"]
    signed_in = client.sign_in(app, email)
    older = signed_in.refresh
    current = session(client.refresh(older), with_user=False)
    erase(client, app, user_id)
    for method, path in (("GET", USER), ("DELETE", USER), ("POST", RESTORE), ("POST", ERASE), ("DELETE", SESSIONS)):
        envelope(call(client, app, method, path, user_id), "USER_NOT_FOUND")
    envelope(client.as_server(app, "PATCH", f"/users/{user_id}", {"metadata": {}}), "USER_NOT_FOUND")
    envelope(client.me(current["access_token"]), "TOKEN_REVOKED")
    envelope(client.refresh(current["refresh_token"]), "TOKEN_REVOKED")
    assert success(client.logout(current["refresh_token"]))["sessions_ended"] == 0
    assert success(client.introspect(app, current["access_token"])) == {"success": True, "active": False}
    assert success(client.as_server(app, "GET", "/users", params={"email": email}))["users"] == []
    for contact in (email, phone):
        fresh = client.sign_in(app, contact)
        assert fresh.user["new"] is True and fresh.user["user_id"] != user_id


def test_a_deleted_user_can_be_erased(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    delete(client, app, signed_in.user["user_id"])
    erase(client, app, signed_in.user["user_id"])
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")
    assert client.sign_in(app, contact).user["new"] is True


def test_no_code_from_before_signs_in_as_the_erased_user(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    otp, link, code = client.ask_code(app, contact), client.ask_link(app, contact), client.hand_over(signed_in)
    erase(client, app, signed_in.user["user_id"])
    envelope(client.exchange(code), "USER_NOT_FOUND")
    first = session(client.verify_otp(app, *otp), with_user=True)["user"]
    second = session(client.verify_link(link.token), with_user=True)["user"]
    assert first["new"] is True and first["user_id"] == second["user_id"] != signed_in.user["user_id"]


def test_with_closed_signup_an_erased_user_does_not_come_back(client, app):
    app.set("signup", "closed")
    invited = client.new_user(app)
    client.sign_in(app, invited["email"])
    erase(client, app, invited["user_id"])
    request_id, code = client.ask_code(app, invited["email"])
    envelope(client.verify_otp(app, request_id, code), "USER_NOT_FOUND")


def test_nothing_personal_is_left_of_an_erased_user(start_server, open_client):
    """But in rows of codes and links, which go when their retention has passed."""
    server = start_server()
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    client, app = open_client(server, source="127.0.0.77", headers={"User-Agent": agent}), server.create_app()
    email, phone = new_email(), new_phone()
    user_id = client.new_user(app, email=email, phone=phone, metadata={"name": "Erased Person"})["user_id"]
    sessions = [client.sign_in(app, email), client.sign_in(app, phone)]
    client.ask_link(app, email)
    client.logout(sessions[0].refresh)
    erase(client, app, user_id)
    personal = [email, phone, "Erased Person", agent, "127.0.0.77"]
    assert server.terminate() == 0
    for table in ("users", "sessions", "events", "limits", "exchange_codes", "outbox"):
        rows = json.dumps(server.rows(f"SELECT * FROM {table}"), default=lambda blob: bytes(blob).decode("latin-1"))
        assert not [value for value in personal if value in rows], f"{table}: {rows}"
    assert len(server.rows("SELECT 1 FROM sessions")) == 2, "their tokens are still known as revoked"
    kinds = {kind for (kind,) in server.rows("SELECT type FROM events WHERE user_id IS NOT NULL")}
    assert {"user.created", "session.started", "session.ended", "user.erased"} <= kinds, "what happened is still known"
