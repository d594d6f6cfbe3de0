"""POST /auth/exchange-codes and POST /auth/exchange: what hands a session over, and every way it does not."""

import base64
import hashlib
import re

import pytest

from lib.checks import RFC3339, bad_fields, envelope, session, success
from lib.client import Session, bearer, new_email, new_phone, wrong

ISSUE = "/v1/auth/exchange-codes"
REDEEM = "/v1/auth/exchange"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
NOBODYS = "kwx_" + "A" * 43
HOME = "https://app.example/in"


def claims(access):
    import json

    part = access.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def issued(response, length=None):
    """Checks the whole answer of exchange-codes."""
    body = success(response, 201)
    assert list(body) == ["success", "code", "display", "code_length", "expires_in", "expires_at"]
    assert body["expires_in"] == 300 and RFC3339.fullmatch(body["expires_at"])
    assert body["code_length"] == len(body["code"])
    return body


@pytest.fixture
def signed_in(stranger, app):
    return stranger.sign_in(app)


# ---- issue ----


def test_an_opaque_code_is_256_random_bits(stranger, signed_in):
    body = issued(stranger.exchange_codes(signed_in, format="opaque"))
    assert re.fullmatch(r"kwx_[A-Za-z0-9_-]{43}", body["code"])
    assert body["display"] == body["code"]


def test_a_numeric_code_is_shown_in_groups(stranger, signed_in):
    body = issued(stranger.exchange_codes(signed_in, format="numeric"))
    assert re.fullmatch(r"\d{8,9}", body["code"])
    assert re.fullmatch(r"\d{3,4}( \d{3,4})+", body["display"])
    assert body["display"].replace(" ", "") == body["code"]


