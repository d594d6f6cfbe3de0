"""Wrong codes, locks and limits, as the person at the page sees them."""

import re

from lib.checks import envelope
from lib.client import wrong

LOCK = "exchange_code_attempt_limit_exceeded"


def test_after_three_wrong_codes_a_fresh_one_is_suggested(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    message = person.message()
    for tried in range(3):
        person.type_code(wrong(message["code"]))
        assert person.browser.status == 401, person.browser.text
        assert person.browser.one("[role=alert]").text
    assert not person.browser.has("input"), "there is nothing left to guess"
    person.browser.press("new")
    person.type_code(person.message()["code"])
    person.signed_in()


def test_the_link_lives_on_when_its_code_is_dead(visitor, unlocked_server):
    person = visitor(unlocked_server).ask()
    message = person.message()
    for _ in range(3):
        person.type_code(wrong(message["code"]))
    person.open_link(message["link"])
    person.browser.press()
    person.signed_in()


def test_a_wrong_code_of_a_text_message_can_be_corrected(visitor, server, javascript):
    person = visitor(server, "+4917012345678", javascript=javascript).ask()
    code = person.message()["code"]
    person.type_code(wrong(code))
    assert person.browser.status == 400 and person.browser.one("[role=alert]").text
    person.type_code(code)
    person.signed_in()


def test_three_wrong_codes_of_a_text_message_lead_to_a_new_one(visitor, server):
    person = visitor(server, "+4917012345679").ask()
    code = person.message()["code"]
    for _ in range(3):
        person.type_code(wrong(code))
    assert person.browser.status == 429
    person.browser.press("new")
    person.type_code(person.message()["code"])
    person.signed_in()


def test_a_code_that_is_too_old_leads_to_a_new_one(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, "+4917012345680", javascript=javascript).ask()
    code = person.message()["code"]
    unlocked_server.shift_clock(5 * 60 + 1)
    person.type_code(code)
    assert person.browser.status == 400 and "expired" in person.browser.text
    person.browser.press("new code")
    person.type_code(person.message()["code"])
    person.signed_in()


def test_letters_are_no_code_and_cost_nothing(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    for _ in range(4):
        person.type_code("none", unchecked=True)
        assert person.browser.status == 400
    person.type_code(person.message()["code"])
    person.signed_in()


def lock_out(client):
    """Uses up the ten failures of this address, at the API."""
    for _ in range(10):
        client.post("/v1/auth/exchange", {"code": "kwx_wrong"})
    envelope(client.post("/v1/auth/exchange", {"code": "kwx_wrong"}), LOCK)


def test_B9_the_lock_of_the_api_holds_on_the_pages(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    message = person.message()
    lock_out(person.client)
    person.type_code(message["code"])
    assert person.browser.status == 429
    unlocked_server.shift_clock(3601)
    person.browser.go(person.client_app.origin + "/")
    person.ask()
    person.type_code(person.message()["code"])
    person.signed_in()


def test_B9_wrong_codes_on_the_pages_lock_the_api(visitor, unlocked_server):
    person = visitor(unlocked_server)
    for _ in range(4):
        code = person.ask().message()["code"]
        while person.browser.has("input") and person.browser.status != 429:
            person.type_code(wrong(code))
    assert person.browser.status == 429
    envelope(person.client.post("/v1/auth/exchange", {"code": "kwx_wrong"}), LOCK)


def test_B10_under_the_lock_a_link_still_signs_in(visitor, unlocked_server):
    person = visitor(unlocked_server).ask()
    lock_out(person.client)
    person.open_link()
    person.browser.press()
    person.browser.until_at(person.client_app.redirect_uri)
    unlocked_server.shift_clock(3601)
    assert person.client_app.arrival()["code"].startswith("kwx_")


def seconds_shown(browser):
    """What a countdown shows, in seconds: "59:30", "9 minutes", "42 seconds"."""
    shown = browser.one("time").text
    if clock := re.search(r"(\d+:)?(\d+):(\d\d)", shown):
        return int((clock[1] or "0:")[:-1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    number = int(re.search(r"\d+", shown)[0])
    return number * (60 if "min" in shown else 1)


def test_a_lock_counts_down_the_true_rest(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    message = person.message()
    lock_out(person.client)
    unlocked_server.shift_clock(600)
    person.type_code(message["code"])
    assert person.browser.status == 429
    assert 2900 < seconds_shown(person.browser) <= 3000
    unlocked_server.shift_clock(3001)


def test_too_many_links_are_refused_with_a_countdown(visitor, server, javascript):
    person = visitor(server, javascript=javascript)
    for _ in range(5):
        person.ask()
        assert person.browser.status == 200
    person.ask()
    browser = person.browser
    assert browser.status == 429
    first = seconds_shown(browser)
    assert 1 <= first <= 600
    if javascript:
        browser.until(lambda: seconds_shown(browser) <= first - 2, "the countdown")
        assert browser.path == "/signin", "nothing is sent again by itself"
    else:
        browser.stay(1.5)
        assert seconds_shown(browser) == first


def test_B11_a_page_of_another_site_burns_no_ones_tries(visitor, unlocked_server, site):
    person = visitor(unlocked_server).ask()
    message = person.message()
    api, form = unlocked_server.url + "/v1/auth/exchange", unlocked_server.url + "/signin/code"
    attack = site.serve(f"""<h1>Fine offers</h1><script>
      const body = '{{"code": "kwx_wrong"}}';
      for (let i = 0; i < 25; i++) {{
        fetch('{api}', {{method: 'POST', mode: 'no-cors', credentials: 'include', body}}).catch(() => 0);
        fetch('{form}', {{method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({{code: '00000000'}})}})
          .catch(() => 0).finally(() => document.title = +document.title + 1 || 1);
      }}</script>""")
    person.browser.open_tab()
    person.browser.go(attack.replace("127.0.0.1", "localhost"))
    person.browser.until(lambda: person.browser.driver.title == "25", "the attack")
    person.browser.use_tab(person.browser.tabs[0])
    for _ in range(2):
        person.type_code(wrong(message["code"]))
        assert person.browser.status == 401
    person.type_code(message["code"])
    person.signed_in()
    person.browser.forgive_console("Failed to load resource")
