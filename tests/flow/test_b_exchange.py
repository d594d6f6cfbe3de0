"""THREATS B, exchange codes: who guesses at them is locked out, and who is not is left alone."""

import ipaddress
import re
import time

import pytest

from lib.checks import envelope, session, success
from lib.client import new_email
from lib.server import LONG, SANITIZED

PROXY = "127.0.0.31"
NOBODYS = "kwx_" + "A" * 43
LOCKED = "exchange_code_attempt_limit_exceeded"


def misses_until_locked(client, headers_of=lambda _: None, most=20, **fields):
    """How many wrong codes are answered not_found, each with its own headers, before the lock; `most` if that many are."""
    for count in range(most):
        answer = client.exchange(NOBODYS, headers=headers_of(count), **fields)
        if answer.status_code == 429:
            envelope(answer, LOCKED)
            return count
        envelope(answer, "exchange_code_not_found")
    return most


def metric(client, name):
    return int(re.search(rf"^keywright_{name} (\d+)$", client.get("/metrics").text, re.M).group(1))


@pytest.fixture
def proxied(start_server):
    """A server behind a proxy at 127.0.0.31."""
    return start_server(settings={"server.trusted_proxies": f"{PROXY}, 10.0.0.0/8"})


def via(address):
    return {"X-Forwarded-For": str(address)}


# ---- guessing ----


