"""The whole sign-in on one device: from the app to our pages, to the mail or the phone, and back with a code."""

import jwt
import pytest

from lib.checks import envelope, success
from lib.client import new_phone


def how(session):
    return jwt.decode(session["access_token"], options={"verify_signature": False})["amr"]


@pytest.mark.every_engine
def test_a_link_signs_in_where_it_was_asked_for(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    link = person.message()["link"]
    person.open_link(link)
    person.browser.press()
    assert how(person.signed_in()) == ["link"]
    person.open_link(link)
    assert person.browser.status == 401 and "used" in person.browser.text


@pytest.mark.every_engine
def test_the_code_of_the_mail_signs_in(visitor, server, javascript):
    person = visitor(server, javascript=javascript).ask()
    message = person.message()
    assert message["code"] not in person.browser.text
    person.type_code(message["code"])
    assert how(person.signed_in()) == ["otp-email"]
    person.open_link(message["link"])
    assert person.browser.status == 401 and "used" in person.browser.text


@pytest.mark.every_engine
def test_a_text_message_signs_in(visitor, server, javascript):
    person = visitor(server, new_phone(), javascript=javascript).ask()
    person.type_code(person.message()["code"])
    assert how(person.signed_in()) == ["otp-sms"]


@pytest.mark.parametrize("written", ["{0[0]}{0[1]} {0[2]}{0[3]}", "{0[0]}{0[1]}{0[2]}-{0[3]}", " {0[0]} {0[1]} {0[2]} {0[3]} "])
def test_a_code_may_be_typed_with_spaces_and_dashes(visitor, server, javascript, written):
    person = visitor(server, javascript=javascript).ask()
    code = person.message()["code"]
    person.type_code(written.format([code[i : i + 2] for i in range(0, 8, 2)]))
    person.signed_in()


def test_an_app_without_a_place_to_return_to_is_shown_a_code(visitor, server, client, javascript):
    person = visitor(server, javascript=javascript)
    app = server.create_app("Television")
    person.browser.go(f"{server.url}/signin?app_id={app.app_id}")
    person.say_who(person.contact)
    person.type_code(person.message()["code"])
    person.browser.until_says("code")
    code = person.code_shown()
    assert success(client.post("/v1/auth/exchange", {"code": code}))["user"]["email"] == person.contact
    envelope(client.post("/v1/auth/exchange", {"code": code}), "exchange_code_not_found")


def test_what_the_app_sent_along_comes_back_to_the_letter(visitor, server, client):
    person = visitor(server)
    app = person.client_app
    app.redirect_uri += "?from=a;b"
    app.app.set("redirect_uris", [app.redirect_uri])
    app.state = "a;url=b=\"c\"'&<d>%20+#"
    person.ask()
    person.type_code(person.message()["code"])
    person.browser.until_at(app.origin + "/callback")
    arrived = app.arrival()
    assert (arrived["from"], arrived["state"]) == ("a;b", app.state)
    proof = {"code": arrived["code"], "code_verifier": app.pkce.verifier}
    assert success(client.post("/v1/auth/exchange", proof))["user"]["email"] == person.contact


def test_what_is_no_contact_is_said_beside_the_field(visitor, server, javascript):
    person = visitor(server, javascript=javascript)
    person.browser.go(person.client_app.signin_url)
    person.say_who("ada at example.com")
    assert person.browser.status == 400
    assert person.browser.field().get_attribute("value") == "ada at example.com"
    person.say_who(person.contact)
    person.type_code(person.message()["code"])
    person.signed_in()


def test_the_asking_page_shows_neither_code_nor_the_whole_contact(visitor, server):
    person = visitor(server).ask()
    text = person.browser.text
    assert person.contact not in text and person.contact[0] in text and "@" in text


@pytest.mark.parametrize(
    "query, said",
    [
        ("", "app_id"),
        ("app_id=0190b3a0-0000-7000-8000-000000000000", "app"),
        ("app_id={app}&redirect_uri=https://evil.example/&code_challenge={challenge}", "redirect_uri"),
        ("app_id={app}&redirect_uri={uri}", "code_challenge"),
        ("app_id={app}&redirect_uri={uri}&code_challenge=short", "code_challenge"),
    ],
)
def test_a_wrong_request_of_an_app_is_told_to_its_developer_and_leads_nowhere(visitor, server, query, said):
    person = visitor(server)
    query = query.format(app=person.client_app.app.app_id, uri=person.client_app.redirect_uri, challenge=person.client_app.pkce.challenge)
    person.browser.go(f"{server.url}/signin?{query}")
    assert 400 <= person.browser.status < 500 and said in person.browser.text
    assert not person.browser.has("input") and "evil.example" not in " ".join(
        link.get_attribute("href") for link in person.browser.all("a")
    )
