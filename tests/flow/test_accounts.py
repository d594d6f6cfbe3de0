"""THREATS A, B, C, D, E of accounts: what is done to a user at the same time as something else, by others, or by another name."""

import base64
import itertools
import random

import jwt
import pytest

from lib.checks import bad_fields, envelope, managed_user, session, success
from lib.client import Session, bearer, new_email, new_phone
from lib.race import Racers, tally
from lib.raw import request_bytes
from lib.server import LONG

ROUNDS = 1000 if LONG else 10
EXCHANGE = "/v1/auth/exchange"
CHANGE = "change_contact"


def basic(app):
    return {"Authorization": "Basic " + base64.b64encode(f"{app.app_id}:{app.secret}".encode()).decode()}


def by_server(app, method, path, body=None):
    return request_bytes(method, "/v1" + path, body, basic(app))


def by_user(signed_in, method, path, body=None):
    return request_bytes(method, "/v1" + path, body, bearer(signed_in.access))


def refreshing(token):
    return request_bytes("POST", "/v1/auth/refresh", {"refresh_token": token}, {"Idempotency-Key": "K"})


def fire_mixed(racers, one, others):
    """All at once, the one at a random place among the others."""
    requests = list(others)
    requests.insert(random.randrange(len(requests) + 1), one)
    return racers.fire(requests)


def sessions_in(answers):
    return [Session(answer.json()) for answer in answers if "access_token" in answer.json()]


def is_dead(client, app, user_id, sessions):
    """No token of a deleted user works, and restoring revives none."""
    for one in sessions:
        envelope(client.me(one.access), "USER_DELETED")
        envelope(client.refresh(one.refresh), "USER_DELETED")
        for token in (one.access, one.refresh):
            assert success(client.introspect(app, token))["active"] is False
    managed_user(client.as_server(app, "POST", f"/users/{user_id}/restore"))
    for one in sessions:
        envelope(client.me(one.access), "TOKEN_REVOKED")
        assert client.refresh(one.refresh).json()["error"] in ("TOKEN_REVOKED", "TOKEN_REUSE")


# ---- A11, E6: delete and whatever comes at the same time ----


def test_A11_nothing_of_a_user_outlives_a_delete_raced_by_refreshes(client, server, app):
    with Racers(server, 8) as racers:
        for _ in range(ROUNDS * 3):
            signed_in = client.sign_in(app)
            user_id = signed_in.user["user_id"]
            answers = fire_mixed(racers, by_server(app, "DELETE", f"/users/{user_id}"), [refreshing(signed_in.refresh)] * 7)
            assert set(tally(answers)) <= {"200", "USER_DELETED"}
            is_dead(client, app, user_id, [signed_in, *sessions_in(answers)])


def test_A11_no_sign_in_outlives_a_delete_that_it_raced(client, server, app):
    with Racers(server, 6) as racers:
        for _ in range(ROUNDS * 2):
            contact = new_email()
            user_id = client.sign_in(app, contact).user["user_id"]
            codes = [client.ask_code(app, contact) for _ in range(3)]
            links = [client.ask_link(app, contact) for _ in range(2)]
            requests = [
                request_bytes("POST", "/v1/auth/verify-otp", {"app_id": app.app_id, "otp_request_id": request_id, "otp": code})
                for request_id, code in codes
            ] + [request_bytes("POST", "/v1/auth/verify", {"token": link.token}) for link in links]
            answers = fire_mixed(racers, by_server(app, "DELETE", f"/users/{user_id}"), requests)
            assert set(tally(answers)) <= {"200", "USER_DELETED"}
            is_dead(client, app, user_id, sessions_in(answers))


@pytest.mark.parametrize("end", ["delete", "end", "change"])
def test_A11_no_code_that_waits_outlives_what_ends_all_sessions(client, server, app, new_address, end):
    with Racers(server, 6, sources=[new_address()]) as racers:
        for _ in range(ROUNDS):
            contact = new_email()
            signed_in, giver = client.sign_in(app, contact), client.sign_in(app, contact)
            user_id = signed_in.user["user_id"]
            ending = {
                "delete": lambda: by_server(app, "DELETE", f"/users/{user_id}"),
                "end": lambda: by_server(app, "DELETE", f"/users/{user_id}/sessions"),
                "change": lambda: by_user(signed_in, "POST", "/auth/contact", {"verification_token": prove(client, app, signed_in, new_email())}),
            }[end]()
            codes = [client.hand_over(giver) for _ in range(5)]
            requests = [request_bytes("POST", EXCHANGE, {"code": code, "app_id": app.app_id, "app_secret": app.secret}) for code in codes]
            answers = fire_mixed(racers, ending, requests)
            assert set(tally(answers)) <= {"200", "exchange_code_not_found", "USER_DELETED"}
            for one in sessions_in(answers):
                envelope(client.me(one.access), "USER_DELETED" if end == "delete" else "TOKEN_REVOKED")
            if end == "delete":
                is_dead(client, app, user_id, sessions_in(answers))


