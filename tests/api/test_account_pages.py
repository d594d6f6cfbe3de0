"""The hosted pages, for users who were deleted, erased, invited, or signed out while they signed in."""

import pytest

from lib.checks import envelope, session, success
from lib.client import contact_field, new_email, new_phone, wrong
from lib.visit import AGAIN, CHECK, CODE, CONTINUE, EXCHANGE, approve, failed, press, refused, status


def user_of(person):
    """The person's account, made by the app's server."""
    return person.client.new_user(person.app, **contact_field(person.contact))["user_id"]


def deleted(person):
    person.client.delete_user(person.app, user_of(person))
    return person


def says_deleted(page):
    page = failed(page, "USER_DELETED")
    assert "closed" in page.text and not page.has_form(AGAIN), "another link would end here too"
    return page


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_a_right_code_says_that_the_account_was_deleted_and_a_wrong_one_does_not(visit, make_contact):
    person = deleted(visit(make_contact()))
    page = person.ask()
    code = person.mail()["code"]
    of_mail = not person.contact.startswith("+")
    page = refused(person.browser.submit(page.form(CODE), code=wrong(code)), "exchange_code_not_found" if of_mail else "OTP_INVALID")
    assert "closed" not in page.text
    says_deleted(person.browser.submit(page.form(CODE), code=code))
    failed(person.browser.submit(page.form(CODE), code=code), "magic_link_already_used" if of_mail else "OTP_ALREADY_USED")


def test_a_link_says_so_when_its_button_is_pressed_and_not_before(visit):
    person = deleted(visit())
    waiting = person.ask()
    path = person.path(person.mail())
    for browser in (person.browser, person.new_browser()):
        page = browser.get(path)
        assert page.status == 200 and "closed" not in page.text
    says_deleted(press(person.browser, person.browser.get(path), path))
    failed(person.browser.get(path), "magic_link_already_used")
    assert status(person.browser, waiting) == "used"


def test_whoever_approves_for_a_deleted_account_learns_nothing_and_who_goes_on_does(visit):
    person = deleted(visit())
    waiting = person.ask()
    path, phone = person.path(person.mail()), person.new_browser()
    answer = approve(phone, phone.get(path), waiting.number)
    assert answer.status == 200 and "closed" not in answer.text
    ready = person.browser.get(next(link for link in waiting.links if link.startswith(CHECK)))
    says_deleted(person.browser.submit(ready.form(CONTINUE)))


def test_a_restored_account_signs_in_on_the_pages(visit):
    person = visit()
    user_id = user_of(person)
    person.client.delete_user(person.app, user_id)
    page, code = person.ask(), person.mail()["code"]
    success(person.client.as_server(person.app, "POST", f"/users/{user_id}/restore"))
    assert person.redeem(person.browser.submit(page.form(CODE), code=code))["user"]["user_id"] == user_id


@pytest.mark.parametrize("make_contact", [new_email, new_phone])
def test_an_invited_user_signs_in_though_signup_is_closed(visit, make_contact):
    person = visit(make_contact())
    person.app.set("signup", "closed")
    user_id = user_of(person)
    page = person.ask()
    user = person.redeem(person.browser.submit(page.form(CODE), code=person.mail()["code"]))["user"]
    assert (user["user_id"], user["new"]) == (user_id, False)


def test_an_erased_user_is_a_stranger(visit):
    person = visit()
    person.app.set("signup", "closed")
    user_id = user_of(person)
    page, code = person.ask(), person.mail()["code"]
    success(person.client.as_server(person.app, "POST", f"/users/{user_id}/erase"))
    failed(person.browser.submit(page.form(CODE), code=code), "USER_NOT_FOUND")


# ---- the code on its way to the app ----


def waiting_code(person):
    """What the browser takes to the app: a sign-in that is no session yet."""
    page = person.browser.submit(person.ask().form(CODE), code=person.mail()["code"])
    assert page.way_on, page.html
    return {"code": page.query_on["code"], "code_verifier": person.pkce.verifier}


def test_a_code_on_its_way_says_that_its_user_was_deleted(visit):
    person = visit()
    user_id = user_of(person)
    code = waiting_code(person)
    person.client.delete_user(person.app, user_id)
    envelope(person.client.post(EXCHANGE, code), "USER_DELETED")
    envelope(person.client.post(EXCHANGE, code), "exchange_code_not_found")


@pytest.mark.parametrize("end", ["sessions", "delete and restore", "everywhere", "others", "contact"])
def test_a_code_on_its_way_is_void_once_all_sessions_were_ended(visit, end):
    person = visit()
    client, app = person.client, person.app
    signed_in = client.sign_in(app, person.contact)
    user_id = signed_in.user["user_id"]
    code = waiting_code(person)
    if end == "sessions":
        success(client.as_server(app, "DELETE", f"/users/{user_id}/sessions"))
    elif end == "delete and restore":
        client.delete_user(app, user_id)
        success(client.as_server(app, "POST", f"/users/{user_id}/restore"))
    elif end == "everywhere":
        success(client.logout(signed_in.refresh, everywhere=True))
    elif end == "others":
        success(client.as_user(signed_in, "DELETE", "/auth/sessions"))
    else:
        headers = {"Authorization": f"Bearer {signed_in.access}"}
        sent = success(client.send_otp(app, other := new_email(), headers=headers, purpose="change_contact"))
        answer = client.verify_otp(app, sent["otp_request_id"], client.next_message(other)["code"], purpose="change_contact")
        body = {"verification_token": success(answer)["verification_token"]}
        success(client.as_user(signed_in, "POST", "/auth/contact", body))
    envelope(client.post(EXCHANGE, code), "exchange_code_not_found")
    if end != "contact":
        person.browser = person.new_browser()
        session(client.post(EXCHANGE, waiting_code(person)), with_user=True)


def test_one_session_that_ends_leaves_a_code_on_its_way(visit):
    person = visit()
    signed_in = person.client.sign_in(person.app, person.contact)
    code = waiting_code(person)
    success(person.client.logout(signed_in.refresh))
    session(person.client.post(EXCHANGE, code), with_user=True)
