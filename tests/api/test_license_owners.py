"""What a signed-in owner does: GET /me/licenses and DELETE /me/activations/{activation_id}."""

import pytest

from lib.checks import bad_fields, envelope, success
from lib.client import bearer
from lib.licenses import MEMBERS, UNKNOWN_ID, Shop, check_activation, check_held, check_license, new_device

MINE = "/v1/me/licenses"
MY_DEVICE = "/v1/me/activations/{activation_id}"


class Owner:
    """Somebody who signed in."""

    def __init__(self, client, app):
        self.client = client
        self.signed_in = client.sign_in(app)
        self.user_id = self.signed_in.user["user_id"]

    def licenses(self, **query):
        return self.client.get(MINE, params=query, headers=bearer(self.signed_in.access))

    def free(self, activation_id):
        path = MY_DEVICE.format(activation_id=activation_id)
        return self.client.request("DELETE", path, headers=bearer(self.signed_in.access))


@pytest.fixture
def owner(client, app):
    return Owner(client, app)


def test_owners_see_their_licenses_and_devices(shop, owner, client, app):
    license = shop.issue(user_id=owner.user_id, max_activations=3, metadata={"internal": 1})
    shop.issue(user_id=Owner(client, app).user_id), shop.issue()
    taken = {shop.take(license, new_device(), device_name=name): name for name in ("desk", "lap")}
    body = success(owner.licenses())
    assert list(body) == ["success", "licenses", "next_cursor"] and len(body["licenses"]) == 1
    (mine,) = body["licenses"]
    check_license(mine, [*MEMBERS, "activations"])
    assert mine["license_id"] == license.license_id and mine["activations_used"] == 2
    assert {check_activation(device)["activation_id"]: device["device_name"] for device in mine["activations"]} == taken


def test_revoked_and_ended_ones_too_in_pages(shop, owner):
    licenses = [shop.issue(user_id=owner.user_id) for _ in range(3)]
    success(shop.revoke(licenses[0]))
    first = success(owner.licenses(limit=2))
    second = success(owner.licenses(limit=2, cursor=first["next_cursor"]))
    listed = first["licenses"] + second["licenses"]
    assert [one["license_id"] for one in listed] == sorted((one.license_id for one in licenses), reverse=True)
    assert {one["license_id"]: one["status"] for one in listed}[licenses[0].license_id] == "revoked"
    assert bad_fields(owner.licenses(limit=0)) == ["limit"]


def test_an_owner_frees_a_device(shop, owner):
    license = shop.issue(user_id=owner.user_id)
    activation_id = shop.take(license, device := new_device())
    assert success(owner.free(activation_id)) == {"success": True, "deactivated": True}
    envelope(shop.verify(license, device), "LICENSE_NOT_ACTIVATED")
    envelope(owner.free(activation_id), "ACTIVATION_NOT_FOUND")
    shop.take(license, new_device())


def test_nobody_frees_a_device_of_others(shop, owner, client, app, server):
    theirs = shop.issue(user_id=Owner(client, app).user_id)
    nobodys = shop.issue()
    other_app = server.create_app()
    foreign = Shop(client, other_app).issue(user_id=Owner(client, other_app).user_id)
    for license, which in ((theirs, shop), (nobodys, shop), (foreign, Shop(client, other_app))):
        activation_id = which.take(license, device := new_device())
        envelope(owner.free(activation_id), "ACTIVATION_NOT_FOUND")
        check_held(which.verify(license, device))
    envelope(owner.free(UNKNOWN_ID), "ACTIVATION_NOT_FOUND")
    assert bad_fields(owner.free("x")) == ["activation_id"]


def test_what_an_owner_frees_is_no_exchange_of_devices(shop, owner):
    license = shop.issue(user_id=owner.user_id)
    for _ in range(13):
        success(owner.free(shop.take(license, new_device())))


def test_the_session_must_live(shop, owner, client):
    license = shop.issue(user_id=owner.user_id)
    activation_id = shop.take(license, new_device())
    envelope(client.get(MINE), "TOKEN_INVALID")
    envelope(client.request("DELETE", MY_DEVICE.format(activation_id=activation_id)), "TOKEN_INVALID")
    client.logout(owner.signed_in.refresh)
    envelope(owner.licenses(), "TOKEN_REVOKED")
    envelope(owner.free(activation_id), "TOKEN_REVOKED")
    assert shop.show(license)["activations_used"] == 1


def test_a_deleted_owner_frees_nothing(shop, owner, client, app):
    license = shop.issue(user_id=owner.user_id)
    activation_id = shop.take(license, new_device())
    success(client.request("DELETE", f"/v1/users/{owner.user_id}", auth=app.basic))
    envelope(owner.licenses(), "USER_DELETED")
    envelope(owner.free(activation_id), "USER_DELETED")
    envelope(client.request("DELETE", "/v1/me/activations/x", headers=bearer(owner.signed_in.access)), "USER_DELETED")


def test_a_license_that_changes_hands_is_the_new_owners(shop, owner, client, app):
    license = shop.issue(user_id=owner.user_id)
    activation_id = shop.take(license, new_device())
    new = Owner(client, app)
    success(shop.change(license, user_id=new.user_id))
    assert success(owner.licenses())["licenses"] == []
    envelope(owner.free(activation_id), "ACTIVATION_NOT_FOUND")
    success(new.free(activation_id))
