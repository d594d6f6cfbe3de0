"""POST /auth/verify-otp: the session answer, every refusal and their order, what a try costs."""

import pytest

from lib.checks import bad_fields, envelope, session, success
from lib.client import new_email, new_phone, wrong

PATH = "/v1/auth/verify-otp"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


def attempts_left(response):
    return envelope(response, "OTP_INVALID")["attempts_left"]


# ---- success ----


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_a_right_code_signs_in_and_makes_the_user(client, app, make_contact):
    contact = make_contact()
    request_id, code = client.ask_code(app, contact)
    body = session(client.verify_otp(app, request_id, code), with_user=True)
    assert (body["expires_in"], body["refresh_expires_in"]) == (1800, 2592000)
    assert contact in (body["user"]["email"], body["user"]["phone"])
    assert body["user"]["new"] is True


def test_the_second_sign_in_finds_the_same_user(client, app):
    contact = new_email()
    first, second = client.sign_in(app, contact), client.sign_in(app, contact)
    assert first.user["user_id"] == second.user["user_id"]
    assert second.user["new"] is False
    assert first.session_id != second.session_id


def test_each_app_has_its_own_users(client, server, app):
    contact, other = new_email(), server.create_app()
    assert client.sign_in(app, contact).user["user_id"] != client.sign_in(other, contact).user["user_id"]


def test_signup_is_a_session_purpose_too(client, app):
    client.sign_in(app, purpose="signup")


@pytest.mark.parametrize("shape", ["{0} {1}", "{0}-{1}", " {0}{1} ", "{0} - {1}"])
def test_spaces_and_dashes_in_the_code_do_not_matter(client, app, shape):
    request_id, code = client.ask_code(app, new_email())
    session(client.verify_otp(app, request_id, shape.format(code[:3], code[3:])), with_user=True)


def test_another_purpose_proves_the_contact_and_touches_no_user(client, app):
    contact = new_email()
    request_id, code = client.ask_code(app, contact, purpose="delete_account")
    body = success(client.verify_otp(app, request_id, code, purpose="delete_account"))
    assert list(body) == ["success", "verified", "purpose", "contact", "verification_token"]
    assert body["verified"] is True and body["purpose"] == "delete_account"
    assert client.sign_in(app, contact).user["new"] is True


def test_an_app_chooses_its_session_purposes(client, app):
    app.set("session_purposes", "enter")
    client.sign_in(app, purpose="enter")
    request_id, code = client.ask_code(app, new_email())
    assert "verification_token" in success(client.verify_otp(app, request_id, code))


def test_closed_signup_takes_no_new_user(client, app):
    known = new_email()
    client.sign_in(app, known)
    app.set("signup", "closed")
    client.sign_in(app, known)
    request_id, code = client.ask_code(app, new_email())
    attempts_left(client.verify_otp(app, request_id, wrong(code)))
    envelope(client.verify_otp(app, request_id, code), "USER_NOT_FOUND")


# ---- fields ----


def test_all_bad_fields_are_listed(client):
    body = {"app_id": 1, "otp_request_id": "", "otp": "abc", "purpose": "X", "tenant_id": "y"}
    assert sorted(bad_fields(client.post(PATH, body))) == ["app_id", "otp", "otp_request_id", "purpose", "tenant_id"]
    assert sorted(bad_fields(client.post(PATH, {}))) == ["app_id", "otp", "otp_request_id"]


@pytest.mark.parametrize("otp", ["", "abc", "123", "12345678901", "12 34x6", "１２３４５６", "-", "+12345", "1e5", "12.345"])
def test_what_is_no_code_is_a_bad_field_and_costs_no_try(client, app, otp):
    request_id, code = client.ask_code(app, new_email())
    for _ in range(4):
        assert bad_fields(client.verify_otp(app, request_id, otp)) == ["otp"]
    session(client.verify_otp(app, request_id, code), with_user=True)


