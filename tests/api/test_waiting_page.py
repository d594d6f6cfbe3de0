"""The page that waits for a link or a code: /signin/check, /signin/status, /signin/code, /signin/again."""

import urllib.parse

import pytest

from lib.checks import envelope
from lib.client import new_phone, wrong
from lib.golden import STATUS
from lib.visit import AGAIN, CALLBACK, CHECK, CODE, EXCHANGE, SIGNIN, UNKNOWN, approve, failed, other_number, press, refused, status

# ---- the page that waits ----


def test_the_page_that_waits_can_be_loaded_again_and_is_nobody_elses(visit):
    person = visit()
    sent = person.browser.submit(person.first().form(SIGNIN), contact=person.contact)
    page = person.browser.follow(sent)
    assert person.browser.get(sent.way_on).number == page.number
    assert person.contact not in page.html and "@" in page.text
    assert person.count() == 1
    other = person.new_browser()
    failed(other.get(sent.way_on), "magic_link_not_found")
    other.get(SIGNIN, **person.query)
    failed(other.get(sent.way_on), "magic_link_not_found")
    assert set(sent.query_on) == {"app_id", "id"}


@pytest.mark.parametrize("query", [{}, {"app_id": UNKNOWN}, {"app_id": UNKNOWN, "id": "x"}, {"app_id": "x", "id": UNKNOWN}], ids=str)
def test_a_page_that_waits_for_nothing(visit, query):
    person = visit()
    person.first()
    for path in ("/signin/check", "/signin/status"):
        assert person.browser.request("GET", path, params=query).status_code == (401 if len(query) == 2 else 400)


def test_the_script_learns_what_became_of_the_link(visit):
    person = visit()
    page = person.ask()
    mail, elsewhere = person.mail(), person.new_browser()
    assert status(person.browser, page) == "pending"
    approve(elsewhere, elsewhere.get(person.path(mail)), page.number)
    assert status(person.browser, page) == "approved"
    hidden = page.form(CODE).hidden
    query = {"app_id": hidden["app_id"], "id": hidden["link_id"]}
    envelope(elsewhere.request("GET", "/signin/status", params=query), "magic_link_not_found")
    envelope(person.new_browser().request("GET", "/signin/status", params=query), "magic_link_not_found")


def test_a_wrong_code_can_be_corrected_three_times(visit):
    person = visit()
    page = person.ask()
    mail = person.mail()
    for _ in range(2):
        page = refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
        assert 'aria-invalid="true"' in page.html
    stuck = refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
    assert stuck.text != page.text and stuck.has_form(AGAIN)
    refused(person.browser.submit(page.form(CODE), code=mail["code"]), "exchange_code_not_found")
    path = person.path(mail)
    person.redeem(press(person.browser, person.browser.get(path), path))


@pytest.mark.parametrize("typed", ["", " ", "abc", "12x4", "-"])
def test_what_is_no_code_costs_nothing(visit, typed):
    person = visit()
    page = person.ask()
    for _ in range(12):
        page = refused(person.browser.submit(page.form(CODE), code=typed), "VALIDATION_ERROR")
    person.redeem(person.browser.submit(page.form(CODE), code=person.mail()["code"]))


def test_three_wrong_codes_lock_a_code_that_went_to_a_phone(visit):
    person = visit(new_phone())
    page = person.ask()
    code = person.mail()["code"]
    for _ in range(2):
        page = refused(person.browser.submit(page.form(CODE), code=wrong(code)), "OTP_INVALID")
    form = page.form(CODE)
    locked = failed(person.browser.submit(form, code=wrong(code)), "OTP_LOCKED")
    assert int(locked.response.headers["retry-after"]) >= 1
    failed(person.browser.submit(form, code=code), "OTP_LOCKED")
    again = person.browser.submit(locked.form(AGAIN))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))
    refused(person.browser.submit(page.form(CODE), code="12"), "FORBIDDEN")


def test_a_used_code_of_a_phone_is_used(visit):
    person = visit(new_phone())
    form, code = person.ask().form(CODE), person.mail()["code"]
    cookie = person.browser.cookie
    person.browser.submit(form, code=code)
    person.browser.cookie = cookie
    failed(person.browser.submit(form, code=code), "OTP_ALREADY_USED")


@pytest.mark.parametrize("ticket", ["x", "A" * 400])
def test_a_ticket_that_is_none(visit, ticket):
    person = visit(new_phone())
    form = person.ask().form(CODE)
    assert person.browser.submit(form, code="123456", ticket=ticket).status == STATUS["OTP_NOT_FOUND"]
    assert person.browser.submit(form, ticket=ticket).status == STATUS["OTP_NOT_FOUND"]
    assert person.browser.post(AGAIN, {"form": form.fields["form"], "ticket": ticket}).status == STATUS["OTP_NOT_FOUND"]


# ---- send a new link ----


def test_a_new_link_can_be_sent_from_the_page_that_waits(visit):
    person = visit()
    waiting = person.ask()
    first = person.mail()
    again = person.browser.follow(person.browser.submit(waiting.form(AGAIN)))
    assert again.form(CODE).fields["link_id"] != waiting.form(CODE).fields["link_id"]
    second = person.mail()
    assert second["link"] != first["link"]
    assert person.browser.get(person.path(first)).status == 200, "the older one lives on"
    person.redeem(person.browser.submit(again.form(CODE), code=second["code"]))


