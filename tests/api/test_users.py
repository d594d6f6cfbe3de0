"""/users: how an app's server makes, finds, reads and changes its users."""

import json

import pytest

from lib.checks import UUID7, bad_fields, envelope, managed_user, session, success
from lib.client import contact_field, new_email, new_phone

USERS = "/v1/users"
USER = "/v1/users/{user_id}"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"


def create(client, app, **fields):
    return client.as_server(app, "POST", "/users", fields)


def show(client, app, user_id):
    return managed_user(client.as_server(app, "GET", f"/users/{user_id}"))


def change(client, app, user_id, **fields):
    return client.as_server(app, "PATCH", f"/users/{user_id}", fields)


def find(client, app, **query):
    body = success(client.as_server(app, "GET", "/users", params=query))
    assert list(body) == ["success", "users", "next_cursor"]
    return body["users"]


# ---- create ----


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_a_user_is_made_and_answered_at_top_level(client, app, make_contact):
    contact = make_contact()
    user = managed_user(create(client, app, **contact_field(contact), metadata={"plan": "pro"}), 201, None)
    assert contact in (user["email"], user["phone"]) and None in (user["email"], user["phone"])
    assert (user["last_sign_in_at"], user["deleted_at"], user["metadata"]) == (None, None, {"plan": "pro"})
    assert show(client, app, user["user_id"]) == user


def test_a_user_may_have_both_contacts_and_needs_one(client, app):
    email, phone = new_email(), new_phone()
    user = managed_user(create(client, app, email=email, phone=phone), 201, None)
    assert (user["email"], user["phone"], user["metadata"]) == (email, phone, {})
    assert bad_fields(create(client, app)) == ["email"]
    assert bad_fields(create(client, app, email=None, phone=None, metadata={})) == ["email"]


def test_a_contact_has_one_user_however_it_is_spelled(client, app):
    contact = new_email()
    managed_user(create(client, app, email=contact), 201, None)
    envelope(create(client, app, email=contact), "ALREADY_EXISTS")
    envelope(create(client, app, email=contact.upper()), "ALREADY_EXISTS")
    phone = new_phone()
    managed_user(create(client, app, email=new_email(), phone=phone), 201, None)
    envelope(create(client, app, email=new_email(), phone=phone), "ALREADY_EXISTS")
    signed_in = new_email()
    client.sign_in(app, signed_in)
    envelope(create(client, app, email=signed_in), "ALREADY_EXISTS")


def test_a_deleted_user_holds_its_contact_and_another_app_does_not(client, server, app):
    user = client.new_user(app)
    client.delete_user(app, user["user_id"])
    envelope(create(client, app, email=user["email"]), "ALREADY_EXISTS")
    managed_user(create(client, server.create_app(), email=user["email"]), 201, None)


def test_all_bad_fields_are_listed(client, app):
    assert bad_fields(create(client, app, email="x", phone="0049", metadata=[])) == ["email", "phone", "metadata"]
    assert bad_fields(create(client, app, email=["a@example.com"])) == ["email"]


@pytest.mark.parametrize("metadata", [{"a": "x" * 4088}, {"éa": "ü" * 2043}], ids=["ascii", "utf8"])
def test_metadata_has_at_most_4096_bytes_as_compact_json(client, app, metadata):
    assert len(json.dumps(metadata, separators=(",", ":"), ensure_ascii=False).encode()) == 4096
    user = managed_user(create(client, app, email=new_email(), metadata=metadata), 201, None)
    assert show(client, app, user["user_id"])["metadata"] == metadata
    (key,) = metadata
    assert bad_fields(create(client, app, email=new_email(), metadata={key: metadata[key] + "x"})) == ["metadata"]


def test_metadata_comes_back_as_it_went(client, app):
    metadata = {"z": 1, "a": [1.5, None, True, "\u00e9\U0001f600\n\""], "deep": {"er": {"": -(2**63)}}}
    user = client.new_user(app, email=new_email(), metadata=metadata)
    shown = show(client, app, user["user_id"])["metadata"]
    assert shown == metadata and list(shown) == ["z", "a", "deep"]


# ---- the invited sign in ----


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
@pytest.mark.parametrize("signup", ["open", "closed"])
def test_an_invited_user_signs_in_as_the_one_that_was_made(client, app, make_contact, signup):
    app.set("signup", signup)
    contact = make_contact()
    invited = client.new_user(app, **contact_field(contact), metadata={"a": 1})
    signed_in = client.sign_in(app, contact)
    assert signed_in.user["user_id"] == invited["user_id"]
    assert signed_in.user["new"] is False, "the server made it, and knows it already"
    assert show(client, app, invited["user_id"])["last_sign_in_at"] == signed_in.user["last_sign_in_at"]
    assert client.sign_in(app, contact).user["user_id"] == invited["user_id"]