def test_A11_of_two_sessions_that_end_each_other_one_stays(client, server, app):
    with Racers(server, 2) as racers:
        for _ in range(ROUNDS * 2):
            contact = new_email()
            pair = [client.sign_in(app, contact) for _ in range(2)]
            answers = racers.fire([by_user(one, "DELETE", "/auth/sessions") for one in pair])
            assert tally(answers) == {"200": 1, "TOKEN_REVOKED": 1}
            for one, answer in zip(pair, answers):
                assert client.me(one.access).status_code == (200 if answer.status_code == 200 else 401)


def test_E6_a_deleted_users_sessions_are_dead_at_once(client, app):
    contact = new_email()
    sessions = [client.sign_in(app, contact) for _ in range(3)]
    otp, link = client.ask_code(app, contact), client.ask_link(app, contact)
    client.delete_user(app, sessions[0].user["user_id"])
    for one in sessions:
        envelope(client.me(one.access), "USER_DELETED")
        envelope(client.refresh(one.refresh), "USER_DELETED")
    envelope(client.verify_otp(app, *otp), "USER_DELETED")
    envelope(client.verify_link(link.token), "USER_DELETED")


def test_E6_deleting_erasing_and_restoring_at_once_agree(client, server, app):
    with Racers(server, 6) as racers:
        for _ in range(ROUNDS):
            signed_in = client.sign_in(app)
            path = f"/users/{signed_in.user['user_id']}"
            requests = [by_server(app, "DELETE", path), by_server(app, "POST", path + "/restore"), refreshing(signed_in.refresh)] * 2
            assert set(tally(racers.fire(requests))) <= {"200", "USER_DELETED", "TOKEN_REVOKED", "TOKEN_REUSE"}
            requests = [by_server(app, "POST", path + "/erase"), by_server(app, "DELETE", path), by_server(app, "POST", path + "/restore")] * 2
            outcome = tally(answers := racers.fire(requests))
            assert set(outcome) <= {"200", "USER_NOT_FOUND"}
            assert tally(answers[::3]) == {"200": 1, "USER_NOT_FOUND": 1}, "one of two erased"
            envelope(client.me(signed_in.access), "TOKEN_REVOKED")


def test_E7_a_family_that_is_always_used_ends_at_its_absolute_limit(start_server, open_client):
    server = start_server(settings={"token.session_ttl": "3h", "token.refresh_ttl": "1h"})
    client, app = open_client(server), server.create_app()
    used, idle = client.sign_in(app), client.sign_in(app)
    lived = 0
    while (answer := client.refresh(used.refresh)).status_code == 200:
        used = Session(session(answer, with_user=False))
        assert used.body["refresh_expires_in"] <= 3 * 3600 - lived
        server.shift_clock(29 * 60)
        lived += 29 * 60
    envelope(answer, "TOKEN_REVOKED")
    assert 3 * 3600 <= lived < 3 * 3600 + 29 * 60
    envelope(client.refresh(idle.refresh), "TOKEN_REVOKED")


# ---- A16: a contact is changed ----


def prove(client, app, signed_in, contact):
    request_id = success(client.send_otp(app, contact, headers=bearer(signed_in.access), purpose=CHANGE))["otp_request_id"]
    answer = client.verify_otp(app, request_id, client.next_message(contact)["code"], purpose=CHANGE)
    return success(answer)["verification_token"]


