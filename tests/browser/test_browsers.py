"""What browsers do on their own or for their owners: back, reload, tabs, cookies; and what other sites try through them."""

import html
import re

import pytest

from lib.client import new_phone

COOKIE = "__Host-kw_flow"
SEED = 42  # characters at its beginning that tell one flow from another


# ---- back and reload ----


def test_reload_asks_for_nothing_twice(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    for _ in range(3):
        person.browser.reload()
        assert person.browser.status == 200 and person.number()
    message = person.message()
    assert len(person.client.messages(person.contact)) == 1
    person.open_link(message["link"])
    person.browser.reload()
    person.browser.press()
    person.signed_in()
    assert len(person.client.messages(person.contact)) == 1


def test_reload_of_the_page_for_the_phone_leaves_a_code_that_works(visitor, server):
    person = visitor(server, new_phone()).ask()
    person.message()
    person.browser.reload()
    newest = person.client.messages(person.contact)[0]["code"]
    person.type_code(newest)
    person.signed_in()


def test_back_from_the_page_that_waits_leads_to_the_contact(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask("someone.else@example.com")
    while person.browser.path != "/signin":
        person.browser.back()
    person.say_who(person.contact)
    person.type_code(person.message()["code"])
    person.signed_in()


def test_back_after_the_sign_in_is_no_second_one(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    person.open_link()
    person.browser.press()
    person.signed_in()
    while not person.browser.path.startswith("/l/"):
        person.browser.back()
        person.browser.stay(0.2)
    person.browser.go(person.browser.url)
    assert person.browser.status == 401 and "used" in person.browser.text
    assert len({arrival["code"] for arrival in person.client_app.arrivals}) == 1


def test_back_from_a_failed_page_leads_to_one_that_works(visitor, unlocked_server):
    person = visitor(unlocked_server).ask()
    person.type_code("12", unchecked=True)
    assert person.browser.status >= 400
    person.browser.back()
    person.type_code(person.message()["code"])
    person.signed_in()


# ---- two tabs ----


def test_two_tabs_ask_side_by_side_and_both_links_live(visitor, server, javascript):
    """The first to be done ends the browser's flow; the other then needs the two digits, like any browser that did not ask."""
    person = visitor(server, javascript=javascript).ask()
    first = person.message()
    one = person.browser.tab
    person.browser.open_tab()
    person.ask()
    second = person.message()
    for message in (first, second):
        person.open_link(message["link"])
        assert person.browser.status == 200 and not person.browser.has("input"), "both are this browser's"
    person.browser.press()
    person.signed_in()
    person.client_app.arrivals.clear()
    person.browser.use_tab(one)
    person.browser.reload()
    assert person.browser.status == 401, "and says so"
    person.ask()
    person.open_link()
    person.browser.press()
    person.signed_in()


# ---- cookies ----


def test_blocked_cookies_are_explained(visitor, server, cookieless):
    person = visitor(server)
    browser = cookieless.open()
    browser.go(person.client_app.signin_url)
    browser.fill(person.contact)
    browser.submit()
    assert browser.status == 403 and "cookie" in browser.text.lower()
    assert not person.client.messages(person.contact)


def test_E10_the_one_cookie_is_for_this_host_and_out_of_reach_of_scripts(visitor, server):
    person = visitor(server).ask()
    (cookie,) = [cookie for cookie in person.browser.cookies().values()]
    assert cookie["name"] == COOKIE and cookie["path"] == "/" and cookie["domain"] == "127.0.0.1"
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["session"]
    assert person.browser.evaluate("return document.cookie") == ""


def test_E10_the_cookie_changes_with_the_sign_in(visitor, server):
    person = visitor(server).ask()
    before = person.browser.cookies()[COOKIE]["value"][:SEED]
    person.type_code(person.message()["code"])
    person.signed_in()
    after = person.browser.cookies()[COOKIE]["value"][:SEED]
    other = person.other_device()
    other.go(person.client_app.signin_url)
    assert len({before, after, other.cookies()[COOKIE]["value"][:SEED]}) == 3


@pytest.mark.parametrize("planted", ["A" * 128, "", "x", "attacker"])
def test_E10_a_planted_cookie_is_nobodys(visitor, server, planted):
    person = visitor(server)
    person.browser.plant_cookie(server.url, COOKIE, planted)
    person.ask()
    assert person.browser.cookies()[COOKIE]["value"] != planted
    person.open_link()
    person.browser.press()
    person.signed_in()


def test_E10_a_genuine_cookie_that_was_planted_is_worth_nothing_after_the_sign_in(visitor, server):
    person = visitor(server)
    attacker = person.other_device()
    attacker.go(person.client_app.signin_url)
    planted = attacker.cookies()[COOKIE]["value"]
    person.browser.plant_cookie(server.url, COOKIE, planted)
    person.ask()
    assert person.browser.cookies()[COOKIE]["value"][:SEED] == planted[:SEED], "the attack itself does not work"
    waiting = person.browser.url
    person.open_link()
    person.browser.press()
    person.signed_in()
    assert person.browser.cookies()[COOKIE]["value"][:SEED] != planted[:SEED]
    attacker.go(waiting)
    assert attacker.status == 401 and not attacker.has("input")


# ---- other sites ----


def test_D11_a_form_of_another_site_signs_nobody_in(visitor, server, site):
    """The attacker has a link of his own account, and the victim's browser is to press its button."""
    attacker = visitor(server)
    attacker.client_app.ask_link(attacker.client, attacker.contact)
    link = attacker.message()["link"]
    attack = site.serve(f"""<form method="post" action="{link}"><input type="hidden" name="action" value="continue">
        <input type="hidden" name="form" value="whatever"></form><script>document.forms[0].submit()</script>""")
    victim = attacker.other_device()
    victim.go(attack.replace("127.0.0.1", "localhost"))
    victim.until_at(server.url)
    assert victim.status == 403 and not victim.cookies() and not attacker.client_app.arrivals
    attacker.open_link(link)
    attacker.browser.press()
    attacker.signed_in()


def test_D11_a_form_of_another_site_asks_for_nothing(visitor, server, site):
    person = visitor(server)
    fields = {"app_id": person.client_app.app.app_id, "redirect_uri": person.client_app.redirect_uri, "state": "x",
              "code_challenge": person.client_app.pkce.challenge, "contact": person.contact, "form": "x"}  # fmt: skip
    inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    attack = site.serve(f'<form method="post" action="{server.url}/signin">{inputs}</form><script>document.forms[0].submit()</script>')
    for host in ("localhost", "127.0.0.1"):
        person.browser.go(attack.replace("127.0.0.1", host))
        person.browser.until_at(server.url)
        assert person.browser.status == 403 and not person.browser.cookies()
    assert not person.client.messages(person.contact)


def test_D11_who_follows_an_attackers_link_is_not_signed_in_as_the_attacker(visitor, server):
    attacker = visitor(server).ask()
    victim = attacker.other_device()
    attacker.open_link(browser=victim)
    assert victim.has("input"), "asks for the number of a screen that the victim does not have"
    assert not attacker.client_app.arrivals


def test_F14_no_other_site_may_frame_our_pages(visitor, server, site):
    person = visitor(server)
    person.browser.go(site.serve(f'<iframe title="x" src="{html.escape(person.client_app.signin_url)}"></iframe>'))
    person.browser.driver.switch_to.frame(0)
    assert not person.browser.driver.find_elements("css selector", "form")
    person.browser.driver.switch_to.default_content()
    person.browser.forgive_console("frame")


# ---- what the script does better ----

PASTE = """const data = new DataTransfer(); data.setData('text', arguments[1]);
arguments[0].dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));"""


@pytest.mark.parametrize("pasted", ["{0} {1}", "Your code: {0} {1}\n", "{0}-{1}", "\t{0}{1}"])
def test_of_a_pasted_message_the_code_is_kept(visitor, server, pasted):
    person = visitor(server).ask()
    code = person.message()["code"]
    person.browser.evaluate(PASTE, person.browser.field(), pasted.format(code[:4], code[4:]))
    assert person.browser.field().get_attribute("value") == code
    assert person.browser.path == "/signin/check", "a paste sends nothing by itself"
    person.browser.submit()
    person.signed_in()


def test_a_double_click_asks_once(visitor, server):
    person = visitor(server)
    person.browser.go(person.client_app.signin_url)
    person.browser.fill(person.contact)
    person.browser.double_click(person.browser.button())
    person.browser.until(lambda: person.browser.path == "/signin/check", "check your e-mail")
    person.type_code(person.message()["code"])
    person.signed_in()
    assert len(person.client.messages(person.contact)) == 1


def test_the_page_that_waits_says_how_long_its_link_holds(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    shown = person.browser.one("time").text
    assert re.search(r"\b1[45]:\d\d\b" if javascript else r"\b\d\d:\d\d UTC\b", shown), shown
    if javascript:
        person.browser.until(lambda: person.browser.one("time").text != shown, "the countdown")


def test_the_page_that_waits_says_when_the_link_was_used_elsewhere(visitor, server):
    person = visitor(server).ask()
    waiting = person.browser.tab
    person.open_link()
    person.browser.press()
    person.signed_in()
    person.browser.use_tab(waiting)
    person.browser.until_says("another window", "already used")
    assert person.browser.path == "/signin/check"
