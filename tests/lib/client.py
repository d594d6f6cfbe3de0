"""A client as an app developer would write one, with the few steps that most tests start from."""

import random
import re
import socket
import string
import time

import httpx

from lib import issued


def new_email():
    return "".join(random.choices(string.ascii_lowercase, k=14)) + "@example.com"


def new_phone():
    return "+49" + str(random.randrange(10**10, 10**11))


def bearer(access_token):
    return {"Authorization": f"Bearer {access_token}"}


def contact_field(contact):
    return {"phone": contact} if contact.startswith("+") else {"email": contact}


def wrong(code):
    """Another code of the same length."""
    return "".join(str((int(digit) + 1) % 10) for digit in code)


class Session:
    """What a sign-in gave: the tokens a client would hold."""

    def __init__(self, body):
        self.body = body
        self.access = body["access_token"]
        self.refresh = body["refresh_token"]
        self.session_id = body["session_id"]
        self.user = body.get("user")


class Link:
    """A sign-in link that was asked for: what the asker got, and what stood in the mail."""

    def __init__(self, answer, message):
        self.answer = answer
        self.link_id = answer["magic_link_id"]
        self.flow_token = answer["flow_token"]
        self.url = message["link"]
        self.token = re.search(r"(?:/l/|[?&]token=)([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])", self.url)[1]
        self.code = message["code"]
        issued.remember(self.token)


