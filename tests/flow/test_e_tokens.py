"""THREATS E: tokens that were forged, bent, borrowed, outlived or signed with a key of yesterday."""

import base64
import hashlib
import hmac
import json
import re
import time

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lib.checks import envelope, session, success
from lib.client import bearer, new_email, wrong
from lib.licenses import Shop, check_held
from lib.load import Load
from lib.raw import Wire
from lib.server import ROOT


def b64(data):
    if isinstance(data, dict):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def access(client, app):
    return client.sign_in(app).access


@pytest.fixture
def refuses(client, app):
    """Checks that a token is worth nothing, at an endpoint for users and at introspection."""

    def check(token):
        envelope(client.me(token), "TOKEN_INVALID")
        if 1 <= len(token) <= 256:
            assert success(client.introspect(app, token)) == {"success": True, "active": False}

    return check


# ---- forged ----


def test_E1_no_other_algorithm_is_believed(client, server, access, refuses):
    header, claims, signature = access.split(".")
    real = json.loads(unb64(header))
    jwk = client.get("/.well-known/jwks.json").json()["keys"][0]
    public = jwt.algorithms.ECAlgorithm.from_jwk(json.dumps(jwk))
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name in ("none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES384", "ES512", "EdDSA", "es256", "ES256 "):
        for tail in ("", signature):
            refuses(f"{b64(real | {'alg': name})}.{claims}.{tail}")
    for key in (pem, pem.strip(), b"", b64(jwk).encode(), json.dumps(jwk).encode(), unb64(jwk["x"])):
        signed = f"{b64(real | {'alg': 'HS256'})}.{claims}"
        refuses(f"{signed}.{b64(hmac.new(key, signed.encode(), hashlib.sha256).digest())}")


