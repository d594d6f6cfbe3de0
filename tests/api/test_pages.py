"""The hosted pages: /signin, /signin/… and /l/{token}; every way through them, every refusal and its status."""

import urllib.parse

import pytest

from lib.checks import envelope, session, success
from lib.client import new_email, new_phone, wrong
from lib.client_app import Pkce
from lib.golden import STATUS
from lib.plain_browser import COOKIE, PlainBrowser

SIGNIN, CHECK, WAITING = "/signin", "/signin/check", "/signin/status"
CODE, AGAIN, CONTINUE, LINK = "/signin/code", "/signin/again", "/signin/continue", "/l/{token}"
EXCHANGE = "/v1/auth/exchange"
CALLBACK = "https://app.example/callback"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

_sources = iter(range(2, 250))


@pytest.fixture
def somewhere(open_client, server):
    """A client with an address of its own: wrong codes lock addresses for an hour."""
    return lambda at=None: open_client(at or server, source=f"127.0.7.{next(_sources)}")


class Visit:
    """One sign-in: an app that takes people back, a person's address, the browser they began in."""

    def __init__(self, server, client, contact=None, redirect=True):
        self.server, self.client = server, client
        self.app = server.create_app("Weimar Radio")
        self.pkce = Pkce()
        self.contact = contact or new_email()
        self.query = {"app_id": self.app.app_id}
        if redirect:
            self.app.set("redirect_uris", [CALLBACK, "https://app.example/other?from=kw"])
            self.query |= {"redirect_uri": CALLBACK, "state": "a b&c", "code_challenge": self.pkce.challenge}
        self.browser = self.new_browser()

    def new_browser(self, client=None):
        return PlainBrowser(client or self.client, user_agent=FIREFOX)

    def first(self, **changes):
        return self.browser.get(SIGNIN, **self.query | changes)

    def ask(self, contact=None):
        """As far as "check your e-mail" (or the phone)."""
        page = self.browser.submit(self.first().form(SIGNIN), contact=contact or self.contact)
        return page if self.contact.startswith("+") else self.browser.follow(page)

    def mail(self):
        return self.client.next_message(self.contact)

    def path(self, mail):
        return mail["link"].removeprefix(self.server.public_url)

    def redeem(self, page, state="a b&c"):
        """The app takes the browser back, with a code that its verifier redeems."""
        assert page.status == 200
        assert page.way_on.startswith(CALLBACK + "?code=kwx_"), page.way_on
        assert page.query_on.get("state") == state
        return self.exchange(page.query_on["code"], code_verifier=self.pkce.verifier)

    def exchange(self, code, **fields):
        body = session(self.client.post(EXCHANGE, {"code": code, **fields}), with_user=True)
        assert self.contact in (body["user"]["email"], body["user"]["phone"])
        return body

    def count(self, contact=None):
        return len(self.client.messages(contact or self.contact))


@pytest.fixture
def visit(server, somewhere):
    return lambda *words, **options: Visit(server, somewhere(), *words, **options)


def failed(page, code):
    """A failed page has the status of its code, and names it."""
    assert page.status == STATUS[code], page.html[:3000]
    assert code in page.text, page.text
    return page


def refused(page, code):
    """A page that lets people try again has its status too."""
    assert page.status == STATUS[code], page.html[:3000]
    return page


def status(browser, page):
    """What the script of the page that waits asks for."""
    hidden = page.form(CODE).hidden
    response = browser.request("GET", WAITING, params={"app_id": hidden["app_id"], "id": hidden["link_id"]})
    return success(response)["status"]


def approve(browser, page, number):
    form = next(form for form in page.forms if "number" in form.fields)
    return browser.submit(form, number=number, action="approve")


def press(browser, page, path):
    return browser.submit(page.form(path), action="continue")


def other_number(number):
    return f"{(int(number) + 1) % 100:02}"


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


def test_a_planted_cookie_is_replaced(visit):
    person = visit()
    for planted in ("x", "A" * 86, "", "../../etc"):
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


