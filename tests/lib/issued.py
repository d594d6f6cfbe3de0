"""Every secret the tests were ever handed, so that none of them may turn up where secrets do not belong (threat D9)."""

SECRET_FIELDS = ("access_token", "refresh_token", "verification_token", "app_secret")

_issued = set()


def remember(value):
    if isinstance(value, str) and len(value) >= 10:
        _issued.add(value)


def remember_answer(body):
    if isinstance(body, dict):
        for field in SECRET_FIELDS:
            remember(body.get(field))


def found_in(data):
    """Those secrets that stand in these bytes. A token counts by its last 24 characters: the part that is secret."""
    return [secret for secret in _issued if secret[-24:].encode() in data]
