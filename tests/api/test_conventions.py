"""What holds for every endpoint (API.md, section 1): bodies, paths, hosts, origins, headers."""

import json

import pytest

from lib.checks import bad_fields, common_headers, envelope, success
from lib.client import new_email
from lib.raw import Wire, exchange, request_bytes

POSTS = ["/v1/auth/send-otp", "/v1/auth/verify-otp", "/v1/auth/refresh", "/v1/auth/logout", "/v1/auth/introspect"]
JSON = {"Content-Type": "application/json"}


def post_bytes(client, content, path="/v1/auth/logout", headers=JSON):
    return client.request("POST", path, content=content, headers=headers)


# ---- bodies ----


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-yaml", "multipart/form-data", "", "application/jsonx", "text/json"])
def test_only_json_is_taken(client, path, kind):
    envelope(client.request("POST", path, content=b"{}", headers={"Content-Type": kind}), "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", POSTS)
def test_a_body_without_type_is_refused(client, path):
    envelope(client.request("POST", path, content=b"{}"), "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", [path for path in POSTS if not path.endswith("introspect")])
def test_a_form_is_for_introspection_alone(client, path):
    envelope(client.request("POST", path, data={"refresh_token": "x"}), "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])
def test_json_in_any_spelling_is_taken(client, kind):
    success(post_bytes(client, b'{"refresh_token": "x"}', headers={"Content-Type": kind}))


DEEP_16 = b'{"refresh_token": "x", "deep": ' + b"[" * 15 + b"]" * 15 + b"}"
BAD_BODIES = {
    "blank": b"  \r\n",
    "truncated": b'{"refresh_token": "x"',
    "array": b"[]",
    "string": b'"x"',
    "number": b"1",
    "null": b"null",
    "trailing bytes": b'{"refresh_token": "x"} x',
    "two objects": b'{"refresh_token": "x"}{}',
    "trailing NUL": b'{"refresh_token": "x"}\x00',
    "duplicate keys": b'{"refresh_token": "x", "refresh_token": "y"}',
    "duplicate inner keys": b'{"refresh_token": "x", "other": {"a": 1, "a": 2}}',
    "duplicate by escape": b'{"refresh_token": "x", "refresh\\u005ftoken": "y"}',
    "single quotes": b"{'refresh_token': 'x'}",
    "trailing comma": b'{"refresh_token": "x",}',
    "comment": b'{"refresh_token": "x" /* hi */}',
    "NaN": b'{"refresh_token": "x", "n": NaN}',
    "huge number": b'{"refresh_token": "x", "n": 1e999}',
    "raw control character": b'{"refresh_token": "a\nb"}',
    "byte order mark": b'\xef\xbb\xbf{"refresh_token": "x"}',
    "UTF-16": '{"refresh_token": "x"}'.encode("utf-16"),
    "overlong UTF-8": b'{"refresh_token": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"refresh_token": "\xed\xa0\x80"}',
    "truncated UTF-8": b'{"refresh_token": "\xe2\x82"}',
    "Latin-1": '{"refresh_token": "é"}'.encode("latin-1"),
    "a lone escaped surrogate": b'{"refresh_token": "\\ud800"}',
    "beyond Unicode": b'{"refresh_token": "\xf4\x90\x80\x80"}',
    "depth 17": DEEP_16.replace(b"[]", b"[[]]"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_what_is_not_one_json_object_is_refused(client, name):
    assert bad_fields(post_bytes(client, BAD_BODIES[name])) == ["body"]


def test_no_body_at_all_is_an_empty_object(client):
    """With Content-Length: 0, as browsers send a POST without a body, or without the field."""
    assert bad_fields(post_bytes(client, b"", headers={})) == ["refresh_token"]
    assert bad_fields(post_bytes(client, b"")) == ["refresh_token"]
    raw = b"POST /v1/auth/logout HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert bad_fields(exchange(client.server, raw)[0]) == ["refresh_token"]


def test_depth_16_is_taken(client):
    success(post_bytes(client, DEEP_16))


def test_unknown_fields_and_odd_but_proper_json_are_taken(client):
    success(post_bytes(client, b' {"refresh_token"\t:\r\n"\\u0041\\ud83d\\ude00", "x": [1, 1.5e3, null, {"y": false}]} \n'))


def test_a_body_of_16_kib_is_taken_and_one_byte_more_is_not(client):
    def body(size):
        start = b'{"refresh_token": "x", "pad": "'
        return start + b"p" * (size - len(start) - 2) + b'"}'

    success(post_bytes(client, body(16384)))
    envelope(post_bytes(client, body(16385)), "PAYLOAD_TOO_LARGE")


def test_all_bad_fields_are_listed_once_in_the_order_of_the_table(client, app):
    body = {"tenant_id": 1, "purpose": 2, "otp": 3, "otp_request_id": 4, "app_id": 5}
    fields = bad_fields(client.post("/v1/auth/verify-otp", body))
    assert fields == ["app_id", "otp_request_id", "otp", "purpose", "tenant_id"]


@pytest.mark.parametrize("app_id", ["", "x", 7, None, "0190b8a0-7c3e-7d10-8f00-00000000000", "0190b8a0-7c3e-7d10-8f00-00000000000g",
                                    "0190b8a07c3e7d108f00000000000000", "{0190b8a0-7c3e-7d10-8f00-000000000000}"])  # fmt: skip
def test_a_malformed_uuid_is_a_bad_field(client, app_id):
    assert bad_fields(client.post("/v1/auth/send-otp", {"app_id": app_id, "email": new_email()})) == ["app_id"]


# ---- methods and paths ----


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused_and_the_right_one_named(client, path, method):
    response = client.request(method, path)
    assert "POST" in response.headers["allow"] and method not in response.headers["allow"].split(", ")
    if method != "HEAD":
        envelope(response, "METHOD_NOT_ALLOWED")
    assert response.status_code == 405


def test_a_get_endpoint_answers_head_and_refuses_post(client):
    assert client.request("HEAD", "/.well-known/jwks.json").status_code == 200
    response = client.post("/.well-known/jwks.json")
    envelope(response, "METHOD_NOT_ALLOWED")
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize("path", POSTS)
def test_auth_paths_answer_without_v1_too(client, path):
    assert client.post(path).json()["error"] == client.post(path.removeprefix("/v1")).json()["error"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/auth", "/v2/auth/refresh", "/v1/v1/auth/refresh", "/auth/refresh/", "/nothing"])
def test_other_paths_are_not_found(client, path):
    envelope(client.post(path), "NOT_FOUND")


def test_a_query_string_does_not_hide_the_path(client):
    success(client.post("/v1/auth/logout?x=1&refresh_token=y", {"refresh_token": "x"}))


# ---- headers of answers ----


def test_every_answer_has_an_id_of_its_own(client):
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(50)}
    assert len(ids) == 50


def test_an_id_sent_along_is_not_taken_over(client):
    sent_along = "req_01JAAAAAAAAAAAAAAAAAAAAAAA"
    assert client.get("/healthz", headers={"X-Request-Id": sent_along}).headers["x-request-id"] != sent_along


@pytest.mark.parametrize("path", ["/healthz", "/v1/auth/me", "/nothing"])
def test_no_answer_may_be_stored(client, path):
    common_headers(client.get(path))


def test_doc_url_comes_from_public_url_not_from_host(client, server):
    response = client.request("POST", "/nothing", headers={"Host": f"localhost:{server.port}", "X-Forwarded-Host": "evil.example"})
    assert envelope(response, "NOT_FOUND")["doc_url"].startswith(server.public_url + "/")


# ---- Host ----


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1:1", "localhost:8080", "[::1]", "[::1]:80", "LOCALHOST"])
def test_loopback_names_are_taken(client, host):
    success(client.post("/v1/auth/logout", {"refresh_token": "x"}, headers={"Host": host}))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "10.0.0.1",
                                  "192.168.0.1", "[2001:db8::1]", "localhost.", "notlocalhost"])  # fmt: skip
def test_another_host_is_misdirected(client, host):
    response = client.post("/v1/auth/logout", {"refresh_token": "x"}, headers={"Host": host})
    if host != "localhost.":
        envelope(response, "MISDIRECTED_REQUEST")
    else:
        assert response.status_code in (200, 421), "the root dot may be taken for the same name"


def test_health_takes_any_host(client):
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"Host": "any.example"}).status_code == 200