@pytest.mark.parametrize("contact", ["", "ada", "ada@", "a b@example.com", "a@x.example,b@y.example", "+49", "+0123456789", "+49151x1234567"])
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
    before, path = person.browser.cookie, person.path(person.mail())
    page = person.browser.get(path)
    assert page.status == 200
    end = press(person.browser, page, path)
    body = person.redeem(end)
    assert body["user"]["new"] is True
    assert person.browser.cookie != before, "after a sign-in the browser has another flow (THREATS E10)"
    failed(person.browser.get(path), "magic_link_already_used")


@pytest.mark.parametrize("shape", ["{0}{1}", "{0} {1}", " {0}-{1} "])
def test_sign_in_by_the_code_of_the_mail(visit, shape):
    person = visit()
    page = person.ask()
    before, mail = person.browser.cookie, person.mail()
    code = mail["code"].replace(" ", "")
    end = person.browser.submit(page.form(CODE), code=shape.format(code[:4], code[4:]))
    person.redeem(end)
    assert person.browser.cookie != before
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
    failed(person.browser.submit(person.ask().form(CODE), code=person.mail()["code"]), "USER_NOT_FOUND")


# ---- the page that waits ----


def test_the_page_that_waits_can_be_loaded_again_and_is_nobody_elses(visit):
    person = visit()
    sent = person.browser.submit(person.first().form(SIGNIN), contact=person.contact)
    page = person.browser.follow(sent)
    assert person.browser.get(sent.way_on).number == page.number
    assert person.contact not in page.html and "@" in page.text
    assert person.count() == 1
    other = person.new_browser()
    failed(other.get(sent.way_on), "magic_link_not_found")
    other.get(SIGNIN, **person.query)
    failed(other.get(sent.way_on), "magic_link_not_found")
    assert set(sent.query_on) == {"app_id", "id"}


@pytest.mark.parametrize("query", [{}, {"app_id": UNKNOWN}, {"app_id": UNKNOWN, "id": "x"}, {"app_id": "x", "id": UNKNOWN}], ids=str)
def test_a_page_that_waits_for_nothing(visit, query):
    person = visit()
    person.first()
    for path in (CHECK, WAITING):
        assert person.browser.request("GET", path, params=query).status_code == (401 if len(query) == 2 else 400)


def test_the_script_learns_what_became_of_the_link(visit):
    person = visit()
    page = person.ask()
    mail, elsewhere = person.mail(), person.new_browser()
    assert status(person.browser, page) == "pending"
    approve(elsewhere, elsewhere.get(person.path(mail)), page.number)
    assert status(person.browser, page) == "approved"
    hidden = page.form(CODE).hidden
    query = {"app_id": hidden["app_id"], "id": hidden["link_id"]}
    envelope(elsewhere.request("GET", WAITING, params=query), "magic_link_not_found")
    envelope(person.new_browser().request("GET", WAITING, params=query), "magic_link_not_found")


def test_a_wrong_code_can_be_corrected_three_times(visit):
    person = visit()
    page = person.ask()
    mail = person.mail()
    for _ in range(2):
        page = refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
        assert 'aria-invalid="true"' in page.html
    stuck = refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
    assert stuck.text != page.text and stuck.has_form(AGAIN)
    refused(person.browser.submit(page.form(CODE), code=mail["code"]), "exchange_code_not_found")
    path = person.path(mail)
    person.redeem(press(person.browser, person.browser.get(path), path))


@pytest.mark.parametrize("typed", ["", " ", "abc", "12x4", "-"])
def test_what_is_no_code_costs_nothing(visit, typed):
    person = visit()
    page = person.ask()
    for _ in range(12):
        page = refused(person.browser.submit(page.form(CODE), code=typed), "VALIDATION_ERROR")
    person.redeem(person.browser.submit(page.form(CODE), code=person.mail()["code"]))


