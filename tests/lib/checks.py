"""What every answer must look like (API.md, section 1)."""

import json
import re

from lib.golden import STATUS

ENVELOPE = ["success", "error", "message", "status", "details", "retry_after", "doc_url", "request_id", "timestamp"]
EXTRA_FIELDS = {
    "OTP_INVALID": ["attempts_left"],
    "LICENSE_EXPIRED": ["expires_at"],
    "LICENSE_MAX_ACTIVATIONS": ["activations_used", "activations_max", "activations"],
    "LICENSE_ALREADY_ACTIVE": ["license", "activation", "lease"],
}

REQUEST_ID = re.compile(r"req_[0-7][0-9A-HJKMNP-TV-Z]{25}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
REFRESH_TOKEN = re.compile(r"kwr_[A-Za-z0-9_-]+")

SESSION = ["success", "access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in", "session_id"]
USER = ["user_id", "email", "phone", "created_at", "last_sign_in_at"]
MANAGED_USER = USER + ["metadata", "deleted_at"]


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def common_headers(response, cache="no-store"):
    """The headers that every answer carries."""
    assert REQUEST_ID.fullmatch(response.headers["x-request-id"]), response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == cache
    assert "server" not in response.headers, "says what it is"


def envelope(response, code, more=()):
    """Checks that this is the refusal `code` in the complete envelope, with `more` members at its end; returns its body."""
    assert response.headers["content-type"] == "application/json", response.headers["content-type"]
    body = json.loads(response.content, object_pairs_hook=_no_duplicates)
    assert body.get("error") == code, f"wanted {code}: {response.status_code} {response.content[:600]!r}"
    assert list(body) == ENVELOPE + EXTRA_FIELDS.get(code, []) + list(more), list(body)
    assert body["success"] is False
    assert isinstance(body["message"], str) and body["message"].strip()
    assert is_int(body["status"]) and body["status"] == response.status_code == STATUS[code]
    _check_details(body)
    _check_retry_after(body, response)
    assert body["doc_url"] == f"{response.extensions['public_url']}/reference/errors/{code}"
    assert body["request_id"] == response.headers["x-request-id"]
    assert RFC3339.fullmatch(body["timestamp"]), body["timestamp"]
    common_headers(response)
    if response.status_code == 401:
        assert re.match(r"Bearer\b", response.headers["www-authenticate"]), response.headers["www-authenticate"]
    else:
        assert "www-authenticate" not in response.headers
    assert ("allow" in response.headers) == (response.status_code == 405)
    return body


def bad_fields(response):
    """The fields that a VALIDATION_ERROR lists, in its order."""
    return [detail["field"] for detail in envelope(response, "VALIDATION_ERROR")["details"]]


def _no_duplicates(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a field stands twice: {names}"
    return dict(pairs)


def _check_details(body):
    assert isinstance(body["details"], list)
    assert bool(body["details"]) == (body["error"] == "VALIDATION_ERROR"), body["details"]
    for detail in body["details"]:
        assert list(detail) == ["field", "message"] and all(isinstance(text, str) and text for text in detail.values())
    fields = [detail["field"] for detail in body["details"]]
    assert len(fields) == len(set(fields)), f"a field is named twice: {fields}"


def _check_retry_after(body, response):
    if response.status_code in (429, 503):
        assert is_int(body["retry_after"]) and body["retry_after"] >= 1
        assert response.headers["retry-after"] == str(body["retry_after"])
    else:
        assert body["retry_after"] is None and "retry-after" not in response.headers


def success(response, status=200):
    """Checks that this is a success, and returns its body."""
    assert response.status_code == status, f"{response.status_code} {response.content[:600]!r}"
    assert response.headers["content-type"] == "application/json"
    body = json.loads(response.content, object_pairs_hook=_no_duplicates)
    assert list(body)[0] == "success" and body["success"] is True
    common_headers(response)
    return body


def sent(response, channel):
    """Checks the whole answer of send-otp."""
    body = success(response)
    assert list(body) == [
        "success", "otp_request_id", "channel", "contact", "code_length", "expires_in", "expires_at", "resend_after"
    ]  # fmt: skip
    assert re.fullmatch(r"otp_[A-Za-z0-9_-]{22,}", body["otp_request_id"]), body["otp_request_id"]
    assert body["channel"] == channel
    assert is_int(body["code_length"]) and is_int(body["expires_in"]) and is_int(body["resend_after"])
    assert RFC3339.fullmatch(body["expires_at"])
    return body


def link_sent(response):
    """Checks the whole answer of magic-link."""
    body = success(response)
    assert list(body) == [
        "success", "magic_link_id", "contact", "code_length", "expires_in", "expires_at", "resend_after", "flow_token"
    ]  # fmt: skip
    assert UUID7.fullmatch(body["magic_link_id"])
    assert re.fullmatch(r"kwf_[A-Za-z0-9_-]{86}", body["flow_token"]), body["flow_token"]
    assert is_int(body["code_length"]) and is_int(body["expires_in"]) and is_int(body["resend_after"])
    assert RFC3339.fullmatch(body["expires_at"])
    return body


def session(response, with_user):
    """Checks the whole session answer of verify-otp (with its user) or refresh (without)."""
    body = success(response)
    assert list(body) == SESSION + (["user"] if with_user else []), list(body)
    assert body["token_type"] == "Bearer"
    assert is_int(body["expires_in"]) and is_int(body["refresh_expires_in"])
    assert REFRESH_TOKEN.fullmatch(body["refresh_token"])
    assert UUID7.fullmatch(body["session_id"])
    assert len(body["access_token"].split(".")) == 3
    if with_user:
        assert list(body["user"]) == USER + ["new"]
        check_user(body["user"])
        assert isinstance(body["user"]["new"], bool)
    return body


def managed_user(response, status=200, member="user"):
    """Checks an answer that has a user as its app's server sees it, and returns that: under member, or at top level (None)."""
    body = success(response, status)
    user = body[member] if member else {name: value for name, value in body.items() if name != "success"}
    assert list(user) == MANAGED_USER, list(user)
    assert UUID7.fullmatch(user["user_id"]) and RFC3339.fullmatch(user["created_at"])
    for time in (user["last_sign_in_at"], user["deleted_at"]):
        assert time is None or RFC3339.fullmatch(time)
    assert user["email"] or user["phone"]
    assert isinstance(user["metadata"], dict)
    return user


def check_user(user):
    assert UUID7.fullmatch(user["user_id"])
    assert RFC3339.fullmatch(user["created_at"]) and RFC3339.fullmatch(user["last_sign_in_at"])
    assert (user["email"] is None) != (user["phone"] is None)
