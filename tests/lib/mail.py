"""Reads what the SMTP sink recorded."""

import email
import email.policy
import re
import time


def parse(recorded):
    return email.message_from_string(recorded["raw"], policy=email.policy.default)


def text_of(recorded):
    return parse(recorded).get_body(("plain",)).get_content()


def code_of(recorded):
    """The one run of 6 to 10 digits in the text of the mail."""
    codes = set(re.findall(r"(?<![\d.])\d{6,10}(?![\d.])", text_of(recorded)))
    assert len(codes) == 1, f"not one code but {codes}"
    return codes.pop()


def link_of(recorded):
    """Link and code of a sign-in mail, each of which stands once in its text."""
    text = text_of(recorded)
    (url,) = [line for line in text.splitlines() if re.search(r"(/l/|[?&]token=)[A-Za-z0-9_-]{43}", line)]
    (code,) = re.findall(r"(?<!\S)\d{8}(?:\d\d)?(?![^\s.,])", text.replace(url, ""))
    return {"link": url, "code": code}


def wait_for_mail_to(sink, address, seconds=10):
    """How many mails went to the address, once there is one."""
    deadline = time.monotonic() + seconds
    while not (count := sum(message["to"] == [address] for message in sink.messages)):
        assert time.monotonic() < deadline, f"no mail to {address}"
        time.sleep(0.01)
    return count
