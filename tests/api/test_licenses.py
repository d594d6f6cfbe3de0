"""The life of licenses, by the app's server: issued, listed, shown, changed, renewed, reissued and revoked."""

import concurrent.futures
import datetime
import os

import pytest

from lib import postgres
from lib.checks import bad_fields, envelope, success
from lib.client import Client, bearer
from lib.far import Far
from lib.licenses import (
    ISSUED, LICENSES, SERVER_MEMBERS, SYMBOLS, UNKNOWN_ID, License, Shop, check_held, check_issued, check_license, new_device,
    with_check
)  # fmt: skip

# The paths that are tested here:
LICENSE = "/v1/licenses/{license_id}"
REISSUE = "/v1/licenses/{license_id}/reissue"
LOOKUP = "/v1/licenses/lookup"
RENEW = "/v1/licenses/renew"
REVOKE = "/v1/licenses/revoke"

DAY = datetime.timedelta(days=1)


def at(license_id, path=LICENSE):
    return path.format(license_id=license_id)


def time_of(text):
    return datetime.datetime.fromisoformat(text)


def in_days(count):
    return (datetime.datetime.now(datetime.timezone.utc) + count * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- issue ----


def test_a_license_without_terms_has_one_seat_and_never_ends(shop):
    made = check_issued(shop.post(LICENSES))
    assert (made["status"], made["max_activations"], made["activations_used"]) == ("active", 1, 0)
    assert (made["expires_at"], made["revoked_at"], made["revoke_reason"]) == (None, None, None)
    assert (made["user_id"], made["tenant_id"]) == (None, None)
    assert made["entitlements"] == {} and made["metadata"] == {}


def test_a_key_has_its_form_and_its_hint(shop, app):
    app.set("license_prefix", "ACME")
    made = check_issued(shop.post(LICENSES))
    prefix, *groups = made["license_key"].split("-")
    assert prefix == "ACME" and [len(group) for group in groups] == [5] * 6
    symbols = "".join(groups)
    assert set(symbols) <= set(SYMBOLS) and with_check("ACME", symbols[:25]) == "ACME" + symbols
    assert made["key_hint"] == f"ACME-{groups[0]}-***{symbols[-4:]}"


def test_terms_are_kept(shop, app, client):
    signed_in = client.sign_in(app)
    tenant = success(client.create_tenant(app), 201)["tenant_id"]
    terms = {
        "max_activations": 3, "expires_at": in_days(30), "user_id": signed_in.user["user_id"], "tenant_id": tenant,
        "entitlements": {"pro": True, "projects": 20, "rate": 1.5, "edition": "Studio ☃"}, "metadata": {"order": {"id": [1, None]}}
    }  # fmt: skip
    license = shop.issue(**terms)
    shown = shop.show(license)
    assert {name: license.answer[name] for name in terms} == terms
    assert shown == {name: license.answer[name] for name in SERVER_MEMBERS}


def test_days_count_from_now(shop):
    made = shop.issue(duration_days=365).answer
    assert time_of(made["expires_at"]) - time_of(made["created_at"]) == 365 * DAY


BAD_TERMS = [
    {"max_activations": 0}, {"max_activations": 10001}, {"max_activations": "3"}, {"max_activations": 1.5},
    {"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "tomorrow"}, {"expires_at": 1900000000},
    {"duration_days": 0}, {"duration_days": 36501}, {"user_id": "me"}, {"tenant_id": 7},
    {"entitlements": []}, {"entitlements": {"a": False}}, {"entitlements": {"a": None}}, {"entitlements": {"a": {}}},
    {"entitlements": {"": True}}, {"entitlements": {"n" * 65: True}}, {"entitlements": {"a": "x" * 257}},
    {"entitlements": {"a": 1.1e200}}, {"entitlements": {"a": -9e-201}},
    {"entitlements": {f"n{i}": True for i in range(65)}}, {"entitlements": {f"n{i}": "x" * 250 for i in range(5)}},
    {"metadata": "x"}, {"metadata": {"a": "x" * 4096}}, {"count": 0}, {"count": 1001}, {"license_key": ""}, {"license_key": 5},
]  # fmt: skip


@pytest.mark.parametrize("terms", BAD_TERMS, ids=lambda terms: str(terms)[:40])
def test_each_bad_term_is_named(shop, terms):
    assert bad_fields(shop.post(LICENSES, terms)) == list(terms)


def test_all_bad_terms_are_named_at_once(shop):
    terms = {"max_activations": 0, "expires_at": "x", "user_id": "x", "tenant_id": "x", "entitlements": 1, "metadata": 1, "count": 0}
    assert bad_fields(shop.post(LICENSES, terms)) == list(terms)


def test_an_end_is_said_in_one_way(shop):
    assert bad_fields(shop.post(LICENSES, {"expires_at": in_days(3), "duration_days": 3})) == ["duration_days"]


def test_only_the_apps_server_issues(client, app, shop):
    envelope(client.post(LICENSES, {}), "TOKEN_INVALID")
    envelope(client.post(LICENSES, {"app_id": app.app_id}), "TOKEN_INVALID")
    envelope(client.post(LICENSES, {}, auth=(app.app_id, "kws_wrong")), "TOKEN_INVALID")
    envelope(client.post(LICENSES, {}, headers=bearer(client.sign_in(app).access)), "TOKEN_INVALID")
    check_issued(client.post("/licenses", {"app_id": app.app_id, "app_secret": app.secret}))


def test_owners_are_of_this_app(shop, client, server, app):
    other = server.create_app()
    foreign_user = client.sign_in(other).user["user_id"]
    foreign_tenant = success(client.create_tenant(other), 201)["tenant_id"]
    for user_id in (UNKNOWN_ID, foreign_user):
        envelope(shop.post(LICENSES, {"user_id": user_id}), "USER_NOT_FOUND")
    for tenant_id in (UNKNOWN_ID, foreign_tenant):
        envelope(shop.post(LICENSES, {"tenant_id": tenant_id, "user_id": UNKNOWN_ID}), "TENANT_NOT_FOUND")
    assert success(shop.call("GET", LICENSES))["licenses"] == []


def test_many_are_issued_alike(shop):
    body = success(shop.post(LICENSES, {"count": 3, "max_activations": 2}), 201)
    assert list(body) == ["success", "licenses"] and len(body["licenses"]) == 3
    for made in body["licenses"]:
        assert list(made) == ISSUED and made["max_activations"] == 2
        device = new_device()
        shop.take(License(shop.app, made), device)
    assert len({made["license_key"] for made in body["licenses"]}) == len({made["license_id"] for made in body["licenses"]}) == 3
    assert len(success(shop.post(LICENSES, {"count": 1}), 201)["licenses"]) == 1


def test_a_thousand_are_issued_at_once(shop):
    made = success(shop.post(LICENSES, {"count": 1000}), 201)["licenses"]
    assert len({one["license_key"] for one in made}) == 1000
    assert shop.show(License(shop.app, made[999]))["status"] == "active"


@pytest.mark.engines("postgres")
def test_a_thousand_reach_a_store_that_is_far_away(start_server, open_client):
    """A call that went there and back for each license would never be done in the time that a work has."""
    store = postgres.fresh_database(os.environ["KW_TEST_PG"])
    with Far(store, delay=0.002) as far:
        server = start_server(store=far.url)
        many = Shop(open_client(server), server.create_app()).post(LICENSES, {"count": 1000, "metadata": {"batch": 7}})
        assert len({one["license_id"] for one in success(many, 201)["licenses"]}) == 1000
        server.terminate()
    postgres.drop_database(store)


# ---- Idempotency-Key ----


def keyed(shop, key, **terms):
    return shop.post(LICENSES, terms, headers={"Idempotency-Key": key})


def test_the_same_call_gets_the_same_answer(shop):
    first = keyed(shop, "order-1", max_activations=2, duration_days=30)
    again = keyed(shop, "order-1", max_activations=2, duration_days=30)
    assert check_issued(first) == check_issued(again)
    many = [success(keyed(shop, "order-2", count=4), 201) for _ in range(2)]
    assert many[0] == many[1]
    assert len(success(shop.call("GET", LICENSES))["licenses"]) == 5


def test_the_same_answer_whatever_became_of_the_license(shop, app):
    license = License(app, check_issued(keyed(shop, "order-1")))
    success(shop.revoke(license))
    app.set("license_prefix", "NEXT2")
    assert check_issued(keyed(shop, "order-1")) == license.answer


def test_another_body_is_another_request(shop):
    check_issued(keyed(shop, "order-1", max_activations=2))
    envelope(keyed(shop, "order-1", max_activations=3), "IDEMPOTENCY_KEY_REUSED")
    assert len(success(shop.call("GET", LICENSES))["licenses"]) == 1


def test_keys_of_other_apps_are_other_keys(shop, server, client):
    other = Shop(client, server.create_app())
    assert check_issued(keyed(shop, "order-1"))["license_id"] != check_issued(keyed(other, "order-1"))["license_id"]


def test_a_refused_order_was_none(shop, client, app):
    envelope(keyed(shop, "order-1", user_id=UNKNOWN_ID), "USER_NOT_FOUND")
    check_issued(keyed(shop, "order-1", max_activations=7))


def test_orders_are_forgotten_after_a_day(clock_shop, clock_server):
    first = check_issued(keyed(clock_shop, "order-1"))
    clock_server.shift_clock(86400 - 60)
    assert check_issued(keyed(clock_shop, "order-1")) == first
    clock_server.shift_clock(61)
    assert check_issued(keyed(clock_shop, "order-1", max_activations=2))["license_key"] != first["license_key"]


def test_of_calls_that_meet_one_issues(server, app, client):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:

        def ask(_):
            with Client(server) as own:
                return check_issued(Shop(own, app).post(LICENSES, {}, headers={"Idempotency-Key": "together"}))

        answers = list(pool.map(ask, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert len(success(Shop(client, app).call("GET", LICENSES))["licenses"]) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
def test_a_key_of_a_call_has_its_form(shop, key):
    assert bad_fields(keyed(shop, key)) == ["Idempotency-Key"]


# ---- keys of another kind ----


def test_a_key_of_our_form_can_be_imported(shop, app, server, client):
    elsewhere = Shop(client, server.create_app(license_prefix="FAR")).issue()
    made = check_issued(shop.post(LICENSES, {"license_key": elsewhere.key.lower().replace("-", " "), "max_activations": 4}))
    assert made["license_key"] == elsewhere.key and made["key_hint"] == elsewhere.answer["key_hint"]
    shop.take(License(app, made), new_device())
    envelope(shop.post(LICENSES, {"license_key": elsewhere.key}), "ALREADY_EXISTS")
    envelope(keyed(shop, "import", license_key=elsewhere.key), "ALREADY_EXISTS")
    envelope(keyed(shop, "import", license_key=elsewhere.key), "ALREADY_EXISTS")


def test_a_custom_key_needs_an_app_that_accepts_it(shop, app):
    order = {"license_key": "Legacy_Key/42 a~"}
    envelope(shop.post(LICENSES, order), "LICENSE_INVALID")
    app.set("accept_custom_keys", "on")
    made = check_issued(shop.post(LICENSES, order))
    assert made["license_key"] == order["license_key"] and made["key_hint"] == "***2 a~"
    license = License(app, made)
    shop.take(license, new_device())
    license.key = license.key.lower()
    envelope(shop.verify(license, "any"), "LICENSE_NOT_FOUND")
    for key in ("seven-7", "x" * 129, "Käse-1234", "tab\there!"):
        envelope(shop.post(LICENSES, {"license_key": key}), "LICENSE_INVALID")
    app.set("accept_custom_keys", "off")
    envelope(shop.lookup(order["license_key"]), "LICENSE_INVALID")


def test_an_imported_key_is_one(shop):
    assert bad_fields(shop.post(LICENSES, {"license_key": "12345678", "count": 2})) == ["license_key"]


# ---- list and show ----


def ids(body):
    return [license["license_id"] for license in body["licenses"]]


def test_licenses_are_listed_newest_first_in_pages(shop, client, server):
    Shop(client, server.create_app()).issue()
    made = [shop.issue().license_id for _ in range(5)]
    seen, cursor = [], None
    while True:
        body = success(shop.call("GET", LICENSES, params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        assert list(body) == ["success", "licenses", "next_cursor"]
        seen += ids(body)
        for license in body["licenses"]:
            check_license(license, SERVER_MEMBERS)
        if not (cursor := body["next_cursor"]):
            break
    assert seen == sorted(made, reverse=True)
    assert bad_fields(shop.call("GET", LICENSES, params={"limit": 101, "cursor": "?", "status": "odd", "user_id": "x"})) == [
        "user_id", "status", "cursor", "limit"
    ]  # fmt: skip


def test_licenses_are_filtered(clock_shop, clock_server, clock_client, clock_app):
    shop, client = clock_shop, clock_client
    user = client.sign_in(clock_app).user["user_id"]
    tenant = success(client.create_tenant(clock_app), 201)["tenant_id"]
    plain, short, mine = shop.issue(), shop.issue(duration_days=1), shop.issue(user_id=user)
    theirs, both = shop.issue(tenant_id=tenant), shop.issue(user_id=user, tenant_id=tenant, duration_days=1)
    success(shop.revoke(mine))
    clock_server.shift_clock(86401)

    def listed(**query):
        return set(ids(success(shop.call("GET", LICENSES, params=query))))

    def of(*licenses):
        return {license.license_id for license in licenses}

    assert listed() == of(plain, short, mine, theirs, both)
    assert listed(status="active") == of(plain, theirs)
    assert listed(status="expired") == of(short, both)
    assert listed(status="revoked") == of(mine)
    assert listed(user_id=user) == of(mine, both) and listed(tenant_id=tenant) == of(theirs, both)
    assert listed(user_id=user, tenant_id=tenant) == of(both)
    assert listed(user_id=user, status="revoked") == of(mine)
    assert listed(tenant_id=tenant, status="expired") == of(both) and listed(tenant_id=tenant, status="active") == of(theirs)
    assert listed(user_id=user, tenant_id=tenant, status="active") == set()
    assert listed(user_id=UNKNOWN_ID) == set()


def test_a_filter_that_fits_few_looks_at_two_thousand_a_page(clock_shop, clock_server):
    old = clock_shop.issue(duration_days=1)
    for _ in range(2):
        success(clock_shop.post(LICENSES, {"count": 1000}), 201)
    clock_server.shift_clock(86401)
    first = success(clock_shop.call("GET", LICENSES, params={"status": "expired"}))
    assert first["licenses"] == [] and first["next_cursor"]
    second = success(clock_shop.call("GET", LICENSES, params={"status": "expired", "cursor": first["next_cursor"]}))
    assert ids(second) == [old.license_id] and second["next_cursor"] is None


@pytest.mark.parametrize("method, path, body", [
    ("GET", LICENSE, None), ("PATCH", LICENSE, {}), ("POST", REISSUE, {}),
    ("POST", RENEW, {"duration_days": 1}), ("POST", REVOKE, {}), ("GET", LICENSE + "/activations", None),
    ("DELETE", LICENSE + "/activations/" + UNKNOWN_ID, None),
])  # fmt: skip
def test_licenses_of_other_apps_are_not_there(shop, client, server, method, path, body):
    foreign = Shop(client, server.create_app()).issue()
    for license_id, code in ((UNKNOWN_ID, "LICENSE_NOT_FOUND"), (foreign.license_id, "LICENSE_NOT_FOUND"), ("7", "VALIDATION_ERROR")):
        sent = None if body is None else body if "{" in path else body | {"license_id": license_id}
        envelope(shop.call(method, at(license_id, path), sent), code)
    envelope(client.request(method, at(foreign.license_id, path), json=body), "TOKEN_INVALID")


# ---- change ----


def test_what_is_sent_is_changed_and_the_rest_stays(shop, client, app):
    user = client.sign_in(app).user["user_id"]
    tenant = success(client.create_tenant(app), 201)["tenant_id"]
    license = shop.issue(duration_days=3, entitlements={"a": True, "b": 1}, metadata={"x": {"y": 1, "z": 2}})
    before = shop.show(license)
    assert success(shop.change(license))["license"] == before
    end = in_days(9)
    sent = {"max_activations": 5, "expires_at": end, "user_id": user, "tenant_id": tenant}
    changed = success(shop.change(license, **sent))["license"]
    assert changed == before | sent == shop.show(license)
    merged = success(shop.change(license, entitlements={"a": None, "c": "new"}, metadata={"x": {"y": None}, "v": 0}))["license"]
    assert merged["entitlements"] == {"b": 1, "c": "new"} and merged["metadata"] == {"x": {"z": 2}, "v": 0}
    nothing = {"expires_at": None, "user_id": None, "tenant_id": None}
    empty = success(shop.change(license, **nothing, entitlements=None, metadata=None))["license"]
    assert empty == before | nothing | {"max_activations": 5, "entitlements": {}, "metadata": {}}


def test_bad_changes_are_named(shop):
    license = shop.issue(metadata={"a": "x" * 3000}, entitlements={"a": "x" * 200, "b": "x" * 200})
    sent = {
        "max_activations": None, "expires_at": "2020-01-01T00:00:00Z", "user_id": "x", "tenant_id": "x",
        "entitlements": {"a": False}, "metadata": 1
    }  # fmt: skip
    assert bad_fields(shop.change(license, **sent)) == list(sent)
    assert bad_fields(shop.change(license, metadata={"b": "x" * 1100})) == ["metadata"]
    assert bad_fields(shop.change(license, entitlements={f"n{i}": "x" * 200 for i in range(4)})) == ["entitlements"]
    assert shop.show(license)["metadata"] == {"a": "x" * 3000}


def test_merged_entitlements_have_no_more_names_than_new_ones(shop):
    names = {f"n{i}": 1 for i in range(64)}
    license = shop.issue(entitlements=names)
    before = shop.show(license)
    refused = bad_fields(shop.change(license, entitlements={"one": 1}, max_activations=9, metadata={"a": 1}))
    assert refused == ["entitlements"] == bad_fields(shop.post(LICENSES, {"entitlements": names | {"one": 1}}))
    assert shop.show(license) == before, "nothing was written"
    assert success(shop.change(license, metadata={"a": 1}))["license"]["entitlements"] == names
    changed = success(shop.change(license, entitlements={"n7": None, "one": 1}))["license"]["entitlements"]
    assert len(changed) == 64 and "n7" not in changed and changed["one"] == 1
    few = shop.issue(entitlements={"a": 1})
    assert bad_fields(shop.change(few, entitlements=names)) == ["entitlements"]
    assert success(shop.change(few, entitlements=None))["license"]["entitlements"] == {}


def test_new_owners_are_of_this_app(shop):
    license = shop.issue()
    envelope(shop.change(license, user_id=UNKNOWN_ID), "USER_NOT_FOUND")
    envelope(shop.change(license, user_id=UNKNOWN_ID, tenant_id=UNKNOWN_ID), "TENANT_NOT_FOUND")
    assert shop.show(license)["user_id"] is None


def test_fewer_seats_than_devices_take_none_away(shop):
    license = shop.issue(max_activations=3)
    devices = [new_device() for _ in range(3)]
    for device in devices:
        shop.take(license, device)
    assert success(shop.change(license, max_activations=1))["license"]["activations_used"] == 3
    for device in devices:
        check_held(shop.verify(license, device))
    shop.leave(license, devices[0])
    refused = envelope(shop.activate(license, new_device(), replace="oldest"), "LICENSE_MAX_ACTIVATIONS")
    assert (refused["activations_used"], refused["activations_max"]) == (2, 1)
    success(shop.change(license, max_activations=4))
    shop.take(license, devices[0])


# ---- lookup, reissue, renew, revoke ----


def test_a_license_is_found_by_its_key_in_any_spelling(shop):
    license = shop.issue()
    for key in (license.key, license.key.lower(), license.key.replace("-", ""), "  " + license.key.replace("-", " - ").replace("0", "o")):
        assert success(shop.lookup(key))["license"]["license_id"] == license.license_id
    envelope(shop.lookup("nonsense"), "LICENSE_INVALID")
    assert bad_fields(shop.lookup(None)) == ["license_key"]


def test_a_reissued_key_takes_the_place_of_the_old_one(shop):
    license, device = shop.issue(), new_device()
    activation_id = shop.take(license, device)
    body = success(shop.reissue(license))
    assert list(body) == ["success", "license_key", "license"]
    new = License(shop.app, {"license_id": license.license_id, "license_key": body["license_key"]})
    envelope(shop.verify(license, device), "LICENSE_NOT_FOUND")
    assert check_held(shop.verify(new, device))["activation"]["activation_id"] == activation_id
    assert body["license"]["key_hint"] != license.answer["key_hint"] and body["license"] == shop.show(new)
    success(shop.revoke(license))
    envelope(shop.reissue(license), "LICENSE_REVOKED")


def test_a_renewal_counts_from_the_later_of_now_and_the_old_end(clock_shop, clock_server):
    shop = clock_shop
    license, device = shop.issue(duration_days=10), new_device()
    shop.take(license, device)
    renewed = success(shop.renew(license, duration_days=5))["license"]
    assert time_of(renewed["expires_at"]) - time_of(license.answer["expires_at"]) == 5 * DAY
    clock_server.shift_clock(20 * 86400)
    assert envelope(shop.verify(license, device), "LICENSE_EXPIRED")["expires_at"] == renewed["expires_at"]
    assert shop.show(license)["status"] == "expired"
    response = shop.renew(license, duration_days=5)
    again = success(response)["license"]
    assert again["status"] == "active"
    left = time_of(again["expires_at"]) - time_of(check_held(shop.verify(license, device))["activation"]["last_seen_at"])
    assert abs(left - 5 * DAY) <= datetime.timedelta(seconds=3)


def test_a_renewal_may_name_the_end(shop):
    license, end = shop.issue(duration_days=10), in_days(4)
    assert success(shop.renew(license, expires_at=end))["license"]["expires_at"] == end


def test_what_never_ends_is_not_ended_by_more_days(shop):
    assert success(shop.renew(shop.issue(), duration_days=5))["license"]["expires_at"] is None


def test_a_renewal_with_a_key_is_made_once(shop):
    license = shop.issue(duration_days=10)
    key = {"Idempotency-Key": "invoice-7"}
    once = success(shop.renew(license, headers=key, duration_days=5))["license"]
    assert success(shop.renew(license, headers=key, duration_days=5))["license"] == once
    envelope(shop.renew(license, headers=key, duration_days=6), "IDEMPOTENCY_KEY_REUSED")
    check_issued(shop.post(LICENSES, {}, headers=key))


def test_bad_renewals_are_named(shop):
    license = shop.issue()
    assert bad_fields(shop.renew(license)) == ["expires_at"]
    assert bad_fields(shop.renew(license, expires_at=in_days(3), duration_days=3)) == ["duration_days"]
    assert bad_fields(shop.renew(license, expires_at="2020-01-01T00:00:00Z")) == ["expires_at"]
    assert bad_fields(shop.post(RENEW, {"duration_days": 0})) == ["license_id", "duration_days"]


def test_a_revoked_license_stays_and_is_never_renewed(shop):
    license, device = shop.issue(), new_device()
    shop.take(license, device)
    revoked = success(shop.revoke(license, reason="refunded"))["license"]
    assert (revoked["status"], revoked["revoke_reason"]) == ("revoked", "refunded") and revoked["revoked_at"]
    envelope(shop.revoke(license, reason="again"), "LICENSE_ALREADY_REVOKED")
    envelope(shop.post(REVOKE, {"license_key": license.key}), "LICENSE_ALREADY_REVOKED")
    envelope(shop.renew(license, duration_days=5), "LICENSE_REVOKED")
    envelope(shop.verify(license, device), "LICENSE_REVOKED")
    envelope(shop.activate(license, new_device()), "LICENSE_REVOKED")
    assert shop.show(license) == revoked


def test_a_license_is_revoked_by_its_key(shop):
    license = shop.issue()
    assert success(shop.post(REVOKE, {"license_key": license.key.lower()}))["license"]["status"] == "revoked"
    envelope(shop.post(REVOKE, {"license_key": "x"}), "LICENSE_INVALID")
    assert bad_fields(shop.post(REVOKE, {})) == ["license_key"]
    assert bad_fields(shop.post(REVOKE, {"license_key": license.key, "license_id": license.license_id})) == ["license_key"]
    assert bad_fields(shop.revoke(license, reason="x" * 501)) == ["reason"]


def test_a_key_of_another_app_is_revoked_by_nobody_else(shop, client, server):
    foreign = Shop(client, server.create_app()).issue()
    envelope(shop.post(REVOKE, {"license_key": foreign.key}), "LICENSE_NOT_FOUND")
    envelope(shop.lookup(foreign.key), "LICENSE_NOT_FOUND")


def test_an_erased_users_licenses_go_on_without_an_owner(shop, client, app):
    user_id = client.sign_in(app).user["user_id"]
    license, device = shop.issue(user_id=user_id), new_device()
    shop.take(license, device)
    success(client.post(f"/v1/users/{user_id}/erase", {}, auth=app.basic))
    assert shop.show(license)["user_id"] is None
    check_held(shop.verify(license, device))
