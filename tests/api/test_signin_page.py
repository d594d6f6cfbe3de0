"""GET and POST /signin: what an app may ask for, what a person may type, and the whole way back to the app."""

import pytest

from lib.checks import envelope
from lib.client import new_phone
from lib.plain_browser import PlainBrowser
from lib.visit import AGAIN, CODE, EXCHANGE, SIGNIN, UNKNOWN, Visit, failed, press, refused

# ---- the first page ----


def test_the_first_page_has_one_form_and_gives_the_browser_its_cookie(visit):
    person = visit()
    page = person.first()
    assert page.status == 200 and "Weimar Radio" in page.text
    fields = page.form(SIGNIN).fields
    assert fields.pop("form") and fields.pop("contact") == "" and fields.pop("lang", "") == ""
    assert fields == person.query
    assert person.browser.cookies_set == 1
    cookie = person.browser.cookie
    person.first()
    assert person.browser.cookies_set == 1 and person.browser.cookie == cookie


def test_the_field_takes_phone_numbers_where_messages_can_be_sent(visit, start_server, open_client, mail_settings):
    assert 'type="text" inputmode="email" autocomplete="username"' in visit().first().html
    server = start_server(dev=False, settings=mail_settings)
    page = Visit(server, open_client(server)).first()
    assert 'type="email" autocomplete="email"' in page.html and "phone" not in page.text.lower()


def test_a_planted_cookie_is_replaced(visit):
    person = visit()
    for planted in ("x", "A" * 128, "", "../../etc"):
        person.browser.cookie = planted
        person.first()
        assert person.browser.cookie != planted


def test_an_unknown_app_is_not_found(visit):
    failed(visit().first(app_id=UNKNOWN), "APP_NOT_FOUND")


def test_an_app_id_that_is_none_is_a_mistake(visit):
    failed(visit().first(app_id="nonsense"), "VALIDATION_ERROR")
    failed(visit().browser.get(SIGNIN), "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/callback/", "https://app.example/callback?", "https://app.example/callback#x", "https://app.example/callbac",
        "https://app.example/callback%20", " https://app.example/callback", "https://app.example/callback\r\nX: y", "https://app.example//callback",
        "https://APP.example/callback", "HTTPS://app.example/callback", "http://app.example/callback", "//app.example/callback",
        "https://app.example@evil.example/callback", "https://evil.example/callback", "https://app.example.evil.example/callback",
        "https:app.example/callback", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x", "/callback", "https://app.example/callback\t",
        "https://app.example/other", "https://xn--app-example/callback", "https://app。example/callback", "https://app.example/callback;x", "x" * 600,
    ],
)  # fmt: skip
def test_D3_only_a_registered_redirect_uri_is_ever_a_way_on(visit, uri):
    person = visit()
    page = failed(person.first(redirect_uri=uri), "VALIDATION_ERROR")
    assert page.refresh is None and person.browser.cookie is None
    assert all(link is None or link.startswith("/") for link in page.links)
    person.first()
    form = person.first().form(SIGNIN)
    failed(person.browser.submit(form, redirect_uri=uri, contact=person.contact), "VALIDATION_ERROR")
    assert person.count() == 0


def test_a_challenge_is_demanded_unless_the_app_says_otherwise(visit):
    person = visit()
    failed(person.first(code_challenge=""), "VALIDATION_ERROR")
    failed(person.first(code_challenge="short"), "VALIDATION_ERROR")
    failed(person.browser.get(SIGNIN, app_id=person.app.app_id), "VALIDATION_ERROR")
    person.app.set("require_pkce", "off")
    assert person.first(code_challenge="").status == 200
    assert person.browser.get(SIGNIN, app_id=person.app.app_id).status == 200


def test_a_state_has_512_bytes(visit):
    person = visit()
    assert person.first(state="x" * 512).form(SIGNIN).fields["state"] == "x" * 512
    failed(person.first(state="x" * 513), "VALIDATION_ERROR")


def test_the_language_is_asked_for_or_preferred(visit):
    person = visit()
    assert person.first().language == "en"
    assert person.first(lang="de-AT").language == "de"
    german = PlainBrowser(person.client, accept_language="fr;q=0.9, de;q=0.8")
    assert german.get(SIGNIN, **person.query).language == "de"
    assert german.get(SIGNIN, **person.query, lang="en").language == "en"
    page = german.submit(german.get(SIGNIN, **person.query).form(SIGNIN), contact=person.contact)
    assert german.follow(page).language == "de" and "Weimar Radio" in person.mail()["text"]