def test_production_takes_its_public_name_and_those_listed(start_server, open_client):
    settings = {"server.public_url": "https://id.example.com", "server.hosts": "id.internal, 10.1.2.3"}
    client = open_client(start_server(dev=False, settings=settings))
    for host in ("id.example.com", "ID.example.com", "id.internal", "10.1.2.3", "localhost"):
        success(client.post("/v1/auth/logout", {"refresh_token": "x"}, headers={"Host": host}))
    for host in ("example.com", "evil.example", "id.example.com.evil.example", "xid.example.com"):
        envelope(client.post("/v1/auth/logout", {"refresh_token": "x"}, headers={"Host": host}), "MISDIRECTED_REQUEST")


# ---- browsers ----

SHOP = "https://shop.example"


@pytest.fixture
def shop(server):
    return server.create_app(allowed_origins=[SHOP, "https://second.example:8443"])


def allowed(response, origin=SHOP):
    headers = response.headers
    assert headers["access-control-allow-origin"] == origin
    assert "origin" in headers["vary"].lower()
    assert {name.strip().lower() for name in headers["access-control-expose-headers"].split(",")} == {"retry-after", "x-request-id"}
    assert "access-control-allow-credentials" not in headers


def test_a_listed_origin_passes_and_is_named(client, shop):
    for origin in (SHOP, "https://second.example:8443"):
        response = client.send_otp(shop, new_email(), headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
        success(response)
        allowed(response, origin)


def test_refusals_carry_the_origin_too(client, shop):
    response = client.send_otp(shop, "nonsense", headers={"Origin": SHOP})
    assert bad_fields(response) == ["email"]
    allowed(response)


def test_our_own_origin_passes(client, server, app):
    success(client.send_otp(app, new_email(), headers={"Origin": server.public_url, "Sec-Fetch-Site": "same-origin"}))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://shop.example", "https://shop.example:444", "https://SHOP.example",
                                    "https://shop.example.evil.example", "https://x.shop.example", "https://shop.example/", ""])  # fmt: skip
