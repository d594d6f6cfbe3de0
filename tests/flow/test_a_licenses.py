"""THREATS A12 to A15: seats are never oversold, whatever races."""

import base64
import collections
import random
import threading

import pytest

from lib.checks import envelope, success
from lib.licenses import ACTIVATE, DEACTIVATE, LICENSES, Shop, check_held, new_device, unknown_keys
from lib.race import Racers, tally
from lib.raw import Wire, request_bytes
from lib.server import LONG


@pytest.fixture
def shop(client, app):
    return Shop(client, app)


def held(shop, license):
    """What the license counts, and how many devices hold a slot: always the same."""
    count = shop.show(license)["activations_used"]
    listed = success(shop.devices(license, limit=100))["activations"]
    assert count == len(listed), f"counts {count}, and {len(listed)} hold one"
    return count


def test_A12_of_200_devices_five_get_the_five_slots(shop, server):
    with Racers(server, 200) as racers:
        for _ in range(200 if LONG else 50):
            license = shop.issue(max_activations=5)
            devices = [new_device() for _ in range(200)]
            answers = racers.fire_posts(ACTIVATE, [license.body(device) for device in devices])
            assert tally(answers, 201) == {"201": 5, "LICENSE_MAX_ACTIVATIONS": 195}
            assert held(shop, license) == 5
            for device, answer in zip(devices, answers):
                if answer.status_code == 201:
                    check_held(shop.verify(license, device))


def test_A12_replacing_never_oversells_either(shop, server):
    with Racers(server, 64) as racers:
        for _ in range(20 if LONG else 4):
            license = shop.issue(max_activations=3)
            for _ in range(3):
                shop.take(license, new_device())
            bodies = [license.body(new_device(), replace="oldest") for _ in range(64)]
            outcome = tally(racers.fire_posts(ACTIVATE, bodies), 201)
            assert outcome == {"201": 10, "RATE_LIMITED": 54}
            assert held(shop, license) == 3


def test_A13_one_device_raced_by_64_holds_one_slot(shop, server):
    with Racers(server, 64) as racers:
        for _ in range(200 if LONG else 10):
            license, device = shop.issue(max_activations=3), new_device()
            answers = racers.fire_posts(ACTIVATE, [license.body(device)] * 64)
            assert tally(answers, 201) == {"201": 1, "LICENSE_ALREADY_ACTIVE": 63}
            ids = {answer.json()["activation"]["activation_id"] for answer in answers}
            assert len(ids) == 1 and held(shop, license) == 1


def test_A13_also_for_the_last_slot(shop, server):
    with Racers(server, 64) as racers:
        for _ in range(100 if LONG else 5):
            license, device = shop.issue(), new_device()
            answers = racers.fire_posts(ACTIVATE, [license.body(device)] * 64)
            assert tally(answers, 201) == {"201": 1, "LICENSE_ALREADY_ACTIVE": 63}


def test_A13_a_slot_raced_free_is_freed_once(shop, server):
    with Racers(server, 32) as racers:
        for _ in range(100 if LONG else 10):
            license, device = shop.issue(max_activations=2), new_device()
            shop.take(license, device), shop.take(license, new_device())
            outcome = tally(racers.fire_posts(DEACTIVATE, [license.body(device)] * 32))
            assert outcome == {"200": 1, "LICENSE_NOT_ACTIVATED": 31} and held(shop, license) == 1


def test_A14_no_activation_slips_past_a_revocation(shop, server):
    seen = collections.Counter()
    with Racers(server, 9) as racers:
        for _ in range(2000 if LONG else 100):
            license = shop.issue(max_activations=8)
            devices = [new_device() for _ in range(8)]
            requests = [request_bytes("POST", ACTIVATE, license.body(device)) for device in devices]
            body = {"app_id": shop.app.app_id, "app_secret": shop.app.secret, "license_id": license.license_id}
            requests.insert(random.randrange(9), request_bytes("POST", f"{LICENSES}/revoke", body))
            outcome = tally(racers.fire(requests), 201)
            assert outcome.pop("200") == 1 and set(outcome) <= {"201", "LICENSE_REVOKED"}
            seen.update(outcome.keys())
            envelope(shop.verify(license, devices[0]), "LICENSE_REVOKED")
            assert held(shop, license) == outcome.get("201", 0)
            envelope(shop.activate(license, new_device()), "LICENSE_REVOKED")
    assert len(seen) == 2, f"they never met: {seen}"


