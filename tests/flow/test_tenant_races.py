"""Tenants and roles under everything at once: what is new is new once, what is gone stays gone, and no session is lost."""

import base64
import random

import jwt
import pytest

from lib import issued
from lib.checks import envelope, session, success
from lib.client import Session, new_email
from lib.licenses import Shop
from lib.race import Racers
from lib.raw import request_bytes
from lib.server import LONG

ROUNDS = 1000 if LONG else 15


def basic(app):
    return {"Authorization": "Basic " + base64.b64encode(f"{app.app_id}:{app.secret}".encode()).decode()}


def outcome(answer):
    return answer.status_code if answer.status_code < 300 else answer.json()["error"]


def outcomes(answers):
    return sorted(map(str, map(outcome, answers)))


def shuffled(requests):
    return random.sample(requests, len(requests))


class Member:
    """A user who is admin in a tenant, and signed in there; and the requests that are raced."""

    def __init__(self, client, app):
        self.client, self.app = client, app
        self.contact = new_email()
        signed_in = client.sign_in(app, self.contact)
        self.user_id = signed_in.user["user_id"]
        self.tenant_id = client.new_tenant(app, self.user_id, "admin")
        self.refresh = session(client.refresh(signed_in.refresh, tenant_id=self.tenant_id), with_user=False)["refresh_token"]

    def request(self, method, path, body=None):
        return request_bytes(method, path, body, basic(self.app))

    def assigning(self, role="admin"):
        return self.request("POST", "/v1/roles/assign", {"tenant_id": self.tenant_id, "user_id": self.user_id, "role": role})

    def revoking(self, role="admin"):
        return self.request("POST", "/v1/roles/revoke", {"tenant_id": self.tenant_id, "user_id": self.user_id, "role": role})

    def deleting(self):
        return self.request("DELETE", f"/v1/tenants/{self.tenant_id}")

    def refreshing(self, key=None, **fields):
        return request_bytes("POST", "/v1/auth/refresh", {"refresh_token": self.refresh, **fields}, {"Idempotency-Key": key} if key else None)


@pytest.fixture
def racers(server):
    with Racers(server, 16) as racers:
        yield racers


def test_of_assigns_at_once_one_is_new(client, app, racers):
    member = Member(client, app)
    for round in range(ROUNDS):
        for count in (2, 16):
            answers = racers.fire([member.assigning(f"role-{round}")] * count)
            assert outcomes(answers) == ["200"] * (count - 1) + ["201"]
            assert len({answer.json()["assigned_at"] for answer in answers}) == 1
            success(client.revoke(app, member.tenant_id, member.user_id, f"role-{round}"))


def test_assigns_and_revokes_at_once_add_up(client, app, racers):
    """Each 201 put a role there, each 200 of a revoke took one away: what is left is the difference."""
    member = Member(client, app)
    held = True
    for _ in range(ROUNDS * 2):
        requests = shuffled([(True, member.assigning())] * 8 + [(False, member.revoking())] * 8)
        answers = racers.fire([request for _, request in requests])
        came = went = 0
        for (assigns, _), answer in zip(requests, answers):
            assert outcome(answer) in ((200, 201) if assigns else (200, "ROLE_NOT_FOUND")), answer
            came += assigns and outcome(answer) == 201
            went += not assigns and outcome(answer) == 200
        now_held = bool(success(client.roles(app, tenant_id=member.tenant_id))["roles"])
        assert came - went == now_held - held
        held = now_held


def test_no_role_outlives_its_tenant(client, app, racers):
    people = [client.sign_in(app).user["user_id"] for _ in range(15)]
    for _ in range(ROUNDS):
        member = Member(client, app)
        body = {"tenant_id": member.tenant_id, "role": "reader"}
        requests = [member.request("POST", "/v1/roles/assign", body | {"user_id": user_id}) for user_id in people]
        answers = racers.fire(shuffled([*requests, member.deleting()]))
        assert set(map(outcome, answers)) <= {200, 201, "TENANT_NOT_FOUND"} and outcomes(answers).count("200") == 1
        envelope(client.roles(app, tenant_id=member.tenant_id), "TENANT_NOT_FOUND")
    for user_id in people:
        assert success(client.roles(app, user_id=user_id))["roles"] == []