class Client:
    """Speaks to one server, from one source address."""

    def __init__(self, server, source=None, headers=None):
        self.server = server
        transport = httpx.HTTPTransport(verify=server.tls or False, local_address=source)
        self.http = httpx.Client(transport=transport, base_url=server.url, timeout=30, headers=headers, trust_env=False)
        self.get("/healthz")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.http.close()

    # ---- requests; the answers come back as they are ----

    def request(self, method, path, **options):
        response = self.http.request(method, path, **options)
        # httpx writes head and body apart: without this the body waits for a delayed ACK, 40 ms on every POST.
        connection = response.extensions["network_stream"].get_extra_info("socket")
        if connection.fileno() >= 0:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        response.extensions["public_url"] = self.server.public_url
        if response.headers.get("content-type") == "application/json" and response.content:
            issued.remember_answer(response.json())
        return response

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, json={} if body is None else body, **options)

    def send_otp(self, app, contact, auth=None, headers=None, **fields):
        body = {"app_id": app.app_id, **contact_field(contact), **fields}
        return self.post("/v1/auth/send-otp", body, auth=auth, headers=headers)

    def verify_otp(self, app, otp_request_id, otp, auth=None, headers=None, **fields):
        body = {"app_id": app.app_id, "otp_request_id": otp_request_id, "otp": otp, **fields}
        return self.post("/v1/auth/verify-otp", body, auth=auth, headers=headers)

    def magic_link(self, app, email, auth=None, headers=None, **fields):
        body = {"app_id": app.app_id, "email": email, **fields}
        return self.post("/v1/auth/magic-link", body, auth=auth, headers=headers)

    def verify_link(self, token, auth=None, headers=None, **fields):
        return self.post("/v1/auth/verify", {"token": token, **fields}, auth=auth, headers=headers)

    def link_status(self, magic_link_id, flow_token, auth=None, **fields):
        body = {"magic_link_id": magic_link_id, "flow_token": flow_token, **fields}
        return self.post("/v1/auth/magic-link/status", body, auth=auth)

    def refresh(self, token, key=None, **fields):
        headers = {"Idempotency-Key": key} if key else None
        return self.post("/v1/auth/refresh", {"refresh_token": token, **fields}, headers=headers)

    def logout(self, token, **fields):
        return self.post("/v1/auth/logout", {"refresh_token": token, **fields})

    def me(self, access):
        return self.get("/v1/auth/me", headers=bearer(access))

    def introspect(self, app, token):
        return self.post("/v1/auth/introspect", {"token": token}, auth=app.basic)

    def exchange(self, code, auth=None, headers=None, **fields):
        return self.post("/v1/auth/exchange", {"code": code, **fields}, auth=auth, headers=headers)

    def exchange_codes(self, signed_in, **fields):
        return self.post("/v1/auth/exchange-codes", fields, headers=bearer(signed_in.access))

    def create_tenant(self, app, name="Corner Bakery", **fields):
        return self.post("/v1/tenants", {"name": name, **fields}, auth=app.basic)

    def assign(self, app, tenant_id, user_id, role):
        return self.post("/v1/roles/assign", {"tenant_id": tenant_id, "user_id": user_id, "role": role}, auth=app.basic)

    def revoke(self, app, tenant_id, user_id, role=None):
        body = {"tenant_id": tenant_id, "user_id": user_id} | ({"role": role} if role else {})
        return self.post("/v1/roles/revoke", body, auth=app.basic)

    def roles(self, app, **query):
        return self.get("/v1/roles", params=query, auth=app.basic)

    def events(self, app, **query):
        return self.get("/v1/events", params=query, auth=app.basic)

    def as_server(self, app, method, path, body=None, **options):
        """As the app's own server: client.as_server(app, "GET", f"/users/{user_id}")."""
        return self.request(method, "/v1" + path, json=body, auth=app.basic, **options)

    def as_user(self, signed_in, method, path, body=None, **options):
        return self.request(method, "/v1" + path, json=body, headers=bearer(signed_in.access), **options)

    # ---- steps that must succeed ----

    def all_events(self, app, **query):
        """The app's audit events that fit, newest first, page by page."""
        events, cursor = [], None
        while True:
            response = self.events(app, **query | ({"cursor": cursor} if cursor else {}))
            assert response.status_code == 200, response.text
            events += response.json()["events"]
            cursor = response.json()["next_cursor"]
            if cursor is None:
                return events

    def sealed_events(self, app, seconds=10):
        """The same, as soon as the chain has all of them."""
        deadline = time.monotonic() + seconds
        while True:
            events = self.all_events(app, limit=100)
            if all(event["sealed"] for event in events):
                return events
            assert time.monotonic() < deadline, "events are not chained"
            time.sleep(0.05)

    def new_tenant(self, app, user_id=None, *roles):
        """A tenant of the app, where the user has the roles: its id."""
        response = self.create_tenant(app)
        assert response.status_code == 201, response.text
        tenant_id = response.json()["tenant_id"]
        for role in roles:
            assert self.assign(app, tenant_id, user_id, role).status_code == 201
        return tenant_id

    def messages(self, contact, limit=50):
        return self.get("/dev/messages", params={"to": contact, "limit": limit}).json()["messages"]

    def next_message(self, contact, seconds=5):
        """The newest message to this contact that no test has taken yet (dev mode's inbox)."""
        deadline = time.monotonic() + seconds
        while True:
            for message in self.messages(contact):
                if message["id"] not in self.server.seen_messages:
                    self.server.seen_messages.add(message["id"])
                    issued.remember_link(message["link"])
                    return message
            assert time.monotonic() < deadline, f"no new message to {contact}"
            time.sleep(0.005)

    def ask_code(self, app, contact, **fields):
        """Sends a code and reads it: (otp_request_id, code)."""
        response = self.send_otp(app, contact, **fields)
        assert response.status_code == 200, response.text
        return response.json()["otp_request_id"], self.next_message(contact)["code"]

    def ask_link(self, app, email=None, **fields):
        """Asks for a sign-in link and reads its mail."""
        response = self.magic_link(app, email := email or new_email(), **fields)
        assert response.status_code == 200, response.text
        return Link(response.json(), self.next_message(email))

    def sign_in(self, app, contact=None, **fields):
        request_id, code = self.ask_code(app, contact or new_email(), **fields)
        response = self.verify_otp(app, request_id, code, **fields)
        assert response.status_code == 200, response.text
        return Session(response.json())

    def new_user(self, app, **fields):
        """A user whom the app's server makes: the answer."""
        response = self.as_server(app, "POST", "/users", fields or {"email": new_email()})
        assert response.status_code == 201, response.text
        return response.json()

    def delete_user(self, app, user_id):
        response = self.as_server(app, "DELETE", f"/users/{user_id}")
        assert response.status_code == 200, response.text
        return response.json()

    def hand_over(self, signed_in, format="opaque", **fields):
        """A code that hands the session to another device."""
        response = self.exchange_codes(signed_in, format=format, **fields)
        assert response.status_code == 201, response.text
        return response.json()["code"]