def test_A16_a_proof_confirms_the_address_its_code_went_to_and_no_other(client, server, app):
    """My code and the victim's are asked for at the same time, and mine is tried on both; then the change races the next one."""

    def asking(signed_in, contact):
        body = {"app_id": app.app_id, "email": contact, "purpose": CHANGE}
        return by_user(signed_in, "POST", "/auth/send-otp", body)

    with Racers(server, 6) as racers:
        for _ in range(ROUNDS * 2):
            old, mine, victims = (new_email() for _ in range(3))
            signed_in = client.sign_in(app, old)
            sent = racers.fire([asking(signed_in, contact) for contact in (mine, victims, mine, victims)])
            codes = [client.next_message(mine)["code"] for _ in range(2)]
            tries = [
                request_bytes("POST", "/v1/auth/verify-otp", {"app_id": app.app_id, "otp_request_id": success(answer)["otp_request_id"], "otp": code, "purpose": CHANGE})
                for answer, code in itertools.product(sent[1::2], codes)
            ] + [
                request_bytes("POST", "/v1/auth/verify-otp", {"app_id": app.app_id, "otp_request_id": success(answer)["otp_request_id"], "otp": code, "purpose": CHANGE})
                for answer, code in zip(sent[0::2], codes)
            ]  # fmt: skip
            proofs = [answer.json()["verification_token"] for answer in racers.fire(tries) if answer.status_code == 200]
            assert {jwt.decode(proof, options={"verify_signature": False})["contact"] for proof in proofs} <= {mine}
            changes = [by_user(signed_in, "POST", "/auth/contact", {"verification_token": proof}) for proof in proofs]
            racers.fire([*changes, asking(signed_in, victims)])
            assert success(client.me(signed_in.access))["user"]["email"] in (old, mine)


def test_A16_one_proof_raced_changes_once(client, server, app):
    with Racers(server, 16) as racers:
        for _ in range(ROUNDS):
            signed_in = client.sign_in(app)
            token = prove(client, app, signed_in, contact := new_email())
            answers = racers.fire([by_user(signed_in, "POST", "/auth/contact", {"verification_token": token})] * 16)
            assert tally(answers) == {"200": 1, "TOKEN_INVALID": 15}
            assert success(client.me(signed_in.access))["user"]["email"] == contact


def test_A16_an_address_that_many_proved_at_once_is_one_users(client, server, app):
    with Racers(server, 4) as racers:
        for _ in range(ROUNDS):
            contact, people = new_email(), [client.sign_in(app) for _ in range(3)]
            tokens = [prove(client, app, one, contact) for one in people]
            changes = [by_user(one, "POST", "/auth/contact", {"verification_token": token}) for one, token in zip(people, tokens)]
            request_id, code = client.ask_code(app, contact)
            sign_in = request_bytes("POST", "/v1/auth/verify-otp", {"app_id": app.app_id, "otp_request_id": request_id, "otp": code})
            answers = racers.fire([*changes, sign_in])
            winners = [one for one, answer in zip(people, answers) if answer.status_code == 200]
            assert {answer.json()["error"] for answer in answers[:3] if answer.status_code != 200} <= {"ALREADY_EXISTS"}
            holder = Session(success(answers[3])).user["user_id"]
            assert [one.user["user_id"] for one in winners] == ([holder] if winners else [])
            assert winners or Session(answers[3].json()).user["new"]


def test_A16_a_proof_serves_only_who_asked_for_it(client, server, app):
    """A thief has the owner's proof, and is faster."""
    with Racers(server, 4) as racers:
        for _ in range(ROUNDS):
            owner, thief, contact = client.sign_in(app), client.sign_in(app), new_email()
            token = prove(client, app, owner, contact)
            changes = [by_user(one, "POST", "/auth/contact", {"verification_token": token}) for one in (thief, thief, thief, owner)]
            answers = racers.fire(changes)
            assert [answer.status_code for answer in answers] == [401, 401, 401, 200]
            assert {answer.json()["error"] for answer in answers[:3]} == {"TOKEN_INVALID"}
            assert success(client.me(thief.access))["user"]["email"] == thief.user["email"]


# ---- B8: one contact, many spellings ----


