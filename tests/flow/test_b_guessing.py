"""THREATS B: guessing, lockouts and their abuse."""

import ipaddress
import re
import time

import pytest

from lib.checks import bad_fields, envelope, session, success
from lib.client import new_email, new_phone, wrong
from lib.mail import code_of

PROXY = "127.0.0.31"
DAY = 86400


def spend_tries(client, app, request_id, code):
    for _ in range(3):
        last = client.verify_otp(app, request_id, wrong(code))
    envelope(last, "OTP_LOCKED")


# ---- codes ----


def test_B1_three_guesses_and_it_is_over(client, app):
    request_id, code = client.ask_code(app, new_email())
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_INVALID")
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_INVALID")
    envelope(client.verify_otp(app, request_id, wrong(code)), "OTP_LOCKED")
    envelope(client.verify_otp(app, request_id, code), "OTP_LOCKED")


def test_B2_farming_fresh_codes_meets_ten_digits(clock_client, clock_app, clock_server):
    """A day of (send, three wrong tries): at most 35 tries ever meet six digits, and the owner still gets in."""
    contact, guesses_at_six = new_email(), 0
    for _ in range(14):
        request_id, code = clock_client.ask_code(clock_app, contact)
        if len(code) == 6:
            guesses_at_six += 3
        spend_tries(clock_client, clock_app, request_id, code)
        clock_server.shift_clock(130)
    assert 20 <= guesses_at_six <= 35
    body = success(clock_client.send_otp(clock_app, contact))
    code = clock_client.next_message(contact)["code"]
    assert body["code_length"] == len(code) == 10
    session(clock_client.verify_otp(clock_app, body["otp_request_id"], code), with_user=True)
    assert len(clock_client.ask_code(clock_app, new_email())[1]) == 6, "another contact pays for it"
    clock_server.shift_clock(DAY)
    assert len(clock_client.ask_code(clock_app, contact)[1]) == 6, "the budget never comes back"


def test_B2_the_failure_budget_survives_a_crash(start_server, open_client):
    server = start_server(settings={"otp.failure_budget": 3})
    client, app, contact = open_client(server), server.create_app(), new_email()
    spend_tries(client, app, *client.ask_code(app, contact))
    server.kill()
    server.start()
    assert len(open_client(server).ask_code(app, contact)[1]) == 10


def test_B4_the_send_limit_lasts_its_ten_minutes_and_hammering_does_not_extend_it(clock_client, clock_app, clock_server):
    contact = new_email()
    for _ in range(5):
        success(clock_client.send_otp(clock_app, contact))
    for minute in range(9):
        clock_server.shift_clock(60)
        wait = envelope(clock_client.send_otp(clock_app, contact), "OTP_RATE_LIMITED")["retry_after"]
        assert abs(wait - (600 - 60 * (minute + 1))) <= 5
    clock_server.shift_clock(61)
    success(clock_client.send_otp(clock_app, contact))


def test_B8_spellings_of_one_address_share_one_counter(client, app):
    name = new_email().split("@")[0]
    for spelling in (f"{name}@example.com", f"{name.upper()}@example.com", f"{name}@EXAMPLE.com", f"{name.title()}@Example.Com"):
        success(client.send_otp(app, spelling))
    success(client.send_otp(app, f"{name}+tag@example.com"))
    envelope(client.send_otp(app, f"{name.upper()}@example.COM"), "OTP_RATE_LIMITED")
    envelope(client.send_otp(app, f"{name}+another@example.com"), "OTP_RATE_LIMITED")
    for twisted in (f"{name}@example.com ", f" {name}@example.com", f"{name}@example.com\n", f"<{name}@example.com>"):
        assert bad_fields(client.send_otp(app, twisted)) == ["email"]


def test_B8_spellings_of_one_address_are_one_user(client, app):
    name = new_email().split("@")[0]
    first = client.sign_in(app, f"{name}@example.com")
    request_id = success(client.send_otp(app, f"{name.upper()}@EXAMPLE.COM"))["otp_request_id"]
    message = client.next_message(f"{name.upper()}@example.com")
    second = session(client.verify_otp(app, request_id, message["code"]), with_user=True)
    assert second["user"]["user_id"] == first.user["user_id"]
    assert second["user"]["email"] == f"{name}@example.com", "the spelling first proven stays"


def test_B8_a_phone_has_one_spelling(client, app):
    phone = new_phone()
    for twisted in ("00" + phone[1:], phone[1:], phone[:3] + " " + phone[3:], phone + " ", "+0" + phone[1:]):
        assert bad_fields(client.post("/v1/auth/send-otp", {"app_id": app.app_id, "phone": twisted})) == ["phone"]


def test_B9_a_lock_holds_on_every_route(client, app):
    request_id, code = client.ask_code(app, new_email())
    body = {"app_id": app.app_id, "otp_request_id": request_id, "otp": wrong(code)}
    for path in ("/auth/verify-otp", "/v1/auth/verify-otp", "/auth/verify-otp"):
        client.post(path, body)
    for path in ("/auth/verify-otp", "/v1/auth/verify-otp"):
        envelope(client.post(path, body | {"otp": code}), "OTP_LOCKED")


