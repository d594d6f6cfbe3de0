"""THREATS B14, C6 and D10 for licenses: nothing is to be had by guessing, from another app, or from a stolen store."""

import itertools

import pytest

from lib.checks import envelope, success
from lib.licenses import LICENSES, UNKNOWN_ID, VERIFY, License, Shop, check_held, mistyped, new_device, unknown_keys
from lib.race import tally
from lib.raw import Wire
from lib.server import LONG
from lib.stolen import hashes_of, stored_values


def test_B14_guessing_at_keys_ends_in_a_budget(server, app, client, new_address):
    """Random keys of the right form, from one address; then ones with a slip, which cost nothing and tell nothing."""
    count = 10**4 if LONG else 400
    license = Shop(client, app).issue()
    keys = unknown_keys()
    with Wire(server, source=new_address()) as wire:

        def outcome(key):
            return tally([wire.call("POST", VERIFY, license.body("any", license_key=key))])

        found = [outcome(key) for key in itertools.islice(keys, count)]
        assert found[:30] == [{"LICENSE_NOT_FOUND": 1}] * 30
        assert found[30:] == [{"RATE_LIMITED": 1}] * (count - 30)
        assert all(outcome(mistyped(key)) == {"LICENSE_INVALID": 1} for key in itertools.islice(keys, count))
        assert outcome(license.key) == {"RATE_LIMITED": 1}, "or else the right one among the wrong would show"
    envelope(client.post(VERIFY, license.body("any")), "LICENSE_NOT_ACTIVATED")


@pytest.mark.engines("postgres")
def test_B14_what_cannot_be_a_key_asks_no_store(cluster, on_cluster, open_client):
    shop = Shop(open_client(on_cluster), on_cluster.create_app())
    license = shop.issue()
    cluster.stop()
    envelope(shop.verify(license, "any"), "SERVICE_UNAVAILABLE")
    license.key = mistyped(license.key)
    for call in (shop.verify, shop.activate, shop.deactivate):
        for _ in range(20):
            envelope(call(license, "any"), "LICENSE_INVALID")
    envelope(shop.lookup(license.key), "LICENSE_INVALID")


def test_C6_a_license_of_another_app_does_not_exist(client, server, app, open_client, new_address):
    """Key, license and activation of app B, asked for through app A: as if there were none."""
    shop = Shop(client, app, open_client(server, source=new_address()))
    other_app = server.create_app()
    other = Shop(client, other_app)
    theirs, device = other.issue(max_activations=2), new_device()
    activation_id = other.take(theirs, device)
    ours = shop.issue()

    def outline(answer):
        drop = {"request_id", "timestamp"}
        return answer.status_code, {name: value for name, value in answer.json().items() if name not in drop}

    unknown = License(app, theirs.answer | {"license_key": next(unknown_keys()), "license_id": UNKNOWN_ID})
    foreign = License(app, theirs.answer)
    for call in (
        lambda license: shop.verify(license, device),
        lambda license: shop.activate(license, device),
        lambda license: shop.deactivate(license, device),
        lambda license: shop.deactivate(license, activation_id=activation_id),
        lambda license: shop.lookup(license.key),
        lambda license: shop.call("GET", f"{LICENSES}/{license.license_id}"),
        lambda license: shop.change(license, max_activations=9),
        lambda license: shop.renew(license, duration_days=1),
        lambda license: shop.reissue(license),
        lambda license: shop.revoke(license),
        lambda license: shop.devices(license),
        lambda license: shop.free(license, activation_id),
    ):
        assert outline(call(foreign)) == outline(call(unknown))
    assert outline(shop.free(ours, activation_id)) == outline(shop.free(ours, UNKNOWN_ID))
    assert check_held(other.verify(theirs, device))["license"]["max_activations"] == 2


def test_D10_a_stolen_store_yields_no_license_key(start_server, open_client):
    server = start_server()
    shop = Shop(open_client(server), server.create_app())
    license = License(shop.app, success(shop.post(LICENSES, {}, headers={"Idempotency-Key": "order-1"}), 201))
    shop.take(license, device := new_device())
    values = set(stored_values(server))
    salts = [b"", shop.app.app_id.encode(), *(value for value in values if 1 <= len(value) <= 64)]
    for secret in (license.key, license.key.replace("-", ""), device):
        assert secret.encode() not in values and not values & set(hashes_of(secret.encode(), salts))
