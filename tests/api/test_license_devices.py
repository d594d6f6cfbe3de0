"""Devices: POST /licenses/verify, /activate and /deactivate, and every way in which they are refused."""

import itertools

import pytest

from lib.checks import RFC3339, bad_fields, envelope, success
from lib.licenses import (
    ACTIVATE, DEACTIVATE, UNKNOWN_ID, VERIFY, License, Shop, check_activation, check_held, hash_of, lease_claims, mistyped,
    new_device, unknown_keys
)  # fmt: skip

# The paths that are tested here:
DEVICES = "/v1/licenses/{license_id}/activations"
DEVICE = "/v1/licenses/{license_id}/activations/{activation_id}"


@pytest.fixture
def license(shop):
    return shop.issue(max_activations=2, entitlements={"pro": True, "projects": 20})


# ---- verify ----


def test_a_device_with_a_slot_is_told_so(shop, license, client, server, app):
    device = new_device()
    taken = check_held(shop.activate(license, device, device_name="Ada's laptop"), 201)
    body = check_held(shop.verify(license, device))
    assert body["license"]["license_id"] == license.license_id and body["license"]["activations_used"] == 1
    assert body["license"]["key_hint"] == license.answer["key_hint"]
    assert body["license"] == taken["license"]
    seen = {"last_seen_at": taken["activation"]["last_seen_at"]}
    assert body["activation"] | seen == taken["activation"] and taken["activation"]["device_name"] == "Ada's laptop"
    claims = lease_claims(client, body["lease"])
    assert list(claims) == ["iss", "sub", "aud", "device", "aid", "ent", "iat", "nbf", "exp", "refresh_after"]
    assert (claims["iss"], claims["sub"], claims["aud"]) == (server.public_url, license.license_id, app.app_id)
    assert claims["device"] == hash_of(device) and claims["aid"] == taken["activation"]["activation_id"]
    assert claims["ent"] == {"pro": True, "projects": 20}
    assert claims["exp"] - claims["iat"] == 7 * 86400 and claims["nbf"] <= claims["iat"] < claims["refresh_after"] < claims["exp"]


def test_a_key_is_known_in_any_spelling(shop, license):
    shop.take(license, device := new_device())
    for key in (license.key.lower(), license.key.replace("-", ""), license.key.replace("-", " "), license.key.replace("0", "o").replace("1", "l")):
        license.key = key
        check_held(shop.verify(license, device))


def test_the_key_of_a_retired_prefix_still_holds(shop, app):
    app.set("license_prefix", "FRST")
    license, device = shop.issue(), new_device()
    shop.take(license, device)
    app.set("license_prefix", "SCND")
    check_held(shop.verify(license, device))


def test_every_refusal_in_its_order(shop, client, server):
    license = shop.issue(duration_days=1)
    device = new_device()
    for call in (shop.verify, shop.activate, shop.deactivate):
        for key in ("x", "KEY-1", mistyped(license.key), license.key + "0", license.key[:-1], license.key.replace("-", "_"), "é" * 40):
            envelope(call(License(shop.app, license.answer | {"license_key": key}), device), "LICENSE_INVALID")
        foreign = Shop(client, server.create_app()).issue()
        envelope(call(License(shop.app, foreign.answer), device), "LICENSE_NOT_FOUND")
    envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")
    envelope(shop.deactivate(license, device), "LICENSE_NOT_ACTIVATED")
    shop.take(license, device)
    envelope(shop.verify(license, new_device()), "LICENSE_NOT_ACTIVATED")
    success(shop.revoke(license))
    for call in (shop.verify, shop.activate):
        for which in (device, new_device()):
            envelope(call(license, which), "LICENSE_REVOKED")


def test_an_ended_license_says_when_it_ended(clock_client, clock_app, clock_server, open_client, new_address):
    shop = Shop(clock_client, clock_app, open_client(clock_server, source=new_address()))
    license, revoked, device = shop.issue(duration_days=1), shop.issue(duration_days=1), new_device()
    shop.take(license, device)
    success(shop.revoke(revoked))
    clock_server.shift_clock(86401)
    for call in (shop.verify, shop.activate):
        assert envelope(call(license, device), "LICENSE_EXPIRED")["expires_at"] == license.answer["expires_at"]
        envelope(call(revoked, device), "LICENSE_REVOKED")
    shop.leave(license, device)
    assert shop.show(license)["activations_used"] == 0


def test_a_slot_of_a_revoked_license_can_be_freed(shop, license):
    shop.take(license, device := new_device())
    success(shop.revoke(license))
    shop.leave(license, device)
    envelope(shop.deactivate(license, device), "LICENSE_NOT_ACTIVATED")