def test_B8_a_server_meets_one_user_whatever_the_spelling(client, app):
    name = new_email().split("@")[0]
    spellings = [f"{name.upper()}@example.com", f"{name}@EXAMPLE.com", f"{name.title()}@Example.Com"]
    user_id = client.new_user(app, email=f"{name}@example.com")["user_id"]
    other = client.new_user(app)["user_id"]
    for spelling in spellings:
        envelope(client.as_server(app, "POST", "/users", {"email": spelling}), "ALREADY_EXISTS")
        envelope(client.as_server(app, "PATCH", f"/users/{other}", {"email": spelling}), "ALREADY_EXISTS")
        (found,) = success(client.as_server(app, "GET", "/users", params={"email": spelling}))["users"]
        assert found["user_id"] == user_id
    for twisted in (f"{name}@example.com ", f"<{name}@example.com>", f"{name}@example.com\n"):
        assert bad_fields(client.as_server(app, "POST", "/users", {"email": twisted})) == ["email"]
        assert bad_fields(client.as_server(app, "GET", "/users", params={"email": twisted})) == ["email"]
    phone = new_phone()
    for twisted in ("00" + phone[1:], phone[1:], phone + " ", "+0" + phone[1:]):
        assert bad_fields(client.as_server(app, "POST", "/users", {"phone": twisted})) == ["phone"]


def test_B8_spellings_share_one_counter_for_changes_of_contact_too(client, app):
    signed_in, name = client.sign_in(app), new_email().split("@")[0]
    spellings = [f"{name}@example.com", f"{name.upper()}@example.com", f"{name}@EXAMPLE.com", f"{name}+tag@example.com"]
    for contact in [*spellings, spellings[0]]:
        success(client.send_otp(app, contact, headers=bearer(signed_in.access), purpose=CHANGE))
    for contact in spellings:
        envelope(client.send_otp(app, contact, headers=bearer(signed_in.access), purpose=CHANGE), "OTP_RATE_LIMITED")


# ---- C: what an answer tells ----


def outline(response):
    variable = {"otp_request_id", "magic_link_id", "flow_token", "expires_at", "contact", "request_id", "timestamp"}
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, headers, {name: value for name, value in response.json().items() if name not in variable}


def test_C1_deleted_invited_and_erased_contacts_get_the_answer_of_strangers(client, app):
    deleted, invited, erased = (client.new_user(app) for _ in range(3))
    client.delete_user(app, deleted["user_id"])
    success(client.as_server(app, "POST", f"/users/{erased['user_id']}/erase"))
    contacts = [new_email(), deleted["email"], invited["email"], erased["email"], deleted["email"].upper()]
    for send in (client.send_otp, client.magic_link):
        answers = [outline(send(app, contact)) for contact in contacts]
        assert answers == [answers[0]] * len(contacts) and answers[0][0] == 200


def test_C6_users_and_sessions_of_another_app_are_like_none(client, server, app):
    other = client.sign_in(server.create_app())
    mine = client.sign_in(app)
    nobody = "0190b8a0-7c3e-7d10-8f00-000000000001"

    def asked(user_id, session_id):
        path = f"/users/{user_id}"
        calls = [("GET", path), ("PATCH", path), ("DELETE", path), ("POST", path + "/restore"), ("POST", path + "/erase"), ("DELETE", path + "/sessions")]
        answers = [client.as_server(app, method, where, {"metadata": {}} if method == "PATCH" else None) for method, where in calls]
        return [outline(answer) for answer in [*answers, client.as_user(mine, "DELETE", f"/auth/sessions/{session_id}")]]

    assert asked(other.user["user_id"], other.session_id) == asked(nobody, nobody)
    success(client.me(other.access))


# ---- D: whose account it is ----


def test_D7_who_proves_a_contact_ends_what_was_there_before(client, app):
    """Somebody gets a server to give their account the victim's address. When its owner comes, nobody else is signed in."""
    email, phone = new_email(), new_phone()
    user_id = client.new_user(app, email=email, phone=phone)["user_id"]
    tenant_id = client.new_tenant(app, user_id, "member")
    early = [client.sign_in(app, phone) for _ in range(2)]
    code = client.hand_over(early[0])
    owner = client.sign_in(app, email)
    assert owner.user["user_id"] == user_id and owner.user["new"] is False
    for one in early:
        envelope(client.me(one.access), "TOKEN_REVOKED")
        envelope(client.refresh(one.refresh), "TOKEN_REVOKED")
    envelope(client.exchange(code), "exchange_code_not_found")
    success(client.me(owner.access))
    again = client.sign_in(app, email)
    success(client.me(owner.access))
    success(client.me(again.access))
    roles = success(client.roles(app, user_id=user_id))["roles"]
    assert [(role["tenant_id"], role["role"]) for role in roles] == [(tenant_id, "member")], "what a server gave stays"


