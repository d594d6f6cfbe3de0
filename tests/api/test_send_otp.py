"""POST /auth/send-otp: its answer, its refusals in their order, its limits."""

import datetime

import pytest

from lib.checks import bad_fields, envelope, sent, success
from lib.client import Client, new_email, new_phone

PATH = "/v1/auth/send-otp"
UNKNOWN_APP = "0190b8a0-7c3e-7d10-8f00-000000000000"


def test_a_code_goes_out_by_mail(client, app):
    contact = new_email()
    body = sent(client.send_otp(app, contact), "email")
    assert (body["code_length"], body["expires_in"], body["resend_after"]) == (6, 300, 30)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs(datetime.datetime.fromisoformat(body["expires_at"]) - now - datetime.timedelta(seconds=300)).total_seconds() < 5
    assert contact.split("@")[0] not in body["contact"], "the contact is not masked"
    message = client.next_message(contact)
    assert (message["channel"], message["to"]) == ("email", contact)
    assert len(message["code"]) == 6 and message["code"].isdigit()
    assert message["code"] in message["text"] and message["code"] in message["html"]
    assert "5 minutes" in message["text"], "the mail does not say until when the code holds"


def test_a_code_goes_out_by_sms(client, app):
    contact = new_phone()
    body = sent(client.send_otp(app, contact), "sms")
    assert contact not in body["contact"]
    message = client.next_message(contact)
    assert message["channel"] == "sms"
    assert message["text"].rstrip("\n").split("\n")[-1] == f"@127.0.0.1 #{message['code']}"


def test_a_message_names_the_app(client, app):
    app.set("name", "Corner Bakery")
    contact = new_email()
    client.send_otp(app, contact)
    message = client.next_message(contact)
    assert "Corner Bakery" in message["subject"] + message["text"]


def test_no_answer_and_no_subject_shows_the_code(client, app):
    contact = new_email()
    response = client.send_otp(app, contact)
    message = client.next_message(contact)
    assert message["code"] not in response.text and message["code"] not in str(response.headers)


# ---- fields ----


def test_all_bad_fields_are_listed(client, app):
    fields = bad_fields(client.post(PATH, {"app_id": "nonsense", "email": "nonsense", "purpose": "NONSENSE"}))
    assert sorted(fields) == ["app_id", "email", "purpose"]


def test_an_empty_request_lacks_app_and_contact(client):
    fields = bad_fields(client.post(PATH, {}))
    assert fields[0] == "app_id" and set(fields[1:]) & {"phone", "email"}


def test_a_post_without_body_is_an_empty_object(client):
    assert "app_id" in bad_fields(client.request("POST", PATH))


def test_both_contacts_at_once_are_refused(client, app):
    body = {"app_id": app.app_id, "email": new_email(), "phone": new_phone()}
    assert set(bad_fields(client.post(PATH, body))) <= {"email", "phone"}


@pytest.mark.parametrize("field", ["app_id", "email", "phone", "purpose", "locale"])
@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["a@example.com"]], ids=str)
def test_a_wrong_type_is_a_bad_field(client, app, field, value):
    body = {"app_id": app.app_id, "email": new_email(), field: value}
    assert field in bad_fields(client.post(PATH, body))


@pytest.mark.parametrize("field", ["app_id", "email"])
def test_null_is_no_value_for_a_required_field(client, app, field):
    assert bad_fields(client.post(PATH, {"app_id": app.app_id, "email": new_email(), field: None}))


@pytest.mark.parametrize("purpose", ["Login", "9a", "a-b", "", "_a", "a" * 33, "a b", "ä"])
def test_a_malformed_purpose_is_refused(client, app, purpose):
    assert bad_fields(client.send_otp(app, new_email(), purpose=purpose)) == ["purpose"]


@pytest.mark.parametrize("purpose", ["a", "step_up", "a" * 32, "delete_account_2"])
def test_any_wellformed_purpose_is_taken(client, app, purpose):
    success(client.send_otp(app, new_email(), purpose=purpose))


@pytest.mark.parametrize("phone", ["+1234567", "+123456789012345"])
def test_phone_numbers_of_7_and_15_digits_are_taken(client, app, phone):
    sent(client.send_otp(app, phone), "sms")