@pytest.mark.parametrize("path", [VERIFY, ACTIVATE])
def test_bad_fields_are_all_named(client, path):
    bad = {"app_id": "x", "license_key": 7, "device_id": ""}
    assert bad_fields(client.post(path, bad)) == list(bad) == bad_fields(client.post(path, {}))
    bad = {"app_id": UNKNOWN_ID, "license_key": "x" * 257, "device_id": "x" * 257}
    assert bad_fields(client.post(path, bad)) == ["license_key", "device_id"]
    assert bad_fields(client.post(path, bad | {"license_key": "x", "device_id": "a\tb"})) == ["device_id"]


def test_more_bad_fields_of_activate_and_deactivate(client, license):
    good = license.body("d")
    assert bad_fields(client.post(ACTIVATE, good | {"device_name": "", "replace": "newest"})) == ["device_name", "replace"]
    assert bad_fields(client.post(ACTIVATE, good | {"device_name": "x" * 101, "replace": 7})) == ["device_name", "replace"]
    assert bad_fields(client.post(DEACTIVATE, {})) == ["app_id", "license_key", "device_id"]
    assert bad_fields(client.post(DEACTIVATE, good | {"activation_id": UNKNOWN_ID})) == ["device_id"]
    assert bad_fields(client.post(DEACTIVATE, good | {"activation_id": "x"})) == ["device_id", "activation_id"]


@pytest.mark.parametrize("path", [VERIFY, ACTIVATE, DEACTIVATE])
def test_the_app_must_be_known_and_prove_itself_where_it_must(client, shop, license, app, path):
    body = license.body(new_device())
    envelope(client.post(path, body | {"app_id": UNKNOWN_ID}), "APP_NOT_FOUND")
    envelope(client.post(path, body | {"app_id": UNKNOWN_ID, "license_key": "x"}), "APP_NOT_FOUND")
    envelope(client.post(path, body, auth=(app.app_id, "kws_wrong")), "TOKEN_INVALID")
    app.set("require_secret", "on")
    envelope(client.post(path, body), "TOKEN_INVALID")
    assert client.post(path, body, auth=app.basic).status_code in (201, 403)


def test_both_paths_lead_there(shop, license, client):
    device = new_device()
    check_held(client.post("/licenses/activate", license.body(device)), 201)
    check_held(client.post("/licenses/verify", license.body(device)))
    success(client.post("/licenses/deactivate", license.body(device)))


# ---- activate ----


def test_each_device_takes_a_slot_once(shop, license):
    device = new_device()
    first = check_held(shop.activate(license, device, device_name="First"), 201)
    again = check_held(shop.activate(license, device, device_name="Second"), 409)
    assert again["activation"]["activation_id"] == first["activation"]["activation_id"]
    assert again["activation"]["device_name"] == "First", "changes nothing"
    assert again["license"]["activations_used"] == 1 == shop.show(license)["activations_used"]


def test_a_lease_is_answered_to_whoever_activates_again(shop, license, client):
    device = new_device()
    activation_id = shop.take(license, device)
    lease = check_held(shop.activate(license, device), 409)["lease"]
    assert lease_claims(client, lease)["aid"] == activation_id


def test_when_all_slots_are_taken_the_devices_are_listed(shop, license):
    taken = {shop.take(license, new_device(), device_name=name): name for name in ("one", "two")}
    refused = envelope(shop.activate(license, new_device()), "LICENSE_MAX_ACTIVATIONS")
    assert (refused["activations_used"], refused["activations_max"]) == (2, 2)
    assert {device["activation_id"]: device["device_name"] for device in refused["activations"]} == taken
    for device in refused["activations"]:
        assert list(device) == ["activation_id", "device_name", "last_seen_at"] and RFC3339.fullmatch(device["last_seen_at"])


def test_at_most_20_devices_are_listed_the_least_recently_seen_first(clock_client, clock_app, clock_server):
    shop = Shop(clock_client, clock_app)
    license = shop.issue(max_activations=23)
    devices = [new_device() for _ in range(23)]
    taken = [shop.take(license, device) for device in devices]
    clock_server.shift_clock(10)
    for device in devices[:5]:
        check_held(shop.verify(license, device))
    listed = envelope(shop.activate(license, new_device()), "LICENSE_MAX_ACTIVATIONS")["activations"]
    assert len(listed) == 20
    assert {device["activation_id"] for device in listed[:18]} == set(taken[5:])
    times = [device["last_seen_at"] for device in listed]
    assert times == sorted(times)


