"""Links that scanners opened, that are too old, used up or damaged: what the person reads, and the way on."""

import pytest

from lib.checks import envelope, success
from lib.client import new_email

SCANNER = "Mozilla/5.0 (compatible; MailScanner/1.0)"


def test_D2_a_scanner_that_fetches_runs_scripts_and_waits_leaves_the_link_unspent(visitor, server, client):
    person = visitor(server).ask()
    link = person.message()["link"]
    path = link.removeprefix(server.url)
    for _ in range(50):
        client.get(path, headers={"User-Agent": SCANNER})
        client.request("HEAD", path)
    scanner = person.other_device(user_agent=SCANNER)
    scanner.go(link)
    scanner.stay(2)
    assert scanner.url == link, "it must not go anywhere by itself"
    assert not [asked for asked in scanner.requests() if asked["request"]["method"] != "GET"]
    person.open_link(link)
    person.browser.stay(1)
    assert person.browser.url == link and not person.client_app.arrivals
    person.browser.press()
    person.signed_in()


def test_D2_a_scanner_leaves_a_link_of_the_api_unspent(visitor, server, client):
    person = visitor(server)
    person.client_app.ask_link(client, person.contact)
    link = person.message()["link"]
    for _ in range(50):
        client.get(link.removeprefix(server.url))
        client.request("HEAD", link.removeprefix(server.url))
    scanner = person.other_device(user_agent=SCANNER)
    scanner.go(link)
    scanner.stay(1)
    assert not person.client_app.arrivals
    person.open_link(link)
    person.browser.press()
    person.signed_in()


def renew(person, status=401):
    """From a failed page to a new link, and in by it."""
    browser = person.browser
    assert browser.status == status
    browser.press("new link")
    if browser.path == "/signin":
        person.say_who(person.contact)
    person.open_link()
    browser.press()
    return person.signed_in()


def test_an_expired_link_offers_a_new_one(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    link = person.message()["link"]
    unlocked_server.shift_clock(15 * 60 + 1)
    person.open_link(link)
    assert "expired" in person.browser.text and person.contact not in person.browser.text
    renew(person)


def test_an_expired_link_of_the_api_offers_a_new_one(visitor, unlocked_server, open_client):
    person = visitor(unlocked_server)
    person.client_app.ask_link(open_client(unlocked_server), person.contact)
    link = person.message()["link"]
    unlocked_server.shift_clock(15 * 60 + 1)
    person.open_link(link)
    assert "expired" in person.browser.text
    renew(person)


def test_a_used_link_offers_a_new_one(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    link = person.message()["link"]
    person.open_link(link)
    person.browser.press()
    person.signed_in()
    person.client_app.arrivals.clear()
    person.open_link(link)
    assert "used" in person.browser.text
    renew(person)


def test_the_page_that_waits_says_when_its_link_is_used_or_too_old(visitor, unlocked_server, javascript):
    person = visitor(unlocked_server, javascript=javascript).ask()
    person.message()
    unlocked_server.shift_clock(15 * 60 + 1)
    person.browser.reload()
    assert "expired" in person.browser.text
    renew(person)


DAMAGES = {
    "cut": lambda link: link[:-5],
    "almost-gone": lambda link: link[:-42],
    "longer": lambda link: link + "x",
    "with-a-blank": lambda link: link[:-1] + "%20",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_link_says_so_and_consumes_nothing(visitor, server, damage):
    person = visitor(server).ask()
    link = person.message()["link"]
    person.open_link(damage(link))
    assert person.browser.status in (401, 404) and person.browser.one("h1").text
    person.browser.go(link)
    person.browser.press()
    person.signed_in()


def test_a_link_that_was_cut_short_offers_a_new_one_where_it_was_asked_for(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    link = person.message()["link"]
    person.open_link(link[:-5])
    renew(person)


def test_a_link_that_was_cut_short_tells_nothing_to_others(visitor, server):
    person = visitor(server).ask()
    other = person.other_device()
    person.open_link(person.message()["link"][:-5], other)
    assert other.status == 401 and not other.has("form") and "@" not in other.text


def test_a_link_for_the_apps_own_page_is_not_found_on_ours(visitor, server, client, browser):
    person = visitor(server)
    person.client_app.app.set("link_target", "app")
    person.client_app.ask_link(client, person.contact)
    link = person.message()["link"]
    assert link.startswith(person.client_app.redirect_uri)
    token = link.split("token=")[1].split("&")[0]
    browser.go(f"{server.url}/l/{token}")
    assert browser.status == 401 and not person.client_app.arrivals
    proof = {"token": token, "code_verifier": person.client_app.pkce.verifier}
    assert success(client.post("/v1/auth/verify", proof))["user"]["email"] == person.contact
    envelope(client.post("/v1/auth/verify", proof), "magic_link_already_used")


def test_a_link_asked_for_on_the_pages_never_verifies_at_the_api(visitor, server, client):
    person = visitor(server).ask()
    link = person.message()["link"]
    body = {"token": link.rsplit("/", 1)[1], "code_verifier": person.client_app.pkce.verifier}
    envelope(client.post("/v1/auth/verify", body), "magic_link_not_found")
    person.open_link(link)
    person.browser.press()
    person.signed_in()


def test_D2_the_mail_holds_its_link_on_a_line_of_its_own(visitor, server):
    message = visitor(server, new_email()).ask().message()
    assert message["link"] in message["text"].splitlines()


@pytest.mark.parametrize("how", ["", 'target="_blank" rel="noopener noreferrer"'], ids=["same-tab", "new-tab"])
def test_a_link_followed_from_a_web_mailer_signs_in(visitor, server, site, how):
    """A navigation from another site brings the browser's cookie along, so it is known as the one that asked."""
    person = visitor(server).ask()
    browser = person.browser
    mailer = site.serve(f'<a {how} href="{person.message()["link"]}">Sign in</a>').replace("127.0.0.1", "localhost")
    browser.open_tab()
    browser.go(mailer)
    browser.link("Sign in").click()
    browser.use_newest_tab()
    browser.until(lambda: browser.path.startswith("/l/"), "the page behind the link")
    browser.press()
    person.signed_in()
