"""GET /.well-known/jwks.json and /.well-known/openid-configuration: what anybody needs to check our tokens."""

import urllib.parse

import jwt
import pytest

from lib.checks import common_headers

JWKS = "/.well-known/jwks.json"
CONFIGURATION = "/.well-known/openid-configuration"


def standard(response):
    """A body that a standard owns: no `success`, and cacheable."""
    assert response.status_code == 200 and response.headers["content-type"].startswith("application/")
    common_headers(response, cache="public, max-age=300")
    assert "success" not in response.json()
    return response.json()


@pytest.mark.parametrize("path", [JWKS, CONFIGURATION])
def test_they_stand_at_the_root_where_libraries_look(client, path):
    standard(client.get(path))


def test_keys_are_public_and_complete(client):
    keys = standard(client.get(JWKS))["keys"]
    assert keys and len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}, "a private member, or one missing"
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


def test_an_access_token_checks_out_with_a_common_library(client, server, app):
    signed_in = client.sign_in(app)
    key = jwt.PyJWKClient(f"{server.public_url}{JWKS}").get_signing_key_from_jwt(signed_in.access)
    claims = jwt.decode(
        signed_in.access, key.key, algorithms=["ES256"], audience=app.app_id, issuer=server.public_url, leeway=2
    )
    assert jwt.get_unverified_header(signed_in.access) == {"alg": "ES256", "typ": "at+jwt", "kid": key.key_id}
    assert set(claims) == {"iss", "sub", "aud", "client_id", "sid", "jti", "iat", "exp", "auth_time", "amr"}
    assert (claims["sub"], claims["sid"]) == (signed_in.user["user_id"], signed_in.session_id)
    assert claims["client_id"] == app.app_id and claims["amr"] == ["otp-email"]
    assert claims["exp"] - claims["iat"] == 1800 and claims["auth_time"] <= claims["iat"]


def test_the_way_of_signing_in_is_told(client, app):
    signed_in = client.sign_in(app, "+4915199" + app.app_id[:8].translate(str.maketrans("abcdef", "123456")))
    assert jwt.decode(signed_in.access, options={"verify_signature": False})["amr"] == ["otp-sms"]


def test_a_refreshed_token_keeps_the_sign_ins_time(client, app):
    signed_in = client.sign_in(app)
    first = jwt.decode(signed_in.access, options={"verify_signature": False})
    second = jwt.decode(client.refresh(signed_in.refresh).json()["access_token"], options={"verify_signature": False})
    assert second["auth_time"] == first["auth_time"] and second["jti"] != first["jti"]


def test_a_verification_token_says_what_it_is(client, server, app):
    request_id, code = client.ask_code(app, "someone@example.com", purpose="step_up")
    token = client.verify_otp(app, request_id, code, purpose="step_up").json()["verification_token"]
    key = jwt.PyJWKClient(f"{server.public_url}{JWKS}").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key.key, algorithms=["ES256"], audience=app.app_id, issuer=server.public_url, leeway=2)
    assert jwt.get_unverified_header(token)["typ"] == "verification+jwt"
    assert (claims["purpose"], claims["contact"]) == ("step_up", "someone@example.com")
    assert claims["exp"] - claims["iat"] == 300 and claims["jti"]


def test_the_configuration_promises_only_what_is_served(client, server):
    document = standard(client.get(CONFIGURATION))
    assert document["issuer"] == server.public_url
    for name, value in document.items():
        if name.endswith(("_uri", "_endpoint")):
            assert value.startswith(server.public_url + "/")
            path = urllib.parse.urlsplit(value).path
            assert client.get(path).status_code in (200, 405), f"{name} leads nowhere"
    assert {"issuer", "jwks_uri", "introspection_endpoint"} <= set(document)
    for name, algorithms in document.items():
        if name.endswith("alg_values_supported"):
            assert algorithms == ["ES256"]
