"""Every page, in every way people look at it: light, dark, on a phone, without scripts, in German, by ear and by keyboard."""

import base64
import re

import pytest
from selenium.webdriver.common.keys import Keys

from lib import look
from lib.tour import PAGES

LIGHT, DARK, PHONE, DARK_PHONE = {}, {"dark": True}, {"width": 320}, {"dark": True, "width": 320}
PAGE_BYTES = 20 * 1024


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_is_sound_and_small(visitor, unlocked_server, page):
    person = visitor(unlocked_server)
    page(person)
    browser = person.browser
    taken = cold_bytes(browser)
    assert sum(taken.values()) <= PAGE_BYTES, taken
    for traits in (LIGHT, DARK, DARK_PHONE, PHONE):
        browser.emulate(**traits)
        assert look.faults(browser) == [], traits
    assert look.faults_when_spread(browser) == []


def cold_bytes(browser):
    """What the page that is shown costs a browser that has nothing of it yet: the page and all it loads."""

    def loaded():
        """Once everything is there: icons come late."""
        taken = {url: size for url, size in browser.bytes_taken().items() if url == browser.url or "/assets/" in url}
        return len(taken) >= 4 and all(taken.values()) and taken

    return browser.until(loaded, "page, stylesheet, script and icon")


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_speaks_german_and_needs_no_script(visitor, unlocked_server, page):
    """And is complete without scripts."""
    person = visitor(unlocked_server, language="de-AT,de;q=0.9,en;q=0.5", javascript=False, width=320)
    page(person)
    browser = person.browser
    assert browser.evaluate("return document.documentElement.lang") == "de"
    english = re.findall(r"\b(the|your|sign|this|again|code for|was|with)\b", browser.text.replace("Test app", ""))
    assert not english or page is PAGES["failed-request"], english
    assert look.faults(browser) == []


def test_the_mail_is_german_for_who_asked_in_german(visitor, server):
    message = visitor(server, language="de").ask().message()
    assert re.search(r"\b(Ihr|Ihre|Anmeldung|anmelden|gültig|Minuten)\b", message["text"])
    assert message["link"] in message["text"].splitlines()


# ---- by ear ----


@pytest.mark.parametrize("page", ["signin-wrong-contact", "check-wrong-code", "approve-no-number"])
def test_what_is_wrong_is_announced_and_belongs_to_its_field(visitor, unlocked_server, page):
    person = visitor(unlocked_server)
    PAGES[page](person)
    browser = person.browser
    (alert,) = browser.all("[role=alert]")
    field = browser.field()
    assert field.get_attribute("aria-invalid") == "true"
    (spoken,) = [facts for role, _, facts in look.accessibility_tree(browser) if role == "textbox"]
    assert alert.text and alert.text in spoken["description"]


def test_the_code_field_is_one_and_can_be_filled_by_the_device(visitor, server):
    person = visitor(server).ask()
    field = person.browser.field()
    assert field.get_attribute("autocomplete") == "one-time-code"
    assert field.get_attribute("inputmode") == "numeric" and field.get_attribute("type") == "text"


def test_the_contact_field_can_be_filled_by_the_device(visitor, server):
    person = visitor(server)
    person.browser.go(person.client_app.signin_url)
    assert person.browser.field().get_attribute("autocomplete") in ("username", "email", "username email")


# ---- by keyboard ----

SHOWN_FOCUS = """
const e = document.activeElement, seen = getComputedStyle(e);
return [seen.outlineStyle != 'none' && parseFloat(seen.outlineWidth) >= 2, seen.boxShadow != 'none'].some((shown) => shown);
"""


def test_the_whole_sign_in_by_keyboard(visitor, server, javascript):
    person = visitor(server, javascript=javascript)
    browser = person.browser
    browser.go(person.client_app.signin_url)
    reach_field(browser)
    browser.type(person.contact, Keys.ENTER)
    browser.until_at(server.url + "/signin/check")
    reach_field(browser)
    browser.type(person.message()["code"], Keys.ENTER)
    person.signed_in()


