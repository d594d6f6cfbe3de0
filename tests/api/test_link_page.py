"""The page behind a link: GET and POST /l/{token}, /signin/continue. Who sees what, and who may press what."""

import base64
import urllib.parse
import uuid

import pytest

from lib.checks import envelope, success
from lib.client import wrong
from lib.visit import AGAIN, CALLBACK, CHECK, CODE, CONTINUE, EXCHANGE, SIGNIN, approve, failed, other_number, press, refused, status

# ---- the page behind a link, elsewhere ----


def test_another_browser_approves_and_the_first_goes_on(visit, stranger):
    person = visit()
    waiting = person.ask()
    mail = person.mail()
    phone = person.new_browser(stranger)
    question = phone.get(person.path(mail))
    assert question.status == 200
    for told in ("Weimar Radio", "Firefox", "Linux", "127.1."):
        assert told in question.text, told
    assert waiting.number not in question.text.split("127.1.")[0]
    answer = approve(phone, question, waiting.number)
    assert answer.status == 200 and answer.refresh is None and not answer.has_form(person.path(mail))
    assert phone.get(person.path(mail)).status == 200
    ready = person.browser.get(next(link for link in waiting.links if link.startswith(CHECK)))
    person.redeem(person.browser.submit(ready.form(CONTINUE)))
    failed(phone.get(person.path(mail)), "magic_link_already_used")


def test_nobody_goes_on_before_the_approval(visit):
    person = visit()
    form = person.ask().form(CODE)
    fields = {name: form.fields[name] for name in ("form", "app_id", "link_id")}
    refused(person.browser.post(CONTINUE, fields), "FORBIDDEN")
    path = person.path(person.mail())
    person.redeem(press(person.browser, person.browser.get(path), path))


def test_another_browser_cannot_continue_for_the_first(visit):
    person = visit()
    waiting = person.ask()
    path, other = person.path(person.mail()), person.new_browser()
    question = other.get(path)
    form = next(form for form in question.forms if "number" in form.fields)
    failed(other.submit(form, action="continue"), "FORBIDDEN")
    approve(other, question, waiting.number)
    failed(other.submit(form, action="continue"), "FORBIDDEN")
    token = other.get(path)
    fields = {"form": form.fields["form"], "app_id": waiting.form(CODE).fields["app_id"], "link_id": waiting.form(CODE).fields["link_id"]}
    failed(other.post(CONTINUE, fields), "magic_link_not_found")
    failed(other.post(CODE, fields | {"code": "12345678"}), "magic_link_not_found")
    assert token.status == 200


def test_two_browsers_approve(visit):
    person = visit()
    waiting = person.ask()
    path, one, two = person.path(person.mail()), person.new_browser(), person.new_browser()
    questions = one.get(path), two.get(path)
    assert approve(one, questions[0], waiting.number).status == 200
    assert approve(two, questions[1], waiting.number).status == 200
    assert status(person.browser, waiting) == "approved"


def test_a_wrong_number_kills_link_and_code(visit):
    person = visit()
    waiting = person.ask()
    mail, phone = person.mail(), person.new_browser()
    question = phone.get(person.path(mail))
    dead = failed(approve(phone, question, other_number(waiting.number)), "FORBIDDEN")
    assert dead.has_form(AGAIN)
    failed(approve(phone, question, waiting.number), "magic_link_expired")
    failed(phone.get(person.path(mail)), "magic_link_expired")
    assert person.browser.submit(waiting.form(CODE), code=mail["code"]).status == 401
    assert status(person.browser, waiting) == "expired"


@pytest.mark.parametrize("typed", ["", "7", "123", "xy"])
def test_a_number_that_is_none_is_no_try(visit, typed):
    person = visit()
    waiting = person.ask()
    path, phone = person.path(person.mail()), person.new_browser()
    page = refused(approve(phone, phone.get(path), typed), "VALIDATION_ERROR")
    assert approve(phone, page, waiting.number).status == 200
    assert status(person.browser, waiting) == "approved"


def test_not_me_kills_link_and_code(visit):
    person = visit()
    waiting = person.ask()
    mail, phone = person.mail(), person.new_browser()
    question = phone.get(person.path(mail))
    form = next(form for form in question.forms if form.fields.get("action") == "deny")
    assert phone.submit(form, action="deny").status == 200
    failed(phone.get(person.path(mail)), "magic_link_expired")
    assert person.browser.submit(waiting.form(CODE), code=mail["code"]).status == 401
    assert status(person.browser, waiting) == "expired"
    failed(phone.submit(form, action="deny"), "magic_link_expired")


# ---- links that the app asked for ----


def test_a_link_of_the_app_with_a_challenge_leads_to_it_from_any_browser(visit):
    person = visit()
    _, mail = person.ask_link(redirect_uri=CALLBACK, state="a b&c", code_challenge=person.pkce.challenge)
    path = person.path(mail)
    assert path.startswith("/l/")
    person.redeem(press(person.browser, person.browser.get(path), path))
    failed(person.browser.get(path), "magic_link_already_used")


