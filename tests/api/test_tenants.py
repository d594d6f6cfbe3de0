"""The tenants of an app: made, listed, shown, changed and deleted by the app's server."""

import pytest

from lib.checks import RFC3339, UUID7, bad_fields, envelope, success
from lib.client import bearer
from lib.licenses import LICENSES, Shop, check_held, new_device

TENANTS = "/v1/tenants"
TENANT = "/v1/tenants/{tenant_id}"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000001"
FIELDS = ["tenant_id", "name", "slug", "created_at"]


def at(tenant_id):
    return TENANT.format(tenant_id=tenant_id)


def shown(client, app, tenant_id):
    body = success(client.get(at(tenant_id), auth=app.basic))
    assert list(body) == ["success", "tenant"] and list(body["tenant"]) == FIELDS
    return body["tenant"]


def change(client, app, tenant_id, **fields):
    return client.request("PATCH", at(tenant_id), json=fields, auth=app.basic)


def delete(client, app, tenant_id):
    return client.request("DELETE", at(tenant_id), auth=app.basic)


# ---- create ----


def test_a_tenant_is_made_and_shown(client, app):
    made = success(client.create_tenant(app, "Bäckerei am Eck", slug="baeckerei-7"), 201)
    assert list(made) == ["success", *FIELDS]
    assert UUID7.fullmatch(made["tenant_id"]) and RFC3339.fullmatch(made["created_at"])
    assert (made["name"], made["slug"]) == ("Bäckerei am Eck", "baeckerei-7")
    assert shown(client, app, made["tenant_id"]) == {name: made[name] for name in FIELDS}


def test_without_a_slug_there_is_none(client, app):
    for fields in ({}, {"slug": None}, {}):
        assert success(client.create_tenant(app, **fields), 201)["slug"] is None


def test_a_slug_is_taken_once_per_app(client, server, app):
    success(client.create_tenant(app, slug="bakery"), 201)
    envelope(client.create_tenant(app, slug="bakery"), "ALREADY_EXISTS")
    success(client.create_tenant(server.create_app(), slug="bakery"), 201)
    assert len(success(client.get(TENANTS, auth=app.basic))["tenants"]) == 1


@pytest.mark.parametrize("slug", ["", "Bakery", "bäckerei", "a b", "a_b", "a.b", "a/b", "x" * 64, 7, ["a"]])
def test_a_slug_has_its_form(client, app, slug):
    assert bad_fields(client.create_tenant(app, slug=slug)) == ["slug"]


@pytest.mark.parametrize("slug", ["a", "0", "-", "a-b-0", "x" * 63])
def test_such_are_slugs(client, app, slug):
    assert success(client.create_tenant(app, slug=slug), 201)["slug"] == slug


@pytest.mark.parametrize("name", ["", "x" * 201, "ä" * 101, "a\nb", 7, None])
def test_a_name_has_its_bounds(client, app, name):
    assert bad_fields(client.create_tenant(app, name)) == ["name"]


def test_all_that_is_wrong_is_named(client, app):
    assert bad_fields(client.post(TENANTS, {"slug": "A"}, auth=app.basic)) == ["name", "slug"]
    assert bad_fields(client.get(at("nonsense"), auth=app.basic)) == ["tenant_id"]
    assert bad_fields(change(client, app, "nonsense", name="", slug="A")) == ["tenant_id", "name", "slug"]
    assert bad_fields(delete(client, app, "nonsense")) == ["tenant_id"]


# ---- list ----


