"""A sign-in on the hosted pages, step by step: an app that takes people back, a person's address, the browser they began in."""

from lib.checks import session, success
from lib.client import new_email
from lib.client_app import Pkce
from lib.golden import STATUS
from lib.plain_browser import PlainBrowser

SIGNIN, CHECK, WAITING = "/signin", "/signin/check", "/signin/status"
CODE, AGAIN, CONTINUE = "/signin/code", "/signin/again", "/signin/continue"
EXCHANGE = "/v1/auth/exchange"
CALLBACK = "https://app.example/callback"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Visit:
    def __init__(self, server, client, contact=None, redirect=True):
        self.server, self.client = server, client
        self.app = server.create_app("Weimar Radio")
        self.pkce = Pkce()
        self.contact = contact or new_email()
        self.query = {"app_id": self.app.app_id}
        if redirect:
            self.app.set("redirect_uris", [CALLBACK, "https://app.example/other?from=kw"])
            self.query |= {"redirect_uri": CALLBACK, "state": "a b&c", "code_challenge": self.pkce.challenge}
        self.browser = self.new_browser()

    def new_browser(self, client=None):
        return PlainBrowser(client or self.client, user_agent=FIREFOX)

    def first(self, **changes):
        return self.browser.get(SIGNIN, **self.query | changes)

    def ask(self, contact=None):
        """As far as "check your e-mail" (or the phone)."""
        page = self.browser.submit(self.first().form(SIGNIN), contact=contact or self.contact)
        return page if self.contact.startswith("+") else self.browser.follow(page)

    def mail(self):
        return self.client.next_message(self.contact)

    def path(self, mail):
        return mail["link"].removeprefix(self.server.public_url)

    def ask_link(self, **fields):
        """Asks through the API: the answer, and the mail."""
        body = {"app_id": self.app.app_id, "email": self.contact, **fields}
        return success(self.client.post("/v1/auth/magic-link", body)), self.mail()

    def redeem(self, page, state="a b&c"):
        """The app takes the browser back, with a code that its verifier redeems."""
        assert page.status == 200
        assert page.way_on.startswith(CALLBACK + "?code=kwx_"), page.way_on
        assert page.query_on.get("state") == state
        return self.exchange(page.query_on["code"], code_verifier=self.pkce.verifier)

    def exchange(self, code, **fields):
        body = session(self.client.post(EXCHANGE, {"code": code, **fields}), with_user=True)
        assert self.contact in (body["user"]["email"], body["user"]["phone"])
        return body

    def count(self, contact=None):
        return len(self.client.messages(contact or self.contact))


def failed(page, code):
    """A failed page has the status of its code, and names it."""
    assert page.status == STATUS[code], page.html[:3000]
    assert code in page.text, page.text
    return page


def refused(page, code):
    """A page that lets people try again has its status too."""
    assert page.status == STATUS[code], page.html[:3000]
    return page


def status(browser, page):
    """What the script of the page that waits asks for."""
    hidden = page.form(CODE).hidden
    response = browser.request("GET", WAITING, params={"app_id": hidden["app_id"], "id": hidden["link_id"]})
    return success(response)["status"]


def approve(browser, page, number):
    form = next(form for form in page.forms if "number" in form.fields)
    return browser.submit(form, number=number, action="approve")


def press(browser, page, path):
    return browser.submit(page.form(path), action="continue")


def other_number(number):
    return f"{(int(number) + 1) % 100:02}"
