"""Who may post to the hosted pages: forms that we made for that very browser, and nothing else."""

import pytest

from lib.client import new_email
from lib.plain_browser import COOKIE
from lib.visit import AGAIN, CODE, CONTINUE, SIGNIN, Visit, failed, other_number, press

# ---- who may post ----


def everything_that_posts(person):
    """Every form there is: (path, fields that would work)."""
    waiting = person.ask()
    path, code = person.path(person.mail()), waiting.form(CODE).fields
    ids = {"app_id": code["app_id"], "link_id": code["link_id"]}
    yield SIGNIN, {"app_id": person.app.app_id, "contact": person.contact, "code_challenge": person.pkce.challenge}
    yield AGAIN, ids
    yield CODE, ids | {"code": "00000000"}
    yield CONTINUE, ids
    yield path, {"action": "continue"}
    yield path, {"action": "approve", "number": other_number(waiting.number)}
    yield path, {"action": "deny"}


def test_D11_a_form_counts_only_with_our_cookie_and_its_token(visit):
    person = visit()
    stranger = person.new_browser()
    foreign = stranger.get(SIGNIN, **person.query).form(SIGNIN).fields["form"]
    posts = list(everything_that_posts(person))
    good = person.first().form(SIGNIN).fields["form"]
    for path, fields in posts:
        for token in (None, "", "x", foreign, good[:-1]):
            failed(person.browser.post(path, fields | ({} if token is None else {"form": token})), "FORBIDDEN")
        for cookie in (None, "x", stranger.cookie):
            other = person.new_browser()
            other.cookie = cookie
            failed(other.post(path, fields | {"form": good}), "FORBIDDEN")
            assert other.cookie == cookie, "who is refused so gets nothing to keep"
        for site in ("cross-site", "same-site"):
            failed(person.browser.post(path, fields | {"form": good}, **{"Sec-Fetch-Site": site}), "FORBIDDEN")
    assert person.count() == 1, "nothing was sent"
    path = posts[-1][0]
    person.redeem(press(person.browser, person.browser.get(path), path))


def test_two_cookies_are_none(visit):
    person = visit()
    fields = person.first().form(SIGNIN).fields | {"contact": person.contact}
    person.browser.cookie += f"; {COOKIE}={person.browser.cookie}"
    failed(person.browser.post(SIGNIN, fields), "FORBIDDEN")


def test_B11_what_is_refused_so_draws_from_no_budget(start_server, open_client, mail_settings, smtp_sink):
    server = start_server(dev=False, settings={"limit.sends_per_address": "2/1m", **mail_settings})
    person = Visit(server, open_client(server))
    form = person.first().form(SIGNIN)
    for _ in range(5):
        failed(person.browser.submit(form, form="x", contact=person.contact), "FORBIDDEN")
    for _ in range(2):
        person.browser.follow(person.browser.submit(form, contact=new_email()))
    page = failed(person.browser.submit(form, contact=new_email()), "RATE_LIMITED")
    assert 1 <= int(page.response.headers["retry-after"]) <= 60


def test_a_used_form_is_refused_in_peace(visit):
    person = visit()
    waiting = person.ask()
    path = person.path(person.mail())
    page = person.browser.get(path)
    person.redeem(press(person.browser, page, path))
    failed(press(person.browser, page, path), "FORBIDDEN")
    failed(person.browser.submit(waiting.form(CODE), code="12345678"), "FORBIDDEN")
    failed(person.browser.get(path), "magic_link_already_used")


def test_the_same_form_twice_at_once_signs_in_once(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    page, cookie = person.browser.get(path), person.browser.cookie
    end = press(person.browser, page, path)
    person.browser.cookie = cookie
    failed(press(person.browser, page, path), "magic_link_already_used")
    person.redeem(end)


@pytest.mark.parametrize("path", ["/signin", "/signin/code", "/signin/again", "/signin/continue", "/l/x"])
def test_a_page_takes_forms_alone(visit, path):
    person = visit()
    person.first()
    response = person.browser.request("POST", path, json={"action": "deny"})
    assert response.status_code == 415 and response.headers["content-type"].startswith("text/html")


def test_an_answer_is_one_of_three(visit):
    person = visit()
    token = person.first().form(SIGNIN).fields["form"]
    for action in ({}, {"action": ""}, {"action": "CONTINUE"}):
        failed(person.browser.post("/l/x", {"form": token} | action), "VALIDATION_ERROR")
