"""A small app of the tests, as its developer would write one: it sends people to /signin, takes them back, and exchanges the code."""

import base64
import hashlib
import html
import http.server
import secrets
import threading
import time
import urllib.parse

from lib import issued
from lib.checks import session, success


class Pkce:
    """A verifier and its challenge (RFC 7636, S256)."""

    def __init__(self):
        self.verifier = secrets.token_urlsafe(32)
        self.challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class Site:
    """An origin of its own on loopback, as a context manager. `pages`: path to the HTML of its body."""

    def __init__(self):
        self.pages = {}
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.http.server_port
        self.origin = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def serve(self, body, path="/page"):
        """Serves this from now on. Returns its URL."""
        self.pages[path] = body
        return self.origin + path

    def page(self, path, query):
        return self.pages.get(path)

    def handler(site):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                body = site.page(url.path, dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True)))
                head = '<!doctype html><html lang="en"><title>The app</title><link rel="icon" href="data:,">'
                page = (head + (body or "")).encode()
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        return Handler


class ClientApp(Site):
    """An app that is registered with the server. `arrivals`: the query of each visit to its redirect_uri, as a dict."""

    def __init__(self, server, app):
        super().__init__()
        self.server = server
        self.app = app
        self.arrivals = []
        self.pkce = Pkce()
        self.state = secrets.token_urlsafe(12)
        self.redirect_uri = f"{self.origin}/callback"
        app.set("redirect_uris", [self.redirect_uri])

    def page(self, path, query):
        if path == "/callback":
            self.arrivals.append(query)
            return "<h1>Welcome back</h1>"
        if path == "/":
            return f'<a href="{html.escape(self.signin_url)}">Sign in</a>'
        return super().page(path, query)

    @property
    def signin_url(self):
        """Where it sends people who want to sign in."""
        return f"{self.server.url}/signin?" + urllib.parse.urlencode({
            "app_id": self.app.app_id, "redirect_uri": self.redirect_uri, "state": self.state,
            "code_challenge": self.pkce.challenge,
        })  # fmt: skip

    def ask_link(self, client, email, **fields):
        """Asks through the API for a link that leads back here."""
        return success(client.post("/v1/auth/magic-link", {
            "app_id": self.app.app_id, "email": email, "redirect_uri": self.redirect_uri, "state": self.state,
            "code_challenge": self.pkce.challenge, **fields,
        }))  # fmt: skip

    def arrival(self, seconds=20):
        """The one visit that came back, once it has."""
        deadline = time.monotonic() + seconds
        while not self.arrivals:
            assert time.monotonic() < deadline, "nobody came back"
            time.sleep(0.01)
        assert len(self.arrivals) == 1, self.arrivals
        return self.arrivals[0]

    def exchange(self, client):
        """Checks what came back and redeems its code: the whole session answer."""
        arrived = self.arrival()
        assert set(arrived) == {"code", "state"} and arrived["state"] == self.state, arrived
        assert arrived["code"].startswith("kwx_")
        issued.remember(arrived["code"])
        return session(client.post("/v1/auth/exchange", {"code": arrived["code"], "code_verifier": self.pkce.verifier}), with_user=True)