def test_three_wrong_codes_lock_a_code_that_went_to_a_phone(visit):
    person = visit(new_phone())
    page = person.ask()
    code = person.mail()["code"]
    for _ in range(2):
        page = refused(person.browser.submit(page.form(CODE), code=wrong(code)), "OTP_INVALID")
    form = page.form(CODE)
    locked = failed(person.browser.submit(form, code=wrong(code)), "OTP_LOCKED")
    assert int(locked.response.headers["retry-after"]) >= 1
    failed(person.browser.submit(form, code=code), "OTP_LOCKED")
    again = person.browser.submit(locked.form(AGAIN))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))
    refused(person.browser.submit(page.form(CODE), code="12"), "FORBIDDEN")


def test_a_used_code_of_a_phone_is_used(visit):
    person = visit(new_phone())
    form, code = person.ask().form(CODE), person.mail()["code"]
    cookie = person.browser.cookie
    person.browser.submit(form, code=code)
    person.browser.cookie = cookie
    failed(person.browser.submit(form, code=code), "OTP_ALREADY_USED")


@pytest.mark.parametrize("ticket", ["x", "A" * 400])
def test_a_ticket_that_is_none(visit, ticket):
    person = visit(new_phone())
    form = person.ask().form(CODE)
    assert person.browser.submit(form, code="123456", ticket=ticket).status == STATUS["OTP_NOT_FOUND"]
    assert person.browser.submit(form, ticket=ticket).status == STATUS["OTP_NOT_FOUND"]
    assert person.browser.post(AGAIN, {"form": form.fields["form"], "ticket": ticket}).status == STATUS["OTP_NOT_FOUND"]


# ---- the page behind a link, elsewhere ----


def test_another_browser_approves_and_the_first_goes_on(visit, somewhere):
    person = visit()
    waiting = person.ask()
    mail = person.mail()
    phone = person.new_browser(somewhere())
    question = phone.get(person.path(mail))
    assert question.status == 200
    for told in ("Weimar Radio", "Firefox", "Linux", "127.0.7."):
        assert told in question.text, told
    assert waiting.number not in question.text.split("127.0.7.")[0]
    answer = approve(phone, question, waiting.number)
    assert answer.status == 200 and answer.refresh is None and not answer.has_form(person.path(mail))
    assert phone.get(person.path(mail)).status == 200
    ready = person.browser.get(f"{CHECK}?" + urllib.parse.urlencode({
        "app_id": waiting.form(CODE).fields["app_id"], "id": waiting.form(CODE).fields["link_id"]}))  # fmt: skip
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


def ask_link(person, **fields):
    body = {"app_id": person.app.app_id, "email": person.contact, **fields}
    return success(person.client.post("/v1/auth/magic-link", body)), person.mail()


def test_a_link_of_the_app_with_a_challenge_leads_to_it_from_any_browser(visit):
    person = visit()
    _, mail = ask_link(person, redirect_uri=CALLBACK, state="a b&c", code_challenge=person.pkce.challenge)
    path = person.path(mail)
    assert path.startswith("/l/")
    person.redeem(press(person.browser, person.browser.get(path), path))
    failed(person.browser.get(path), "magic_link_already_used")


def test_a_link_of_the_app_without_a_challenge_shows_the_code_to_type_there(visit):
    person = visit(redirect=False)
    sent, mail = ask_link(person)
    path = person.path(mail)
    for _ in range(2):
        page = person.browser.get(path)
        assert page.status == 200 and page.number == mail["code"].replace(" ", "")
    form_token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(path, {"form": form_token, "action": "continue"}), "FORBIDDEN")
    failed(person.browser.post(path, {"form": form_token, "action": "approve", "number": "12"}), "FORBIDDEN")
    person.exchange(page.number, flow_token=sent["flow_token"])