def test_a_link_by_keyboard(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    person.open_link()
    for _ in range(5):
        person.browser.type(Keys.TAB)
        if person.browser.focused().tag_name == "button":
            break
    assert person.browser.evaluate(SHOWN_FOCUS)
    person.browser.type(Keys.ENTER)
    person.signed_in()


def reach_field(browser):
    """Presses Tab until the focus is on the field, where it may have been from the start."""
    for _ in range(5):
        if browser.focused().tag_name == "input":
            break
        browser.type(Keys.TAB)
    assert browser.focused().tag_name == "input" and browser.evaluate(SHOWN_FOCUS)


FROM_THE_TOP = "const e = document.createElement('i'); e.tabIndex = -1; document.body.prepend(e); e.focus(); e.remove()"


@pytest.mark.parametrize("page", ["signin", "check-mail", "approve", "failed-used"])
def test_the_focus_is_seen_and_goes_down_the_page(visitor, unlocked_server, page):
    person = visitor(unlocked_server)
    PAGES[page](person)
    browser = person.browser
    browser.evaluate(FROM_THE_TOP)
    stops = len(browser.all("a[href], button, input:not([type=hidden]), summary"))
    heights = []
    for _ in range(stops):
        browser.type(Keys.TAB)
        assert browser.evaluate(SHOWN_FOCUS), browser.focused().accessible_name
        heights.append(browser.focused().rect["y"])
    assert heights == sorted(heights) and len(heights) == stops


# ---- the app's brand ----

SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'
LOGO = "data:image/svg+xml;base64," + base64.b64encode(SQUARE).decode()


def test_E14_a_name_with_markup_is_shown_as_text(visitor, server):
    name = "<svg onload=alert(1)>\"'&amp;"
    person = visitor(server, app=server.create_app(name))
    for page in ("signin", "check-mail", "link", "approve", "failed-used"):
        PAGES[page](person)
        assert name in person.browser.text or name in person.browser.driver.title, page
        assert not person.browser.evaluate("return document.querySelector('svg[onload]') !== null")
        person.client_app.arrivals.clear()


def test_E14_what_a_person_types_comes_back_as_text(visitor, server):
    person = visitor(server)
    person.browser.go(person.client_app.signin_url)
    typed = "\"><svg onload=alert(1)>"
    person.say_who(typed)
    assert person.browser.status == 400 and person.browser.field().get_attribute("value") == typed
    assert not person.browser.evaluate("return document.querySelector('svg[onload]') !== null")


@pytest.mark.parametrize("name", ["W" * 60, "The Association of Friends of the Municipal Orchestra of Bad Salzungen"])
def test_a_long_name_fits_a_phone(visitor, server, name):
    person = visitor(server, app=server.create_app(name), width=320)
    for page in ("signin", "check-mail", "link", "approve"):
        PAGES[page](person)
        assert look.faults(person.browser) == [], page


@pytest.mark.parametrize("color", ["#b00020", "#ffee00", "#000000", "#ffffff"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_color_of_an_app_can_be_read(visitor, server, color, dark):
    app = server.create_app("Colorful")
    app.set("color", color)
    person = visitor(server, app=app, dark=dark)
    PAGES["signin"](person)
    assert look.faults(person.browser) == []
    rgb = f"rgb({int(color[1:3], 16)}, {int(color[3:5], 16)}, {int(color[5:7], 16)})"
    used = person.browser.evaluate("""return [...document.querySelectorAll('*')].flatMap((e) => {
        const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.borderTopColor]; })""")  # fmt: skip
    assert rgb in used or dark or color != "#b00020", "a color that can be read is used as it is"


def test_the_logo_of_an_app_is_shown(visitor, server):
    app = server.create_app("Painted")
    app.set("logo", LOGO)
    person = visitor(server, app=app)
    PAGES["signin"](person)
    assert person.browser.evaluate("return [...document.images].some((image) => image.naturalWidth > 0)")
    assert look.faults(person.browser) == []