def test_a_numeric_code_grows_with_those_alive(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    codes = [client.hand_over(signed_in, "numeric") for _ in range(11)]
    assert [len(code) for code in codes] == [8] + [9] * 9 + [10]
    for code in codes[:10]:
        session(client.exchange(code), with_user=True)
    assert len(client.hand_over(signed_in, "numeric")) == 9, "used ones no longer count"
    assert len(client.hand_over(signed_in, "numeric", code_challenge=CHALLENGE)) == 8, "bound ones never do"


def test_one_user_cannot_fill_the_place_of_unbound_codes(stranger, signed_in):
    for _ in range(20):
        stranger.hand_over(signed_in, "numeric")
    assert envelope(stranger.exchange_codes(signed_in, format="numeric"), "RATE_LIMITED")["retry_after"] <= 600
    stranger.hand_over(signed_in, "numeric", code_challenge=CHALLENGE)
    stranger.hand_over(signed_in)


def test_all_bad_fields_of_an_order_are_listed(stranger, signed_in):
    bad = {"format": "qr", "redirect_uri": 7, "code_challenge": "short", "refresh_token": ""}
    assert bad_fields(stranger.exchange_codes(signed_in, **bad)) == list(bad)
    assert bad_fields(stranger.exchange_codes(signed_in)) == ["format"]


def test_an_order_needs_a_living_session(stranger, signed_in):
    envelope(stranger.post(ISSUE, {"format": "opaque"}), "TOKEN_INVALID")
    envelope(stranger.post(ISSUE, {"format": "opaque"}, headers=bearer("x.y.z")), "TOKEN_INVALID")
    stranger.logout(signed_in.refresh)
    envelope(stranger.exchange_codes(signed_in, format="opaque"), "TOKEN_REVOKED")


def test_a_redirect_uri_is_one_of_the_apps(stranger, app, signed_in):
    app.set("redirect_uris", [HOME, "https://app.example/other"])
    issued(stranger.exchange_codes(signed_in, format="opaque", redirect_uri=HOME, code_challenge=CHALLENGE))
    for uri in (HOME + "/", HOME.upper(), "https://evil.example/", "javascript:alert(1)", HOME + "?x=1"):
        order = {"format": "opaque", "redirect_uri": uri, "code_challenge": CHALLENGE}
        assert bad_fields(stranger.exchange_codes(signed_in, **order)) == ["redirect_uri"]


def test_a_redirect_uri_needs_a_challenge_unless_the_app_waives_it(stranger, app, signed_in):
    app.set("redirect_uris", HOME)
    order = {"format": "opaque", "redirect_uri": HOME}
    assert bad_fields(stranger.exchange_codes(signed_in, **order)) == ["code_challenge"]
    app.set("require_pkce", "off")
    issued(stranger.exchange_codes(signed_in, **order))


def test_an_old_sign_in_needs_the_current_refresh_token(clock_server, clock_app, open_client, new_address):
    client = open_client(clock_server, source=new_address())
    old = client.sign_in(clock_app)
    clock_server.shift_clock(599)
    client.hand_over(old)
    clock_server.shift_clock(2)
    new = Session(session(client.refresh(old.refresh), with_user=False))
    other = client.sign_in(clock_app)
    envelope(client.exchange_codes(new, format="opaque"), "FORBIDDEN")
    for token in (old.refresh, other.refresh, "kwr_nonsense"):
        envelope(client.exchange_codes(new, format="opaque", refresh_token=token), "FORBIDDEN")
    code = client.hand_over(new, refresh_token=new.refresh)
    session(client.refresh(new.refresh), with_user=False)
    session(client.exchange(code), with_user=True)


# ---- redeem ----


@pytest.mark.parametrize("format", ["numeric", "opaque"])
def test_a_code_is_a_session_of_the_same_user(stranger, signed_in, format):
    body = session(stranger.exchange(stranger.hand_over(signed_in, format)), with_user=True)
    assert body["session_id"] != signed_in.session_id
    assert body["user"] == signed_in.user | {"new": False, "last_sign_in_at": body["user"]["last_sign_in_at"]}
    success(stranger.me(body["access_token"]))
    success(stranger.me(signed_in.access))


def test_the_new_session_inherits_when_the_person_signed_in_and_when_it_ends(clock_server, clock_app, open_client, new_address):
    client = open_client(clock_server, source=new_address())
    first = client.sign_in(clock_app)
    clock_server.shift_clock(400)
    second = Session(session(client.exchange(client.hand_over(first)), with_user=True))
    old, new = claims(first.access), claims(second.access)
    assert new["auth_time"] == old["auth_time"] and new["amr"] == ["handover"] and new["sub"] == old["sub"]
    clock_server.shift_clock(201)
    envelope(client.exchange_codes(second, format="opaque"), "FORBIDDEN")
    for _ in range(6):
        clock_server.shift_clock(29.9 * 86400)
        second = Session(session(client.refresh(second.refresh), with_user=False))
    clock_server.shift_clock(0.6 * 86400 - 700)
    session(client.refresh(second.refresh), with_user=False)


def test_it_works_on_both_paths_and_in_any_grouping(stranger, signed_in):
    code = stranger.hand_over(signed_in, "numeric")
    session(stranger.post("/auth/exchange", {"code": f" {code[:4]}-{code[4:]} "}), with_user=True)
    code = success(stranger.post("/auth/exchange-codes", {"format": "numeric"}, headers=bearer(signed_in.access)), 201)
    session(stranger.exchange(code["display"]), with_user=True)


def test_a_code_works_once(stranger, signed_in):
    code = stranger.hand_over(signed_in)
    session(stranger.exchange(code), with_user=True)
    envelope(stranger.exchange(code), "exchange_code_not_found")


@pytest.mark.parametrize("code", [None, "", 12345678, ["12345678"], {}, True, "x" * 257], ids=lambda value: repr(value)[:12])
def test_what_is_no_string_is_a_bad_field_and_costs_nothing(stranger, signed_in, code):
    for _ in range(12):
        assert bad_fields(stranger.exchange(code)) == ["code"]
    session(stranger.exchange(stranger.hand_over(signed_in)), with_user=True)


@pytest.mark.parametrize("code", ["x", " ", "-", "1", "kwx_", NOBODYS, "ü" * 256, "1 - 2", "'; DROP TABLE exchange_codes; --", "１２３４５６７８"], ids=lambda code: code[:9])
def test_any_other_string_is_not_found(stranger, code):
    envelope(stranger.exchange(code), "exchange_code_not_found")


def test_all_bad_fields_of_a_redemption_are_listed(stranger):
    bad = {"code": 1, "flow_token": "", "code_verifier": [], "app_id": "x"}
    assert bad_fields(stranger.post(REDEEM, bad)) == list(bad)


def test_every_miss_looks_the_same(clock_server, open_client, new_address, clock_app):
    """Wrong, used, expired, wrongly bound, pruned."""
    client = open_client(clock_server, source=new_address())
    signed_in = client.sign_in(clock_app)
    used, expired = client.hand_over(signed_in), client.hand_over(signed_in)
    bound = client.hand_over(signed_in, code_challenge=CHALLENGE)
    session(client.exchange(used), with_user=True)
    answers = [client.exchange(used), client.exchange(NOBODYS), client.exchange("12345678"), client.exchange(bound)]
    answers.append(client.exchange(bound, code_verifier="x" * 43))
    clock_server.shift_clock(301)
    answers += [client.exchange(expired), client.exchange(bound, code_verifier=VERIFIER)]

    def outline(answer):
        body = envelope(answer, "exchange_code_not_found")
        headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        return {name: value for name, value in body.items() if name not in ("request_id", "timestamp")}, headers

    assert all(outline(answer) == outline(answers[0]) for answer in answers)


@pytest.mark.parametrize("format", ["numeric", "opaque"])
def test_a_bound_code_needs_its_verifier(stranger, signed_in, format):
    code = stranger.hand_over(signed_in, format, code_challenge=CHALLENGE)
    envelope(stranger.exchange(code), "exchange_code_not_found")
    envelope(stranger.exchange(code, code_verifier=CHALLENGE), "exchange_code_not_found")
    session(stranger.exchange(code, code_verifier=VERIFIER), with_user=True)


def test_an_unbound_code_takes_no_verifier(stranger, signed_in):
    code = stranger.hand_over(signed_in)
    envelope(stranger.exchange(code, code_verifier=VERIFIER), "exchange_code_not_found")
    session(stranger.exchange(code), with_user=True)


def test_only_codes_of_the_app_that_is_named_or_proven_fit(stranger, server, app, signed_in):
    other, code = server.create_app(), stranger.hand_over(signed_in)
    envelope(stranger.exchange(code, app_id=other.app_id), "exchange_code_not_found")
    envelope(stranger.exchange(code, auth=other.basic), "exchange_code_not_found")
    envelope(stranger.exchange(code, auth=(app.app_id, "wrong")), "TOKEN_INVALID")
    session(stranger.exchange(code, auth=app.basic), with_user=True)
    session(stranger.exchange(stranger.hand_over(signed_in), app_id=app.app_id), with_user=True)
    session(stranger.exchange(stranger.hand_over(signed_in), app_id=app.app_id, app_secret=app.secret), with_user=True)


def test_where_an_app_demands_its_secret_nobody_else_redeems(stranger, app, signed_in):
    code = stranger.hand_over(signed_in)
    app.set("require_secret", "on")
    envelope(stranger.exchange(code), "exchange_code_not_found")
    envelope(stranger.exchange(code, app_id=app.app_id), "exchange_code_not_found")
    session(stranger.exchange(code, auth=app.basic), with_user=True)


def test_a_handover_dies_with_its_session(stranger, app):
    signed_in = stranger.sign_in(app)
    code = stranger.hand_over(signed_in)
    success(stranger.logout(signed_in.refresh))
    envelope(stranger.exchange(code), "exchange_code_not_found")


def test_ten_misses_lock_the_address_for_right_codes_too(stranger, signed_in):
    code = stranger.hand_over(signed_in)
    for _ in range(10):
        envelope(stranger.exchange(NOBODYS), "exchange_code_not_found")
    for attempt in (NOBODYS, code, wrong("12345678")):
        body = envelope(stranger.exchange(attempt), "exchange_code_attempt_limit_exceeded")
        assert body["retry_after"] == 3600
    assert bad_fields(stranger.exchange("")) == ["code"], "fields come before locks"


def test_a_success_does_not_lower_the_count(stranger, signed_in):
    for _ in range(5):
        envelope(stranger.exchange(NOBODYS), "exchange_code_not_found")
    session(stranger.exchange(stranger.hand_over(signed_in)), with_user=True)
    for _ in range(5):
        envelope(stranger.exchange(NOBODYS), "exchange_code_not_found")
    envelope(stranger.exchange(NOBODYS), "exchange_code_attempt_limit_exceeded")


def test_an_app_that_names_nobody_is_never_locked_but_pays_for_digits(start_server, open_client):
    server = start_server(settings={"limit.exchange_digits_per_app": "3/1h"})
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    for _ in range(12):
        envelope(client.exchange(NOBODYS, auth=app.basic), "exchange_code_not_found")
    for _ in range(3):
        envelope(client.exchange("12345678", auth=app.basic), "exchange_code_not_found")
    digits = client.hand_over(signed_in, "numeric")
    for code in ("12345678", digits):
        assert envelope(client.exchange(code, auth=app.basic), "RATE_LIMITED")["retry_after"] <= 1200
    session(client.exchange(client.hand_over(signed_in), auth=app.basic), with_user=True)
    session(client.exchange(digits), with_user=True)


def test_end_user_ip_has_a_lock_of_its_own_per_app(stranger, server, app, signed_in):
    for _ in range(10):
        envelope(stranger.exchange(NOBODYS, auth=app.basic, end_user_ip="203.0.113.5"), "exchange_code_not_found")
    code = stranger.hand_over(signed_in)
    envelope(stranger.exchange(code, auth=app.basic, end_user_ip="203.0.113.5"), "exchange_code_attempt_limit_exceeded")
    other = server.create_app()
    envelope(stranger.exchange(code, auth=other.basic, end_user_ip="203.0.113.5"), "exchange_code_not_found")
    session(stranger.exchange(code, auth=app.basic, end_user_ip="203.0.113.6"), with_user=True)
    assert bad_fields(stranger.exchange(code, auth=app.basic, end_user_ip="here")) == ["end_user_ip"]


# ---- the code of a link's mail ----


def asked_link(client, app, contact, **fields):
    """Asks for a link: (flow_token, the code of its mail)."""
    body = success(client.post("/v1/auth/magic-link", {"app_id": app.app_id, "email": contact, **fields}))
    return body["flow_token"], client.next_message(contact)["code"]


def test_the_code_of_a_mail_is_redeemed_by_its_asker(stranger, app):
    contact = new_email()
    flow_token, code = asked_link(stranger, app, contact)
    body = session(stranger.exchange(f"{code[:4]} {code[4:]}", flow_token=flow_token), with_user=True)
    assert body["user"]["email"] == contact and body["user"]["new"] is True
    assert claims(body["access_token"])["amr"] == ["otp-email"]
    envelope(stranger.exchange(code, flow_token=flow_token), "exchange_code_not_found")


def test_the_code_of_a_mail_is_found_nowhere_else(stranger, server, app):
    flow_token, code = asked_link(stranger, app, new_email())
    other_flow, _ = asked_link(stranger, app, new_email())
    envelope(stranger.exchange(code), "exchange_code_not_found")
    for token in (other_flow, "kwf_" + "A" * 86, "kwf_", "x"):
        envelope(stranger.exchange(code, flow_token=token), "exchange_code_not_found")
    other = server.create_app()
    envelope(stranger.exchange(code, flow_token=flow_token, app_id=other.app_id), "exchange_code_not_found")
    envelope(stranger.exchange(code, flow_token=flow_token, auth=other.basic), "exchange_code_not_found")
    session(stranger.exchange(code, flow_token=flow_token), with_user=True)


def test_with_a_flow_token_digits_are_of_its_mail_alone(stranger, app, signed_in):
    flow_token, _ = asked_link(stranger, app, new_email())
    digits, opaque = stranger.hand_over(signed_in, "numeric"), stranger.hand_over(signed_in)
    envelope(stranger.exchange(digits, flow_token=flow_token), "exchange_code_not_found")
    session(stranger.exchange(digits), with_user=True)
    session(stranger.exchange(opaque, flow_token=flow_token), with_user=True)


def test_three_wrong_codes_kill_the_code_of_a_mail(stranger, app):
    flow_token, code = asked_link(stranger, app, new_email())
    for _ in range(3):
        envelope(stranger.exchange(wrong(code), flow_token=flow_token), "exchange_code_not_found")
    envelope(stranger.exchange(code, flow_token=flow_token), "exchange_code_not_found")


def test_wrong_codes_of_mails_lock_the_address_too(stranger, app):
    for _ in range(3):
        flow_token, code = asked_link(stranger, app, new_email())
        for _ in range(3):
            envelope(stranger.exchange(wrong(code), flow_token=flow_token), "exchange_code_not_found")
    flow_token, code = asked_link(stranger, app, new_email())
    envelope(stranger.exchange(NOBODYS), "exchange_code_not_found")
    envelope(stranger.exchange(code, flow_token=flow_token), "exchange_code_attempt_limit_exceeded")


def test_where_an_app_demands_its_secret_codes_of_mails_need_it_too(stranger, app):
    flow_token, code = asked_link(stranger, app, new_email())
    app.set("require_secret", "on")
    for _ in range(4):
        envelope(stranger.exchange(code, flow_token=flow_token), "exchange_code_not_found")
    session(stranger.exchange(code, flow_token=flow_token, auth=app.basic), with_user=True)


def test_closed_signup_takes_no_new_user_by_the_code_of_a_mail(stranger, app):
    app.set("signup", "closed")
    flow_token, code = asked_link(stranger, app, new_email())
    envelope(stranger.exchange(code, flow_token=flow_token), "USER_NOT_FOUND")


def test_a_tenant_that_is_not_there_does_not_consume_the_code_of_a_mail(stranger, app):
    flow_token, code = asked_link(stranger, app, new_email(), tenant_id="0190b8a0-7c3e-7d10-8f00-000000000001")
    for _ in range(2):
        envelope(stranger.exchange(code, flow_token=flow_token), "TENANT_NOT_FOUND")


# ---- the notice ----


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_the_person_is_told_when_a_code_is_redeemed(stranger, app, make_contact):
    contact = make_contact()
    signed_in = stranger.sign_in(app, contact)
    code = stranger.hand_over(signed_in)
    assert len(stranger.messages(contact)) == 1, "not when it is made"
    firefox = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
    session(stranger.exchange(code, headers=firefox), with_user=True)
    notice = stranger.next_message(contact)
    assert notice["code"] is None and notice["link"] is None
    assert "127.1." in notice["text"] and "Test app" in notice["text"]
    if make_contact is new_email:
        assert "Firefox" in notice["text"] and "Linux" in notice["text"]
    assert code not in notice["text"]
