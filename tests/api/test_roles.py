"""What users may do in tenants: roles assigned, revoked and listed by the app's server."""

import pytest

from lib.checks import RFC3339, bad_fields, envelope, success
from lib.client import bearer

ASSIGN = "/v1/roles/assign"
REVOKE = "/v1/roles/revoke"
ROLES = "/v1/roles"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000001"
FIELDS = ["tenant_id", "user_id", "role", "assigned_at"]


@pytest.fixture
def user_id(client, app):
    return client.sign_in(app).user["user_id"]


@pytest.fixture
def tenant_id(client, app):
    return client.new_tenant(app)


def names(answer):
    return [role["role"] for role in success(answer)["roles"]]


# ---- assign ----


def test_a_role_is_new_once(client, app, tenant_id, user_id):
    first = success(client.assign(app, tenant_id, user_id, "admin"), 201)
    assert list(first) == ["success", *FIELDS] and RFC3339.fullmatch(first["assigned_at"])
    assert (first["tenant_id"], first["user_id"], first["role"]) == (tenant_id, user_id, "admin")
    assert success(client.assign(app, tenant_id, user_id, "admin"), 200) == first
    success(client.assign(app, tenant_id, user_id, "reader"), 201)


@pytest.mark.parametrize("role", ["a", "admin", "billing:read", "a-b_c:0", "x" * 64])
def test_such_are_roles(client, app, tenant_id, user_id, role):
    assert success(client.assign(app, tenant_id, user_id, role), 201)["role"] == role


@pytest.mark.parametrize("role", ["", "Admin", "0a", "_a", ":a", "-a", "a b", "a.b", "ä", "a\n", "x" * 65, 7, None, ["a"]])
def test_a_role_has_its_form(client, app, tenant_id, user_id, role):
    assert bad_fields(client.assign(app, tenant_id, user_id, role)) == ["role"]
    if role is not None:
        body = {"tenant_id": tenant_id, "user_id": user_id, "role": role}
        assert bad_fields(client.post(REVOKE, body, auth=app.basic)) == ["role"]


def test_all_that_is_wrong_is_named(client, app):
    for path in (ASSIGN, REVOKE):
        body = {"tenant_id": "x", "user_id": 7, "role": "X"}
        assert bad_fields(client.post(path, body, auth=app.basic)) == ["tenant_id", "user_id", "role"]
    assert bad_fields(client.post(ASSIGN, auth=app.basic)) == ["tenant_id", "user_id", "role"]
    assert bad_fields(client.post(REVOKE, auth=app.basic)) == ["tenant_id", "user_id"]
    assert bad_fields(client.roles(app, tenant_id="x", user_id="y", cursor="z", limit=0)) == ["tenant_id", "user_id", "cursor", "limit"]


def test_a_user_has_at_most_32_roles_in_a_tenant(client, app, tenant_id, user_id):
    for i in range(32):
        success(client.assign(app, tenant_id, user_id, f"role-{i}"), 201)
    assert bad_fields(client.assign(app, tenant_id, user_id, "one-more")) == ["role"]
    success(client.assign(app, tenant_id, user_id, "role-7"), 200)
    success(client.assign(app, client.new_tenant(app), user_id, "one-more"), 201)
    success(client.revoke(app, tenant_id, user_id, "role-7"))
    success(client.assign(app, tenant_id, user_id, "one-more"), 201)


# ---- revoke ----


def test_a_role_is_revoked_once(client, app, tenant_id, user_id):
    success(client.assign(app, tenant_id, user_id, "admin"), 201)
    success(client.assign(app, tenant_id, user_id, "reader"), 201)
    assert success(client.revoke(app, tenant_id, user_id, "admin")) == {"success": True, "roles_revoked": 1}
    envelope(client.revoke(app, tenant_id, user_id, "admin"), "ROLE_NOT_FOUND")
    assert names(client.roles(app, user_id=user_id)) == ["reader"]


def test_without_a_role_all_of_the_pair_go(client, app, tenant_id, user_id):
    other = client.new_tenant(app, user_id, "admin")
    for role in ("admin", "reader", "writer"):
        success(client.assign(app, tenant_id, user_id, role), 201)
    assert success(client.revoke(app, tenant_id, user_id))["roles_revoked"] == 3
    envelope(client.revoke(app, tenant_id, user_id), "ROLE_NOT_FOUND")
    assert [role["tenant_id"] for role in success(client.roles(app, user_id=user_id))["roles"]] == [other]
    body = {"tenant_id": other, "user_id": user_id, "role": None}
    assert success(client.post(REVOKE, body, auth=app.basic))["roles_revoked"] == 1


# ---- what is not there ----