def test_B10_nobody_can_lock_an_account(server, app, open_client):
    """An attacker burns the victim's sends and guesses at codes; the victim's own code goes on working."""
    victim, attacker = open_client(server, source="127.0.0.41"), open_client(server, source="127.0.0.42")
    contact = new_email()
    victim.sign_in(app, contact)
    request_id, code = victim.ask_code(app, contact)
    while (response := attacker.send_otp(app, contact)).status_code == 200:
        stolen = response.json()["otp_request_id"]
        for _ in range(3):
            attacker.verify_otp(app, stolen, "000000")
    wait = envelope(response, "OTP_RATE_LIMITED")["retry_after"]
    assert wait <= 600
    session(victim.verify_otp(app, request_id, code), with_user=True)
    success(victim.send_otp(app, contact))


@pytest.mark.parametrize(
    "trick, code",
    [({"Content-Type": "text/plain"}, "UNSUPPORTED_MEDIA_TYPE"),
     ({"Content-Type": "application/x-www-form-urlencoded"}, "UNSUPPORTED_MEDIA_TYPE"),
     ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, "FORBIDDEN"),
     ({"Content-Type": "application/json", "Origin": "https://evil.example"}, "FORBIDDEN")],
    ids=["text", "form", "cross-site", "origin"],
)  # fmt: skip
def test_B11_a_web_page_cannot_burn_the_budgets_of_its_visitor(client, app, trick, code):
    contact = new_email()
    request_id, right = client.ask_code(app, contact)
    send = f'{{"app_id": "{app.app_id}", "email": "{contact}"}}'
    guess = f'{{"app_id": "{app.app_id}", "otp_request_id": "{request_id}", "otp": "{wrong(right)}"}}'
    for _ in range(50):
        envelope(client.request("POST", "/v1/auth/send-otp", content=send, headers=trick), code)
        envelope(client.request("POST", "/v1/auth/verify-otp", content=guess, headers=trick), code)
    session(client.verify_otp(app, request_id, right), with_user=True)
    for _ in range(4):
        success(client.send_otp(app, contact))


def test_B13_guessing_an_app_secret_is_throttled_for_its_source_alone(server, open_client):
    app = server.create_app(require_secret="on")
    guesser, owner = open_client(server, source="127.0.0.51"), open_client(server, source="127.0.0.52")
    for count in range(1000):
        answer = guesser.post("/v1/auth/introspect", {"token": "x"}, auth=(app.app_id, f"guess-{count}"))
        if answer.status_code == 429:
            break
        envelope(answer, "TOKEN_INVALID")
    assert 10 <= count < 1000
    envelope(answer, "RATE_LIMITED")
    envelope(guesser.introspect(app, "x"), "RATE_LIMITED")
    envelope(guesser.send_otp(app, new_email(), app_secret="another guess"), "RATE_LIMITED")
    success(owner.introspect(app, "x"))
    success(guesser.introspect(server.create_app(), "x"))


# ---- addresses ----


@pytest.fixture
def five_sends(start_server, mail_settings):
    """A production server where an address may ask for five codes a minute, behind a proxy at 127.0.0.31."""
    proxies = f"{PROXY}, 10.0.0.0/8, 2001:db8:ffff::/48"
    return start_server(
        dev=False, settings=mail_settings | {"limit.sends_per_address": "5/1m", "server.trusted_proxies": proxies}
    )


def sends_until_limited(client, app, headers_of, most=8, **fields):
    """How many sends pass, each with its own headers, before RATE_LIMITED; `most` if that many pass."""
    for count in range(most):
        response = client.send_otp(app, new_email(), headers=headers_of(count), **fields)
        if response.status_code == 429:
            envelope(response, "RATE_LIMITED")
            return count
        success(response)
    return most


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"])
def test_B5_a_direct_client_cannot_name_its_address(five_sends, open_client, header):
    client, app = open_client(five_sends, source="127.0.0.61"), five_sends.create_app()
    assert sends_until_limited(client, app, lambda count: {header: f"203.0.113.{count}"}) == 5