def test_mail_goes_to_the_spelling_that_was_proven_first(client, app):
    contact = new_email()
    invited = client.new_user(app, email=contact.upper().replace("EXAMPLE.COM", "example.com"))
    client.sign_in(app, contact.capitalize())
    assert show(client, app, invited["user_id"])["email"] == contact.capitalize()
    client.sign_in(app, contact)
    assert show(client, app, invited["user_id"])["email"] == contact.capitalize()


def test_an_invited_user_signs_in_by_link_and_by_code_of_its_mail(client, app):
    app.set("signup", "closed")
    for way in ("link", "code"):
        invited = client.new_user(app)
        link = client.ask_link(app, invited["email"])
        answer = client.verify_link(link.token) if way == "link" else client.exchange(link.code, flow_token=link.flow_token)
        assert session(answer, with_user=True)["user"]["user_id"] == invited["user_id"]


def test_closed_signup_lets_no_stranger_in_by_any_way(client, app):
    app.set("signup", "closed")
    request_id, code = client.ask_code(app, new_email())
    envelope(client.verify_otp(app, request_id, code), "USER_NOT_FOUND")
    envelope(client.verify_otp(app, request_id, code), "OTP_ALREADY_USED")
    envelope(client.verify_link(client.ask_link(app).token), "USER_NOT_FOUND")
    link = client.ask_link(app)
    envelope(client.exchange(link.code, flow_token=link.flow_token), "USER_NOT_FOUND")
    assert find(client, app) == []


# ---- find and list ----


def test_a_user_is_found_by_its_contact(client, server, app):
    email, phone = new_email(), new_phone()
    user = client.new_user(app, email=email, phone=phone)
    client.new_user(app)
    for query in ({"email": email}, {"email": email.upper()}, {"phone": phone}):
        assert [found["user_id"] for found in find(client, app, **query)] == [user["user_id"]]
        assert find(client, server.create_app(), **query) == []
    assert find(client, app, email=new_email()) == find(client, app, phone=new_phone()) == []
    client.delete_user(app, user["user_id"])
    (found,) = find(client, app, email=email)
    assert found["deleted_at"] is not None


def test_bad_queries_are_refused(client, app):
    for query, bad in (
        ({"email": "x"}, ["email"]),
        ({"phone": "49123"}, ["phone"]),
        ({"email": new_email(), "phone": new_phone()}, ["phone"]),
        ({"limit": "0", "cursor": "x"}, ["cursor", "limit"]),
        ({"limit": "101"}, ["limit"]),
    ):
        assert bad_fields(client.as_server(app, "GET", "/users", params=query)) == bad


def test_a_list_comes_in_pages_newest_first(client, app):
    made = [client.new_user(app)["user_id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        body = success(client.as_server(app, "GET", "/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {})))
        seen += [user["user_id"] for user in body["users"]]
        cursor = body["next_cursor"]
        if not cursor:
            break
        assert len(body["users"]) == 2
    assert seen == sorted(made, reverse=True), "ids lead with their time"


# ---- show ----


def test_ids_are_judged_before_anything_is_looked_for(client, server, app):
    user = client.new_user(app)
    assert bad_fields(client.as_server(app, "GET", "/users/nonsense")) == ["user_id"]
    envelope(client.as_server(app, "GET", f"/users/{UNKNOWN}"), "USER_NOT_FOUND")
    envelope(client.as_server(server.create_app(), "GET", f"/users/{user['user_id']}"), "USER_NOT_FOUND")
    assert client.request("GET", f"/users/{user['user_id']}", auth=app.basic).json()["user"]["user_id"] == user["user_id"]


@pytest.mark.parametrize("method, path", [("POST", "/users"), ("GET", "/users"), ("GET", USER), ("PATCH", USER), ("DELETE", USER),
                                          ("POST", USER + "/restore"), ("POST", USER + "/erase"), ("DELETE", USER + "/sessions")])  # fmt: skip
def test_only_the_apps_server_may(client, app, method, path):
    path = "/v1" + path.removeprefix("/v1").format(user_id=UNKNOWN)
    signed_in = client.sign_in(app)
    envelope(client.request(method, path), "TOKEN_INVALID")
    envelope(client.request(method, path, auth=(app.app_id, "wrong")), "TOKEN_INVALID")
    envelope(client.request(method, path, headers={"Authorization": f"Bearer {signed_in.access}"}), "TOKEN_INVALID")


def test_its_owner_sees_no_metadata(client, app):
    invited = client.new_user(app, email=new_email(), metadata={"secret": "note"})
    signed_in = client.sign_in(app, invited["email"])
    assert "metadata" not in signed_in.user and "deleted_at" not in signed_in.user
    assert "note" not in client.me(signed_in.access).text


# ---- change ----