def test_what_is_missing_is_told_in_order(client, server, app, tenant_id, user_id):
    other = server.create_app()
    foreign_tenant, foreign_user = client.new_tenant(other), client.sign_in(other).user["user_id"]
    for no_tenant in (UNKNOWN, foreign_tenant, user_id):
        for any_user in (UNKNOWN, foreign_user, user_id):
            envelope(client.assign(app, no_tenant, any_user, "admin"), "TENANT_NOT_FOUND")
            envelope(client.revoke(app, no_tenant, any_user, "admin"), "TENANT_NOT_FOUND")
            envelope(client.roles(app, tenant_id=no_tenant, user_id=any_user), "TENANT_NOT_FOUND")
    for no_user in (UNKNOWN, foreign_user, tenant_id):
        envelope(client.assign(app, tenant_id, no_user, "admin"), "USER_NOT_FOUND")
        envelope(client.revoke(app, tenant_id, no_user, "admin"), "USER_NOT_FOUND")
        envelope(client.revoke(app, tenant_id, no_user), "USER_NOT_FOUND")
        envelope(client.roles(app, user_id=no_user), "USER_NOT_FOUND")
        envelope(client.roles(app, tenant_id=tenant_id, user_id=no_user), "USER_NOT_FOUND")
    envelope(client.revoke(app, tenant_id, user_id, "admin"), "ROLE_NOT_FOUND")


# ---- list ----


def test_a_list_is_of_a_tenant_of_a_user_or_of_both(client, app, tenant_id, user_id):
    other_tenant, other_user = client.new_tenant(app), client.sign_in(app).user["user_id"]
    for tenant, user, role in ((tenant_id, user_id, "a"), (other_tenant, user_id, "b"), (tenant_id, other_user, "c")):
        success(client.assign(app, tenant, user, role), 201)
    body = success(client.roles(app, tenant_id=tenant_id, user_id=user_id))
    assert list(body) == ["success", "roles", "next_cursor"] and [list(role) for role in body["roles"]] == [FIELDS]
    assert (body["roles"][0]["tenant_id"], body["roles"][0]["user_id"], body["roles"][0]["role"]) == (tenant_id, user_id, "a")
    assert sorted(names(client.roles(app, tenant_id=tenant_id))) == ["a", "c"]
    assert sorted(names(client.roles(app, user_id=user_id))) == ["a", "b"]
    assert names(client.roles(app, tenant_id=other_tenant, user_id=other_user)) == []


def test_a_list_of_nothing_in_particular_is_refused(client, app):
    (detail,) = envelope(client.roles(app), "VALIDATION_ERROR")["details"]
    assert detail == {"field": "tenant_id", "message": "One of tenant_id and user_id is required."}
    assert bad_fields(client.roles(app, limit=5)) == ["tenant_id"]


@pytest.mark.parametrize("of", ["tenant", "user", "both"])
def test_a_list_comes_in_pages(client, app, tenant_id, user_id, of):
    for i in range(5):
        success(client.assign(app, tenant_id, user_id, f"role-{i}"), 201)
    filter = {"tenant": {"tenant_id": tenant_id}, "user": {"user_id": user_id}, "both": {"tenant_id": tenant_id, "user_id": user_id}}[of]
    seen, cursor = [], None
    while True:
        body = success(client.roles(app, **filter, limit=2, **({"cursor": cursor} if cursor else {})))
        assert len(body["roles"]) <= 2
        seen += [(role["assigned_at"], role["role"]) for role in body["roles"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert sorted(role for _, role in seen) == [f"role-{i}" for i in range(5)]
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


# ---- who may ----


def test_only_the_apps_server_may(client, app, tenant_id, user_id):
    signed_in = client.sign_in(app)
    body = {"tenant_id": tenant_id, "user_id": user_id, "role": "admin"}
    for options in ({}, {"headers": bearer(signed_in.access)}, {"auth": (app.app_id, "wrong")}):
        envelope(client.post(ASSIGN, body, **options), "TOKEN_INVALID")
        envelope(client.post(REVOKE, body, **options), "TOKEN_INVALID")
        envelope(client.get(ROLES, params={"tenant_id": tenant_id}, **options), "TOKEN_INVALID")
    assert names(client.roles(app, tenant_id=tenant_id)) == []


def test_the_operator_has_commands_for_it(server, app, tenant_id, user_id):
    def cli(*words):
        return server.cli_json(*words, "--app", app.app_id)

    assert cli("role", "assign", tenant_id, user_id, "admin")["role"] == "admin"
    cli("role", "assign", tenant_id, user_id, "reader")
    cli("role", "assign", tenant_id, user_id, "writer")
    assert len(cli("role", "list", "--tenant-id", tenant_id)["roles"]) == 3
    assert cli("role", "revoke", tenant_id, user_id, "--role", "admin")["roles_revoked"] == 1
    listed = server.cli("role", "list", "--user-id", user_id, "--app", app.app_id).stdout
    assert "reader" in listed and "admin" not in listed
    assert cli("role", "revoke", tenant_id, user_id)["roles_revoked"] == 2
    done = server.cli("role", "revoke", tenant_id, user_id, "--app", app.app_id, check=False)
    assert done.returncode == 1 and "ROLE_NOT_FOUND" in done.stderr