def test_no_license_belongs_to_a_tenant_that_is_gone(client, app, racers):
    """Whether it was issued to the tenant, or given to it, while that was deleted."""
    shop = Shop(client, app)
    licenses = [shop.issue() for _ in range(7)]
    for _ in range(ROUNDS):
        member = Member(client, app)
        owner = {"tenant_id": member.tenant_id}
        issuing = [member.request("POST", "/v1/licenses", owner)] * 8
        giving = [member.request("PATCH", f"/v1/licenses/{license.license_id}", owner) for license in licenses]
        answers = racers.fire(shuffled([*issuing, *giving, member.deleting()]))
        assert set(map(outcome, answers)) <= {200, 201, "TENANT_NOT_FOUND"}
        for answer in answers:
            issued.remember_answer(answer.json())
        assert success(shop.call("GET", "/v1/licenses", params=owner))["licenses"] == []
        for license in licenses:
            assert shop.show(license)["tenant_id"] is None


def goes_on(client, member, answers):
    """After a race of refreshes (all the same, with one key) against the end of their tenant: the session was refused or went
    on, with the roles of before or none, and the token that is now the current one still leads out."""
    token = member.refresh
    for answer in answers:
        if answer.status_code == 200:
            token = answer.json()["refresh_token"]
            claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
            assert claims["tenant_id"] == member.tenant_id and claims["roles"] in (["admin"], [])
        else:
            envelope_code(answer, "TENANT_NOT_FOUND")
    assert len({answer.json()["refresh_token"] for answer in answers if answer.status_code == 200}) <= 1
    envelope(client.refresh(token), "TENANT_NOT_FOUND")
    session(client.refresh(token, tenant_id=None), with_user=False)


def envelope_code(answer, code):
    assert answer.json()["error"] == code, answer


@pytest.mark.parametrize("names", [False, True], ids=["kept", "named"])
@pytest.mark.parametrize("end", ["revoke", "delete"])
def test_a_refresh_raced_by_the_end_of_its_tenant_loses_no_session(client, app, racers, names, end):
    for _ in range(ROUNDS):
        member = Member(client, app)
        refreshing = member.refreshing("K", **({"tenant_id": member.tenant_id} if names else {}))
        ending = member.revoking() if end == "revoke" else member.deleting()
        place = random.randrange(8)
        answers = racers.fire([refreshing] * place + [ending] + [refreshing] * (7 - place))
        assert answers.pop(place).status_code == 200
        goes_on(client, member, answers)


def test_a_refresh_that_names_a_tenant_has_one_child(client, app, racers):
    """A7 on the way that takes more than one statement."""
    for _ in range(ROUNDS):
        member = Member(client, app)
        answers = racers.fire([member.refreshing(tenant_id=member.tenant_id)] * 16)
        assert outcomes(answers) == ["200"] + ["TOKEN_REUSE"] * 15
        child = next(answer for answer in answers if answer.status_code == 200).json()
        envelope(client.refresh(child["refresh_token"]), "TOKEN_REVOKED")


def test_a_code_raced_by_a_revoke_is_used_or_whole(client, app, racers):
    for _ in range(ROUNDS):
        member = Member(client, app)
        request_id, code = client.ask_code(app, member.contact)
        body = {"app_id": app.app_id, "otp_request_id": request_id, "otp": code, "tenant_id": member.tenant_id}
        verifying = request_bytes("POST", "/v1/auth/verify-otp", body)
        place = random.randrange(8)
        answers = racers.fire([verifying] * place + [member.revoking()] + [verifying] * (7 - place))
        assert answers.pop(place).status_code == 200
        # 503: PostgreSQL saw the role before the code was consumed, and not after
        assert set(map(outcome, answers)) <= {200, "OTP_ALREADY_USED", "TENANT_NOT_FOUND", "SERVICE_UNAVAILABLE"}
        assert outcomes(answers).count("200") <= 1
        again = client.verify_otp(app, request_id, code)
        if 200 in map(outcome, answers):
            envelope(again, "OTP_ALREADY_USED")
        else:
            success(client.me(Session(session(again, with_user=True)).access))


def test_a_slug_raced_for_is_one_tenants(client, app, racers):
    for round in range(ROUNDS):
        member = Member(client, app)
        answers = racers.fire([member.request("POST", "/v1/tenants", {"name": "x", "slug": f"made-{round}"})] * 8)
        assert outcomes(answers) == ["201"] + ["ALREADY_EXISTS"] * 7
        tenants = [client.new_tenant(app) for _ in range(8)]
        answers = racers.fire([member.request("PATCH", f"/v1/tenants/{id}", {"slug": f"set-{round}"}) for id in tenants])
        assert outcomes(answers) == ["200"] + ["ALREADY_EXISTS"] * 7
