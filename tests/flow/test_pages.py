"""THREATS A5, B11, D11, E10 on the hosted pages: what buttons pressed at once do, what other sites can make a browser do there, and
what a planted cookie is worth."""

import itertools
import urllib.parse

import pytest

from lib.client import new_email, wrong
from lib.plain_browser import COOKIE, Page, PlainBrowser
from lib.race import Racers
from lib.raw import request_bytes

SIGNIN, CODE, AGAIN = "/signin", "/signin/code", "/signin/again"
CALLBACK = "https://app.example/callback"
_sources = itertools.count(2)

FOREIGN = {
    "cross-site": ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
    "same-site": ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.com"}, 403),
    "text": ({"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"}, 415),
    "json": ({"Content-Type": "application/json"}, 415),
}


class Person:
    """Somebody with a browser, an address of their own, and a contact."""

    def __init__(self, server, client):
        self.client, self.contact = client, new_email()
        self.browser = PlainBrowser(client)
        self.public_url = server.public_url

    def first(self, app):
        page = self.browser.get(SIGNIN, app_id=app.app_id)
        assert page.status == 200, page.html
        return page

    def ask(self, app):
        return self.browser.follow(self.browser.submit(self.first(app).form(SIGNIN), contact=self.contact))

    def link(self, mail):
        return mail["link"].removeprefix(self.public_url)

    def sign_in(self, app):
        page = self.browser.submit(self.ask(app).form(CODE), code=self.client.next_message(self.contact)["code"])
        assert came_back(page), page.html
        return page


def came_back(page):
    return page.status == 200 and page.way_on.startswith(f"{CALLBACK}?code=kwx_")


def sent_from_elsewhere(browser, form, headers, **changes):
    """What the browser sends when a form of another site is posted: no cookie of ours, for it is SameSite=Lax."""
    cookie, browser.cookie = browser.cookie, None
    response = browser.request("POST", form.action, data=form.fields | changes, headers=headers)
    browser.cookie = cookie
    return response


@pytest.fixture
def app(server):
    app = server.create_app("Corner Bakery", redirect_uris=[CALLBACK], require_pkce="off")
    app.set("color", "#0b57d0")
    return app


@pytest.fixture
def person(server, open_client):
    """Each has an address of its own: wrong codes lock addresses."""
    return lambda: Person(server, open_client(server, source=f"127.0.8.{next(_sources)}"))


# ---- A5 ----