def test_A15_a_slot_that_changes_hands_is_never_held_twice(shop, server):
    """Nine devices want one slot while its holder leaves; readers look on."""
    for _ in range(100 if LONG else 10):
        license, first = shop.issue(), new_device()
        shop.take(license, first)
        with Watcher(server, shop, license) as watcher, Racers(server, 9) as racers:
            requests = [request_bytes("POST", ACTIVATE, license.body(new_device())) for _ in range(8)]
            requests.insert(random.randrange(9), request_bytes("POST", DEACTIVATE, license.body(first)))
            outcome = tally(racers.fire(requests), 201)
            assert outcome.pop("200") == 1 and outcome.get("201", 0) <= 1
        assert held(shop, license) == outcome.get("201", 0)
        assert watcher.counts <= {0, 1} and watcher.looks > 0


def test_a_key_that_is_imported_by_calls_at_once_is_taken_once(shop, server):
    """Each call of one order gets the one answer; of others, one gets the key, and no call has failed."""
    def import_key(key, order):
        body = {"app_id": shop.app.app_id, "app_secret": shop.app.secret, "license_key": key}
        return request_bytes("POST", LICENSES, body, {"Idempotency-Key": order})

    keys = unknown_keys()
    with Racers(server, 16) as racers:
        for round in range(200 if LONG else 20):
            answers = racers.fire([import_key(next(keys), f"order-{round}")] * 16)
            assert tally(answers, 201) == {"201": 16} and len({answer.json()["license_id"] for answer in answers}) == 1
            key = next(keys)
            answers = racers.fire([import_key(key, f"order-{round}-{i}") for i in range(16)])
            assert tally(answers, 201) == {"201": 1, "ALREADY_EXISTS": 15}


def test_an_owner_is_erased_while_licenses_are_given_to_it(client, shop, server):
    """Each of them holds what the other needs, in the same order: nobody waits in vain, and no license keeps who is gone."""
    basic = {"Authorization": "Basic " + base64.b64encode(f"{shop.app.app_id}:{shop.app.secret}".encode()).decode()}
    with Racers(server, 9) as racers:
        for _ in range(100 if LONG else 10):
            user_id = client.new_user(shop.app)["user_id"]
            licenses = [shop.issue(user_id=user_id) for _ in range(4)]
            paths = [f"{LICENSES}/{license.license_id}" for license in licenses] * 2
            requests = [request_bytes("PATCH", path, {"user_id": user_id}, basic) for path in paths]
            requests.insert(random.randrange(9), request_bytes("POST", f"/v1/users/{user_id}/erase", {}, basic))
            assert set(tally(racers.fire(requests))) <= {"200", "USER_NOT_FOUND"}
            envelope(client.as_server(shop.app, "GET", f"/users/{user_id}"), "USER_NOT_FOUND")
            assert [shop.show(license)["user_id"] for license in licenses] == [None] * 4


class Watcher:
    """Reads the license over and over on a connection of its own."""

    def __init__(self, server, shop, license):
        self.wire = Wire(server)
        self.request = {"app_id": shop.app.app_id, "app_secret": shop.app.secret, "license_key": license.key}
        self.counts, self.looks, self.ends = set(), 0, False
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.ends or not self.looks:
            body = self.wire.call("POST", f"{LICENSES}/lookup", self.request).json()
            self.counts.add(body["license"]["activations_used"])
            self.looks += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends = True
        self.thread.join()
        self.wire.close()