def test_D7_nobody_is_signed_in_before_the_first_proof(client, app):
    """An account that only a server made has no session, and no mail or message went out for it."""
    user = client.new_user(app, email=new_email(), phone=new_phone())
    assert success(client.as_server(app, "DELETE", f"/users/{user['user_id']}/sessions"))["sessions_ended"] == 0
    assert client.messages(user["email"]) == client.messages(user["phone"]) == []


MASS = {
    "user_id": "0190b8a0-7c3e-7d10-8f00-000000000001", "app_id": "0190b8a0-7c3e-7d10-8f00-000000000001", "verified": True, "email_proven": 1,
    "phone_proven": 1, "proven": True, "role": "admin", "roles": ["admin"], "tenant_id": "0190b8a0-7c3e-7d10-8f00-000000000001", "new": False,
    "created_at": "2001-01-01T00:00:00Z", "last_sign_in_at": "2001-01-01T00:00:00Z", "deleted_at": "2001-01-01T00:00:00Z", "sign_outs": -1,
    "sub": "0190b8a0-7c3e-7d10-8f00-000000000001", "contact": "evil@example.com", "__proto__": {"admin": True},
}  # fmt: skip


def test_D8_nobody_assigns_to_an_account_what_is_not_theirs(client, server, app):
    extra = {name: value for name, value in MASS.items() if name != "app_id"}
    user = managed_user(client.as_server(app, "POST", "/users", extra | {"email": new_email()}), 201, None)
    assert user["user_id"] != MASS["user_id"] and user["metadata"] == {}
    assert (user["last_sign_in_at"], user["deleted_at"]) == (None, None) and not user["created_at"].startswith("2001")
    assert managed_user(client.as_server(app, "PATCH", f"/users/{user['user_id']}", extra)) == user
    early = client.sign_in(app, (both := client.new_user(app, email=new_email(), phone=new_phone(), **extra))["phone"])
    client.sign_in(app, both["email"])
    envelope(client.me(early.access), "TOKEN_REVOKED")
    signed_in = client.sign_in(app, user["email"])
    token = prove(client, app, signed_in, contact := new_email())
    body = success(client.as_user(signed_in, "POST", "/auth/contact", extra | {"verification_token": token}))
    assert (body["user"]["user_id"], body["user"]["email"]) == (user["user_id"], contact)
    assert success(client.roles(app, user_id=user["user_id"]))["roles"] == []


def test_D8_a_body_cannot_name_another_app_than_its_credentials(client, server, app):
    other = server.create_app()
    envelope(client.as_server(app, "POST", "/users", {"email": new_email(), "app_id": other.app_id}), "TOKEN_INVALID")
    user_id = client.new_user(other)["user_id"]
    envelope(client.as_server(app, "PATCH", f"/users/{user_id}", {"metadata": {"a": 1}, "app_id": other.app_id}), "TOKEN_INVALID")
    assert managed_user(client.as_server(other, "GET", f"/users/{user_id}"))["metadata"] == {}


# ---- changes at once ----


def test_no_change_of_metadata_is_lost(client, server, app):
    user_id = client.new_user(app)["user_id"]
    wanted = {}
    with Racers(server, 16) as racers:
        for turn in range(ROUNDS):
            changes = [{f"m{turn}_{n}": n} for n in range(16)]
            answers = racers.fire([by_server(app, "PATCH", f"/users/{user_id}", {"metadata": change}) for change in changes])
            assert tally(answers) == {"200": 16}
            wanted |= {name: value for change in changes for name, value in change.items()}
            if turn % 20 == 19:
                success(client.as_server(app, "PATCH", f"/users/{user_id}", {"metadata": None}))
                wanted = {}
            assert managed_user(client.as_server(app, "GET", f"/users/{user_id}"))["metadata"] == wanted


def test_a_contact_that_servers_give_at_once_is_one_users(client, server, app):
    with Racers(server, 16) as racers:
        for _ in range(ROUNDS):
            contact, users = new_email(), [client.new_user(app, phone=new_phone())["user_id"] for _ in range(8)]
            requests = [by_server(app, "POST", "/users", {"email": contact})] * 8
            requests += [by_server(app, "PATCH", f"/users/{user_id}", {"email": contact}) for user_id in users]
            outcome = tally(racers.fire(requests), created=201)
            assert outcome.pop("ALREADY_EXISTS") == 15 and sum(outcome.values()) == 1 and set(outcome) <= {"200", "201"}
            assert len(success(client.as_server(app, "GET", "/users", params={"email": contact}))["users"]) == 1
