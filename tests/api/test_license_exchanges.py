"""Devices that change places on a license: the limit of exchanges, and slots that wait for a lease (lease_debt)."""

import datetime

import pytest

from lib.checks import RFC3339, envelope, success
from lib.licenses import Shop, check_held, lease_claims, new_device


def pass_on(shop, license, count):
    """The license's one slot goes from device to device, that many times, and is free in the end; returns who had it last."""
    shop.take(license, device := new_device())
    for _ in range(count):
        shop.leave(license, device)
        shop.take(license, device := new_device())
    shop.leave(license, device)
    return device


# ---- how often ----


def test_ten_exchanges_in_thirty_days_are_enough(clock_shop, clock_server):
    license = clock_shop.issue()
    last = pass_on(clock_shop, license, 10)
    refused = envelope(clock_shop.activate(license, new_device()), "RATE_LIMITED")
    assert 29 * 86400 < refused["retry_after"] <= 30 * 86400
    envelope(clock_shop.activate(license, last), "RATE_LIMITED")
    assert clock_shop.show(license)["activations_used"] == 0, "a refusal consumes nothing"
    clock_server.shift_clock(refused["retry_after"])
    clock_shop.take(license, new_device())


def test_replacing_counts_and_is_refused_like_any_exchange(shop):
    license = shop.issue()
    shop.take(license, new_device())
    for _ in range(10):
        shop.take(license, last := new_device(), replace="oldest")
    envelope(shop.activate(license, new_device(), replace="oldest"), "RATE_LIMITED")
    check_held(shop.verify(license, last))


def test_a_device_may_replace_another_though_its_own_slot_is_no_more(shop):
    license, device = shop.issue(max_activations=2), new_device()
    shop.take(license, other := new_device())
    shop.take(license, device)
    shop.leave(license, device)
    success(shop.change(license, max_activations=1))
    envelope(shop.activate(license, device), "LICENSE_MAX_ACTIVATIONS")
    shop.take(license, device, replace="oldest")
    check_held(shop.verify(license, device))
    envelope(shop.verify(license, other), "LICENSE_NOT_ACTIVATED")
    assert shop.show(license)["activations_used"] == 1


def test_slots_that_nobody_freed_are_no_exchange(shop):
    license = shop.issue(max_activations=30)
    for device in (devices := [new_device() for _ in range(15)]):
        shop.take(license, device)
    for device in devices[:12]:
        shop.leave(license, device)
    for _ in range(15):
        shop.take(license, new_device())
    for _ in range(10):
        shop.take(license, new_device())
    envelope(shop.activate(license, new_device()), "RATE_LIMITED")


def test_the_server_exchanges_as_it_likes(shop, app):
    license = shop.issue()
    for _ in range(15):
        shop.take(license, device := new_device(), auth=app.basic)
        success(shop.deactivate(license, device, auth=app.basic))
    activation_id = shop.take(license, device := new_device())
    for _ in range(12):
        success(shop.free(license, activation_id))
        activation_id = shop.take(license, new_device())
    for _ in range(12):
        shop.take(license, new_device(), auth=app.basic, replace="oldest")


def test_a_month_later_a_freed_slot_is_like_any_other(clock_shop, clock_server):
    license = clock_shop.issue()
    pass_on(clock_shop, license, 10)
    clock_server.shift_clock(30 * 86400 + 1)
    for _ in range(11):
        clock_shop.take(license, device := new_device())
        clock_server.shift_clock(1)
        clock_shop.leave(license, device)
        clock_server.shift_clock(30 * 86400 + 1)


def test_how_many_is_a_setting(start_server, open_client):
    server = start_server(settings={"license.churn_limit": 2})
    shop = Shop(open_client(server), server.create_app())
    license = shop.issue()
    pass_on(shop, license, 2)
    envelope(shop.activate(license, new_device()), "RATE_LIMITED")
    shop.take(shop.issue(), new_device())


# ---- lease_debt ----


@pytest.fixture
def debt_shop(clock_shop, clock_app):
    clock_app.set("lease_debt", "on")
    return clock_shop


def full(response):
    """The refusal of an app with lease_debt."""
    body = envelope(response, "LICENSE_MAX_ACTIVATIONS", more=["free_at"])
    assert body["free_at"] is None or RFC3339.fullmatch(body["free_at"])
    return body


def test_a_slot_that_another_freed_waits_for_the_lease(debt_shop, clock_server, clock_client):
    license, device = debt_shop.issue(), new_device()
    held = check_held(debt_shop.activate(license, device), 201)
    ends = lease_claims(clock_client, held["lease"])["exp"]
    success(debt_shop.deactivate(license, activation_id=held["activation"]["activation_id"]))
    refused = full(debt_shop.activate(license, new_device()))
    assert (refused["activations_used"], refused["activations_max"], refused["activations"]) == (0, 1, [])
    assert abs(datetime.datetime.fromisoformat(refused["free_at"]).timestamp() - ends) <= 1
    clock_server.shift_clock(7 * 86400 - 60)
    full(debt_shop.activate(license, new_device()))
    clock_server.shift_clock(61)
    debt_shop.take(license, new_device())


@pytest.mark.parametrize("how", ["server", "replace", "oldest"])
def test_it_waits_whoever_freed_it(debt_shop, clock_server, how):
    license, device = debt_shop.issue(), new_device()
    activation_id = debt_shop.take(license, device)
    if how == "server":
        success(debt_shop.free(license, activation_id))
        assert full(debt_shop.activate(license, new_device()))["free_at"]
        return
    replace = "oldest" if how == "oldest" else activation_id
    assert full(debt_shop.activate(license, new_device(), replace=replace))["free_at"]
    check_held(debt_shop.verify(license, device))
    clock_server.shift_clock(7 * 86400 + 1)
    debt_shop.take(license, new_device(), replace=replace)


def test_a_device_may_free_and_take_back_its_own(debt_shop):
    license, device, other = debt_shop.issue(), new_device(), new_device()
    activation_id = debt_shop.take(license, device)
    debt_shop.leave(license, device)
    debt_shop.take(license, other)
    debt_shop.leave(license, other)
    activation_id = debt_shop.take(license, device)
    success(debt_shop.free(license, activation_id))
    full(debt_shop.activate(license, other))
    debt_shop.take(license, device)


def test_a_lease_that_was_fetched_since_counts(debt_shop, clock_server):
    license, device = debt_shop.issue(), new_device()
    activation_id = debt_shop.take(license, device)
    clock_server.shift_clock(5 * 86400)
    check_held(debt_shop.verify(license, device))
    success(debt_shop.free(license, activation_id))
    clock_server.shift_clock(3 * 86400)
    full(debt_shop.activate(license, new_device()))
    clock_server.shift_clock(4 * 86400 + 1)
    debt_shop.take(license, new_device())


def test_without_room_and_without_debts_nothing_is_free_in_time(debt_shop):
    license = debt_shop.issue()
    debt_shop.take(license, new_device())
    assert full(debt_shop.activate(license, new_device()))["free_at"] is None


def test_switched_off_nothing_waits(debt_shop, clock_app):
    license = debt_shop.issue()
    success(debt_shop.free(license, debt_shop.take(license, new_device())))
    full(debt_shop.activate(license, new_device()))
    clock_app.set("lease_debt", "off")
    debt_shop.take(license, new_device())
