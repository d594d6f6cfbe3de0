"""POST /auth/contact, and the code before it: a person replaces an e-mail address or phone number of their own."""

import jwt
import pytest

from lib.checks import bad_fields, check_user, envelope, session, success
from lib.client import Session, bearer, new_email, new_phone, wrong

PATH = "/v1/auth/contact"
CHANGE = "change_contact"


def send(client, app, signed_in, contact, **fields):
    headers = bearer(signed_in.access) if signed_in else None
    return client.send_otp(app, contact, headers=headers, purpose=CHANGE, **fields)


def prove(client, app, signed_in, contact):
    """The verification token of a contact that this user asked to have."""
    request_id = success(send(client, app, signed_in, contact))["otp_request_id"]
    body = success(client.verify_otp(app, request_id, client.next_message(contact)["code"], purpose=CHANGE))
    assert list(body) == ["success", "verified", "purpose", "contact", "verification_token"]
    return body["verification_token"]


def change(client, signed_in, token, **fields):
    return client.as_user(signed_in, "POST", "/auth/contact", {"verification_token": token, **fields})


def changed(client, signed_in, token, **fields):
    body = success(change(client, signed_in, token, **fields))
    assert list(body) == ["success", "user", "sessions_ended"]
    assert list(body["user"]) == ["user_id", "email", "phone", "created_at", "last_sign_in_at"]
    return body


def no_message(client, contact):
    return [message for message in client.messages(contact) if message["id"] not in client.server.seen_messages] == []


# ---- the way of it ----


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_a_contact_takes_the_place_of_the_one_of_its_kind(client, app, make_contact):
    old, new = make_contact(), make_contact()
    signed_in = client.sign_in(app, old)
    body = changed(client, signed_in, prove(client, app, signed_in, new))
    check_user(body["user"])
    assert new in (body["user"]["email"], body["user"]["phone"]) and body["user"]["user_id"] == signed_in.user["user_id"]
    assert success(client.me(signed_in.access))["user"] == body["user"]
    assert client.sign_in(app, new).user["user_id"] == signed_in.user["user_id"]
    assert client.sign_in(app, old).user["new"] is True, "the old one is free"


def test_one_of_the_other_kind_is_added(client, app):
    email, phone = new_email(), new_phone()
    signed_in = client.sign_in(app, email)
    user = changed(client, signed_in, prove(client, app, signed_in, phone))["user"]
    assert (user["email"], user["phone"]) == (email, phone)
    for contact in (email, phone):
        assert client.sign_in(app, contact).user["user_id"] == user["user_id"]


