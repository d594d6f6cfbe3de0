"""THREATS C: nobody learns from an answer, or from how long it takes, who is a user here."""

import base64
import random
import secrets
import zlib

from lib.checks import envelope, success
from lib.client import new_email
from lib.raw import Wire
from lib.server import LONG
from lib.timing import interleaved, mann_whitney_p, welch_t

VARIABLE = {"otp_request_id", "magic_link_id", "flow_token", "expires_at", "contact"}


def outline(response):
    """What an answer shows beside ids and times."""
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return response.status_code, headers, {k: v for k, v in response.json().items() if k not in VARIABLE}


def test_C1_known_and_unknown_contacts_get_the_same_answer(client, app):
    known = new_email()
    client.sign_in(app, known)
    for send in (client.send_otp, client.magic_link):
        answers = [send(app, contact) for contact in (known, new_email(), known.upper(), new_email().title())]
        assert answers[0].status_code == 200
        assert all(outline(answer) == outline(answers[0]) for answer in answers)
        assert len({len(answer.content) for answer in answers}) == 1


def test_C2_known_and_unknown_contacts_take_the_same_time(client, server):
    """Three chances, for the machine has moods; a difference in the program would show in each."""
    app = server.create_app()
    for _ in range(3):
        pairs = 150
        known = [new_email() for _ in range(pairs // 3)]
        unknown = [new_email() for _ in range(pairs // 3)]
        for contact in known:
            client.sign_in(app, contact)
        for contact in unknown:
            success(client.send_otp(app, contact))
        first, second = interleaved(
            lambda index: client.send_otp(app, known[index % len(known)]),
            lambda index: client.send_otp(app, unknown[index % len(unknown)]),
            pairs,
        )
        if mann_whitney_p(first, second) > 1e-4:
            return
    raise AssertionError("known and unknown contacts can be told apart by time")


def refresh_token_with_wrong_mac(token, byte):
    """The same token with one byte of its MAC changed and its checksum made good again."""
    raw = bytearray(base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4)))
    mac = len(raw) - 4 - 16
    raw[mac + byte] ^= 0x55
    raw[-4:] = zlib.crc32(raw[:-4]).to_bytes(4, "big")
    return "kwr_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_C3_the_place_of_the_first_wrong_byte_does_not_show(client, server, app):
    token = client.sign_in(app).refresh
    first_wrong, last_wrong = (refresh_token_with_wrong_mac(token, byte) for byte in (0, 15))
    for wrong_token in (first_wrong, last_wrong):
        envelope(client.refresh(wrong_token), "TOKEN_INVALID")
    with Wire(server) as wire:

        def ask(wrong_token):
            return lambda _: wire.call("POST", "/v1/auth/refresh", {"refresh_token": wrong_token})

        for _ in range(3):
            if abs(welch_t(*interleaved(ask(first_wrong), ask(last_wrong), 1000))) < 4.5:
                return
    raise AssertionError("the first wrong byte of a MAC shows in the time of the answer")


def test_C4_no_guess_tells_a_link_from_another(client, server, app):
    """Every token is 256 random bits: whatever is guessed, and whatever links there are, there is one answer."""
    live, used = client.ask_link(app), client.ask_link(app)
    success(client.verify_link(used.token))
    heads = [live.token[:21], used.token[:21]]
    outlines = set()
    with Wire(server) as wire:
        for count in range(10**6 if LONG else 2000):
            token = random.choice(heads) * (count % 4 == 0) + secrets.token_urlsafe(32)
            token = token[:42] + random.choice("AEIMQUYcgkosw048")
            answer = wire.call("POST", "/v1/auth/verify", {"token": token})
            body = answer.json()
            outlines.add((answer.status_code, body["error"], body["message"], len(answer.content)))
    assert {outline[:2] for outline in outlines} == {(401, "magic_link_not_found")} and len(outlines) == 1
    success(client.verify_link(live.token))


def test_C6_what_belongs_to_another_app_does_not_exist(client, server, app):
    other = server.create_app()
    signed_in = client.sign_in(app)

    def same(one, two):
        drop = {"request_id", "timestamp"}
        first, second = ({k: v for k, v in answer.json().items() if k not in drop} for answer in (one, two))
        assert (one.status_code, first) == (two.status_code, second)

    same(client.refresh(signed_in.refresh, app_id=other.app_id), client.refresh("kwr_" + "A" * 76, app_id=other.app_id))
    same(client.introspect(other, signed_in.refresh), client.introspect(other, "kwr_nonsense"))
    same(client.introspect(other, signed_in.access), client.introspect(other, "a.b.c"))


def test_C6_tenants_users_and_roles_of_another_app_are_like_none(client, server, app):
    """Whatever is asked for by the ids of another app gets the answer, byte for byte, that ids of nothing get."""
    other = server.create_app()
    their_user, my_user = client.sign_in(other).user["user_id"], client.sign_in(app).user["user_id"]
    their_tenant, my_tenant = client.new_tenant(other, their_user, "admin"), client.new_tenant(app)
    nobody = "0190b8a0-7c3e-7d10-8f00-000000000001"

    def asked(tenant_id, user_id):
        body = {"tenant_id": tenant_id, "user_id": user_id, "role": "admin"}
        answers = [client.request(method, f"/v1/tenants/{tenant_id}", auth=app.basic) for method in ("GET", "PATCH", "DELETE")]
        answers += [client.post(f"/v1/roles/{verb}", body, auth=app.basic) for verb in ("assign", "revoke")]
        answers += [client.roles(app, tenant_id=tenant_id, user_id=user_id), client.roles(app, user_id=user_id)]
        return [(outline(answer)[:2], {k: v for k, v in answer.json().items() if k not in ("request_id", "timestamp")}) for answer in answers]

    assert asked(their_tenant, their_user) == asked(nobody, nobody)
    assert asked(my_tenant, their_user)[3:] == asked(my_tenant, nobody)[3:]
    assert asked(their_tenant, my_user)[:5] == asked(nobody, my_user)[:5]


def test_C7_limits_come_at_the_same_count_for_all(server, app, open_client):
    owner, stranger = open_client(server, source="127.0.0.81"), open_client(server, source="127.0.0.82")
    known = new_email()
    owner.sign_in(app, known)

    def count(send, refusal, contact, already=0):
        sent = already
        while (answer := send(app, contact)).status_code == 200:
            sent += 1
        envelope(answer, refusal)
        return sent

    for send, refusal, already in (
        (stranger.send_otp, "OTP_RATE_LIMITED", 1),
        (stranger.magic_link, "magic_link_rate_limited", 0),
    ):
        assert count(send, refusal, known, already) == count(send, refusal, new_email()) == 5


def test_C5_under_the_lock_every_code_gets_the_same_answer(server, app, open_client, new_address):
    client = open_client(server, source=new_address())
    signed_in = client.sign_in(app)
    used, valid, digits = client.hand_over(signed_in), client.hand_over(signed_in), client.hand_over(signed_in, "numeric")
    success(client.exchange(used))
    for _ in range(10):
        envelope(client.exchange("kwx_random"), "exchange_code_not_found")

    def bare(code):
        answer = client.exchange(code)
        body = envelope(answer, "exchange_code_attempt_limit_exceeded")
        text = answer.text.replace(body["request_id"], "").replace(body["timestamp"], "")
        return text, {name: value for name, value in answer.headers.items() if name != "x-request-id"}

    answers = [bare(code) for code in (valid, used, "kwx_random", digits, "12345678", "x")]
    assert all(answer == answers[0] for answer in answers)