def test_metadata_is_merged_member_by_member(client, app):
    user_id = client.new_user(app, email=new_email(), metadata={"a": 1, "b": {"c": 2, "d": [3]}, "e": "x"})["user_id"]
    for patch, wanted in (
        ({"a": 5}, {"a": 5, "b": {"c": 2, "d": [3]}, "e": "x"}),
        ({"b": {"c": None, "f": {"g": None, "h": 1}}}, {"a": 5, "b": {"d": [3], "f": {"h": 1}}, "e": "x"}),
        ({"b": {"d": [4]}, "e": {"i": {}}}, {"a": 5, "b": {"d": [4], "f": {"h": 1}}, "e": {"i": {}}}),
        ({"a": None, "b": 0, "nothing": None}, {"b": 0, "e": {"i": {}}}),
        ({}, {"b": 0, "e": {"i": {}}}),
        (None, {}),
    ):
        assert managed_user(change(client, app, user_id, metadata=patch))["metadata"] == wanted
        assert show(client, app, user_id)["metadata"] == wanted


def test_metadata_that_grows_too_large_is_refused_and_stays(client, app):
    user_id = client.new_user(app, email=new_email(), metadata={"a": "x" * 3000})["user_id"]
    assert bad_fields(change(client, app, user_id, metadata={"b": "x" * 1100})) == ["metadata"]
    assert bad_fields(change(client, app, user_id, metadata={"b": "x" * 5000})) == ["metadata"]
    assert bad_fields(change(client, app, user_id, metadata="x")) == ["metadata"]
    assert show(client, app, user_id)["metadata"] == {"a": "x" * 3000}
    success(change(client, app, user_id, metadata={"a": None, "b": "x" * 4000}))


def test_contacts_are_set_and_removed(client, app):
    old, email, phone = new_email(), new_email(), new_phone()
    user_id = client.sign_in(app, old).user["user_id"]
    user = managed_user(change(client, app, user_id, email=email, phone=phone))
    assert (user["email"], user["phone"]) == (email, phone)
    assert client.sign_in(app, phone).user["user_id"] == client.sign_in(app, email).user["user_id"] == user_id
    assert client.sign_in(app, old).user["user_id"] != user_id, "the old one is free"
    assert managed_user(change(client, app, user_id, email=None))["email"] is None
    assert client.sign_in(app, email).user["user_id"] != user_id
    assert bad_fields(change(client, app, user_id, phone=None)) == ["phone"]
    assert bad_fields(change(client, app, user_id, phone=None, metadata={"a": "x" * 4080})) == ["phone"]
    assert managed_user(change(client, app, user_id, phone=None, email=old + ".org"))["phone"] is None


def test_what_is_not_named_stays(client, app):
    user = client.new_user(app, email=new_email(), phone=new_phone(), metadata={"a": 1})
    del user["success"]
    for fields in ({}, {"created_at": "2020-01-01T00:00:00Z", "deleted_at": None}, {"email": user["email"]}):
        assert managed_user(change(client, app, user["user_id"], **fields)) == user


def test_a_contact_that_is_anothers_is_refused_and_nothing_changes(client, app):
    user, other = client.new_user(app), client.new_user(app, email=new_email(), phone=new_phone())
    for fields in ({"email": other["email"].upper()}, {"phone": other["phone"]}):
        envelope(change(client, app, user["user_id"], **fields, metadata={"a": 1}), "ALREADY_EXISTS")
    client.delete_user(app, other["user_id"])
    envelope(change(client, app, user["user_id"], email=other["email"]), "ALREADY_EXISTS")
    assert show(client, app, user["user_id"])["metadata"] == {}


def test_naming_the_proven_contact_changes_nothing_and_another_is_unproven(client, app):
    contact = new_email().capitalize()
    signed_in = client.sign_in(app, contact)
    user_id = signed_in.user["user_id"]
    assert managed_user(change(client, app, user_id, email=contact.lower()))["email"] == contact
    success(client.me(signed_in.access))
    success(change(client, app, user_id, email=(other := new_email())))
    success(client.me(signed_in.access))
    client.sign_in(app, other)
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")


def test_a_change_of_nobody_is_not_found(client, server, app):
    user_id = client.new_user(app)["user_id"]
    envelope(change(client, app, UNKNOWN, metadata={}), "USER_NOT_FOUND")
    envelope(change(client, server.create_app(), user_id, metadata={"a": 1}), "USER_NOT_FOUND")
    assert bad_fields(change(client, app, "x", email="x")) == ["user_id", "email"]


def test_a_deleted_user_can_be_changed(client, app):
    user_id = client.new_user(app)["user_id"]
    client.delete_user(app, user_id)
    user = managed_user(change(client, app, user_id, metadata={"why": "asked for it"}))
    assert user["deleted_at"] is not None and UUID7.fullmatch(user["user_id"])