def test_the_spelling_that_was_proven_is_the_one_mail_goes_to(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    assert changed(client, signed_in, prove(client, app, signed_in, contact.capitalize()))["user"]["email"] == contact.capitalize()


def test_other_sessions_end_and_so_does_what_waits(client, app):
    contact = new_email()
    signed_in, other = client.sign_in(app, contact), client.sign_in(app, contact)
    code = client.hand_over(other)
    assert changed(client, signed_in, prove(client, app, signed_in, new_email()))["sessions_ended"] == 1
    envelope(client.me(other.access), "TOKEN_REVOKED")
    envelope(client.refresh(other.refresh), "TOKEN_REVOKED")
    envelope(client.exchange(code), "exchange_code_not_found")
    success(client.me(signed_in.access))
    session(client.refresh(signed_in.refresh), with_user=False)


def test_the_old_contact_is_told(client, app):
    old, new = new_email(), new_email()
    signed_in = client.sign_in(app, old)
    changed(client, signed_in, prove(client, app, signed_in, new))
    told = client.next_message(old)
    assert told["channel"] == "email" and told["subject"] == "Your sign-in to Test app was changed"
    masked = f"{new[0]}***@e***.com"
    assert masked in told["text"] and masked in told["html"] and new not in told["text"] + told["html"]
    assert (told["code"], told["link"]) == (None, None)
    assert no_message(client, new)


def test_the_old_number_is_told_by_text_message_in_the_language_that_was_asked_for(client, app):
    old, new = new_phone(), new_phone()
    signed_in = client.sign_in(app, old)
    changed(client, signed_in, prove(client, app, signed_in, new), locale="de-AT")
    told = client.next_message(old)
    assert told["channel"] == "sms" and told["text"].startswith("Von nun an melden Sie sich bei Test app mit +49***")


def test_who_had_none_of_that_kind_is_told_by_the_other(client, app):
    email, phone = new_email(), new_phone()
    signed_in = client.sign_in(app, email)
    changed(client, signed_in, prove(client, app, signed_in, phone))
    assert phone[-2:] in client.next_message(email)["text"]


def test_a_contact_that_was_never_proven_is_told_nothing(client, app):
    given, phone = new_email(), new_phone()
    client.new_user(app, email=given, phone=phone)
    signed_in = client.sign_in(app, phone)
    changed(client, signed_in, prove(client, app, signed_in, new_email()))
    assert no_message(client, given)
    assert "Test app" in client.next_message(phone)["text"]


# ---- the proof ----


def test_the_proof_says_whose_it_is(client, app):
    contact = new_email()
    signed_in = client.sign_in(app)
    claims = jwt.decode(prove(client, app, signed_in, contact), options={"verify_signature": False})
    assert claims["sub"] == signed_in.user["user_id"] and claims["aud"] == app.app_id
    assert (claims["purpose"], claims["contact"], claims["contact_kind"]) == (CHANGE, contact, "email")
    request_id, code = client.ask_code(app, contact, purpose="other")
    other = success(client.verify_otp(app, request_id, code, purpose="other"))["verification_token"]
    assert "sub" not in jwt.decode(other, options={"verify_signature": False})


def test_a_proof_works_once(client, app):
    signed_in = client.sign_in(app)
    token = prove(client, app, signed_in, new_email())
    changed(client, signed_in, token)
    envelope(change(client, signed_in, token), "TOKEN_INVALID")


def test_a_proof_that_was_used_stays_so_over_a_crash(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    first, second = new_email(), new_email()
    tokens = [prove(client, app, signed_in, contact) for contact in (first, second)]
    changed(client, signed_in, tokens[0])
    changed(client, signed_in, tokens[1])
    server.kill()
    server.start()
    client = open_client(server)
    envelope(change(client, signed_in, tokens[0]), "TOKEN_INVALID")
    assert success(client.me(signed_in.access))["user"]["email"] == second


def test_only_the_user_who_asked_may_use_it(client, server, app):
    signed_in, other = client.sign_in(app), client.sign_in(app)
    elsewhere = client.sign_in(server.create_app())
    token = prove(client, app, signed_in, contact := new_email())
    for thief in (other, elsewhere):
        envelope(change(client, thief, token), "TOKEN_INVALID")
    assert changed(client, signed_in, token)["user"]["email"] == contact


def test_what_is_no_proof_of_a_change_is_invalid(client, app):
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    request_id, code = client.ask_code(app, new_email(), purpose="other")
    of_another_purpose = success(client.verify_otp(app, request_id, code, purpose="other"))["verification_token"]
    token = prove(client, app, signed_in, new_email())
    header, claims, signature = token.split(".")
    for bad in (of_another_purpose, signed_in.access, signed_in.refresh, "x", "x" * 5000, f"{header}.{claims}.{signature[:-4]}AAAA", token + "."):
        envelope(change(client, signed_in, bad), "TOKEN_INVALID")
    assert success(client.me(signed_in.access))["user"]["email"] == contact
    envelope(client.me(token), "TOKEN_INVALID")


def test_bad_fields_are_refused(client, app):
    signed_in = client.sign_in(app)
    for body in ({}, {"verification_token": None}, {"verification_token": ""}, {"verification_token": 7}, {"verification_token": ["x"]}):
        assert bad_fields(client.as_user(signed_in, "POST", "/auth/contact", body)) == ["verification_token"]
    assert bad_fields(client.as_user(signed_in, "POST", "/auth/contact", {"verification_token": "x", "locale": "x"})) == ["locale"]


def test_a_proof_holds_five_minutes(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    late, later = (prove(clock_client, clock_app, signed_in, new_email()) for _ in range(2))
    clock_server.shift_clock(290)
    changed(clock_client, signed_in, late)
    clock_server.shift_clock(15)
    envelope(change(clock_client, signed_in, later), "TOKEN_INVALID")


def test_an_old_sign_in_may_not_and_spends_nothing(clock_client, clock_app, clock_server):
    contact = new_email()
    signed_in = clock_client.sign_in(clock_app, contact)
    clock_server.shift_clock(590)
    token = prove(clock_client, clock_app, signed_in, wanted := new_email())
    clock_server.shift_clock(15)
    envelope(change(clock_client, signed_in, token), "FORBIDDEN")
    child = Session(session(clock_client.refresh(signed_in.refresh), with_user=False))
    envelope(change(clock_client, child, token), "FORBIDDEN")
    fresh = clock_client.sign_in(clock_app, contact)
    assert changed(clock_client, fresh, token)["user"]["email"] == wanted


def test_what_is_held_by_another_is_refused_and_accounts_never_merge(client, app):
    taken, mine = new_email(), new_email()
    holder, signed_in = client.sign_in(app, taken), client.sign_in(app, mine)
    token = prove(client, app, signed_in, taken)
    envelope(change(client, signed_in, token), "ALREADY_EXISTS")
    envelope(change(client, signed_in, token), "TOKEN_INVALID")
    assert success(client.me(signed_in.access))["user"]["email"] == mine
    success(client.me(holder.access))
    assert client.sign_in(app, taken).user["user_id"] == holder.user["user_id"]
    client.delete_user(app, holder.user["user_id"])
    envelope(change(client, signed_in, prove(client, app, signed_in, taken)), "ALREADY_EXISTS")


def test_only_the_signed_in_may(client, app):
    signed_in = client.sign_in(app)
    token = prove(client, app, signed_in, new_email())
    envelope(client.post(PATH, {"verification_token": token}), "TOKEN_INVALID")
    envelope(client.post(PATH, {"verification_token": token}, auth=app.basic), "TOKEN_INVALID")
    client.logout(signed_in.refresh)
    envelope(change(client, signed_in, token), "TOKEN_REVOKED")


def test_a_deleted_user_changes_nothing(client, app):
    signed_in = client.sign_in(app)
    token = prove(client, app, signed_in, new_email())
    request_id = success(send(client, app, signed_in, contact := new_email()))["otp_request_id"]
    code = client.next_message(contact)["code"]
    client.delete_user(app, signed_in.user["user_id"])
    envelope(change(client, signed_in, token), "USER_DELETED")
    envelope(send(client, app, signed_in, new_email()), "USER_DELETED")
    envelope(client.verify_otp(app, request_id, wrong(code), purpose=CHANGE), "OTP_INVALID")
    envelope(client.verify_otp(app, request_id, code, purpose=CHANGE), "USER_DELETED")
    envelope(client.verify_otp(app, request_id, code, purpose=CHANGE), "OTP_ALREADY_USED")


# ---- the code ----


def test_the_code_needs_the_users_token(client, server, app):
    contact, signed_in = new_email(), client.sign_in(app)
    envelope(send(client, app, None, contact), "TOKEN_INVALID")
    envelope(client.send_otp(app, contact, purpose=CHANGE, headers=bearer("nonsense")), "TOKEN_INVALID")
    envelope(client.send_otp(app, contact, purpose=CHANGE, headers=bearer(signed_in.refresh)), "TOKEN_INVALID")
    envelope(send(client, server.create_app(), signed_in, contact), "TOKEN_INVALID")
    client.logout(signed_in.refresh)
    envelope(send(client, app, signed_in, contact), "TOKEN_REVOKED")
    assert no_message(client, contact)


def test_the_token_is_judged_before_fields_and_the_app(client, app):
    body = {"app_id": "nonsense", "email": "x", "purpose": CHANGE}
    envelope(client.post("/v1/auth/send-otp", body), "TOKEN_INVALID")
    signed_in = client.sign_in(app)
    assert bad_fields(client.post("/v1/auth/send-otp", body, headers=bearer(signed_in.access))) == ["app_id", "email"]
    body = {"app_id": "0190b8a0-7c3e-7d10-8f00-000000000000", "email": new_email(), "purpose": CHANGE}
    envelope(client.post("/v1/auth/send-otp", body, headers=bearer(signed_in.access)), "APP_NOT_FOUND")
    client.logout(signed_in.refresh)
    envelope(client.post("/v1/auth/send-otp", body | {"email": "x"}, headers=bearer(signed_in.access)), "TOKEN_REVOKED")


def test_an_expired_token_is_told_so(clock_client, clock_app, clock_server):
    signed_in = clock_client.sign_in(clock_app)
    clock_server.shift_clock(1801)
    envelope(send(clock_client, clock_app, signed_in, new_email()), "TOKEN_EXPIRED")


def test_an_app_that_requires_its_secret_sends_it_along(client, server):
    app = server.create_app()
    signed_in = client.sign_in(app)
    app.set("require_secret", "on")
    envelope(send(client, app, signed_in, new_email()), "TOKEN_INVALID")
    success(send(client, app, signed_in, new_email(), app_secret=app.secret))


def test_for_other_purposes_a_token_is_ignored(client, app):
    success(client.send_otp(app, new_email(), headers=bearer("nonsense")))
    success(client.send_otp(app, new_email(), headers=bearer("nonsense"), purpose="change_contacts"))


def test_the_answer_tells_nothing_of_who_holds_the_contact(client, app):
    signed_in, taken, deleted = client.sign_in(app), new_email(), new_email()
    client.sign_in(app, taken)
    client.delete_user(app, client.sign_in(app, deleted).user["user_id"])
    answers = [success(send(client, app, signed_in, contact)) for contact in (new_email(), taken, deleted)]
    assert len({tuple(answer) for answer in answers}) == 1


def test_no_setting_makes_a_session_of_it(client, server):
    app = server.create_app(session_purposes=[CHANGE, "login"])
    signed_in = client.sign_in(app)
    assert prove(client, app, signed_in, new_email())


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_the_code_is_one_of_that_purpose_alone(client, app, make_contact):
    signed_in, contact = client.sign_in(app), make_contact()
    request_id = success(send(client, app, signed_in, contact))["otp_request_id"]
    code = client.next_message(contact)["code"]
    envelope(client.verify_otp(app, request_id, code), "OTP_WRONG_PURPOSE")
    success(client.verify_otp(app, request_id, code, purpose=CHANGE))


def test_a_proof_from_before_a_restore_is_void(start_server, open_client, tmp_path):
    server = start_server()
    client, app = open_client(server), server.create_app()
    contact = new_email()
    signed_in = client.sign_in(app, contact)
    token = prove(client, app, signed_in, wanted := new_email())
    server.cli("backup", tmp_path / "copy")
    changed(client, signed_in, token)
    assert server.terminate() == 0
    server.cli("restore", tmp_path / "copy", "--keep-sessions", "--force")
    server.start()
    client = open_client(server)
    fresh = client.sign_in(app, contact)
    envelope(change(client, fresh, token), "TOKEN_INVALID")
    assert success(client.me(fresh.access))["user"]["email"] == contact != wanted
