"""Sessions in a tenant: who is let in by which door, what the tokens say, and what becomes of them when roles change."""

import json
import uuid

import jwt
import pytest

from lib.checks import envelope, session, success
from lib.client import Session, new_email, wrong
from lib.visit import CALLBACK, failed, press

UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000001"


def claims(answer_or_session):
    token = answer_or_session.access if isinstance(answer_or_session, Session) else answer_or_session["access_token"]
    return jwt.decode(token, options={"verify_signature": False})


def in_tenant(body, tenant_id, roles):
    said = claims(body)
    assert (said.get("tenant_id"), said.get("roles")) == (tenant_id, roles), said


@pytest.fixture
def contact():
    return new_email()


@pytest.fixture
def user_id(client, app, contact):
    return client.sign_in(app, contact).user["user_id"]


@pytest.fixture
def tenant_id(client, app):
    return client.new_tenant(app)


@pytest.fixture
def signed_in(client, app, contact, user_id, tenant_id):
    """In the tenant, as admin."""
    success(client.assign(app, tenant_id, user_id, "admin"), 201)
    request_id, code = client.ask_code(app, contact)
    return Session(session(client.verify_otp(app, request_id, code, tenant_id=tenant_id), with_user=True))


# ---- doors ----


def by_code(client, app, contact, tenant_id):
    request_id, code = client.ask_code(app, contact)
    return lambda: client.verify_otp(app, request_id, code, tenant_id=tenant_id)


def by_link(client, app, contact, tenant_id):
    link = client.ask_link(app, contact, tenant_id=tenant_id)
    return lambda: client.verify_link(link.token)


def by_code_of_mail(client, app, contact, tenant_id):
    link = client.ask_link(app, contact, tenant_id=tenant_id)
    return lambda: client.exchange(link.code, flow_token=link.flow_token)


DOORS = [by_code, by_link, by_code_of_mail]


@pytest.mark.parametrize("door", DOORS)
def test_who_has_a_role_there_is_let_in(client, app, contact, user_id, tenant_id, door):
    for role in ("writer", "admin", "admin:x", "a"):
        success(client.assign(app, tenant_id, user_id, role), 201)
    success(client.assign(app, client.new_tenant(app), user_id, "owner"), 201)
    body = session(door(client, app, contact, tenant_id)(), with_user=True)
    in_tenant(body, tenant_id, ["a", "admin", "admin:x", "writer"])
    me = success(client.me(body["access_token"]))
    assert (me["tenant_id"], me["roles"]) == (tenant_id, ["a", "admin", "admin:x", "writer"])


@pytest.mark.parametrize("door", DOORS)
def test_who_has_none_is_refused_and_nothing_is_consumed(client, stranger, app, contact, user_id, tenant_id, door):
    success(client.assign(app, client.new_tenant(app), user_id, "admin"), 201)
    knock = door(stranger, app, contact, tenant_id)
    for _ in range(12):
        envelope(knock(), "TENANT_NOT_FOUND")
    success(client.assign(app, tenant_id, user_id, "admin"), 201)
    in_tenant(session(knock(), with_user=True), tenant_id, ["admin"])
    assert knock().status_code in (400, 401), "consumed"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("whose", ["unknown", "foreign", "deleted"])
def test_no_tenant_of_the_app_is_told_from_another(client, server, app, contact, user_id, door, whose):
    tenant_id = UNKNOWN
    if whose == "foreign":
        other = server.create_app()
        tenant_id = client.new_tenant(other, client.sign_in(other, contact).user["user_id"], "admin")
    if whose == "deleted":
        tenant_id = client.new_tenant(app, user_id, "admin")
        success(client.request("DELETE", f"/v1/tenants/{tenant_id}", auth=app.basic))
    envelope(door(client, app, contact, tenant_id)(), "TENANT_NOT_FOUND")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("signup", ["open", "closed"])
def test_nobody_comes_into_being_at_the_door_of_a_tenant(client, app, tenant_id, door, signup):
    app.set("signup", signup)
    contact = new_email()
    envelope(door(client, app, contact, tenant_id)(), "TENANT_NOT_FOUND")
    app.set("signup", "open")
    assert client.sign_in(app, contact).user["new"] is True


def test_the_tenant_is_told_only_behind_the_right_code(client, app, contact, user_id, tenant_id):
    """A right code costs no try, a wrong one does, whatever the tenant."""
    request_id, code = client.ask_code(app, contact)
    for left in (2, 1):
        refused = client.verify_otp(app, request_id, wrong(code), tenant_id=tenant_id)
        assert envelope(refused, "OTP_INVALID")["attempts_left"] == left
        for _ in range(3):
            envelope(client.verify_otp(app, request_id, code, tenant_id=tenant_id), "TENANT_NOT_FOUND")
    in_tenant(session(client.verify_otp(app, request_id, code), with_user=True), None, None)


