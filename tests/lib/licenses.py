"""Licenses as a shop's server and its customers' devices use them, and what their answers must look like."""

import hashlib
import itertools
import random
import zlib

import jwt

from lib.checks import RFC3339, UUID7, envelope, is_int, success

LICENSES = "/v1/licenses"
VERIFY = "/v1/licenses/verify"
ACTIVATE = "/v1/licenses/activate"
DEACTIVATE = "/v1/licenses/deactivate"

MEMBERS = [
    "license_id", "key_hint", "status", "max_activations", "activations_used", "expires_at", "user_id", "tenant_id",
    "entitlements", "created_at", "revoked_at"
]  # fmt: skip
SERVER_MEMBERS = [*MEMBERS, "metadata", "revoke_reason"]
ISSUED = ["license_id", "license_key", *SERVER_MEMBERS[1:]]
ACTIVATION = ["activation_id", "device_name", "activated_at", "last_seen_at"]

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
UNKNOWN_ID = "0190b8a0-7c3e-7d10-8f00-000000000001"

_names = itertools.count(1)


def new_device():
    return f"device-{next(_names)}"


def mistyped(key):
    return key[:-1] + SYMBOLS[(SYMBOLS.index(key[-1]) + 1) % 32]


def with_check(prefix, symbols):
    """The key of 25 symbols."""
    crc = zlib.crc32((prefix + symbols).encode())
    return prefix + symbols + "".join(SYMBOLS[crc >> shift & 31] for shift in (20, 15, 10, 5, 0))


def unknown_keys():
    """Keys of the right form that nobody has."""
    return (with_check("KEY", "".join(random.choices(SYMBOLS, k=25))) for _ in itertools.count())


class License:
    """An issued license and its key."""

    def __init__(self, app, answer):
        self.app = app
        self.answer = answer
        self.license_id = answer["license_id"]
        self.key = answer["license_key"]

    def body(self, device_id, **fields):
        return {"app_id": self.app.app_id, "license_key": self.key, "device_id": device_id, **fields}


class Shop:
    """The server of an app: issues licenses, and asks in the name of devices. `sender` is who sends for devices."""

    def __init__(self, client, app, sender=None):
        self.client = client
        self.app = app
        self.sender = sender or client

    # ---- as the server ----

    def call(self, method, path, body=None, **options):
        return self.client.request(method, path, json=body, auth=self.app.basic, **options)

    def post(self, path, body=None, **options):
        return self.call("POST", path, {} if body is None else body, **options)

    def issue(self, **fields):
        """A license that must come about."""
        return License(self.app, check_issued(self.post(LICENSES, fields)))

    def show(self, license):
        return check_license(success(self.call("GET", f"{LICENSES}/{license.license_id}"))["license"], SERVER_MEMBERS)

    def change(self, license, **fields):
        return self.call("PATCH", f"{LICENSES}/{license.license_id}", fields)

    def renew(self, license, headers=None, **fields):
        return self.post(f"{LICENSES}/renew", {"license_id": license.license_id, **fields}, headers=headers)

    def revoke(self, license, **fields):
        return self.post(f"{LICENSES}/revoke", {"license_id": license.license_id, **fields})

    def reissue(self, license):
        return self.post(f"{LICENSES}/{license.license_id}/reissue")

    def lookup(self, key):
        return self.post(f"{LICENSES}/lookup", {"license_key": key})

    def devices(self, license, **query):
        return self.call("GET", f"{LICENSES}/{license.license_id}/activations", params=query)

    def free(self, license, activation_id):
        return self.call("DELETE", f"{LICENSES}/{license.license_id}/activations/{activation_id}")

    # ---- as a device ----

    def verify(self, license, device_id, **fields):
        return self.sender.post(VERIFY, license.body(device_id, **fields))

    def activate(self, license, device_id, auth=None, **fields):
        return self.sender.post(ACTIVATE, license.body(device_id, **fields), auth=auth)

    def deactivate(self, license, device_id=None, auth=None, **fields):
        body = license.body(device_id, **fields)
        if device_id is None:
            del body["device_id"]
        return self.sender.post(DEACTIVATE, body, auth=auth)

    # ---- steps that must succeed ----

    def take(self, license, device_id, **fields):
        """Activates; returns the activation's id."""
        return check_held(self.activate(license, device_id, **fields), 201)["activation"]["activation_id"]

    def leave(self, license, device_id):
        assert success(self.deactivate(license, device_id))["deactivated"] is True


def check_license(license, members=MEMBERS):
    assert list(license) == members, list(license)
    assert UUID7.fullmatch(license["license_id"])
    assert license["status"] in ("active", "expired", "revoked")
    assert is_int(license["max_activations"]) and is_int(license["activations_used"])
    assert isinstance(license["entitlements"], dict)
    assert RFC3339.fullmatch(license["created_at"])
    for name in ("expires_at", "revoked_at"):
        assert license[name] is None or RFC3339.fullmatch(license[name])
    return license


def check_issued(response):
    body = success(response, 201)
    assert list(body) == ["success", *ISSUED], list(body)
    check_license({name: body[name] for name in SERVER_MEMBERS}, SERVER_MEMBERS)
    return body


def check_activation(activation):
    assert list(activation) == ACTIVATION, list(activation)
    assert UUID7.fullmatch(activation["activation_id"])
    assert RFC3339.fullmatch(activation["activated_at"]) and RFC3339.fullmatch(activation["last_seen_at"])
    return activation


def check_held(response, status=200):
    """A device that holds its slot: the answer of verify (200), activate (201), or the friendly refusal (409)."""
    names = ["license", "activation", "lease"]
    if status == 409:
        body = envelope(response, "LICENSE_ALREADY_ACTIVE")
    else:
        body = success(response, status)
        assert list(body) == ["success", *(["valid"] if status == 200 else []), *names], list(body)
    assert status != 200 or body["valid"] is True
    assert check_license(body["license"])["status"] == "active"
    check_activation(body["activation"])
    return body


def lease_claims(client, lease):
    """What a lease says, checked with the key set that the server publishes."""
    header = jwt.get_unverified_header(lease)
    keys = {key["kid"]: key for key in client.get("/.well-known/jwks.json").json()["keys"]}
    assert header == {"alg": "ES256", "typ": "license+jwt", "kid": header["kid"]} and header["kid"].startswith("lic_")
    options = {f"verify_{name}": False for name in ("aud", "exp", "iat", "nbf")}  # the server's clock may be another
    return jwt.decode(lease, jwt.PyJWK(keys[header["kid"]]).key, algorithms=["ES256"], options=options)


def hash_of(device_id):
    return hashlib.sha256(device_id.encode()).hexdigest()