def test_a_device_with_a_slot_of_a_full_license_is_active(shop, license):
    devices = [new_device(), new_device()]
    for device in devices:
        shop.take(license, device)
    for device in devices:
        check_held(shop.activate(license, device), 409)
        check_held(shop.activate(license, device, replace="oldest"), 409)


def test_a_freed_slot_is_usable_at_once(shop, license):
    one, two, three = new_device(), new_device(), new_device()
    old = shop.take(license, one)
    shop.take(license, two)
    shop.leave(license, one)
    shop.take(license, three)
    envelope(shop.activate(license, one), "LICENSE_MAX_ACTIVATIONS")
    shop.leave(license, three)
    assert shop.take(license, one) != old, "each time a device activates it gets an id of its own"


def test_a_named_device_gives_way(shop, license):
    one, two, three = new_device(), new_device(), new_device()
    first, second = shop.take(license, one), shop.take(license, two)
    assert shop.take(license, three, replace=second) not in (first, second)
    envelope(shop.verify(license, two), "LICENSE_NOT_ACTIVATED")
    check_held(shop.verify(license, one))
    assert shop.show(license)["activations_used"] == 2


def test_the_least_recently_seen_device_gives_way(clock_client, clock_app, clock_server):
    shop = Shop(clock_client, clock_app)
    license = shop.issue(max_activations=3)
    devices = [new_device() for _ in range(3)]
    for device in devices:
        shop.take(license, device)
    clock_server.shift_clock(1)
    for device in (devices[0], devices[2]):
        check_held(shop.verify(license, device))
    shop.take(license, new_device(), replace="oldest")
    envelope(shop.verify(license, devices[1]), "LICENSE_NOT_ACTIVATED")
    check_held(shop.verify(license, devices[0]))


def test_nobody_gives_way_while_there_is_room(shop, license):
    one, two = new_device(), new_device()
    first = shop.take(license, one)
    shop.take(license, two, replace=first)
    check_held(shop.verify(license, one))


def test_a_replaced_device_that_is_gone_frees_nothing(shop, license):
    one, two, three = new_device(), new_device(), new_device()
    gone = shop.take(license, one)
    shop.leave(license, one)
    shop.take(license, two), shop.take(license, three)
    for activation_id in (gone, UNKNOWN_ID):
        envelope(shop.activate(license, one, replace=activation_id), "LICENSE_MAX_ACTIVATIONS")
    other = shop.issue()
    foreign = shop.take(other, new_device())
    envelope(shop.activate(license, one, replace=foreign), "LICENSE_MAX_ACTIVATIONS")
    assert shop.show(other)["activations_used"] == 1


def test_one_device_may_hold_slots_of_many_licenses(shop, server):
    device = new_device()
    licenses = [shop.issue() for _ in range(3)]
    assert len({shop.take(license, device) for license in licenses}) == 3
    for license in licenses:
        check_held(shop.verify(license, device))


# ---- deactivate ----


def test_a_device_gives_its_own_slot_up(shop, license):
    shop.take(license, device := new_device())
    body = success(shop.deactivate(license, device))
    assert body == {"success": True, "deactivated": True}
    envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")
    envelope(shop.deactivate(license, device), "LICENSE_NOT_ACTIVATED")
    assert shop.show(license)["activations_used"] == 0


def test_a_slot_is_freed_by_its_activation(shop, license):
    activation_id = shop.take(license, device := new_device())
    other = shop.issue()
    envelope(shop.deactivate(other, activation_id=activation_id), "LICENSE_NOT_ACTIVATED")
    success(shop.deactivate(license, activation_id=activation_id))
    envelope(shop.deactivate(license, activation_id=activation_id), "LICENSE_NOT_ACTIVATED")
    envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")


# ---- what the app's server sees and frees ----


def test_devices_are_listed_in_pages(shop, license, client):
    success(shop.change(license, max_activations=5))
    taken = [shop.take(license, new_device(), device_name=f"n{i}") for i in range(5)]
    first = success(shop.devices(license, limit=3))
    assert list(first) == ["success", "activations", "next_cursor"]
    second = success(shop.devices(license, limit=3, cursor=first["next_cursor"]))
    listed = [check_activation(device)["activation_id"] for device in first["activations"] + second["activations"]]
    assert listed == sorted(taken, reverse=True) and second["next_cursor"] is None
    envelope(client.get(DEVICES.format(license_id=license.license_id)), "TOKEN_INVALID")


