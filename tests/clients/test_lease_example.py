"""Leases that an independent implementation (PyJWT on cryptography) signs, judged by clients/c/example.c as it ships."""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time
import types

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

EXAMPLE = os.environ["KW_LEASE_EXAMPLE"]
CLIENT = pathlib.Path(__file__).resolve().parents[2] / "clients/c"
APP, DEVICE = "0197a1c2-0000-7000-8000-00000000000a", "laptop-of-ada"
DAY = 86400
OK = "The license holds on this device."
BAD_SIGNATURE = "The stored license was changed; go online to get it anew."
UNKNOWN_KEY = "This version does not know who signed the license; update the program."
MALFORMED = "There is no readable license; activate this device."


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key, kid):
    point = key.public_key().public_numbers()
    x, y = (base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid}


def claims(**changed):
    now = int(time.time())
    return {
        "iss": "https://auth.example.com",
        "sub": "0197a1c2-0000-7000-8000-000000000001",
        "aud": APP,
        "device": hashlib.sha256(DEVICE.encode()).hexdigest(),
        "aid": "0197a1c2-0000-7000-8000-000000000002",
        "ent": {"pro": True, "seats": 5, "übersicht": "ja", "ratio": 0.1},
        "iat": now,
        "nbf": now,
        "exp": now + 7 * DAY,
        "refresh_after": now + DAY,
    } | changed


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def device(tmp_path, key):
    """A device with the program: device.judge(lease) → (exit code, first line, licensed names)."""
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [jwk(ec.generate_private_key(ec.SECP256R1()), "key_1"), jwk(key, "lic_1")]}))

    def judge(lease, app=APP, device=DEVICE):
        (tmp_path / "lease").write_bytes(lease if isinstance(lease, bytes) else lease.encode())
        files = [tmp_path / "lease", tmp_path / "jwks.json", app, device, tmp_path / "clock"]
        done = subprocess.run([EXAMPLE, *files], capture_output=True, timeout=60)
        assert done.stderr == b""
        first, *rest = done.stdout.decode().splitlines()
        return done.returncode, first, [line.removeprefix("licensed: ") for line in rest]

    return types.SimpleNamespace(judge=judge, clock=tmp_path / "clock")


def signed(key, kid="lic_1", typ="license+jwt", **changed):
    return jwt.encode(claims(**changed), key, algorithm="ES256", headers={"typ": typ, "kid": kid})


def test_a_lease_lets_its_device_run(device, key):
    assert device.judge(signed(key)) == (0, OK, ["pro", "seats", "übersicht", "ratio"])
    assert device.judge(signed(key) + "\n") == (0, OK, ["pro", "seats", "übersicht", "ratio"])


def test_fifty_leases_of_fresh_signatures_all_hold(device, key):
    """r and s begin with a zero byte in some."""
    for _ in range(50):
        assert device.judge(signed(key))[:2] == (0, OK)


@pytest.mark.parametrize(
    "changed, code, text",
    [
        ({"refresh_after": int(time.time()) - 9}, 0, "The license holds on this device; go online soon to renew it."),
        ({"exp": int(time.time()) - 9}, 1, "The offline time of this license has ended; go online to renew it."),
        ({"nbf": int(time.time()) + DAY}, 1, "The license is not valid yet."),
        ({"iat": int(time.time()) + DAY}, 1, "The clock of this device is behind; set it right, then go online."),
        ({"aud": APP[:-1] + "b"}, 1, "The license is for another product."),
        ({"device": hashlib.sha256(b"another").hexdigest()}, 1, "The license was activated on another device."),
        ({"exp": "never"}, 1, MALFORMED),
        ({"ent": {"modules": ["a"]}}, 1, MALFORMED),
    ],
    ids=["refresh", "expired", "later", "clock", "app", "device", "exp", "list"],
)
def test_each_lease_has_its_answer(device, key, changed, code, text):
    assert device.judge(signed(key, **changed))[:2] == (code, text)


def test_names_of_app_and_device_are_the_programs(device, key):
    assert device.judge(signed(key), device="another")[:2] == (1, "The license was activated on another device.")
    assert device.judge(signed(key), app="another")[:2] == (1, "The license is for another product.")