def test_a_handover_leads_into_the_givers_tenant(client, stranger, app, user_id, tenant_id, signed_in):
    code = client.hand_over(signed_in)
    success(client.revoke(app, tenant_id, user_id))
    for _ in range(12):
        envelope(stranger.exchange(code), "TENANT_NOT_FOUND")
    success(client.assign(app, tenant_id, user_id, "reader"), 201)
    in_tenant(session(stranger.exchange(code), with_user=True), tenant_id, ["reader"])
    envelope(stranger.exchange(code), "exchange_code_not_found")


def test_the_page_of_a_link_asks_for_the_role_too(visit):
    person = visit()
    client, app = person.client, person.app
    tenant_id = client.new_tenant(app)
    user_id = client.sign_in(app, person.contact).user["user_id"]
    _, mail = person.ask_link(redirect_uri=CALLBACK, state="a b&c", code_challenge=person.pkce.challenge, tenant_id=tenant_id)
    path = person.path(mail)
    refused = failed(press(person.browser, person.browser.get(path), path), "TENANT_NOT_FOUND")
    assert "No access here" in refused.text and not refused.has_form("/signin/again")
    success(client.assign(app, tenant_id, user_id, "reader"), 201)
    page = press(person.browser, person.browser.get(path), path)
    # the code on its way asks once more
    code = {"code": page.query_on["code"], "code_verifier": person.pkce.verifier}
    success(client.revoke(app, tenant_id, user_id))
    envelope(client.exchange(**code), "TENANT_NOT_FOUND")
    success(client.assign(app, tenant_id, user_id, "admin"), 201)
    in_tenant(session(client.exchange(**code), with_user=True), tenant_id, ["admin"])


# ---- refresh ----


def test_a_refresh_keeps_the_tenant_and_sees_the_roles_of_now(client, app, user_id, tenant_id, signed_in):
    in_tenant(signed_in.body, tenant_id, ["admin"])
    success(client.assign(app, tenant_id, user_id, "writer"), 201)
    success(client.revoke(app, tenant_id, user_id, "admin"))
    in_tenant(signed_in.body, tenant_id, ["admin"])
    body = session(client.refresh(signed_in.refresh), with_user=False)
    in_tenant(body, tenant_id, ["writer"])


def test_a_refresh_switches_and_null_leaves(client, app, user_id, tenant_id, signed_in):
    other = client.new_tenant(app, user_id, "reader", "auditor")
    body = session(client.refresh(signed_in.refresh, tenant_id=other), with_user=False)
    in_tenant(body, other, ["auditor", "reader"])
    body = session(client.refresh(body["refresh_token"]), with_user=False)
    in_tenant(body, other, ["auditor", "reader"])
    body = session(client.refresh(body["refresh_token"], tenant_id=None), with_user=False)
    in_tenant(body, None, None)
    body = session(client.refresh(body["refresh_token"]), with_user=False)
    in_tenant(body, None, None)
    body = session(client.refresh(body["refresh_token"], tenant_id=tenant_id), with_user=False)
    in_tenant(body, tenant_id, ["admin"])
    assert claims(body)["sid"] == signed_in.session_id


@pytest.mark.parametrize("gone", ["revoked", "deleted"])
def test_who_lost_the_tenant_keeps_the_token_and_may_leave(client, app, user_id, tenant_id, signed_in, gone):
    if gone == "revoked":
        success(client.revoke(app, tenant_id, user_id))
    else:
        success(client.request("DELETE", f"/v1/tenants/{tenant_id}", auth=app.basic))
    for named in ({}, {"tenant_id": tenant_id}, {"tenant_id": UNKNOWN}):
        for _ in range(2):
            envelope(client.refresh(signed_in.refresh, **named), "TENANT_NOT_FOUND")
            envelope(client.refresh(signed_in.refresh, key=uuid.uuid4().hex, **named), "TENANT_NOT_FOUND")
    body = session(client.refresh(signed_in.refresh, tenant_id=None), with_user=False)
    in_tenant(body, None, None)
    envelope(client.refresh(signed_in.refresh, tenant_id=None), "TOKEN_REUSE")


def test_a_role_that_came_back_lets_the_same_token_go_on(client, app, user_id, tenant_id, signed_in):
    success(client.revoke(app, tenant_id, user_id))
    envelope(client.refresh(signed_in.refresh), "TENANT_NOT_FOUND")
    success(client.assign(app, tenant_id, user_id, "reader"), 201)
    in_tenant(session(client.refresh(signed_in.refresh), with_user=False), tenant_id, ["reader"])


def test_a_repeat_binds_the_tenant_and_outlives_the_role(client, app, user_id, tenant_id, signed_in):
    other = client.new_tenant(app, user_id, "reader")
    first = session(client.refresh(signed_in.refresh, key="K", tenant_id=other), with_user=False)
    again = session(client.refresh(signed_in.refresh, key="K", tenant_id=other), with_user=False)
    assert first["refresh_token"] == again["refresh_token"]
    in_tenant(again, other, ["reader"])
    for body in ({}, {"tenant_id": None}, {"tenant_id": tenant_id}):
        envelope(client.refresh(signed_in.refresh, key="K", **body), "IDEMPOTENCY_KEY_REUSED")
    success(client.revoke(app, other, user_id))
    again = session(client.refresh(signed_in.refresh, key="K", tenant_id=other), with_user=False)
    assert first["refresh_token"] == again["refresh_token"]
    in_tenant(again, other, [])
    envelope(client.refresh(again["refresh_token"]), "TENANT_NOT_FOUND")
    in_tenant(session(client.refresh(again["refresh_token"], tenant_id=None), with_user=False), None, None)


