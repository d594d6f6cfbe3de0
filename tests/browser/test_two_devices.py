"""A sign-in asked for on one device whose mail is read on another: who only opens a link is not signed in."""

import pytest

from lib.checks import envelope, session, success
from lib.client import wrong

APPROVED = "You approved this sign-in"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.every_engine
def test_a_link_opened_elsewhere_lets_the_asking_screen_go_on(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    number = person.number()
    other = person.other_device(javascript=javascript)
    person.open_link(browser=other)
    assert number not in other.text.replace("127.0.0.1", "").split(), "the other device must not show what is to be typed"
    other.fill(number)
    other.submit()
    assert other.status == 200 and not other.url.startswith(person.client_app.origin)
    assert not other.has("form"), "nothing is left to do on the other device"
    assert not person.client_app.arrivals, "an approval alone signs nobody in"
    if not javascript:
        person.browser.follow("Done there? Go on here.")
    person.browser.until_says(APPROVED)
    person.browser.press("Continue")
    person.signed_in()


def test_the_other_device_is_told_who_asks(visitor, server):
    person = visitor(server, app=server.create_app("Fine Bakery"), user_agent=FIREFOX).ask()
    other = person.other_device()
    person.open_link(browser=other)
    text = other.text
    for fact in ("Fine Bakery", "Firefox", "Windows", "127.0.0.1"):
        assert fact in text, fact
    field = other.field().rect["y"]
    facts = [e.rect["y"] for e in other.all("main *") if e.text and "Firefox" in e.text and not e.find_elements("css selector", "*")]
    assert facts and max(facts) < field, "the facts stand above the field"


def test_a_wrong_number_kills_the_link_and_its_code(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    message, number = person.message(), person.number()
    other = person.other_device(javascript=javascript)
    person.open_link(message["link"], other)
    other.fill(wrong(number))
    other.submit()
    assert other.status == 403
    other.go(message["link"])
    assert other.status == 401 and not other.has("input")
    person.open_link(message["link"])
    assert person.browser.status == 401
    person.browser.use_tab(person.browser.tabs[0])
    asking_screen_is_dead(person, message["code"], javascript)


def test_not_me_kills_the_link_and_its_code(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    message = person.message()
    other = person.other_device(javascript=javascript)
    person.open_link(message["link"], other)
    other.press("not me", "wasn't me", "wasn’t me", "did not", "didn’t")
    assert other.status == 200
    other.go(message["link"])
    assert other.status == 401
    asking_screen_is_dead(person, message["code"], javascript)


def asking_screen_is_dead(person, code, javascript):
    """With scripts it says so by itself; without, when the code is tried."""
    if javascript:
        person.browser.until(lambda: person.browser.status == 401, "the end")
    else:
        person.type_code(code)
        assert person.browser.status == 401
    assert not person.client_app.arrivals


def test_until_the_other_device_says_yes_the_asking_screen_waits(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    other = person.other_device()
    person.open_link(browser=other)
    person.browser.reload()
    assert person.browser.status == 200 and APPROVED not in person.browser.text
    assert person.number()


# ---- asked for through the API ----


def test_a_link_with_pkce_goes_to_the_app_in_any_browser(visitor, server, client, javascript):
    person = visitor(server, javascript=javascript)
    person.client_app.ask_link(client, person.contact)
    link = person.message()["link"]
    person.open_link(link)
    assert not person.client_app.arrivals
    person.browser.press()
    person.is_back()
    code = person.client_app.arrival()["code"]
    envelope(client.post("/v1/auth/exchange", {"code": code}), "exchange_code_not_found")
    assert person.signed_in()["user"]["email"] == person.contact


def test_a_link_without_pkce_shows_the_code_for_the_screen_that_asked(visitor, server, client, javascript):
    person = visitor(server, javascript=javascript)
    person.client_app.app.set("require_pkce", "off")
    asked = success(client.post("/v1/auth/magic-link", {"app_id": person.client_app.app.app_id, "email": person.contact}))
    message = person.message()
    person.open_link(message["link"])
    shown = person.code_shown()
    assert shown == message["code"] and person.browser.status == 200
    envelope(client.post("/v1/auth/exchange", {"code": shown}), "exchange_code_not_found")
    redeemed = client.post("/v1/auth/exchange", {"code": shown, "flow_token": asked["flow_token"]})
    assert session(redeemed, with_user=True)["user"]["email"] == person.contact
    assert not person.client_app.arrivals
