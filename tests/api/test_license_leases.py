"""Leases: how long they hold, when one is answered again, who signs them."""

import jwt

from lib.checks import envelope, success
from lib.client import bearer
from lib.licenses import Shop, check_held, lease_claims, new_device

DAY = 86400


def fetch(shop, license, device):
    """The lease of a verify, and what it says."""
    lease = check_held(shop.verify(license, device))["lease"]
    return lease, lease_claims(shop.client, lease)


def kid_of(lease):
    return jwt.get_unverified_header(lease)["kid"]


def test_a_lease_is_answered_again_for_an_hour(clock_shop, clock_server):
    license, device = clock_shop.issue(), new_device()
    first = check_held(clock_shop.activate(license, device), 201)["lease"]
    clock_server.shift_clock(3500)
    assert first == check_held(clock_shop.activate(license, device), 409)["lease"] or first == fetch(clock_shop, license, device)[0]
    again = fetch(clock_shop, license, device)[0]
    clock_server.shift_clock(3601)
    later, claims = fetch(clock_shop, license, device)
    assert later != again and claims["iat"] > lease_claims(clock_shop.client, again)["iat"]


def test_devices_have_leases_of_their_own(shop):
    license = shop.issue(max_activations=2)
    one, two = new_device(), new_device()
    for device in (one, two):
        shop.take(license, device)
    assert fetch(shop, license, one)[1]["device"] != fetch(shop, license, two)[1]["device"]


def test_a_change_of_the_license_makes_a_new_lease(shop):
    license, device = shop.issue(entitlements={"edition": "home"}), new_device()
    shop.take(license, device)
    assert fetch(shop, license, device)[1]["ent"] == {"edition": "home"}
    success(shop.change(license, entitlements={"edition": "pro", "x": 1}))
    assert fetch(shop, license, device)[1]["ent"] == {"edition": "pro", "x": 1}


def test_a_device_that_came_back_has_a_new_lease(shop):
    license, device = shop.issue(), new_device()
    first = shop.take(license, device)
    fetch(shop, license, device)
    shop.leave(license, device)
    second = shop.take(license, device)
    assert fetch(shop, license, device)[1]["aid"] == second != first


def test_a_lease_never_outlives_its_license(clock_shop, clock_server):
    license, device = clock_shop.issue(duration_days=10), new_device()
    clock_shop.take(license, device)
    first = fetch(clock_shop, license, device)[1]
    assert first["exp"] - first["iat"] == 7 * DAY
    clock_server.shift_clock(6 * DAY)
    second = fetch(clock_shop, license, device)[1]
    assert abs(second["exp"] - first["iat"] - 10 * DAY) <= 1 and second["exp"] - second["iat"] <= 4 * DAY
    assert second["iat"] < second["refresh_after"] < second["exp"]


def test_how_long_is_a_setting(start_server, open_client):
    server = start_server(settings={"license.lease_ttl": "1m"})
    shop = Shop(open_client(server), server.create_app())
    license, device = shop.issue(), new_device()
    shop.take(license, device)
    lease, claims = fetch(shop, license, device)
    assert claims["exp"] - claims["iat"] == 60
    server.shift_clock(10)
    assert fetch(shop, license, device)[0] != lease, "not even a tenth of its life"


def test_large_entitlements_have_their_place_in_a_lease(shop):
    entitlements = {f"n{i}": "x" * 230 for i in range(4)}
    license, device = shop.issue(entitlements=entitlements), new_device()
    shop.take(license, device)
    assert fetch(shop, license, device)[1]["ent"] == entitlements


def test_a_rotated_key_of_leases_signs_in_90_days(start_server, open_client):
    server = start_server()
    shop = Shop(open_client(server), server.create_app())
    license, device = shop.issue(), new_device()
    shop.take(license, device)
    old = kid_of(fetch(shop, license, device)[0])
    new = server.cli_json("key", "rotate", "--license")["kid"]
    server.cli("key", "rotate", "--now")
    assert kid_of(fetch(shop, license, device)[0]) == old
    server.shift_clock(90 * DAY - 60)
    assert kid_of(fetch(shop, license, device)[0]) == old
    server.shift_clock(3600)
    assert kid_of(fetch(shop, license, device)[0]) == new
    published = [key["kid"] for key in shop.client.get("/.well-known/jwks.json").json()["keys"]]
    assert old in published and new in published


def test_a_dropped_key_of_leases_signs_no_more(start_server, open_client):
    server = start_server()
    shop = Shop(open_client(server), server.create_app())
    license, device = shop.issue(), new_device()
    shop.take(license, device)
    old = kid_of(fetch(shop, license, device)[0])
    replacement = server.cli_json("key", "retire", old)["replacement"]
    assert kid_of(fetch(shop, license, device)[0]) == replacement != old
    assert old not in [key["kid"] for key in shop.client.get("/.well-known/jwks.json").json()["keys"]]


def test_a_lease_is_no_access_token_and_no_session(shop, client, app):
    license, device = shop.issue(), new_device()
    lease = check_held(shop.activate(license, device), 201)["lease"]
    envelope(client.get("/v1/auth/me", headers=bearer(lease)), "TOKEN_INVALID")
    assert success(client.introspect(app, lease))["active"] is False