def test_a_dead_link_sends_a_new_one_to_whatever_browser_asks(visit, stranger):
    person = visit()
    waiting = person.ask()
    path, phone = person.path(person.mail()), person.new_browser(stranger)
    dead = approve(phone, phone.get(path), other_number(waiting.number))
    again = phone.follow(phone.submit(dead.form(AGAIN)))
    assert person.contact not in again.html
    person.redeem(phone.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_used_link_sends_a_new_one(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    person.redeem(press(person.browser, person.browser.get(path), path))
    used = failed(person.browser.get(path), "magic_link_already_used")
    assert person.contact not in used.html
    again = person.browser.follow(person.browser.submit(used.form(AGAIN)))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_link_that_lives_is_shown_instead(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    token = person.first().form(SIGNIN).fields["form"]
    page = person.browser.post(AGAIN, {"form": token, "token": path.removeprefix("/l/")})
    assert page.way_on == path and person.count() == 1


def test_a_link_to_the_app_sends_one_of_ours(visit):
    person = visit()
    person.app.set("link_target", "app")
    _, mail = person.ask_link(redirect_uri=CALLBACK, state="a b&c", code_challenge=person.pkce.challenge)
    token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(mail["link"]).query))["token"]
    form_token = person.first().form(SIGNIN).fields["form"]
    again = person.browser.follow(person.browser.post(AGAIN, {"form": form_token, "token": token}))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


@pytest.mark.parametrize("fields", [{}, {"token": "x"}, {"app_id": UNKNOWN, "link_id": UNKNOWN}, {"app_id": "x", "link_id": "y"}], ids=str)
def test_there_is_nothing_to_send_again(visit, fields):
    person = visit()
    token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(AGAIN, {"form": token, **fields}), "magic_link_not_found")


def test_too_many_links_count_down(visit):
    person = visit()
    page = person.ask()
    for _ in range(4):
        page = person.browser.follow(person.browser.submit(page.form(AGAIN)))
    many = failed(person.browser.submit(page.form(AGAIN)), "magic_link_rate_limited")
    seconds = int(many.response.headers["retry-after"])
    assert 1 <= seconds <= 600 and str(seconds) in many.html
    assert many.has_form(AGAIN) and person.count() == 5
    failed(person.browser.submit(person.first().form(SIGNIN), contact=person.contact), "magic_link_rate_limited")


def test_too_many_codes_count_down(visit):
    person = visit(new_phone())
    page = person.ask()
    for _ in range(4):
        page = person.browser.submit(page.form(AGAIN))
    many = failed(person.browser.submit(page.form(AGAIN)), "OTP_RATE_LIMITED")
    assert str(int(many.response.headers["retry-after"])) in many.html and person.count() == 5


# ---- the lock of an address ----


def lock(client, tries=10):
    for _ in range(tries):
        envelope(client.post(EXCHANGE, {"code": "kwx_wrong"}), "exchange_code_not_found")


def test_B9_a_lock_set_through_the_api_holds_for_the_pages(visit):
    person = visit()
    form, mail = person.ask().form(CODE), person.mail()
    lock(person.client)
    for code in (mail["code"], wrong(mail["code"])):
        page = failed(person.browser.submit(form, code=code), "exchange_code_attempt_limit_exceeded")
        assert page.response.headers["retry-after"] == "3600"
    path = person.path(mail)
    assert press(person.browser, person.browser.get(path), path).status == 200, "the link stays open (THREATS B10)"


def test_B9_a_lock_set_through_the_pages_holds_for_the_api(visit):
    person = visit()
    page = person.ask()
    mail = person.mail()
    for round_ in range(10):
        if round_ % 3 == 0 and round_:
            page = person.browser.follow(person.browser.submit(page.form(AGAIN)))
            mail = person.mail()
        refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
    envelope(person.client.post(EXCHANGE, {"code": "kwx_right_or_wrong"}), "exchange_code_attempt_limit_exceeded")
    failed(person.browser.submit(page.form(CODE), code=mail["code"]), "exchange_code_attempt_limit_exceeded")


def test_a_locked_page_counts_down_the_true_rest(clock_visit, clock_server):
    person = clock_visit()
    form = person.ask().form(CODE)
    lock(person.client)
    clock_server.shift_clock(600)
    page = failed(person.browser.submit(form, code="12345678"), "exchange_code_attempt_limit_exceeded")
    assert page.response.headers["retry-after"] == "3600"
    assert any(str(seconds) in page.html for seconds in range(2990, 3001))


# ---- time ----


def test_a_link_that_is_too_old(clock_visit, clock_server):
    person = clock_visit()
    waiting, path = person.ask(), person.path(person.mail())
    clock_server.shift_clock(901)
    assert status(person.browser, waiting) == "expired"
    old = failed(person.browser.get(path), "magic_link_expired")
    assert old.has_form(AGAIN)
    fields = waiting.form(CODE).fields
    check = failed(person.browser.get(CHECK, app_id=fields["app_id"], id=fields["link_id"]), "magic_link_expired")
    failed(person.browser.submit(waiting.form(CODE), code="12345678"), "magic_link_expired")
    again = person.browser.follow(person.browser.submit(check.form(AGAIN)))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_code_of_a_phone_that_is_too_old(clock_visit, clock_server):
    person = clock_visit(new_phone())
    form, code = person.ask().form(CODE), person.mail()["code"]
    clock_server.shift_clock(301)
    old = failed(person.browser.submit(form, code=code), "OTP_EXPIRED")
    again = person.browser.submit(old.form(AGAIN))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))