def test_any_other_origin_is_forbidden(client, shop, origin):
    response = client.send_otp(shop, new_email(), headers={"Origin": origin})
    envelope(response, "FORBIDDEN")
    assert "access-control-allow-origin" not in response.headers


def test_an_origin_of_another_app_is_forbidden(client, shop, app):
    envelope(client.send_otp(app, new_email(), headers={"Origin": SHOP}), "FORBIDDEN")


def test_where_the_body_names_no_app_any_apps_origin_passes(client, shop, app):
    response = client.post("/v1/auth/logout", {"refresh_token": "x"}, headers={"Origin": SHOP})
    success(response)
    allowed(response)
    body = {"refresh_token": "x", "app_id": app.app_id}
    envelope(client.post("/v1/auth/refresh", body, headers={"Origin": SHOP}), "FORBIDDEN")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_cross_site_without_origin_is_forbidden(client, app, site):
    envelope(client.send_otp(app, new_email(), headers={"Sec-Fetch-Site": site}), "FORBIDDEN")


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_users_own_requests_pass(client, app, site):
    success(client.send_otp(app, new_email(), headers={"Sec-Fetch-Site": site}))


@pytest.mark.parametrize("path", [*POSTS, "/v1/auth/me"])
def test_preflight(client, shop, path):
    method = "GET" if path.endswith("me") else "POST"
    asked = {"Origin": SHOP, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
    response = client.request("OPTIONS", path, headers=asked)
    assert response.status_code == 204 and response.content == b""
    allowed(response)
    assert method in response.headers["access-control-allow-methods"]
    named = {name.strip().lower() for name in response.headers["access-control-allow-headers"].split(",")}
    assert named == {"authorization", "content-type", "idempotency-key"}
    assert response.headers["access-control-max-age"] == "600"


def test_preflight_of_a_stranger_is_forbidden(client, shop):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = client.request("OPTIONS", "/v1/auth/send-otp", headers=asked)
    assert "access-control-allow-origin" not in response.headers
    envelope(response, "FORBIDDEN")


def test_cookies_are_neither_read_nor_set(client, app):
    signed_in = client.sign_in(app)
    response = client.get("/v1/auth/me", headers={"Cookie": f"session={signed_in.access}; access_token={signed_in.access}"})
    envelope(response, "TOKEN_INVALID")
    assert "set-cookie" not in response.headers


# ---- end_user_ip ----


def test_end_user_ip_must_be_an_address_when_credentials_make_it_count(client, app):
    for address in ("203.0.113.9", "2001:db8::9"):
        success(client.send_otp(app, new_email(), auth=app.basic, end_user_ip=address))
    for nonsense in ("example.com", "1.2.3", "1.2.3.4/8", "1.2.3.4:80", "[::1]", "", 7):
        assert bad_fields(client.send_otp(app, new_email(), auth=app.basic, end_user_ip=nonsense)) == ["end_user_ip"]


def test_end_user_ip_from_anyone_else_is_ignored(client, app):
    success(client.send_otp(app, new_email(), end_user_ip="nonsense"))


# ---- connections ----


def test_http_1_0_closes_and_1_1_stays_open(server):
    answers = exchange(server, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert [answer.status_code for answer in answers] == [200]
    with Wire(server) as wire:
        for _ in range(3):
            assert wire.call("GET", "/healthz").status_code == 200


def test_connection_close_is_honoured(server):
    answers = exchange(server, request_bytes("GET", "/healthz", headers={"Connection": "close"}))
    assert [answer.status_code for answer in answers] == [200]


def test_expect_continue(server):
    body = json.dumps({"refresh_token": "x"}).encode()
    data = request_bytes("POST", "/v1/auth/logout", body, {"Expect": "100-continue", "Connection": "close"})
    with Wire(server) as wire:
        wire.send(data[: -len(body)])
        assert wire.read_answer().status_code == 100
        wire.send(body)
        success(wire.read_answer())