def test_the_language_that_was_asked_for_stays(visit):
    person = visit()
    page = person.browser.submit(person.first(lang="de").form(SIGNIN), contact=person.contact)
    assert person.browser.follow(page).language == "de"
    assert person.new_browser().get(person.path(person.mail())).language == "de"


def test_a_contact_can_be_filled_in(visit):
    person = visit()
    assert person.first(contact='ada"<b>@example.com').form(SIGNIN).fields["contact"] == 'ada"<b>@example.com'


def test_HEAD_is_like_GET_without_a_body(visit):
    person = visit()
    response = person.browser.request("HEAD", SIGNIN, params=person.query)
    assert response.status_code == 200 and response.content == b""


@pytest.mark.parametrize("contact", ["", "ada", "ada@", "a b@example.com", "a@x.example,b@y.example", "+49", "+0123456789", "+49 (0)30 123456", "+49151x1234567"])
def test_a_contact_that_is_none_is_said_beside_the_field(visit, contact):
    person = visit()
    page = refused(person.browser.submit(person.first().form(SIGNIN), contact=contact), "VALIDATION_ERROR")
    form = page.form(SIGNIN)
    assert form.fields["contact"] == contact
    assert {name: form.fields[name] for name in person.query} == person.query
    assert 'aria-invalid="true"' in page.html
    person.browser.follow(person.browser.submit(form, contact=person.contact))
    assert person.count() == 1


def test_blanks_around_a_contact_do_not_matter(visit):
    person = visit()
    person.browser.follow(person.browser.submit(person.first().form(SIGNIN), contact=f"  {person.contact} "))
    phone = new_phone()
    person.browser.submit(person.first().form(SIGNIN), contact=f" {phone[:3]} ({phone[3:6]}) {phone[6:9]}-{phone[9:]} ")
    assert person.count() == 1 and person.count(phone) == 1


# ---- the whole way ----


def test_sign_in_by_link_in_the_browser_that_asked(visit):
    person = visit()
    person.ask()
    before, path = person.browser.secret, person.path(person.mail())
    page = person.browser.get(path)
    assert page.status == 200
    end = press(person.browser, page, path)
    body = person.redeem(end)
    assert body["user"]["new"] is True
    assert person.browser.secret != before, "after a sign-in the browser has another flow (THREATS E10)"
    failed(person.browser.get(path), "magic_link_already_used")


@pytest.mark.parametrize("shape", ["{0}{1}", "{0} {1}", " {0}-{1} "])
def test_sign_in_by_the_code_of_the_mail(visit, shape):
    person = visit()
    page = person.ask()
    before, mail = person.browser.secret, person.mail()
    code = mail["code"].replace(" ", "")
    end = person.browser.submit(page.form(CODE), code=shape.format(code[:4], code[4:]))
    person.redeem(end)
    assert person.browser.secret != before
    failed(person.browser.get(person.path(mail)), "magic_link_already_used")


def test_a_redirect_uri_with_a_query_keeps_it(visit):
    person = visit()
    person.query["redirect_uri"] = "https://app.example/other?from=kw"
    page = person.ask()
    end = person.browser.submit(page.form(CODE), code=person.mail()["code"])
    assert end.way_on.startswith("https://app.example/other?from=kw&code=kwx_")
    person.exchange(end.query_on["code"], code_verifier=person.pkce.verifier)


def test_without_a_redirect_uri_the_first_is_taken(visit):
    person = visit()
    del person.query["redirect_uri"], person.query["state"]
    end = person.browser.submit(person.ask().form(CODE), code=person.mail()["code"])
    person.redeem(end, state=None)


def test_without_any_redirect_uri_there_is_a_code_to_type(visit):
    person = visit(redirect=False)
    end = person.browser.submit(person.ask().form(CODE), code=person.mail()["code"])
    assert end.status == 200 and end.refresh is None
    person.exchange(end.number)


def test_a_code_in_a_redirect_needs_its_verifier(visit):
    person = visit()
    end = person.browser.submit(person.ask().form(CODE), code=person.mail()["code"])
    envelope(person.client.post(EXCHANGE, {"code": end.query_on["code"]}), "exchange_code_not_found")
    person.redeem(end)


def test_sign_in_by_phone(visit):
    person = visit(new_phone())
    page = person.ask()
    assert page.status == 200 and person.contact not in page.html and person.contact[-2:] in page.text
    person.redeem(person.browser.submit(page.form(CODE), code=person.mail()["code"]))


def test_closed_signup_takes_no_stranger(visit):
    person = visit()
    person.app.set("signup", "closed")
    page = failed(person.browser.submit(person.ask().form(CODE), code=person.mail()["code"]), "USER_NOT_FOUND")
    assert not page.has_form(AGAIN), "another link would end here too"
