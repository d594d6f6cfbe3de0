"""Every secret the tests were ever handed, so that none of them may turn up where secrets do not belong (threat D9)."""

import re

SECRET_FIELDS = ("access_token", "refresh_token", "verification_token", "app_secret", "flow_token")

TAIL = 24

_issued = set()


def remember(value):
    if isinstance(value, str) and len(value) >= TAIL:
        _issued.add(value)


def remember_answer(body):
    if isinstance(body, dict):
        for field in SECRET_FIELDS:
            remember(body.get(field))
        for one in [body, *(licenses if isinstance(licenses := body.get("licenses"), list) else [])]:
            remember_license_key(one.get("license_key"))
        # an opaque exchange code; "code" is also the name of shorter things
        if str(body.get("code")).startswith("kwx_"):
            remember(body["code"])


def remember_license_key(shown):
    """As it was handed out, and as it is hashed."""
    if isinstance(shown, str):
        remember(shown)
        remember(shown.replace("-", ""))


def remember_link(url):
    """The token of a sign-in link."""
    for token in re.findall(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", url or ""):
        remember(token)


def found_in(data):
    """Those secrets that stand in these bytes. A token counts by its last characters: the part that is secret."""
    tails = {secret[-TAIL:].encode(): secret for secret in _issued}
    found = []
    for run in re.finditer(rb"[A-Za-z0-9_-]{%d,}" % TAIL, data):
        text = run.group()
        found += [tails[text[i : i + TAIL]] for i in range(len(text) - TAIL + 1) if text[i : i + TAIL] in tails]
    return found