def test_the_server_frees_a_slot(shop, license, client):
    activation_id = shop.take(license, device := new_device())
    path = DEVICE.format(license_id=license.license_id, activation_id=activation_id)
    envelope(client.request("DELETE", path), "TOKEN_INVALID")
    assert success(client.request("DELETE", path, auth=shop.app.basic)) == {"success": True, "deactivated": True}
    envelope(shop.free(license, activation_id), "ACTIVATION_NOT_FOUND")
    envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")
    other = shop.issue()
    envelope(shop.free(license, shop.take(other, device)), "ACTIVATION_NOT_FOUND")
    assert bad_fields(shop.free(license, "x")) == ["activation_id"]


# ---- wrong keys ----


def test_wrong_keys_use_up_an_addresss_budget(server, client, app, open_client, new_address):
    guesser, neighbour = (Shop(client, app, open_client(server, source=new_address())) for _ in range(2))
    license, fresh, device = guesser.issue(), guesser.issue(), new_device()
    guesser.take(license, device)
    keys = unknown_keys()
    wrong = License(app, license.answer)
    for call in itertools.islice(itertools.cycle((guesser.verify, guesser.activate, guesser.deactivate)), 30):
        wrong.key = next(keys)
        envelope(call(wrong, device), "LICENSE_NOT_FOUND")
    for call in (guesser.verify, guesser.activate, guesser.deactivate):
        assert envelope(call(wrong, device), "RATE_LIMITED")["retry_after"] <= 600
    envelope(guesser.activate(fresh, device), "RATE_LIMITED")
    check_held(guesser.verify(license, device))  # a device that was right just before goes on
    wrong.key = "KEY-1"
    envelope(guesser.verify(wrong, device), "LICENSE_INVALID")
    check_held(neighbour.verify(license, device))
    other = Shop(client, server.create_app(), guesser.sender)
    other.take(other.issue(), device)


def test_a_servers_calls_are_its_users(client, app, shop):
    keys = unknown_keys()
    for key in itertools.islice(keys, 35):
        envelope(shop.lookup(key), "LICENSE_NOT_FOUND")
    body = {"app_id": app.app_id, "license_key": next(keys), "device_id": "d"}
    for _ in range(30):
        envelope(client.post(VERIFY, body | {"end_user_ip": "192.0.2.1"}, auth=app.basic), "LICENSE_NOT_FOUND")
    envelope(client.post(VERIFY, body | {"end_user_ip": "192.0.2.1"}, auth=app.basic), "RATE_LIMITED")
    envelope(client.post(VERIFY, body | {"end_user_ip": "192.0.2.2"}, auth=app.basic), "LICENSE_NOT_FOUND")


# ---- keys of another kind ----


def test_custom_keys_are_looked_up_as_they_are(shop, app):
    app.set("accept_custom_keys", "on")
    license = shop.issue(license_key="a legacy key #1")
    shop.take(license, device := new_device())
    check_held(shop.verify(license, device))
    for key in ("a legacy key #2", "A LEGACY KEY #1", " a legacy key #1", "alegacykey#1"):
        license.key = key
        envelope(shop.verify(license, device), "LICENSE_NOT_FOUND")
    for key in ("short", "x" * 129, "with\nline"):
        license.key = key
        envelope(shop.verify(license, device), "LICENSE_INVALID")
    ours = shop.issue()
    ours.key = ours.key.lower()
    shop.take(ours, device)
    ours.key = mistyped(ours.key.upper())
    envelope(shop.verify(ours, device), "LICENSE_NOT_FOUND")


# ---- last seen ----


def last_seen(shop, license):
    return success(shop.devices(license))["activations"][0]["last_seen_at"]


def test_when_a_device_was_last_seen_is_noted(clock_client, clock_app, clock_server):
    shop = Shop(clock_client, clock_app)
    license = shop.issue()
    shop.take(license, device := new_device())
    first = last_seen(shop, license)
    clock_server.shift_clock(100)
    told = check_held(shop.verify(license, device))["activation"]["last_seen_at"]
    assert last_seen(shop, license) == told > first
    clock_server.shift_clock(100)
    check_held(shop.activate(license, device), 409)
    assert last_seen(shop, license) > told


def test_what_was_noted_is_written_when_the_server_stops(start_server, open_client):
    server = start_server()
    shop = Shop(open_client(server), server.create_app())
    license = shop.issue()
    shop.take(license, device := new_device())
    server.shift_clock(100)
    told = check_held(shop.verify(license, device))["activation"]["last_seen_at"]
    server.restart()
    assert last_seen(Shop(open_client(server), shop.app), license) == told