def test_a_link_to_the_app_is_nothing_here(visit):
    person = visit()
    person.app.set("link_target", "app")
    _, mail = ask_link(person, redirect_uri=CALLBACK, code_challenge=person.pkce.challenge)
    token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(mail["link"]).query))["token"]
    failed(person.browser.get(f"/l/{token}"), "magic_link_not_found")
    form_token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(f"/l/{token}", {"form": form_token, "action": "deny"}), "magic_link_not_found")


def test_a_link_of_our_pages_never_verifies_through_the_api(visit):
    person = visit()
    person.ask()
    token = person.path(person.mail()).removeprefix("/l/")
    envelope(person.client.post("/v1/auth/verify", {"token": token, "code_verifier": person.pkce.verifier}), "magic_link_not_found")


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "x" * 256, "%3Cscript%3E"])
def test_a_token_that_is_none(visit, token):
    page = failed(visit().browser.get(f"/l/{token}"), "magic_link_not_found")
    assert not page.has_form(AGAIN)


def test_a_browser_gets_its_cookie_with_the_first_form_and_not_before(visit):
    person = visit(redirect=False)
    _, mail = ask_link(person)
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


# ---- who may post ----


def everything_that_posts(person):
    """Every form there is: (path, fields that would work)."""
    waiting = person.ask()
    path, code = person.path(person.mail()), waiting.form(CODE).fields
    ids = {"app_id": code["app_id"], "link_id": code["link_id"]}
    yield SIGNIN, {"app_id": person.app.app_id, "contact": person.contact, "code_challenge": person.pkce.challenge}
    yield AGAIN, ids
    yield CODE, ids | {"code": "00000000"}
    yield CONTINUE, ids
    yield path, {"action": "continue"}
    yield path, {"action": "approve", "number": other_number(waiting.number)}
    yield path, {"action": "deny"}


def test_D11_a_form_counts_only_with_our_cookie_and_its_token(visit):
    person = visit()
    stranger = person.new_browser()
    foreign = stranger.get(SIGNIN, **person.query).form(SIGNIN).fields["form"]
    posts = list(everything_that_posts(person))
    good = person.first().form(SIGNIN).fields["form"]
    for path, fields in posts:
        for token in (None, "", "x", foreign, good[:-1]):
            failed(person.browser.post(path, fields | ({} if token is None else {"form": token})), "FORBIDDEN")
        for cookie in (None, "x", stranger.cookie):
            other = person.new_browser()
            other.cookie = cookie
            failed(other.post(path, fields | {"form": good}), "FORBIDDEN")
            assert other.cookie == cookie, "who is refused so gets nothing to keep"
        for site in ("cross-site", "same-site"):
            failed(person.browser.post(path, fields | {"form": good}, **{"Sec-Fetch-Site": site}), "FORBIDDEN")
    assert person.count() == 1, "nothing was sent"
    path = posts[-1][0]
    person.redeem(press(person.browser, person.browser.get(path), path))


def test_two_cookies_are_none(visit):
    person = visit()
    fields = person.first().form(SIGNIN).fields | {"contact": person.contact}
    person.browser.cookie += f"; {COOKIE}={person.browser.cookie}"
    failed(person.browser.post(SIGNIN, fields), "FORBIDDEN")


def test_B11_what_is_refused_so_draws_from_no_budget(start_server, open_client, mail_settings, smtp_sink):
    server = start_server(dev=False, settings={"limit.sends_per_address": "2/1m", **mail_settings})
    person = Visit(server, open_client(server))
    form = person.first().form(SIGNIN)
    for _ in range(5):
        failed(person.browser.submit(form, form="x", contact=person.contact), "FORBIDDEN")
    for _ in range(2):
        person.browser.follow(person.browser.submit(form, contact=new_email()))
    page = failed(person.browser.submit(form, contact=new_email()), "RATE_LIMITED")
    assert 1 <= int(page.response.headers["retry-after"]) <= 60