def test_what_ended_is_told_before_the_tenant(client, app, tenant_id, signed_in):
    child = session(client.refresh(signed_in.refresh), with_user=False)
    success(client.logout(child["refresh_token"]))
    envelope(client.refresh(child["refresh_token"], tenant_id=UNKNOWN), "TOKEN_REVOKED")
    envelope(client.refresh("kwr_nonsense", tenant_id=UNKNOWN), "TOKEN_INVALID")


# ---- what tokens say, and what is so ----


def test_introspection_knows_the_roles_of_now(client, app, user_id, tenant_id, signed_in):
    for token in (signed_in.access, signed_in.refresh):
        said = success(client.introspect(app, token))
        assert (said["active"], said["tenant_id"], said["roles"]) == (True, tenant_id, ["admin"])
    success(client.assign(app, tenant_id, user_id, "a-writer"), 201)
    for token in (signed_in.access, signed_in.refresh):
        assert success(client.introspect(app, token))["roles"] == ["a-writer", "admin"]
    success(client.revoke(app, tenant_id, user_id))
    for token in (signed_in.access, signed_in.refresh):
        said = success(client.introspect(app, token))
        assert (said["active"], said["tenant_id"], said["roles"]) == (True, tenant_id, [])


def test_an_access_token_stays_in_its_tenant(client, app, user_id, tenant_id, signed_in):
    other = client.new_tenant(app, user_id, "reader")
    moved = session(client.refresh(signed_in.refresh, tenant_id=other), with_user=False)
    for token, tenant, roles in ((signed_in.access, tenant_id, ["admin"]), (moved["access_token"], other, ["reader"])):
        said, me = success(client.introspect(app, token)), success(client.me(token))
        assert (said["tenant_id"], said["roles"]) == (me["tenant_id"], me["roles"]) == (tenant, roles)
    assert success(client.introspect(app, moved["refresh_token"]))["tenant_id"] == other


def test_without_a_tenant_nothing_is_said_of_one(client, app, user_id, tenant_id):
    success(client.assign(app, tenant_id, user_id, "admin"), 201)
    signed_in = client.sign_in(app)
    assert not {"tenant_id", "roles"} & set(claims(signed_in))
    assert not {"tenant_id", "roles"} & set(success(client.introspect(app, signed_in.access)))
    me = success(client.me(signed_in.access))
    assert (me["tenant_id"], me["roles"]) == (None, [])


def test_the_largest_token_is_taken_everywhere(client, app, user_id, tenant_id, contact):
    roles = [f"{'r' * 62}{i:02}" for i in range(32)]
    for role in roles:
        success(client.assign(app, tenant_id, user_id, role), 201)
    request_id, code = client.ask_code(app, contact)
    body = session(client.verify_otp(app, request_id, code, tenant_id=tenant_id), with_user=True)
    in_tenant(body, tenant_id, roles)
    assert len(body["access_token"]) < 4096
    assert success(client.me(body["access_token"]))["roles"] == roles
    assert success(client.introspect(app, body["access_token"]))["roles"] == roles
    in_tenant(session(client.refresh(body["refresh_token"]), with_user=False), tenant_id, roles)


# ---- the trail ----


def test_what_was_done_is_recorded(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    user_id = client.sign_in(app).user["user_id"]
    tenant_id = client.new_tenant(app, user_id, "admin", "reader", "writer")
    success(client.request("PATCH", f"/v1/tenants/{tenant_id}", json={"slug": "x"}, auth=app.basic))
    success(client.assign(app, tenant_id, user_id, "admin"), 200)
    success(client.revoke(app, tenant_id, user_id, "reader"))
    success(client.revoke(app, tenant_id, user_id))
    success(client.request("DELETE", f"/v1/tenants/{tenant_id}", auth=app.basic))
    server.terminate()
    recorded = [
        (type, str(uuid.UUID(bytes=bytes(user))) if user else None, json.loads(detail))
        for type, user, detail in server.rows("SELECT type, user_id, detail FROM events")
        if type.startswith(("tenant.", "role."))
    ]
    tenant, user = {"tenant_id": tenant_id}, user_id
    wanted = [("tenant.created", None, tenant), ("tenant.changed", None, tenant), ("tenant.deleted", None, tenant)]
    wanted += [(f"role.{what}", user, tenant | {"role": role}) for what in ("assigned", "revoked") for role in ("admin", "reader", "writer")]
    assert sorted(recorded, key=str) == sorted(wanted, key=str)