def test_B3_guessing_at_all_codes_at_once_hits_none_and_rings_the_alarm(proxied, open_client):
    """N codes alive have 8 + ceil(log10 N) digits each at least when the last is made, so one guess of that length hits with
    N / 10^(8 + ceil(log10 N)) <= 10^-8: 10^5 of them would hit 10^-3 times. Only 100 in 5 minutes are compared at all: 10^-6."""
    alive, guesses = (1000, 10**5) if LONG else (60, 600)
    client, app = open_client(proxied, source=PROXY), proxied.create_app()
    codes = []
    while len(codes) < alive:
        signed_in = client.sign_in(app)
        codes += [client.hand_over(signed_in, "numeric") for _ in range(20)]
    longest = max(map(len, codes))
    assert alive / 10**longest <= 1e-8
    known, compared, base = set(codes), 0, int(ipaddress.ip_address("100.64.0.0"))
    for count in range(guesses):
        guess = f"{count * 7919 % 10**longest:0{longest}}"
        answer = client.exchange(guess, headers=via(ipaddress.ip_address(base + count // 10)))
        if answer.status_code == 401 and guess not in known:
            compared += 1
            continue
        assert 1 <= envelope(answer, "RATE_LIMITED")["retry_after"] <= 300
    assert compared == 100
    assert metric(client, "exchange_breakers_total") == 1
    assert any(line["event"] == "exchange_breaker" for line in proxied.log_lines())
    # shut: digits that nothing binds; open: all else, for guessers' addresses too
    elsewhere = via("198.51.100.9")
    envelope(client.exchange(codes[0], headers=elsewhere), "RATE_LIMITED")
    session(client.exchange(client.hand_over(signed_in), headers=elsewhere), with_user=True)
    contact = new_email()
    flow_token = success(client.post("/v1/auth/magic-link", {"app_id": app.app_id, "email": contact}))["flow_token"]
    code = client.next_message(contact)["code"]
    session(client.exchange(code, flow_token=flow_token, headers=elsewhere), with_user=True)
    assert misses_until_locked(client, lambda _: elsewhere) == 10, "what the breaker refused has cost its address nothing"
    proxied.shift_clock(301)
    session(client.exchange(client.hand_over(signed_in), headers=via("198.51.100.10")), with_user=True)
    fresh = client.sign_in(app)
    session(client.exchange(client.hand_over(fresh, "numeric"), headers=via("198.51.100.10")), with_user=True)


def test_B3_one_address_cannot_shut_unbound_digits_for_all(start_server, open_client, new_address):
    server = start_server()
    client, app = open_client(server, source=new_address()), server.create_app()
    for _ in range(150):
        client.exchange("00000000")
    other = open_client(server, source=new_address())
    session(other.exchange(other.hand_over(other.sign_in(app), "numeric")), with_user=True)
    assert metric(other, "exchange_breakers_total") == 0 and metric(other, "exchange_locks_total") == 1


# ---- the lock ----


def test_B4_the_lock_is_an_hour_and_hammering_does_not_extend_it(clock_server, clock_app, open_client, new_address):
    client, helper = (open_client(clock_server, source=new_address()) for _ in range(2))
    for _ in range(9):
        envelope(client.exchange(NOBODYS), "exchange_code_not_found")
    began, shifted = time.monotonic(), 0
    envelope(client.exchange(NOBODYS), "exchange_code_not_found")

    def age():
        """At least as old as the lock."""
        return shifted + time.monotonic() - began

    for _ in range(58):
        clock_server.shift_clock(60)
        shifted += 60
        for _ in range(3):
            assert envelope(client.exchange(NOBODYS), LOCKED)["retry_after"] == 3600
    code = helper.hand_over(helper.sign_in(clock_app))
    rest = 3599 - age()
    clock_server.shift_clock(rest)
    shifted += rest
    answer = client.exchange(code)
    if age() < 3600:  # else the machine has slept, and this says nothing
        assert envelope(answer, LOCKED)["retry_after"] == 3600
    clock_server.shift_clock(2)
    session(client.exchange(code), with_user=True)
    assert misses_until_locked(client) == 10, "then the count is zero"


def test_B4_the_lock_survives_a_crash(start_server, open_client, new_address):
    server, address = start_server(), new_address()
    client, app = open_client(server, source=address), server.create_app()
    signed_in = client.sign_in(app)
    assert misses_until_locked(client, most=9) == 9
    server.kill()
    server.start()
    client = open_client(server, source=address)
    envelope(client.exchange(NOBODYS), "exchange_code_not_found")
    server.kill()
    server.start()
    client = open_client(server, source=address)
    envelope(client.exchange(client.hand_over(signed_in)), LOCKED)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"])
def test_B5_a_direct_guesser_cannot_name_its_address(stranger, header):
    assert misses_until_locked(stranger, lambda count: {header: f"203.0.113.{count}"}) == 10


def test_B6_only_the_guesser_the_proxy_saw_is_locked(proxied, open_client):
    client = open_client(proxied, source=PROXY)
    assert misses_until_locked(client, lambda count: via(f"198.51.100.{count}, 203.0.113.5")) == 10
    envelope(client.exchange(NOBODYS, headers=via("203.0.113.5, 203.0.113.6")), "exchange_code_not_found")
    envelope(client.exchange(NOBODYS, headers=via("198.51.100.9, 203.0.113.5, 10.1.2.3")), LOCKED)
    garbage = ["garbage", "203.0.113.9 garbage", "203.0.113.1/8, unknown", "", ",", "999.1.1.1", "_hidden", "1.2.3"]
    assert misses_until_locked(client, lambda count: via(garbage[count % len(garbage)])) == 10, "the proxy's own"


def test_B7_all_addresses_of_a_64_are_one_guesser(proxied, open_client):
    client = open_client(proxied, source=PROXY)
    base = int(ipaddress.ip_address("2001:db8:1:1::"))
    addresses = 10**4 if LONG else 200
    step = 2**64 // addresses
    answered = 0
    for count in range(addresses):
        answer = client.exchange(NOBODYS, headers=via(ipaddress.ip_address(base + count * step)))
        answered += answer.status_code == 401
    assert answered == 10
    for spelling in ("2001:DB8:1:1::2", "2001:0db8:0001:0001:0000:0000:0000:0003", "2001:db8:1:1:1:2:3:4"):
        envelope(client.exchange(NOBODYS, headers=via(spelling)), LOCKED)
    envelope(client.exchange(NOBODYS, headers=via("2001:db8:1:2::1")), "exchange_code_not_found")


def test_B7_a_site_of_ipv6_has_sixteen_times_as_many_guesses(proxied, open_client):
    client = open_client(proxied, source=PROXY)
    base = int(ipaddress.ip_address("2001:db8:2::"))
    passed = misses_until_locked(client, lambda count: via(ipaddress.ip_address(base + (count << 64))), most=200)
    assert passed == 160
    envelope(client.exchange(NOBODYS, headers=via("2001:db8:3::1")), "exchange_code_not_found")


def test_B7_a_mapped_ipv4_guesser_is_the_ipv4_guesser(proxied, open_client):
    client = open_client(proxied, source=PROXY)
    forms = ["203.0.113.77", "::ffff:203.0.113.77", "::ffff:cb00:714d", "::FFFF:203.0.113.77"]
    assert misses_until_locked(client, lambda count: via(forms[count % 4])) == 10


def test_B9_the_lock_holds_on_every_route_and_for_every_kind_of_code(stranger, app):
    signed_in, contact = stranger.sign_in(app), new_email()
    flow_token = success(stranger.post("/v1/auth/magic-link", {"app_id": app.app_id, "email": contact}))["flow_token"]
    asks = [
        {"code": stranger.hand_over(signed_in)},
        {"code": stranger.hand_over(signed_in, "numeric")},
        {"code": stranger.next_message(contact)["code"], "flow_token": flow_token},
        {"code": stranger.hand_over(signed_in), "app_id": app.app_id},
    ]
    for count in range(10):
        path = ("/v1/auth/exchange", "/auth/exchange")[count % 2]
        envelope(stranger.post(path, {"code": NOBODYS}), "exchange_code_not_found")
    for path in ("/v1/auth/exchange", "/auth/exchange"):
        for ask in asks:
            envelope(stranger.post(path, ask), LOCKED)


def test_B10_a_guesser_locks_itself_out_and_nobody_else(server, app, open_client, new_address):
    """An attacker burns its own budget; the victim's code works, and at the attacker's own address all other ways in do."""
    victim, attacker = (open_client(server, source=new_address()) for _ in range(2))
    code = victim.hand_over(victim.sign_in(app))
    assert misses_until_locked(attacker) == 10
    envelope(attacker.exchange(code), LOCKED)
    session(victim.exchange(code), with_user=True)
    attacker.sign_in(app)
    contact = new_email()
    success(attacker.post("/v1/auth/magic-link", {"app_id": app.app_id, "email": contact}))
    token = attacker.next_message(contact)["link"].rsplit("/", 1)[1]
    session(attacker.post("/v1/auth/verify", {"token": token}), with_user=True)


@pytest.mark.parametrize(
    "trick, code",
    [({"Content-Type": "text/plain"}, "UNSUPPORTED_MEDIA_TYPE"),
     ({"Content-Type": "application/x-www-form-urlencoded"}, "UNSUPPORTED_MEDIA_TYPE"),
     ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, "FORBIDDEN"),
     ({"Content-Type": "application/json", "Sec-Fetch-Site": "same-site"}, "FORBIDDEN"),
     ({"Content-Type": "application/json", "Origin": "https://evil.example"}, "FORBIDDEN"),
     ({"Content-Type": "application/json", "Origin": "null"}, "FORBIDDEN")],
    ids=["text", "form", "cross-site", "same-site", "origin", "null"],
)  # fmt: skip
def test_B11_a_web_page_cannot_lock_its_visitor_out(stranger, trick, code):
    for _ in range(50):
        envelope(stranger.request("POST", "/v1/auth/exchange", content=f'{{"code": "{NOBODYS}"}}', headers=trick), code)
    assert misses_until_locked(stranger) == 10


def resident(server):
    """Bytes of memory the process holds."""
    status = open(f"/proc/{server.process.pid}/status").read()
    return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))


def test_B12_floods_of_sources_push_no_lock_out_and_take_no_memory(proxied, open_client):
    """With 10^6 sources 64 MiB of growth are 67 bytes for each: whoever kept them in memory could not hide it."""
    client = open_client(proxied, source=PROXY)
    locked = [f"203.0.113.{host}" for host in range(5)]
    for address in locked:
        assert misses_until_locked(client, lambda _: via(address)) == 10
    before, base = resident(proxied), int(ipaddress.ip_address("100.64.0.0"))
    for count in range(10**6 if LONG else 1000):
        client.exchange(NOBODYS, headers=via(ipaddress.ip_address(base + count)))
    for address in locked:
        envelope(client.exchange(NOBODYS, headers=via(address)), LOCKED)
    assert SANITIZED or resident(proxied) - before < 64 << 20, "sanitizers keep what was freed"