def test_a_link_of_the_app_without_a_challenge_shows_the_code_to_type_there(visit):
    person = visit(redirect=False)
    sent, mail = person.ask_link()
    path = person.path(mail)
    for _ in range(2):
        page = person.browser.get(path)
        assert page.status == 200 and page.number == mail["code"].replace(" ", "")
    form_token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(path, {"form": form_token, "action": "continue"}), "FORBIDDEN")
    failed(person.browser.post(path, {"form": form_token, "action": "approve", "number": "12"}), "FORBIDDEN")
    person.exchange(page.number, flow_token=sent["flow_token"])


def test_a_code_that_wrong_ones_used_up_is_not_shown_but_another_link_sent(visit):
    person = visit(redirect=False)
    sent, mail = person.ask_link()
    for _ in range(3):
        envelope(person.client.post(EXCHANGE, {"code": wrong(mail["code"]), "flow_token": sent["flow_token"]}), "exchange_code_not_found")
    page = failed(person.browser.get(person.path(mail)), "exchange_code_not_found")
    assert mail["code"].split()[0] not in page.text
    waiting = person.browser.follow(person.browser.submit(page.form(AGAIN)))
    assert waiting.status == 200 and person.count() == 2
    assert success(person.client.post("/v1/auth/verify", {"token": person.path(mail).removeprefix("/l/")}))["access_token"]


def test_a_link_to_the_app_is_nothing_here(visit):
    person = visit()
    person.app.set("link_target", "app")
    _, mail = person.ask_link(redirect_uri=CALLBACK, code_challenge=person.pkce.challenge)
    token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(mail["link"]).query))["token"]
    failed(person.browser.get(f"/l/{token}"), "magic_link_not_found")
    form_token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(f"/l/{token}", {"form": form_token, "action": "deny"}), "magic_link_not_found")


def test_a_link_of_our_pages_never_verifies_through_the_api(visit):
    person = visit()
    person.ask()
    token = person.path(person.mail()).removeprefix("/l/")
    envelope(person.client.post("/v1/auth/verify", {"token": token, "code_verifier": person.pkce.verifier}), "magic_link_not_found")


def test_nobody_makes_a_flow_token_of_the_cookie(visit):
    """Else the code of our pages' mails would redeem past the redirect and its verifier."""
    person = visit()
    waiting = person.ask().form(CODE)
    cookie = base64.urlsafe_b64decode(person.browser.cookie + "==")
    ids = [uuid.UUID(waiting.fields[name]).bytes for name in ("app_id", "link_id")]
    code = person.mail()["code"]
    for secret in (cookie[:32], cookie[32:]):
        flow_token = "kwf_" + base64.urlsafe_b64encode(b"".join(ids) + secret).decode().rstrip("=")
        status_of = {"magic_link_id": waiting.fields["link_id"], "flow_token": flow_token}
        envelope(person.client.post("/v1/auth/magic-link/status", status_of), "magic_link_not_found")
        envelope(person.client.post(EXCHANGE, {"code": code, "flow_token": flow_token}), "exchange_code_not_found")
    person.redeem(person.browser.submit(waiting, code=code))


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "x" * 256, "%3Cscript%3E"])
def test_a_token_that_is_none(visit, token):
    page = failed(visit().browser.get("/l/{token}".format(token=token)), "magic_link_not_found")
    assert not page.has_form(AGAIN)


def test_of_a_link_cut_short_the_browser_that_asked_gets_a_new_one(visit):
    person = visit()
    person.ask()
    page = failed(person.browser.get(person.path(person.mail())[:-3]), "magic_link_not_found")
    assert "***" in page.text and person.contact not in page.html
    person.browser.follow(person.browser.submit(page.form(AGAIN)))
    path = person.path(person.mail())
    person.redeem(person.browser.submit(person.browser.get(path).form(path)))


def test_of_a_link_cut_short_another_browser_learns_nothing(visit):
    person = visit()
    person.ask()
    page = failed(person.new_browser().get(person.path(person.mail())[:-3]), "magic_link_not_found")
    assert "***" not in page.text and not page.forms


def test_a_browser_gets_its_cookie_with_the_first_form_and_not_before(visit):
    person = visit(redirect=False)
    _, mail = person.ask_link()
    assert person.browser.get(person.path(mail)).status == 200 and person.browser.cookie is None
    waiting = person.ask()
    path, other = person.path(person.mail()), person.new_browser()
    question = other.get(path)
    assert other.cookies_set == 1
    approve(other, question, other_number(waiting.number))
    third = person.new_browser()
    assert third.get(path).has_form(AGAIN) and third.cookies_set == 1


# ---- GET and HEAD change nothing ----


def test_D2_a_scanner_leaves_the_link_as_it_was(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    scanner = person.new_browser()
    for _ in range(25):
        assert scanner.get(path).status == 200
        response = scanner.request("HEAD", path)
        assert response.status_code == 200 and response.content == b""
        scanner.cookie = None
    person.redeem(press(person.browser, person.browser.get(path), path))