def test_a_list_shows_the_newest_first_in_pages(client, app):
    made = [success(client.create_tenant(app, f"Tenant {i}"), 201)["tenant_id"] for i in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = success(client.get(TENANTS, params=query, auth=app.basic))
        assert list(body) == ["success", "tenants", "next_cursor"] and len(body["tenants"]) <= 2
        assert all(list(tenant) == FIELDS for tenant in body["tenants"])
        seen += [tenant["tenant_id"] for tenant in body["tenants"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    # those of one millisecond come in any order
    assert sorted(seen) == sorted(made) and [id[:13] for id in seen] == sorted((id[:13] for id in made), reverse=True)


def test_a_list_is_of_one_app(client, server, app):
    success(client.create_tenant(server.create_app()), 201)
    assert success(client.get(TENANTS, auth=app.basic)) == {"success": True, "tenants": [], "next_cursor": None}


@pytest.mark.parametrize("query, bad", [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"limit": "x"}, "limit"), ({"cursor": "x"}, "cursor")])
def test_a_bad_page_is_refused(client, app, query, bad):
    assert bad_fields(client.get(TENANTS, params=query, auth=app.basic)) == [bad]


# ---- change ----


def test_a_change_is_a_merge(client, app):
    tenant_id = success(client.create_tenant(app, "Old", slug="old"), 201)["tenant_id"]
    answer = success(change(client, app, tenant_id, name="New"))
    assert list(answer) == ["success", "tenant"] and list(answer["tenant"]) == FIELDS
    assert (answer["tenant"]["name"], answer["tenant"]["slug"]) == ("New", "old")
    assert success(change(client, app, tenant_id, slug="new"))["tenant"]["slug"] == "new"
    assert success(change(client, app, tenant_id))["tenant"]["slug"] == "new"
    assert success(change(client, app, tenant_id, slug=None))["tenant"]["slug"] is None
    assert shown(client, app, tenant_id)["name"] == "New"


def test_a_change_to_a_slug_that_is_taken_changes_nothing(client, app):
    success(client.create_tenant(app, slug="taken"), 201)
    tenant_id = success(client.create_tenant(app, "Mine", slug="mine"), 201)["tenant_id"]
    envelope(change(client, app, tenant_id, name="Other", slug="taken"), "ALREADY_EXISTS")
    tenant = shown(client, app, tenant_id)
    assert (tenant["name"], tenant["slug"]) == ("Mine", "mine")
    success(change(client, app, tenant_id, slug="mine"))


def test_a_tenant_keeps_a_name(client, app):
    assert bad_fields(change(client, app, client.new_tenant(app), name=None)) == ["name"]


# ---- delete ----


def test_a_deleted_tenant_is_gone_with_its_roles(client, app):
    user_id = client.sign_in(app).user["user_id"]
    tenant_id, other = client.new_tenant(app, user_id, "admin", "reader"), client.new_tenant(app, user_id, "admin")
    assert success(delete(client, app, tenant_id)) == {"success": True}
    for answer in (delete(client, app, tenant_id), client.get(at(tenant_id), auth=app.basic), change(client, app, tenant_id, name="x"),
                   client.roles(app, tenant_id=tenant_id), client.assign(app, tenant_id, user_id, "admin")):  # fmt: skip
        envelope(answer, "TENANT_NOT_FOUND")
    assert [role["tenant_id"] for role in success(client.roles(app, user_id=user_id))["roles"]] == [other]


def test_a_deleted_tenants_licenses_go_on_and_belong_to_none(shop, client, server):
    app, elsewhere = shop.app, Shop(client, server.create_app())
    user_id = client.sign_in(app).user["user_id"]
    tenant_id, other = client.new_tenant(app), client.new_tenant(app)
    theirs = [shop.issue(tenant_id=tenant_id, user_id=user_id, metadata={"n": n}) for n in range(3)]
    rest = [shop.issue(tenant_id=other), shop.issue(user_id=user_id)]
    foreign = elsewhere.issue(tenant_id=client.new_tenant(elsewhere.app))
    shop.take(theirs[0], device := new_device())
    before = {license: shop.show(license) for license in theirs + rest} | {foreign: elsewhere.show(foreign)}
    envelope(delete(client, app, UNKNOWN), "TENANT_NOT_FOUND")
    success(delete(client, app, tenant_id))
    for license in theirs:
        assert shop.show(license) == before[license] | {"tenant_id": None}
    assert all(shop.show(license) == before[license] for license in rest) and elsewhere.show(foreign) == before[foreign]
    assert success(shop.call("GET", LICENSES, params={"tenant_id": tenant_id}))["licenses"] == []
    assert check_held(shop.verify(theirs[0], device))["license"]["tenant_id"] is None


def test_an_unknown_tenant_and_another_apps_are_alike(client, server, app):
    foreign = client.new_tenant(server.create_app())
    for tenant_id in (UNKNOWN, foreign):
        envelope(client.get(at(tenant_id), auth=app.basic), "TENANT_NOT_FOUND")
        envelope(change(client, app, tenant_id, name="x"), "TENANT_NOT_FOUND")
        envelope(delete(client, app, tenant_id), "TENANT_NOT_FOUND")


# ---- who may ----


def test_only_the_apps_server_may(client, app):
    signed_in, tenant_id = client.sign_in(app), client.new_tenant(app)
    for method, path in (("POST", TENANTS), ("GET", TENANTS), ("GET", at(tenant_id)), ("PATCH", at(tenant_id)), ("DELETE", at(tenant_id))):
        for options in ({}, {"headers": bearer(signed_in.access)}, {"auth": (app.app_id, "wrong")}):
            envelope(client.request(method, path, **options), "TOKEN_INVALID")
    shown(client, app, tenant_id)


def test_the_credentials_may_stand_in_the_body(client, app):
    credentials = {"app_id": app.app_id, "app_secret": app.secret}
    made = success(client.post("/tenants", {"name": "By body"} | credentials), 201)
    answer = client.request("PATCH", f"/tenants/{made['tenant_id']}", json={"name": "x"} | credentials)
    assert success(answer)["tenant"]["name"] == "x"


# ---- the command line ----


def test_the_operator_has_commands_for_it(server, app):
    def cli(*words):
        return server.cli_json(*words, "--app", app.app_id)

    tenant_id = cli("tenant", "create", "Corner Bakery", "--slug", "bakery")["tenant_id"]
    assert [tenant["tenant_id"] for tenant in cli("tenant", "list")["tenants"]] == [tenant_id]
    assert cli("tenant", "set", tenant_id, "name", "Large Bakery", "slug", "large")["tenant"]["name"] == "Large Bakery"
    assert cli("tenant", "show", tenant_id)["tenant"]["slug"] == "large"
    assert "Large Bakery" in server.cli("tenant", "list", "--app", app.app_id).stdout
    assert cli("tenant", "delete", tenant_id) == {"success": True}
    done = server.cli("tenant", "show", tenant_id, "--app", app.app_id, check=False)
    assert done.returncode == 1 and "TENANT_NOT_FOUND" in done.stderr