def test_B6_only_the_address_the_proxy_saw_counts(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()
    assert sends_until_limited(client, app, lambda count: {"X-Forwarded-For": f"198.51.100.{count}, 203.0.113.5"}) == 5
    other = {"X-Forwarded-For": "203.0.113.5, 203.0.113.6"}
    success(client.send_otp(app, new_email(), headers=other))
    through_two = {"X-Forwarded-For": "198.51.100.9, 203.0.113.5, 10.1.2.3"}
    envelope(client.send_otp(app, new_email(), headers=through_two), "RATE_LIMITED")


def test_B6_several_header_lines_are_one_list(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()

    def two_lines(count):
        return [("X-Forwarded-For", f"198.51.100.{count}"), ("X-Forwarded-For", "203.0.113.7")]

    assert sends_until_limited(client, app, two_lines) == 5


def test_B6_malformed_entries_fall_back_to_the_last_trusted_hop(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()
    garbage = ["garbage", "203.0.113.9 garbage", "203.0.113.1/8, unknown", "", ",", "999.1.1.1", "_hidden", "1.2.3"]
    assert sends_until_limited(client, app, lambda count: {"X-Forwarded-For": garbage[count]}) == 5


def test_B7_one_household_of_ipv6_has_one_budget(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()
    spellings = ["2001:db8:1:1::1", "2001:DB8:1:1::2", "2001:0db8:0001:0001:0000:0000:0000:0003", "2001:db8:1:1:ffff:ffff:ffff:ffff",
                 "2001:db8:1:1:a::", "2001:db8:1:1:1:2:3:4"]  # fmt: skip
    assert sends_until_limited(client, app, lambda count: {"X-Forwarded-For": spellings[count % 6]}) == 5
    success(client.send_otp(app, new_email(), headers={"X-Forwarded-For": "2001:db8:1:2::1"}))


def test_B7_a_site_of_ipv6_has_sixteen_times_as_much(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()
    base = int(ipaddress.ip_address("2001:db8:2::"))
    began = time.monotonic()
    passed = sends_until_limited(client, app, lambda count: {"X-Forwarded-For": str(ipaddress.ip_address(base + (count << 64)))}, most=200)
    assert 80 <= passed <= 81 + (time.monotonic() - began) * 80 / 60, "the budget fills up again at its steady rate"


def test_B7_mapped_ipv4_is_ipv4(five_sends, open_client):
    client, app = open_client(five_sends, source=PROXY), five_sends.create_app()
    forms = ["203.0.113.77", "::ffff:203.0.113.77", "::ffff:cb00:714d", "::FFFF:203.0.113.77"]
    assert sends_until_limited(client, app, lambda count: {"X-Forwarded-For": forms[count % 4]}) == 5


def test_B7_end_user_ip_of_a_proven_app_counts_instead(five_sends, open_client):
    client, app = open_client(five_sends, source="127.0.0.62"), five_sends.create_app()
    assert sends_until_limited(client, app, lambda _: None, auth=app.basic, end_user_ip="203.0.113.88") == 5
    success(client.send_otp(app, new_email(), auth=app.basic, end_user_ip="203.0.113.89"))
    assert sends_until_limited(client, app, lambda _: None, auth=app.basic) == 8, "without it only the app's budgets count"
    assert sends_until_limited(client, app, lambda count: None, end_user_ip="203.0.113.90") == 5, "unproven, it is ignored"


def test_B15_text_messages_cannot_be_pumped(start_server, open_client, sms_settings, sms_sink, mail_settings):
    budgets = {"limit.sms_per_app": "6/1h", "limit.sms_per_address": "4/10m", "limit.sends_per_address": "100/1m"}
    server = start_server(dev=False, settings=mail_settings | sms_settings | budgets)
    first, second = open_client(server, source="127.0.0.71"), open_client(server, source="127.0.0.72")
    app = server.create_app()
    outcomes = [first.send_otp(app, new_phone()).status_code for _ in range(6)]
    assert outcomes == [200] * 4 + [429] * 2, "one source"
    outcomes = [second.send_otp(app, new_phone()).status_code for _ in range(6)]
    assert outcomes == [200] * 2 + [429] * 4, "one app"
    envelope(second.send_otp(app, new_phone()), "RATE_LIMITED")
    success(first.send_otp(app, new_email()))
    success(second.send_otp(server.create_app(), new_phone()))
    assert len(sms_sink.wait_for(7)) == 7
    assert bad_fields(second.send_otp(app, "+919876543210")) == ["phone"], "a country that is not served"


def test_B15_the_default_budgets_refuse_a_flood_of_mail(start_server, open_client, mail_settings):
    server = start_server(dev=False, settings=mail_settings)
    client, app = open_client(server, source="127.0.0.73"), server.create_app()
    began = time.monotonic()
    passed = sends_until_limited(client, app, lambda _: None, most=200)
    assert 60 <= passed <= 61 + (time.monotonic() - began), "it fills up again at one a second"


def test_B15_a_production_sign_in_by_mail_and_by_sms(start_server, open_client, mail_settings, sms_settings, smtp_sink, sms_sink):
    server = start_server(dev=False, settings=mail_settings | sms_settings)
    client, app = open_client(server), server.create_app()
    request_id = success(client.send_otp(app, new_email()))["otp_request_id"]
    session(client.verify_otp(app, request_id, code_of(smtp_sink.wait_for(1)[0])), with_user=True)
    request_id = success(client.send_otp(app, new_phone()))["otp_request_id"]
    code = sms_sink.wait_for(1)[0]["body"]
    session(client.verify_otp(app, request_id, re.search(r"#(\d{6})\b", code).group(1)), with_user=True)
