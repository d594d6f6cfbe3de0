"""A browser without a screen: it keeps the one cookie, reads forms, links and meta refresh, and posts what people would.

httpx keeps no Secure cookie of plain http, as browsers do for loopback, so the cookie is handled here.
"""

import html.parser
import re
import urllib.parse

from lib import issued

COOKIE = "__Host-kw_flow"
ATTRIBUTES = {"path=/", "secure", "httponly", "samesite=lax"}


class Form:
    """`fields`: names and values of the inputs that would be sent; `buttons`: (name, value) of its submit buttons."""

    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.fields = {}
        self.hidden = {}
        self.buttons = []


class Page(html.parser.HTMLParser):
    """What an answer shows: forms, links, text."""

    def __init__(self, response):
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.html = response.text
        self.forms, self.links, self.refresh, self.language = [], [], None, None
        self._words, self._form, self._silent = [], None, 0
        self.feed(self.html)
        self.text = re.sub(r"\s+", " ", " ".join(self._words))

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "form":
            self._form = Form(attributes)
            self.forms.append(self._form)
        elif tag == "input" and self._form and attributes.get("name"):
            self._form.fields[attributes["name"]] = attributes.get("value", "")
            if attributes.get("type") == "hidden":
                self._form.hidden[attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and self._form:
            self._form.buttons.append((attributes.get("name"), attributes.get("value")))
        elif tag == "a":
            self.links.append(attributes.get("href"))
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            self.refresh = re.fullmatch(r"0; ?url=(.*)", attributes["content"], re.I).group(1)
        elif tag in ("script", "style"):
            self._silent += 1

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data):
        if not self._silent:
            self._words.append(data)

    def form(self, action, field=None):
        """The one form that posts there (and has that field)."""
        found = [form for form in self.forms if form.action == action and (field is None or field in form.fields)]
        assert len(found) == 1, f"{len(found)} forms for {action}: {self.html[:3000]}"
        assert found[0].method == "post"
        return found[0]

    def has_form(self, action):
        return any(form.action == action for form in self.forms)

    @property
    def way_on(self):
        """Where the page goes by itself, and by a link that people see."""
        assert self.refresh and self.refresh in self.links, self.html[:3000]
        return self.refresh

    @property
    def query_on(self):
        """The parameters it goes on with."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.way_on).query, keep_blank_values=True))

    @property
    def number(self):
        """What stands out: the two digits of the asking screen, or a code to be typed elsewhere, without its groups."""
        shown = re.search(r'class="number"[^>]*>(?:<span>[^<]*</span>)?\s*<strong>([\d ]+)</strong>', self.html).group(1)
        return shown.replace(" ", "")


class PlainBrowser:
    """Speaks through a Client (lib/client.py), whose address and server it has."""

    def __init__(self, client, **headers):
        self.client = client
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookie = None
        self.cookies_set = 0

    @property
    def secret(self):
        """What the cookie's random bytes become; behind them it names the link that was asked for last."""
        return self.cookie[:42]

    def request(self, method, path, **options):
        headers = self.headers | options.pop("headers", {})
        if self.cookie:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        response = self.client.request(method, path, headers=headers, **options)
        for cookie in response.headers.get_list("set-cookie"):
            self._keep(cookie)
        assert "location" not in response.headers
        return response

    def _keep(self, cookie):
        pair, *attributes = cookie.split("; ")
        name, self.cookie = pair.split("=", 1)
        issued.remember(self.cookie)
        assert name == COOKIE and {attribute.lower() for attribute in attributes} == ATTRIBUTES, cookie
        self.cookies_set += 1

    def page(self, method, path, **options):
        response = self.request(method, path, **options)
        assert response.headers["content-type"] == "text/html; charset=utf-8", response.headers
        assert response.headers["cache-control"] == "no-store"
        page = Page(response)
        for form in page.forms:
            for secret in ("form", "ticket", "token"):
                issued.remember(form.hidden.get(secret))
        issued.remember(urllib.parse.parse_qs(urllib.parse.urlsplit(page.refresh or "").query).get("code", [None])[0])
        return page

    def get(self, path, **params):
        if path.startswith(self.client.server.public_url):
            path = path.removeprefix(self.client.server.public_url)
        return self.page("GET", path, params=params or None)

    def post(self, path, fields, **headers):
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": "null"} | headers
        return self.page("POST", path, data=fields, headers=sent)

    def submit(self, form, /, **changes):
        """Posts the form with what a person types; a field set to None is left out."""
        fields = form.fields | changes
        return self.post(form.action, {name: value for name, value in fields.items() if value is not None})

    def follow(self, page):
        """Goes on where a page of ours leads to another one of ours."""
        assert page.status == 200 and page.way_on.startswith("/"), page.html[:3000]
        return self.get(page.way_on)