def test_E1_no_header_leads_to_another_key(client, access, refuses):
    header, claims, _ = access.split(".")
    real = json.loads(unb64(header))
    mine = ec.generate_private_key(ec.SECP256R1())
    point = mine.public_key().public_numbers()
    my_jwk = {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big")), "y": b64(point.y.to_bytes(32, "big"))}
    forged_claims = json.loads(unb64(claims))
    for extra in (
        {}, {"jwk": my_jwk}, {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "http://127.0.0.1:1/"}, {"x5c": ["AAAA"]},
        {"kid": "../../../../dev/null"}, {"kid": ""}, {"kid": "' OR 1=1 --"}, {"kid": "unknown"}, {"kid": None}, {"kid": 1},
        {"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}, {"typ": "JWT"},
    ):  # fmt: skip
        forged_header = {k: v for k, v in (real | extra).items() if v is not None}
        signed = f"{b64(forged_header)}.{b64(forged_claims)}"
        refuses(f"{signed}.{b64(raw_signature(mine, signed))}")


def raw_signature(key, text):
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_E1_a_real_signature_covers_header_and_claims(access, refuses):
    header, claims, signature = access.split(".")
    real, body = json.loads(unb64(header)), json.loads(unb64(claims))
    for extra in ({"crit": ["x"], "x": 1}, {"typ": "verification+jwt"}, {"b64": False}, {"alg": "ES256", "cty": "JWT"}):
        refuses(f"{b64(real | extra)}.{claims}.{signature}")
    for change in ({"sub": body["sid"]}, {"exp": body["exp"] + 1}, {"aud": "x"}, {"roles": ["admin"]}, {"sid": body["sub"]}):
        refuses(f"{header}.{b64(body | change)}.{signature}")
    refuses(f"{header}.{claims}.{b64(bytes(64))}")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for r, s in ((0, 1), (1, 0), (0, order), (order, order), (1, order)):
        refuses(f"{header}.{claims}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}")
    other_key = rsa.generate_private_key(65537, 2048)
    refuses(jwt.encode(body, other_key, "RS256", headers={k: v for k, v in real.items() if k != "alg"}))


# ---- bent ----


def test_E2_segments_of_any_size_are_refused_and_hurt_nothing(server, client, access, refuses):
    header, claims, signature = access.split(".")
    sizes = [0, 1, 2, 3, *(2**k + d for k in range(3, 13) for d in (-1, 0, 1))]
    for size in sizes:
        pad = "A" * size
        for token in (f"{pad}.{claims}.{signature}", f"{header}.{pad}.{signature}", f"{header}.{claims}.{pad}"):
            refuses(token)
    for size in (8000, 12000, 16000, 21830, 65536, 2**20):
        with Wire(server) as wire:
            answer = oversized(wire, f"{header}.{claims}.{'A' * size}")
        assert answer is None or answer.status_code in (401, 431)
    success(client.me(access))


def oversized(wire, token):
    """The answer to a request with this bearer, None when the server cut it off while it was still being sent."""
    try:
        return wire.call("GET", "/v1/auth/me", headers=bearer(token))
    except (ConnectionError, AssertionError):
        return None


@pytest.mark.parametrize(
    "bend",
    [lambda t: t + ".", lambda t: "." + t, lambda t: t + ".x", lambda t: t.replace(".", "..", 1), lambda t: t.replace(".", ""),
     lambda t: t + "=", lambda t: t + "==", lambda t: t[:-1], lambda t: t + "A", lambda t: t.replace(".", ",", 1),
     lambda t: t.replace("_", "/").replace("-", "+") if "_" in t or "-" in t else t + "!", lambda t: t[:10] + "!" + t[11:],
     lambda t: t.upper(), lambda t: t.split(".")[0], lambda t: ".".join(t.split(".")[:2]), lambda t: t[:20] + "%20" + t[20:]],
)  # fmt: skip
def test_E2_a_bent_token_is_refused(access, refuses, bend):
    refuses(bend(access))


def test_E2_the_last_symbol_has_one_spelling(access, refuses):
    """64 bytes leave four unused bits in the last base64url symbol: they must be zero, or one token has 16 spellings."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(access[-1])
    assert last % 16 == 0
    for change in range(1, 16):
        refuses(access[:-1] + alphabet[last + change])


# ---- borrowed ----


def test_E3_a_token_serves_its_own_use_only(client, server, app):
    other = server.create_app()
    signed_in = client.sign_in(app)
    envelope(client.me(signed_in.refresh), "TOKEN_INVALID")
    assert client.refresh(signed_in.access).json()["error"] in ("TOKEN_INVALID", "VALIDATION_ERROR")
    envelope(client.get("/v1/auth/me", headers={"Cookie": f"access_token={signed_in.access}"}), "TOKEN_INVALID")
    envelope(client.post("/v1/auth/introspect", {"token": "x"}, headers=bearer(signed_in.access)), "TOKEN_INVALID")
    assert success(client.introspect(other, signed_in.access))["active"] is False
    envelope(client.refresh(signed_in.refresh, app_id=other.app_id), "TOKEN_INVALID")
    session(client.refresh(signed_in.refresh, app_id=app.app_id), with_user=False)


def test_E3_a_token_of_another_server_is_refused(client, app, start_server, open_client):
    """Same app id, same user id, same claims: another house, another key."""
    elsewhere = start_server()
    token = open_client(elsewhere).sign_in(elsewhere.create_app()).access
    envelope(client.me(token), "TOKEN_INVALID")


def test_E3_a_token_issued_under_another_name_is_refused(start_server, open_client):
    """The same keys, but another issuer: what the claims say counts too, and the session goes on with its next refresh."""
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    server.settings["server.public_url"] = server.public_url = f"http://localhost:{server.port}"
    server.restart()
    client = open_client(server)
    envelope(client.me(signed_in.access), "TOKEN_INVALID")
    child = session(client.refresh(signed_in.refresh), with_user=False)
    success(client.me(child["access_token"]))


# ---- outlived ----


def test_E4_a_token_lives_its_thirty_minutes(clock_client, clock_app, clock_server):
    early, late = (clock_client.sign_in(clock_app) for _ in range(2))
    clock_server.shift_clock(1795)
    success(clock_client.me(early.access))
    clock_server.shift_clock(6)
    envelope(clock_client.me(late.access), "TOKEN_EXPIRED")
    session(clock_client.refresh(late.refresh), with_user=False)


def test_E4_an_expired_token_of_a_stranger_is_invalid_not_expired(clock_client, clock_app, clock_server):
    """A client refreshes on TOKEN_EXPIRED: only a genuine token may say so."""
    access = clock_client.sign_in(clock_app).access
    clock_server.shift_clock(1801)
    header, claims, signature = access.split(".")
    envelope(clock_client.me(f"{header}.{claims}.{b64(bytes(64))}"), "TOKEN_INVALID")


def test_E5_logout_holds_everywhere_at_once(client, app):
    signed_in = client.sign_in(app)
    assert success(client.logout(signed_in.refresh))["sessions_ended"] == 1
    envelope(client.refresh(signed_in.refresh), "TOKEN_REVOKED")
    envelope(client.me(signed_in.access), "TOKEN_REVOKED")
    for token in (signed_in.access, signed_in.refresh):
        assert success(client.introspect(app, token)) == {"success": True, "active": False}
    assert success(client.logout("kwr_unknown"))["sessions_ended"] == 0


# ---- keys ----


def published(client):
    return [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]


def kids(client):
    """Of the keys that sign tokens; those of leases have a life of their own."""
    return [kid for kid in published(client) if not kid.startswith("lic_")]


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def test_E8_rotating_keys_logs_nobody_out(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    old = client.sign_in(app)
    load = Load(server, app, workers=2, checks_access=True).start()
    for _ in range(2):
        before = kids(client)
        server.cli("key", "rotate")
        assert set(before) < set(kids(client)), "the new key is published beside the old ones"
        success(client.me(old.access))
        time.sleep(0.3)
    load.stop()
    assert load.refusals == [] and load.failures == [] and load.refreshed > 20


def test_E8_a_key_is_published_then_active_then_retired(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    old = kid_of(signed_in.access)
    server.cli("key", "rotate")
    new = (set(kids(client)) - {old}).pop()
    assert kid_of(client.sign_in(app).access) == old, "signs before verifiers with a cached key set can know it"
    server.shift_clock(11 * 60)
    wait_until(lambda: kid_of(client.sign_in(app).access) == new)
    assert old in kids(client), "withdrawn while its last tokens live"
    server.shift_clock(2 * 86400)
    wait_until(lambda: kids(client) == [new])
    session(client.refresh(signed_in.refresh), with_user=False)


@pytest.mark.parametrize("kind", ["token", "license"])
def test_E8_a_key_outlives_what_it_signs_also_when_the_life_of_that_is_raised_behind_the_rotation(start_server, open_client, kind):
    server = start_server()
    app = server.create_app()
    shop = Shop(open_client(server), app)
    license = shop.issue()
    shop.take(license, "a device")
    server.cli("key", "rotate", *(["--license"] if kind == "license" else []))
    server.settings |= {"token.access_ttl": "1h", "license.lease_ttl": "30d"}
    server.restart()
    shop.client = shop.sender = open_client(server)
    server.shift_clock(9 * 60 if kind == "token" else 89 * 86400)
    last = shop.client.sign_in(app).access if kind == "token" else check_held(shop.verify(license, "a device"))["lease"]
    claims = jwt.decode(last, options={"verify_signature": False})
    life = claims["exp"] - claims["iat"]
    assert life == (3600 if kind == "token" else 30 * 86400)
    server.shift_clock(life - 30)
    assert kid_of(last) in published(shop.client), "verifiers that fetch the key set find its key to the end"
    if kind == "token":
        success(shop.client.me(last))
    server.shift_clock(2 * 86400)
    wait_until(lambda: kid_of(last) not in published(shop.client))


def wait_until(holds, seconds=5):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.05)


def test_E9_a_retired_key_is_dead_at_once_and_sessions_live_on(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    old = kid_of(signed_in.access)
    server.cli("key", "retire", old)
    wait_until(lambda: old not in kids(client), seconds=1)
    envelope(client.me(signed_in.access), "TOKEN_INVALID")
    assert success(client.introspect(app, signed_in.access))["active"] is False
    child = session(client.refresh(signed_in.refresh), with_user=False)
    assert kid_of(child["access_token"]) != old
    success(client.me(child["access_token"]))


def test_E8_keys_survive_a_restart(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in, before = client.sign_in(app), kids(client)
    server.restart()
    client = open_client(server)
    assert kids(client) == before
    success(client.me(signed_in.access))


# ---- tenancy and stores ----


def test_E12_another_app_cannot_touch_a_code(client, server, app):
    other = server.create_app()
    request_id, code = client.ask_code(app, new_email())
    for guess in (code, wrong(code), wrong(code), wrong(code), code):
        envelope(client.verify_otp(other, request_id, guess), "OTP_WRONG_APP")
    session(client.verify_otp(app, request_id, code), with_user=True)


SQL = ["'", '"', "' OR '1'='1", "'; DROP TABLE session; --", "1; SELECT pg_sleep(5)--", "' UNION SELECT 1,2,3--", "\\'", "%27", "''",
       "') OR 1=1--", "$1", "?1", ":name", "@x", "\x01'", "/* */", "' || (SELECT 1) || '", "'; SELECT randomblob(1000000000); --", "%", "_"]  # fmt: skip


@pytest.mark.parametrize("metacharacters", SQL, ids=ascii)
def test_E15_sql_in_a_field_is_only_text(client, app, metacharacters):
    signed_in = client.sign_in(app)
    fields = {"email": metacharacters, "purpose": metacharacters, "locale": metacharacters}
    assert client.post("/v1/auth/send-otp", {"app_id": app.app_id} | fields).status_code == 400
    assert client.post("/v1/auth/send-otp", {"app_id": metacharacters, "email": new_email()}).status_code == 400
    refused = client.send_otp(app, f"{metacharacters}@example.com")
    assert refused.status_code == 400 or metacharacters in ("'", "''", "%", "_", "$1", "?1", "/* */", "%27")
    envelope(client.verify_otp(app, metacharacters, "123456"), "OTP_NOT_FOUND")
    assert client.verify_otp(app, "otp_x", metacharacters, purpose=metacharacters).status_code == 400
    envelope(client.refresh(metacharacters), "TOKEN_INVALID")
    assert success(client.logout(metacharacters, everywhere=True))["sessions_ended"] == 0
    assert success(client.introspect(app, metacharacters))["active"] is False
    assert client.post("/v1/auth/introspect", {"token": "x", "app_id": app.app_id, "app_secret": metacharacters}).status_code == 401
    if metacharacters.isprintable():
        envelope(client.get("/v1/auth/me", headers={"Authorization": f"Bearer {metacharacters}"}), "TOKEN_INVALID")
        client.refresh(signed_in.refresh + metacharacters, key=metacharacters.replace(" ", "+"))
        assert client.send_otp(app, new_email(), headers={"User-Agent": metacharacters}).status_code == 200
        app.set("name", f"Name {metacharacters}")
    success(client.me(signed_in.access))
    assert client.sign_in(app).user["new"] is True


def test_E15_sql_text_stands_only_where_it_belongs():
    """Every statement is a constant in a *_sql.c or in the db floor: nothing puts one together."""
    statement = re.compile(r'"\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b', re.I)
    for path in (ROOT / "src").rglob("*.[ch]"):
        if not path.name.endswith(("_sql.c", "_sql.h")) and path.parent.name != "db":
            assert not statement.search(path.read_text()), path
        if path.name.endswith("_sql.c"):
            assert not re.search(r"\b(snprintf|strcat|asprintf|buf_printf)\b", path.read_text()), f"{path} builds text"


def test_E14_markup_in_an_apps_name_is_text_in_its_mails(server, client):
    """Console and pages have tests of their own; mails are read in a browser too."""
    app = server.create_app('<svg onload=alert(1)>"&')
    success(client.send_otp(app, contact := new_email()))
    success(client.magic_link(app, linked := new_email()))
    for html in (client.next_message(contact)["html"], client.next_message(linked)["html"]):
        assert "<svg" not in html
        assert html.count("&lt;svg onload=alert(1)&gt;&quot;&amp;") >= 3



def test_E17_documents_name_the_configured_issuer_whatever_the_host(client, server):
    for host in ("localhost", f"127.0.0.1:{server.port}", "[::1]:99"):
        headers = {"Host": host, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
        document = client.get("/.well-known/openid-configuration", headers=headers)
        assert document.json()["issuer"] == server.public_url
        assert "evil" not in document.text and "none" not in document.json().get("id_token_signing_alg_values_supported", [])
    keys = client.get("/.well-known/jwks.json").json()["keys"]
    for key in keys:
        assert not {"d", "p", "q", "k", "dp", "dq", "qi"} & set(key)
        assert key["use"] == "sig" and key["alg"] == "ES256"
    assert len({key["kid"] for key in keys}) == len(keys)