def test_a_used_form_is_refused_in_peace(visit):
    person = visit()
    waiting = person.ask()
    path = person.path(person.mail())
    page = person.browser.get(path)
    person.redeem(press(person.browser, page, path))
    failed(press(person.browser, page, path), "FORBIDDEN")
    failed(person.browser.submit(waiting.form(CODE), code="12345678"), "FORBIDDEN")
    failed(person.browser.get(path), "magic_link_already_used")


def test_the_same_form_twice_at_once_signs_in_once(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    page, cookie = person.browser.get(path), person.browser.cookie
    end = press(person.browser, page, path)
    person.browser.cookie = cookie
    failed(press(person.browser, page, path), "magic_link_already_used")
    person.redeem(end)


@pytest.mark.parametrize("path", [SIGNIN, CODE, AGAIN, CONTINUE, "/l/x"])
def test_a_page_takes_forms_alone(visit, path):
    person = visit()
    person.first()
    response = person.browser.request("POST", path, json={"action": "deny"})
    assert response.status_code == 415 and response.headers["content-type"].startswith("text/html")


def test_an_answer_is_one_of_three(visit):
    person = visit()
    token = person.first().form(SIGNIN).fields["form"]
    for action in ({}, {"action": ""}, {"action": "CONTINUE"}):
        failed(person.browser.post("/l/x", {"form": token} | action), "VALIDATION_ERROR")


# ---- send a new link ----


def test_a_new_link_can_be_sent_from_the_page_that_waits(visit):
    person = visit()
    waiting = person.ask()
    first = person.mail()
    again = person.browser.follow(person.browser.submit(waiting.form(AGAIN)))
    assert again.form(CODE).fields["link_id"] != waiting.form(CODE).fields["link_id"]
    second = person.mail()
    assert second["link"] != first["link"]
    assert person.browser.get(person.path(first)).status == 200, "the older one lives on"
    person.redeem(person.browser.submit(again.form(CODE), code=second["code"]))


def test_a_dead_link_sends_a_new_one_to_whatever_browser_asks(visit, somewhere):
    person = visit()
    waiting = person.ask()
    path, phone = person.path(person.mail()), person.new_browser(somewhere())
    dead = approve(phone, phone.get(path), other_number(waiting.number))
    again = phone.follow(phone.submit(dead.form(AGAIN)))
    assert person.contact not in again.html
    person.redeem(phone.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_used_link_sends_a_new_one(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    person.redeem(press(person.browser, person.browser.get(path), path))
    used = failed(person.browser.get(path), "magic_link_already_used")
    assert person.contact not in used.html
    again = person.browser.follow(person.browser.submit(used.form(AGAIN)))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_link_that_lives_is_shown_instead(visit):
    person = visit()
    person.ask()
    path = person.path(person.mail())
    token = person.first().form(SIGNIN).fields["form"]
    page = person.browser.post(AGAIN, {"form": token, "token": path.removeprefix("/l/")})
    assert page.way_on == path and person.count() == 1


def test_a_link_to_the_app_sends_one_of_ours(visit):
    person = visit()
    person.app.set("link_target", "app")
    _, mail = ask_link(person, redirect_uri=CALLBACK, state="a b&c", code_challenge=person.pkce.challenge)
    token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(mail["link"]).query))["token"]
    form_token = person.first().form(SIGNIN).fields["form"]
    again = person.browser.follow(person.browser.post(AGAIN, {"form": form_token, "token": token}))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


@pytest.mark.parametrize("fields", [{}, {"token": "x"}, {"app_id": UNKNOWN, "link_id": UNKNOWN}, {"app_id": "x", "link_id": "y"}], ids=str)
def test_there_is_nothing_to_send_again(visit, fields):
    person = visit()
    token = person.first().form(SIGNIN).fields["form"]
    failed(person.browser.post(AGAIN, {"form": token, **fields}), "magic_link_not_found")


def test_too_many_links_count_down(visit):
    person = visit()
    page = person.ask()
    for _ in range(4):
        page = person.browser.follow(person.browser.submit(page.form(AGAIN)))
    many = failed(person.browser.submit(page.form(AGAIN)), "magic_link_rate_limited")
    seconds = int(many.response.headers["retry-after"])
    assert 1 <= seconds <= 600 and str(seconds) in many.html
    assert many.has_form(AGAIN) and person.count() == 5
    failed(person.browser.submit(person.first().form(SIGNIN), contact=person.contact), "magic_link_rate_limited")


def test_too_many_codes_count_down(visit):
    person = visit(new_phone())
    page = person.ask()
    for _ in range(4):
        page = person.browser.submit(page.form(AGAIN))
    many = failed(person.browser.submit(page.form(AGAIN)), "OTP_RATE_LIMITED")
    assert str(int(many.response.headers["retry-after"])) in many.html and person.count() == 5


# ---- the lock of an address ----


def lock(client, tries=10):
    for _ in range(tries):
        envelope(client.post(EXCHANGE, {"code": "kwx_wrong"}), "exchange_code_not_found")


def test_B9_a_lock_set_through_the_api_holds_for_the_pages(visit, somewhere):
    person = visit()
    form, mail = person.ask().form(CODE), person.mail()
    lock(person.client)
    for code in (mail["code"], wrong(mail["code"])):
        page = failed(person.browser.submit(form, code=code), "exchange_code_attempt_limit_exceeded")
        assert page.response.headers["retry-after"] == "3600"
    path = person.path(mail)
    assert press(person.browser, person.browser.get(path), path).status == 200, "the link stays open (THREATS B10)"


def test_B9_a_lock_set_through_the_pages_holds_for_the_api(visit):
    person = visit()
    page = person.ask()
    mail = person.mail()
    for round_ in range(10):
        if round_ % 3 == 0 and round_:
            page = person.browser.follow(person.browser.submit(page.form(AGAIN)))
            mail = person.mail()
        refused(person.browser.submit(page.form(CODE), code=wrong(mail["code"])), "exchange_code_not_found")
    envelope(person.client.post(EXCHANGE, {"code": "kwx_right_or_wrong"}), "exchange_code_attempt_limit_exceeded")
    failed(person.browser.submit(page.form(CODE), code=mail["code"]), "exchange_code_attempt_limit_exceeded")


def test_a_locked_page_counts_down_the_true_rest(clock_server, somewhere):
    person = Visit(clock_server, somewhere(clock_server))
    form = person.ask().form(CODE)
    lock(person.client)
    clock_server.shift_clock(600)
    page = failed(person.browser.submit(form, code="12345678"), "exchange_code_attempt_limit_exceeded")
    assert page.response.headers["retry-after"] == "3600"
    assert any(str(seconds) in page.html for seconds in range(2990, 3001))


# ---- time ----


def test_a_link_that_is_too_old(clock_server, somewhere):
    person = Visit(clock_server, somewhere(clock_server))
    waiting, path = person.ask(), person.path(person.mail())
    clock_server.shift_clock(901)
    assert status(person.browser, waiting) == "expired"
    old = failed(person.browser.get(path), "magic_link_expired")
    assert old.has_form(AGAIN)
    fields = waiting.form(CODE).fields
    check = failed(person.browser.get(CHECK, app_id=fields["app_id"], id=fields["link_id"]), "magic_link_expired")
    failed(person.browser.submit(waiting.form(CODE), code="12345678"), "magic_link_expired")
    again = person.browser.follow(person.browser.submit(check.form(AGAIN)))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))


def test_a_code_of_a_phone_that_is_too_old(clock_server, somewhere):
    person = Visit(clock_server, somewhere(clock_server), new_phone())
    form, code = person.ask().form(CODE), person.mail()["code"]
    clock_server.shift_clock(301)
    old = failed(person.browser.submit(form, code=code), "OTP_EXPIRED")
    again = person.browser.submit(old.form(AGAIN))
    person.redeem(person.browser.submit(again.form(CODE), code=person.mail()["code"]))
