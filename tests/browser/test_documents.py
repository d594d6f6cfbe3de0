"""The pages for developers: the reference of errors, and the inbox of dev mode."""

import pytest

from lib import look
from lib.client import new_email

LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 320}, "plain": {"javascript": False}}


@pytest.mark.parametrize("traits", LOOKS.values(), ids=LOOKS)
def test_the_documents_can_be_read_by_everybody(people, server, client, app, traits):
    client.ask_code(app, new_email())
    browser = people(**traits)
    for path in ("/reference/errors", "/reference/errors/OTP_LOCKED", "/dev/inbox"):
        browser.go(server.url + path)
        assert browser.status == 200
        assert look.faults(browser) == [], path


def test_the_inbox_shows_the_mail_that_was_sent(browser, server, client, app):
    _, code = client.ask_code(app, contact := new_email())
    browser.go(server.url + "/dev/inbox")
    assert contact in browser.text and code in browser.text.replace(" ", "")
