"""Load with a ledger: sessions that refresh, people who sign in; every acknowledged answer is noted, to be held against
the server after a crash, a stop or a key rotation."""

import threading

from lib import issued
from lib.client import bearer, new_email, wrong
from lib.raw import Wire


class Ledger:
    """One worker's view of one session and of one code: what it knows for certain, and what was never answered."""

    def __init__(self):
        self.token = None  # the refresh token last acknowledged
        self.parent = None  # the one before it: used up
        self.pending_key = None  # the Idempotency-Key of a refresh of `token` that was not answered
        self.otp = None  # (otp_request_id, code)
        self.otp_state = None  # "sent", "spent" (one wrong try answered), "verifying" (not answered), "verified"
        self.verified = []  # codes whose success was acknowledged


class Load:
    """Workers that sign in and refresh as fast as they are answered, until stopped or cut off.

    failures   requests that were sent whole and never answered
    refusals   answers that were no success
    ledgers    one per worker, kept from run to run
    """

    def __init__(self, server, app, workers=4, ledgers=None, checks_access=False):
        self.server = server
        self.app = app
        self.checks_access = checks_access
        self.ledgers = ledgers or [Ledger() for _ in range(workers)]
        self.failures, self.refusals = [], []
        self.refreshed = self.signed_in = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(ledger,), daemon=True) for ledger in self.ledgers]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stopping.set()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a request was neither answered nor cut off"

    def _work(self, ledger):
        """Works until stopped; connects again when the server asked to close, ends when it takes no more connections."""
        while not self._stopping.is_set():
            try:
                worker = Worker(self, ledger)
            except OSError:
                return
            with worker.wire:
                try:
                    while worker.goes_on and not self._stopping.is_set():
                        worker.step()
                except (OSError, AssertionError) as cut:
                    self.failures.append(repr(cut))
                    return


class Worker:
    def __init__(self, load, ledger):
        self.load, self.ledger = load, ledger
        self.wire = Wire(load.server)
        self.goes_on = True
        self.count = 0

    def step(self):
        self.count += 1
        if self.ledger.token is None or self.count % 4 == 0:
            self.sign_in()
        else:
            self.refresh()

    def call(self, method, path, body=None, headers=None):
        answer = self.wire.call(method, path, body, headers)
        if answer.headers.get("connection", "").lower() == "close":
            self.goes_on = False
        return answer

    def ask(self, method, path, body=None, headers=None):
        """The JSON of a success; None when it was refused."""
        answer = self.call(method, path, body, headers)
        if answer.status_code != 200:
            self.load.refusals.append((method, path, answer.status_code, answer.content[:300]))
            return None
        issued.remember_answer(found := answer.json())
        return found

    def sign_in(self):
        ledger, app_id = self.ledger, self.load.app.app_id
        contact = new_email()
        sent = self.ask("POST", "/v1/auth/send-otp", {"app_id": app_id, "email": contact})
        code = self.read_code(contact) if sent and self.goes_on else None
        if not code:
            return
        ledger.otp, ledger.otp_state = (sent["otp_request_id"], code), "sent"
        body = {"app_id": app_id, "otp_request_id": sent["otp_request_id"], "otp": wrong(code)}
        if self.goes_on and self.call("POST", "/v1/auth/verify-otp", body).status_code == 400:
            ledger.otp_state = "spent"
        if not self.goes_on:
            return
        ledger.otp_state = "verifying"
        if found := self.ask("POST", "/v1/auth/verify-otp", body | {"otp": code}):
            ledger.otp_state = "verified"
            ledger.verified.append(ledger.otp)
            ledger.token, ledger.parent, ledger.pending_key = found["refresh_token"], None, None
            self.load.signed_in += 1

    def read_code(self, contact):
        for _ in range(1000):
            found = self.ask("GET", f"/dev/messages?to={contact.replace('@', '%40')}&limit=1")
            if found is None or not self.goes_on:
                return None
            if found["messages"]:
                return found["messages"][0]["code"]
        return None

    def refresh(self):
        ledger = self.ledger
        ledger.pending_key = f"{id(ledger)}-{self.load.refreshed}-{self.count}"
        found = self.ask("POST", "/v1/auth/refresh", {"refresh_token": ledger.token}, {"Idempotency-Key": ledger.pending_key})
        if not found:
            return
        ledger.parent, ledger.token, ledger.pending_key = ledger.token, found["refresh_token"], None
        self.load.refreshed += 1
        if self.load.checks_access and self.goes_on:
            self.ask("GET", "/v1/auth/me", headers=bearer(found["access_token"]))


def settle(client, app, ledger):
    """After the server came back: everything acknowledged still holds, everything open ends one way or the other."""
    if ledger.token:
        answer = client.refresh(ledger.token, key=ledger.pending_key or "settle")
        assert answer.status_code == 200, f"an acknowledged token was lost: {answer.text}"
        ledger.parent, ledger.token, ledger.pending_key = ledger.token, answer.json()["refresh_token"], None
    if ledger.otp and ledger.otp_state != "verified":
        if ledger.otp_state == "spent":
            left = client.verify_otp(app, ledger.otp[0], wrong(ledger.otp[1])).json()
            assert left["attempts_left"] == 1, f"a spent try came back: {left}"
        first = client.verify_otp(app, *ledger.otp)
        was_used = ledger.otp_state == "verifying" and first.json().get("error") == "OTP_ALREADY_USED"
        assert first.status_code == 200 or was_used, f"an acknowledged code was lost: {first.text}"
        ledger.verified.append(ledger.otp)
    ledger.otp = ledger.otp_state = None
    for otp in ledger.verified[-2:]:
        again = client.verify_otp(app, *otp)
        assert again.json().get("error") == "OTP_ALREADY_USED", f"a code was good twice: {again.text}"
