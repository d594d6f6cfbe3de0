"""A newcomer's first minute: `serve --dev` on an empty folder, the address it prints, and a whole sign-in by clicking alone."""

import re

from lib.client import new_email


def test_a_newcomer_signs_in_to_the_demo_app(people, start_server):
    server = start_server()
    (url,) = re.findall(r"http://\S+/dev/demo\b", server.output())
    browser = people()
    browser.go(url)
    browser.press_or_follow("sign in")
    email = new_email()
    browser.fill(email)
    browser.submit()
    browser.until(lambda: browser.path.startswith("/signin/check"), "check your e-mail")
    browser.open_tab()
    browser.go(server.url + "/dev/inbox")
    assert email in browser.text
    browser.click(next(link for link in browser.all("a[href*='/l/']")))
    browser.press()
    browser.until_at(server.url + "/dev/demo")
    browser.until_says(email)
