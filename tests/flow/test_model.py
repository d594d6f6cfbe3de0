"""Long random walks through codes and sessions, each step compared with a small model of the contract.

The model is what API.md says, written down once more in Python; the walk finds the orders of events nobody thought of.
"""

import random
import time

import pytest

from lib.checks import envelope, success
from lib.client import bearer, contact_field, new_email, wrong
from lib.server import LONG

CODE_TTL, SEND_LIMIT, SEND_WINDOW, TRIES, ACCESS_TTL = 300, 5, 600, 3, 1800
UNSURE = 5  # seconds around a boundary in which a step is left out


class Code:
    def __init__(self, app, contact, purpose, request_id, code, sent_at):
        self.app, self.contact, self.purpose = app, contact, purpose
        self.request_id, self.code, self.sent_at = request_id, code, sent_at
        self.tries, self.used = 0, False


class SessionModel:
    def __init__(self, token):
        self.tokens = [token]  # every generation, the current one last
        self.ended = False


class Walk:
    def __init__(self, sender, verifier, apps, seed):
        self.random = random.Random(seed)
        self.sender, self.verifier, self.apps = sender, verifier, apps
        self.shifted, self.began = 0, time.monotonic()
        self.contacts = [new_email() for _ in range(3)]
        self.sends, self.codes, self.sessions, self.accesses = {}, [], [], []
        self.history = []

    def now(self):
        return time.monotonic() - self.began + self.shifted

    def near(self, moment):
        return abs(self.now() - moment) < UNSURE

    def step(self):
        steps = [self.send] * 3 + [self.verify] * 5 + [self.refresh] * 4 + [self.me] * 3 + [self.logout, self.shift]
        chosen = self.random.choice(steps)
        self.history.append(chosen.__name__)
        chosen()

    def expect(self, response, outcome):
        self.history.append(f"{outcome} wanted, {response.status_code} {response.text[:90]}")
        if outcome == "success":
            return success(response)
        return envelope(response, outcome)

    # ---- steps ----

    def shift(self):
        seconds = self.random.choice([7, 60, 130, 250, 650, 1900])
        self.sender.server.shift_clock(seconds)
        self.shifted += seconds

    def send(self):
        app, contact = self.random.choice(self.apps), self.random.choice(self.contacts)
        purpose = self.random.choice(["login", "login", "signup", "step_up"])
        sends = self.sends.setdefault((app.app_id, contact), [])
        if any(self.near(moment + SEND_WINDOW) for moment in sends):
            return
        recent = sum(self.now() - moment < SEND_WINDOW for moment in sends)
        response = self.sender.send_otp(app, contact, purpose=purpose)
        if recent >= SEND_LIMIT:
            self.expect(response, "OTP_RATE_LIMITED")
            return
        request_id = self.expect(response, "success")["otp_request_id"]
        sends.append(self.now())
        code = self.sender.next_message(contact)["code"]
        self.codes.append(Code(app, contact, purpose, request_id, code, self.now()))

    def verify(self):
        if not self.codes:
            return
        one = self.random.choice(self.codes[-8:])
        if self.near(one.sent_at + CODE_TTL):
            return
        app = self.random.choice([one.app] * 6 + self.apps)
        purpose = self.random.choice([one.purpose] * 6 + ["login"])
        is_right = self.random.random() < 0.5
        outcome = self.judge(one, app, purpose, is_right)
        guess = one.code if is_right else wrong(one.code)
        body = {"app_id": app.app_id, "otp_request_id": one.request_id, "otp": guess, "purpose": purpose}
        answer = self.expect(self.verifier.post("/v1/auth/verify-otp", body), outcome)
        if outcome == "OTP_INVALID":
            assert answer["attempts_left"] == TRIES - one.tries
        elif outcome == "success" and purpose != "step_up":
            assert contact_field(one.contact).items() <= answer["user"].items()
            self.sessions.append(SessionModel(answer["refresh_token"]))
            self.accesses.append((answer["access_token"], self.sessions[-1], self.now()))

    def judge(self, one, app, purpose, is_right):
        """The contract's cascade; spends the try."""
        if app is not one.app:
            return "OTP_WRONG_APP"
        if purpose != one.purpose:
            return "OTP_WRONG_PURPOSE"
        if one.used:
            return "OTP_ALREADY_USED"
        if one.tries >= TRIES:
            return "OTP_LOCKED"
        if self.now() > one.sent_at + CODE_TTL:
            return "OTP_EXPIRED"
        if is_right:
            one.used = True
            return "success"
        one.tries += 1
        return "OTP_LOCKED" if one.tries >= TRIES else "OTP_INVALID"

    def refresh(self):
        if not self.sessions:
            return
        session = self.random.choice(self.sessions[-6:])
        token = session.tokens[-1] if self.random.random() < 0.8 else self.random.choice(session.tokens)
        response = self.sender.refresh(token)
        if token != session.tokens[-1]:
            session.ended = True
            self.expect(response, "TOKEN_REUSE")
        elif session.ended:
            self.expect(response, "TOKEN_REVOKED")
        else:
            answer = self.expect(response, "success")
            session.tokens.append(answer["refresh_token"])
            self.accesses.append((answer["access_token"], session, self.now()))

    def logout(self):
        if not self.sessions:
            return
        session = self.random.choice(self.sessions[-6:])
        token = self.random.choice(session.tokens)
        answer = self.expect(self.sender.logout(token), "success")
        assert answer["sessions_ended"] == (0 if session.ended else 1)
        session.ended = True

    def me(self):
        if not self.accesses:
            return
        access, session, issued_at = self.random.choice(self.accesses[-8:])
        if self.near(issued_at + ACCESS_TTL):
            return
        response = self.sender.get("/v1/auth/me", headers=bearer(access))
        if self.now() > issued_at + ACCESS_TTL:
            outcome = "TOKEN_REVOKED" if session.ended and "REVOKED" in response.text else "TOKEN_EXPIRED"
        else:
            outcome = "TOKEN_REVOKED" if session.ended else "success"
        self.expect(response, outcome)


@pytest.mark.parametrize("seed", range(200 if LONG else 4))
def test_a_random_walk_agrees_with_the_contract(clock_server, open_client, seed):
    sender, verifier = open_client(clock_server), open_client(clock_server, source="127.0.0.91")
    walk = Walk(sender, verifier, [clock_server.create_app() for _ in range(2)], seed)
    try:
        for _ in range(250):
            walk.step()
    except AssertionError:
        print(*walk.history[-60:], sep="\n")
        raise