def posted(browser, path, **fields):
    """The bytes of a form that this browser sends."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"{COOKIE}={browser.cookie}"}
    return request_bytes("POST", path, urllib.parse.urlencode(fields).encode(), headers)


class AtTwoScreens:
    """A sign-in that waits at one browser, and its link opened in another."""

    def __init__(self, app, person):
        self.person = person()
        self.browser, self.other = self.person.browser, PlainBrowser(self.person.client)
        self.waiting = self.person.ask(app)
        self.mail = self.person.client.next_message(self.person.contact)
        self.link = self.person.link(self.mail)
        self.question = self.other.get(self.link).forms[0]
        self.form = self.waiting.form(CODE).hidden

    def deny(self):
        return posted(self.other, self.link, form=self.question.fields["form"], action="deny")

    def ways_in(self):
        """Every button and field that ends in a sign-in; the first needs an approval."""
        return [
            posted(self.browser, "/signin/continue", **self.form),
            posted(self.browser, CODE, **self.form, code=self.mail["code"]),
            posted(self.browser, self.link, form=self.form["form"], action="continue"),
        ]


def test_A5_one_button_of_many_wins_and_not_me_is_final(app, person, server):
    with Racers(server, 32) as racers:
        for _ in range(8):
            screens = AtTwoScreens(app, person)
            screens.other.submit(screens.question, number=screens.waiting.number)
            requests = [screens.deny(), *screens.ways_in()] * 8
            pages = [Page(answer) for answer in racers.fire(requests)]
            done = [page for page in pages if page.status == 200]
            assert len(done) == 1, [page.text for page in done]
            assert not any(page.has_form("/signin/continue") for page in pages), "a button that leads nowhere"


def test_A5_of_many_numbers_at_once_one_is_judged(app, person, server):
    with Racers(server, 64) as racers:
        for _ in range(8):
            screens = AtTwoScreens(app, person)
            wrong_ones = [number for number in map("{:02}".format, range(100)) if number != screens.waiting.number][:64]
            requests = [posted(screens.other, screens.link, **screens.question.fields | {"number": number}) for number in wrong_ones]
            statuses = [answer.status_code for answer in racers.fire(requests)]
            assert sorted(statuses) == [401] * 63 + [403]


# ---- D11 ----


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_D11_a_form_of_another_site_signs_nobody_in(app, person, site):
    """The attacker's own link and forms, posted by the victim's browser: it would be signed in as the attacker."""
    attacker, victim = person(), person()
    victim.first(app)
    waiting = attacker.ask(app)
    mail = attacker.client.next_message(attacker.contact)
    path = attacker.link(mail)
    opened = attacker.browser.get(path)
    headers = FOREIGN[site][0]
    before = victim.browser.cookie
    attempts = [(opened.form(path), {}), (waiting.form(CODE), {"code": mail["code"]}), (waiting.form(AGAIN), {})]
    for form, changes in attempts:
        response = sent_from_elsewhere(victim.browser, form, headers, **changes)
        assert response.status_code == 403 and "set-cookie" not in response.headers
        response = victim.browser.request("POST", form.action, data=form.fields | changes, headers=headers)
        assert response.status_code == 403 and "set-cookie" not in response.headers, "not with the victim's cookie either"
    assert victim.browser.cookie == before
    assert came_back(attacker.browser.submit(opened.form(path))), "and nothing was spent"


def test_D11_a_browser_without_fetch_metadata_is_told_apart_by_cookie_and_form(app, person):
    attacker, victim = person(), person()
    victim.first(app)
    path = None
    waiting = attacker.ask(app)
    mail = attacker.client.next_message(attacker.contact)
    path = attacker.link(mail)
    opened = attacker.browser.get(path)
    old = {"Origin": "null"}
    for form, changes in [(opened.form(path), {}), (waiting.form(CODE), {"code": mail["code"]})]:
        response = sent_from_elsewhere(victim.browser, form, old, **changes)
        assert response.status_code == 403 and "set-cookie" not in response.headers
        response = victim.browser.request("POST", form.action, data=form.fields | changes, headers=old)
        assert response.status_code == 403, "a form token of another browser"
        for token in ("", "A" * 43, "x"):
            response = attacker.browser.request("POST", form.action, data=form.fields | changes | {"form": token}, headers=old)
            assert response.status_code == 403
    assert came_back(attacker.browser.submit(opened.form(path)))


def test_D11_another_site_makes_nobody_send_mail(app, person):
    victim = person()
    form = victim.first(app).form(SIGNIN)
    for site in ("cross-site", "same-site"):
        response = victim.browser.request("POST", SIGNIN, data=form.fields | {"contact": victim.contact}, headers=FOREIGN[site][0])
        assert response.status_code == 403 and "set-cookie" not in response.headers
    assert victim.client.messages(victim.contact) == []


# ---- E10 ----


def test_E10_the_one_cookie_is_bound_to_our_host_and_hidden_from_scripts(app, person):
    """PlainBrowser refuses any other cookie, and any other attributes than Path=/, Secure, HttpOnly and SameSite=Lax."""
    someone = person()
    someone.sign_in(app)
    assert COOKIE.startswith("__Host-") and someone.browser.cookies_set >= 2


def test_E10_a_planted_id_is_rejected(app, person):
    someone, attacker = person(), person()
    for planted in ("", "x", "A" * 128, "A" * 127, "A" * 4000, '"' + "A" * 128 + '"'):
        someone.browser.cookie = planted
        form = someone.first(app).form(SIGNIN)
        assert someone.browser.cookie not in (planted, None)
        someone.browser.cookie = planted
        page = someone.browser.submit(form, contact=someone.contact)
        assert page.status == 403 and someone.client.messages(someone.contact) == []
    genuine = attacker.first(app) and attacker.browser.cookie
    bent = genuine[:-1] + ("A" if genuine[-1] != "A" else "E")
    for header in (f"{COOKIE}={bent}", f"{COOKIE}={genuine}; {COOKIE}=x", f"{COOKIE}=x; {COOKIE}={genuine}"):
        response = someone.client.get(SIGNIN, params={"app_id": app.app_id}, headers={"Cookie": header})
        assert "set-cookie" in response.headers and genuine not in response.headers["set-cookie"], header
    response = someone.client.get(SIGNIN, params={"app_id": app.app_id}, headers={"Cookie": f"a=b; {COOKIE}={genuine}"})
    assert "set-cookie" not in response.headers, "the genuine one is known again"


def test_E10_the_id_changes_at_sign_in(app, person):
    someone = person()
    waiting = someone.ask(app)
    before, mail = someone.browser.secret, someone.client.next_message(someone.contact)
    assert came_back(someone.browser.submit(waiting.form(CODE), code=mail["code"]))
    after = someone.browser.secret
    assert after != before
    path = someone.ask(app) and someone.link(someone.client.next_message(someone.contact))
    assert someone.browser.secret == after, "and at nothing else"
    assert came_back(someone.browser.submit(someone.browser.get(path).form(path)))
    assert someone.browser.secret not in (before, after)


def test_E10_a_cookie_is_no_session(client, app, person):
    someone = person()
    someone.sign_in(app)
    headers = {"Cookie": f"{COOKIE}={someone.browser.cookie}"}
    assert client.get("/v1/auth/me", headers=headers).status_code == 401
    assert client.get("/v1/auth/me", headers={"Authorization": f"Bearer {someone.browser.cookie}"}).status_code == 401


# ---- B11 ----


@pytest.mark.parametrize("trick", FOREIGN)
def test_B11_a_web_page_cannot_burn_the_budgets_of_who_visits_it(app, person, trick):
    victim = person()
    waiting = victim.ask(app)
    code = victim.client.next_message(victim.contact)["code"]
    headers, status = FOREIGN[trick]
    first, typed = victim.first(app).form(SIGNIN), waiting.form(CODE)
    for _ in range(50):
        for form, changes in ((first, {"contact": victim.contact}), (typed, {"code": wrong(code)}), (waiting.form(AGAIN), {})):
            response = victim.browser.request("POST", form.action, data=form.fields | changes, headers=headers)
            assert response.status_code == status and response.headers["content-type"].startswith("text/html")
    assert len(victim.client.messages(victim.contact)) == 1
    for _ in range(4):
        assert victim.browser.submit(first, contact=victim.contact).status == 200, "the sends of ten minutes are all there"
    assert came_back(victim.browser.submit(typed, code=code)), "three wrong codes would have killed it, ten locked the address"
