"""Somebody who wants to sign in: an address, a browser, an app, and the steps that people take."""

import re

from lib.client import new_email


class Person:
    """`client` is no part of the person: it reads the mail, and speaks for the app."""

    def __init__(self, browser, client_app, client, contact=None):
        self.browser = browser
        self.client_app = client_app
        self.client = client
        self.contact = contact or new_email()

    def other_device(self, **traits):
        """A browser that knows nothing of the first one."""
        return self.browser.chromium.open(**traits)

    # ---- steps ----

    def ask(self, contact=None):
        """From the app to the page, and on with the contact: until "check your e-mail" is there."""
        self.browser.go(self.client_app.origin + "/")
        self.browser.follow("Sign in")
        self.say_who(contact or self.contact)
        return self

    def say_who(self, contact):
        self.browser.fill(contact)
        self.browser.submit()

    def message(self, contact=None):
        return self.client.next_message(contact or self.contact)

    def open_link(self, link=None, browser=None):
        """In a new tab, as mail programs do. Returns the tab."""
        browser = browser or self.browser
        tab = browser.open_tab()
        browser.go(link or self.message()["link"])
        return tab

    def type_code(self, code, unchecked=False):
        self.browser.fill(code)
        self.browser.submit(unchecked)

    def number(self):
        """The two digits that the asking screen shows."""
        return re.search(r"\d\d", self.browser.one(".number strong").text).group()

    def code_shown(self):
        """The code that a page shows to be typed elsewhere, without the blanks between its groups."""
        shown = self.browser.one(".number strong").text
        assert re.fullmatch(r"[0-9]+( [0-9]+)+", shown), f"{shown} is not in groups"
        return shown.replace(" ", "")

    # ---- what came of it ----

    def is_back(self):
        self.browser.until_at(self.client_app.redirect_uri)

    def signed_in(self):
        """Checks that the app got the code of a sign-in of this person; returns the session answer."""
        self.is_back()
        body = self.client_app.exchange(self.client)
        assert self.contact in (body["user"]["email"], body["user"]["phone"])
        return body