@pytest.mark.parametrize(
    "phone",
    ["", "+", "4915112345678", "004915112345678", "+0915112345678", "+123456", "+1234567890123456", "+49 151 12345678",
     "+49-151-12345678", "+49(151)12345678", " +4915112345678", "+4915112345678 ", "+4915112345678\n", "+491511234567a",
     "\uff0b4915112345678", "+\u0664\u0669151123456"],
)  # fmt: skip
def test_a_malformed_phone_is_refused(client, app, phone):
    assert bad_fields(client.post(PATH, {"app_id": app.app_id, "phone": phone})) == ["phone"]


@pytest.mark.parametrize("email", ["a.b+c@example.com", "x!#$%&'*+/=?^_`{|}~-@example.com", "a@xn--bcher-kva.example"])
def test_unusual_but_proper_addresses_are_taken(client, app, email):
    success(client.send_otp(app, email))


def test_the_longest_address_is_254(client, app):
    def address(length):
        domain = ".".join(["d" * 60] * 3) + ".example.com"
        return "a" * (length - len(domain) - 1) + "@" + domain

    assert len(address(254)) == 254
    success(client.send_otp(app, address(254)))
    assert bad_fields(client.send_otp(app, address(255))) == ["email"]


def test_unknown_fields_change_nothing(client, app):
    sent(client.send_otp(app, new_email(), colour="red", otp="123456", verified=True), "email")


# ---- who calls ----


def test_an_unknown_app_is_not_found(client):
    envelope(client.post(PATH, {"app_id": UNKNOWN_APP, "email": new_email()}), "APP_NOT_FOUND")


def test_the_right_secret_passes_in_either_place(client, app):
    success(client.send_otp(app, new_email(), app_secret=app.secret))
    success(client.send_otp(app, new_email(), auth=app.basic))


def test_a_wrong_secret_is_refused_though_none_was_needed(client, app):
    envelope(client.send_otp(app, new_email(), app_secret=app.secret + "x"), "TOKEN_INVALID")
    envelope(client.send_otp(app, new_email(), auth=(app.app_id, "wrong")), "TOKEN_INVALID")


def test_an_unknown_app_with_a_secret_is_a_wrong_proof(client, app):
    body = {"app_id": UNKNOWN_APP, "email": new_email(), "app_secret": app.secret}
    envelope(client.post(PATH, body), "TOKEN_INVALID")


def test_the_secret_of_another_app_is_a_wrong_proof(client, server, app):
    other = server.create_app()
    envelope(client.send_otp(app, new_email(), app_secret=other.secret), "TOKEN_INVALID")
    envelope(client.send_otp(app, new_email(), auth=other.basic), "TOKEN_INVALID")


def test_a_bearer_token_is_ignored_here(client, app):
    success(client.send_otp(app, new_email(), headers={"Authorization": "Bearer nonsense"}))


def test_require_secret_demands_it(client, app):
    app.set("require_secret", "on")
    contact = new_email()
    envelope(client.send_otp(app, contact), "TOKEN_INVALID")
    assert client.messages(contact) == []
    success(client.send_otp(app, contact, auth=app.basic))


# ---- the order of refusals ----


def test_refusals_come_in_their_order(client, server):
    """Each step mends what the one before was refused for; what is still wrong decides the next refusal."""
    app = server.create_app(require_secret="on")
    evil = {"Origin": "https://evil.example"}
    good = {"app_id": app.app_id, "email": new_email()}

    text = client.request("POST", PATH, content=b"{", headers={"Content-Type": "text/plain", **evil})
    envelope(text, "UNSUPPORTED_MEDIA_TYPE")
    broken = client.request("POST", PATH, content=b"{", headers={"Content-Type": "application/json", **evil})
    assert bad_fields(broken) == ["body"]
    wrong_secret = {"app_id": app.app_id, "app_secret": "wrong", "email": "nonsense"}
    envelope(client.post(PATH, wrong_secret, headers=evil), "FORBIDDEN")
    envelope(client.post(PATH, wrong_secret), "TOKEN_INVALID")
    assert bad_fields(client.post(PATH, {"app_id": UNKNOWN_APP, "email": "nonsense"})) == ["email"]
    envelope(client.post(PATH, good | {"app_id": UNKNOWN_APP}), "APP_NOT_FOUND")
    for _ in range(5):
        success(client.post(PATH, good, auth=app.basic))
    envelope(client.post(PATH, good), "TOKEN_INVALID")
    envelope(client.post(PATH, good, auth=app.basic), "OTP_RATE_LIMITED")