@pytest.mark.parametrize("otp", [123456, 123456.0, None, True, ["123456"], {"otp": "123456"}], ids=str)
def test_a_code_is_a_string(client, app, otp):
    request_id, _ = client.ask_code(app, new_email())
    assert bad_fields(client.verify_otp(app, request_id, otp)) == ["otp"]


@pytest.mark.parametrize("otp", ["1234", "12345", "1234567", "1234567890"])
def test_a_code_of_another_length_is_wrong_and_costs_a_try(client, app, otp):
    request_id, _ = client.ask_code(app, new_email())
    assert attempts_left(client.verify_otp(app, request_id, otp)) == 2
    assert attempts_left(client.verify_otp(app, request_id, otp)) == 1


@pytest.mark.parametrize("request_id", ["x", "otp_nonsense", "x" * 256, "otp_'; DROP TABLE otp; --", "\u0001", "ü" * 20])
def test_any_unknown_request_id_is_not_found(client, app, request_id):
    envelope(client.verify_otp(app, request_id, "123456"), "OTP_NOT_FOUND")


@pytest.mark.parametrize("request_id", ["", "x" * 257, 7, None, []], ids=lambda value: repr(value)[:12])
def test_a_request_id_is_a_string_of_1_to_256(client, app, request_id):
    assert bad_fields(client.verify_otp(app, request_id, "123456")) == ["otp_request_id"]


# ---- refusals ----


def test_three_wrong_codes_lock_it_for_good(client, app):
    request_id, code = client.ask_code(app, new_email())
    assert attempts_left(client.verify_otp(app, request_id, wrong(code))) == 2
    assert attempts_left(client.verify_otp(app, request_id, wrong(code))) == 1
    assert envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_LOCKED")["retry_after"] <= 2
    envelope(client.verify_otp(app, request_id, code), "OTP_LOCKED")
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_LOCKED")


def test_a_lock_tells_when_a_new_code_can_be_sent(client, app):
    contact = new_email()
    for _ in range(4):
        success(client.send_otp(app, contact))
    client.next_message(contact)
    for message in client.messages(contact):
        client.server.seen_messages.add(message["id"])
    request_id, code = client.ask_code(app, contact)
    for _ in range(2):
        attempts_left(client.verify_otp(app, request_id, wrong(code)))
    assert 590 <= envelope(client.verify_otp(app, request_id, code[::-1] + "1"), "OTP_LOCKED")["retry_after"] <= 600


def test_a_used_code_is_used(client, app):
    request_id, code = client.ask_code(app, new_email())
    session(client.verify_otp(app, request_id, code), with_user=True)
    envelope(client.verify_otp(app, request_id, code), "OTP_ALREADY_USED")
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_ALREADY_USED")


def test_a_code_works_to_its_last_second_and_not_longer(clock_client, clock_app, clock_server):
    first, second = (clock_client.ask_code(clock_app, new_email()) for _ in range(2))
    clock_server.shift_clock(295)
    session(clock_client.verify_otp(clock_app, *first), with_user=True)
    clock_server.shift_clock(6)
    envelope(clock_client.verify_otp(clock_app, *second), "OTP_EXPIRED")


def test_a_code_past_its_retention_is_not_found(start_server, open_client):
    server = start_server(settings={"otp.retention": "1h"})
    client, app = open_client(server), server.create_app()
    request_id, code = client.ask_code(app, new_email())
    server.shift_clock(2 * 86400)
    answer = client.verify_otp(app, request_id, code)
    assert answer.json()["error"] in ("OTP_EXPIRED", "OTP_NOT_FOUND"), "pruned some time after its retention"