def test_the_clock_is_remembered_between_runs(device, key):
    assert device.judge(signed(key))[0] == 0
    issued, seen = map(int, device.clock.read_text().split())
    assert 0 <= seen - issued < 60
    device.clock.write_text(f"{issued + 9} {seen + DAY}\n")
    assert device.judge(signed(key))[:2] == (1, "The clock of this device is behind; set it right, then go online.")
    for broken in ("", "x", "17", "99999999999999999999999 x"):
        device.clock.write_text(broken)
        assert device.judge(signed(key))[:2] == (0, OK), broken


def test_tampered_claims_are_refused(device, key):
    header, body, signature = signed(key).split(".")
    for name, value in {"exp": 4102444800, "device": hashlib.sha256(b"another").hexdigest(), "ent": {"pro": True}}.items():
        forged = base64url(json.dumps(claims(**{name: value})).encode())
        assert device.judge(f"{header}.{forged}.{signature}") == (1, BAD_SIGNATURE, [])
    assert device.judge(f"{header}.{body}.{signature}")[:2] == (0, OK)


def test_every_seventh_character_changed_is_refused(device, key):
    lease = signed(key)
    for at in range(0, len(lease), 7):
        other = "B" if lease[at] == "A" else "A"
        code, text, licensed = device.judge(lease[:at] + other + lease[at + 1 :])
        assert code == 1 and text in (BAD_SIGNATURE, UNKNOWN_KEY, MALFORMED) and not licensed, at


def test_other_algorithms_and_keys_are_refused(device, key):
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert device.judge(signed(stranger))[:2] == (1, BAD_SIGNATURE)
    assert device.judge(signed(stranger, kid="lic_2"))[:2] == (1, UNKNOWN_KEY)
    assert device.judge(signed(key, kid="key_1"))[:2] == (1, UNKNOWN_KEY), "it signs people in, not leases"
    assert device.judge(signed(key, typ="at+jwt"))[:2] == (1, MALFORMED)
    assert device.judge(signed(key, typ="JWT"))[:2] == (1, MALFORMED)
    headers = {"typ": "license+jwt", "kid": "lic_1"}
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for lease in (
        jwt.encode(claims(), None, algorithm="none", headers=headers),
        jwt.encode(claims(), public, algorithm="HS256", headers=headers),
        jwt.encode(claims(), rsa.generate_private_key(65537, 2048), algorithm="RS256", headers=headers),
        jwt.encode(claims(), ec.generate_private_key(ec.SECP384R1()), algorithm="ES384", headers=headers),
        jwt.encode(claims(), key, algorithm="ES256", headers=headers | {"jwk": jwk(key, "lic_1")}),
        jwt.encode(claims(), key, algorithm="ES256", headers=headers | {"crit": ["exp"]}),
    ):
        assert device.judge(lease)[:2] == (1, MALFORMED)


def test_a_der_signature_is_refused(device, key):
    header, body, _ = signed(key).split(".")
    der = key.sign(f"{header}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    assert device.judge(f"{header}.{body}.{base64url(der)}")[:2] == (1, MALFORMED)


@pytest.mark.parametrize("lease", [b"", b"\n", b".", b"..", b"a.b.c", b"\0" * 500, b"\xff" * 9000, b"." * 9000], ids=lambda lease: lease[:6])
def test_what_is_no_lease_is_refused(device, lease):
    assert device.judge(lease) == (1, MALFORMED, [])


def test_without_arguments_it_says_how_it_is_called():
    done = subprocess.run([EXAMPLE], capture_output=True, timeout=60)
    assert done.returncode == 2 and done.stderr.startswith(b"example LEASE_FILE")


def test_the_code_of_the_readme_compiles(tmp_path):
    (tmp_path / "pinned_keys.h").write_text("unsigned char jwks_json[] = { 0x7b };\nunsigned int jwks_json_len = 1;\n")
    pieces = re.findall(r"^```c\n(.*?)^```$", (CLIENT / "README.md").read_text(), re.S | re.M)
    assert len(pieces) == 2
    for piece in pieces:
        done = subprocess.run(
            ["cc", "-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{CLIENT}", f"-I{tmp_path}", "-fsyntax-only", "-xc", "-"],
            input=piece.encode(), capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