# ---- limits ----


def test_the_sixth_code_in_ten_minutes_is_refused(client, app):
    contact = new_email()
    for _ in range(5):
        success(client.send_otp(app, contact))
    body = envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")
    assert 590 <= body["retry_after"] <= 600
    success(client.send_otp(app, new_email()))


def test_the_limit_holds_for_every_purpose_and_both_paths_together(client, app):
    contact = new_email()
    for purpose in ["login", "signup", "step_up", "other", "login"]:
        success(client.send_otp(app, contact, purpose=purpose))
    body = {"app_id": app.app_id, "email": contact, "purpose": "fresh"}
    envelope(client.post("/auth/send-otp", body), "OTP_RATE_LIMITED")
    envelope(client.post(PATH, body), "OTP_RATE_LIMITED")


def test_the_limit_slides_and_retry_after_tells_the_truth(clock_client, clock_app, clock_server):
    contact = new_email()
    success(clock_client.send_otp(clock_app, contact))
    clock_server.shift_clock(100)
    for _ in range(4):
        success(clock_client.send_otp(clock_app, contact))
    wait = envelope(clock_client.send_otp(clock_app, contact), "OTP_RATE_LIMITED")["retry_after"]
    assert 490 <= wait <= 500
    clock_server.shift_clock(wait - 5)
    envelope(clock_client.send_otp(clock_app, contact), "OTP_RATE_LIMITED")
    clock_server.shift_clock(6)
    success(clock_client.send_otp(clock_app, contact))
    envelope(clock_client.send_otp(clock_app, contact), "OTP_RATE_LIMITED")


def test_refused_requests_count_for_nothing(client, app):
    contact = new_email()
    for _ in range(10):
        client.send_otp(app, contact, purpose="NOT GOOD")
        client.send_otp(app, contact, app_secret="wrong")
    for _ in range(5):
        success(client.send_otp(app, contact))


def test_the_limit_survives_a_restart(start_server, open_client):
    server = start_server()
    client, app, contact = open_client(server), server.create_app(), new_email()
    for _ in range(5):
        success(client.send_otp(app, contact))
    server.restart()
    envelope(open_client(server).send_otp(app, contact), "OTP_RATE_LIMITED")


def test_all_codes_sent_live_side_by_side(client, app):
    contact = new_email()
    asked = [client.ask_code(app, contact) for _ in range(5)]
    assert len({request_id for request_id, _ in asked}) == 5
    for request_id, code in asked:
        success(client.verify_otp(app, request_id, code))


def test_a_source_that_proved_the_contact_keeps_two_sends(server, app, open_client):
    owner, stranger = open_client(server, source="127.0.0.21"), open_client(server, source="127.0.0.22")
    contact = new_email()
    owner.sign_in(app, contact)
    while (response := stranger.send_otp(app, contact)).status_code == 200:
        pass
    envelope(response, "OTP_RATE_LIMITED")
    success(owner.send_otp(app, contact))
    success(owner.send_otp(app, contact))
    envelope(owner.send_otp(app, contact), "OTP_RATE_LIMITED")


# ---- settings ----


def test_settings_change_length_lifetime_and_limits(start_server, open_client):
    server = start_server(settings={"otp.length": 8, "otp.ttl": "90s", "otp.send_limit": 2, "otp.resend_after": "7s"})
    client, app, contact = open_client(server), server.create_app(), new_email()
    body = sent(client.send_otp(app, contact), "email")
    assert (body["code_length"], body["expires_in"], body["resend_after"]) == (8, 90, 7)
    assert len(client.next_message(contact)["code"]) == 8
    success(client.send_otp(app, contact))
    envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")


def test_a_phone_where_no_sms_can_go_is_a_bad_field(start_server, open_client):
    server = start_server(dev=False, settings={"mail.smtp_url": "smtp://127.0.0.1:9", "mail.from": "a@example.com"})
    app = server.create_app()
    with Client(server) as client:
        assert bad_fields(client.send_otp(app, new_phone())) == ["phone"]