def test_another_app_or_purpose_is_refused_and_costs_no_try(client, server, app):
    other = server.create_app()
    request_id, code = client.ask_code(app, new_email())
    for _ in range(4):
        envelope(client.verify_otp(other, request_id, code), "OTP_WRONG_APP")
        envelope(client.verify_otp(app, request_id, code, purpose="signup"), "OTP_WRONG_PURPOSE")
        envelope(client.verify_otp(other, request_id, code, purpose="signup"), "OTP_WRONG_APP")
    session(client.verify_otp(app, request_id, code), with_user=True)


def test_the_order_of_refusals_is_that_of_the_contract(clock_client, clock_server, clock_app):
    """NOT_FOUND, WRONG_APP, WRONG_PURPOSE, ALREADY_USED, LOCKED, EXPIRED, INVALID: of two that apply the earlier answers."""
    client, other = clock_client, clock_server.create_app()
    used, locked, fresh = (client.ask_code(clock_app, new_email()) for _ in range(3))
    session(client.verify_otp(clock_app, *used), with_user=True)
    for _ in range(3):
        client.verify_otp(clock_app, locked[0], wrong(locked[1]))
    for request_id, code in (used, locked, fresh):
        envelope(client.verify_otp(other, request_id, code, purpose="signup"), "OTP_WRONG_APP")
        envelope(client.verify_otp(clock_app, request_id, code, purpose="signup"), "OTP_WRONG_PURPOSE")
    envelope(client.verify_otp(clock_app, locked[0], locked[1]), "OTP_LOCKED")
    clock_server.shift_clock(301)
    envelope(client.verify_otp(clock_app, *used), "OTP_ALREADY_USED")
    envelope(client.verify_otp(clock_app, *locked), "OTP_LOCKED")
    envelope(client.verify_otp(clock_app, fresh[0], wrong(fresh[1])), "OTP_EXPIRED")


def test_fields_come_before_app_and_app_before_the_code(client, app):
    body = {"app_id": UNKNOWN, "otp_request_id": "otp_x", "otp": "1"}
    assert bad_fields(client.post(PATH, body)) == ["otp"]
    envelope(client.post(PATH, body | {"otp": "123456"}), "APP_NOT_FOUND")
    envelope(client.post(PATH, body | {"otp": "123456", "app_secret": "wrong"}), "TOKEN_INVALID")
    envelope(client.post(PATH, body | {"otp": "123456", "app_id": app.app_id}), "OTP_NOT_FOUND")


def test_require_secret_demands_it_and_nothing_is_consumed(client, app):
    request_id, code = client.ask_code(app, new_email())
    app.set("require_secret", "on")
    for _ in range(4):
        refused = client.verify_otp(app, request_id, code)
        envelope(refused, refused.json()["error"])
        assert refused.json()["error"] in ("TOKEN_INVALID", "OTP_NOT_FOUND")
    session(client.verify_otp(app, request_id, code, auth=app.basic), with_user=True)


def test_a_wrong_secret_costs_no_try(client, app):
    request_id, code = client.ask_code(app, new_email())
    for _ in range(4):
        envelope(client.verify_otp(app, request_id, wrong(code), app_secret="wrong"), "TOKEN_INVALID")
    session(client.verify_otp(app, request_id, code), with_user=True)


# ---- tenants ----


def test_a_foreign_tenant_is_told_only_after_the_right_code_and_consumes_nothing(client, app):
    request_id, code = client.ask_code(app, new_email())
    attempts_left(client.verify_otp(app, request_id, wrong(code), tenant_id=UNKNOWN))
    envelope(client.verify_otp(app, request_id, code, tenant_id=UNKNOWN), "TENANT_NOT_FOUND")
    session(client.verify_otp(app, request_id, code), with_user=True)


# ---- settings ----


def test_max_attempts_can_be_set(start_server, open_client):
    server = start_server(settings={"otp.max_attempts": 1})
    client, app = open_client(server), server.create_app()
    request_id, code = client.ask_code(app, new_email())
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_LOCKED")
    envelope(client.verify_otp(app, request_id, code), "OTP_LOCKED")
