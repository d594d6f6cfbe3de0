"""POST /auth/magic-link and /auth/magic-link/status: their answers, every refusal, limits, the mail."""

import datetime
import urllib.parse

import pytest

from lib.checks import bad_fields, envelope, link_sent, session, success
from lib.client import Client, new_email, wrong
from lib.client_app import Pkce

SEND, STATUS = "/v1/auth/magic-link", "/v1/auth/magic-link/status"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
HOME = "https://app.example/signed-in"
SPARE = "com.example.app:/in?from=mail"


def status_of(client, link):
    body = success(client.link_status(link.link_id, link.flow_token))
    assert list(body) == ["success", "status"]
    return body["status"]


@pytest.fixture
def pkce():
    return Pkce()


@pytest.fixture
def at_home(app):
    """An app that has registered two redirect_uris."""
    app.set("redirect_uris", [HOME, SPARE])
    return app


# ---- asking: the answer and the mail ----


def test_a_link_goes_out_by_mail(client, app):
    contact = new_email()
    body = link_sent(client.magic_link(app, contact))
    assert (body["code_length"], body["expires_in"], body["resend_after"]) == (8, 900, 30)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert abs(datetime.datetime.fromisoformat(body["expires_at"]) - now - datetime.timedelta(seconds=900)).total_seconds() < 5
    assert contact.split("@")[0] not in body["contact"], "the contact is not masked"
    message = client.next_message(contact)
    assert (message["channel"], message["to"]) == ("email", contact)
    assert message["link"].startswith(client.server.public_url + "/l/")
    assert message["link"] in message["text"].split("\n"), "the link does not stand on a line of its own"
    assert message["link"] in message["html"]
    assert len(message["code"]) == 8 and message["code"].isdigit()


def test_the_mail_says_who_asked_and_for_which_app(client, app):
    app.set("name", "Corner Bakery")
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
    success(client.magic_link(app, contact := new_email(), headers={"User-Agent": agent}))
    message = client.next_message(contact)
    for part in (message["text"], message["html"]):
        assert "Firefox" in part and "Windows" in part and "127.0.0.1" in part and "Corner Bakery" in part


def test_the_mail_comes_in_the_language_asked_for(client, app):
    texts = set()
    for locale in (None, "en", "de-AT"):
        success(client.magic_link(app, contact := new_email(), locale=locale))
        texts.add(client.next_message(contact)["subject"])
    assert len(texts) == 2, texts


def test_no_answer_and_no_subject_shows_link_or_code(client, app):
    contact = new_email()
    response = client.magic_link(app, contact)
    message = client.next_message(contact)
    token = message["link"].rsplit("/", 1)[1]
    for secret in (token, message["code"]):
        assert secret not in response.text and secret not in str(response.headers) and secret not in message["subject"]


def test_every_link_is_another(client, app):
    contact = new_email()
    links = [client.ask_link(app, contact) for _ in range(5)]
    for field in ("link_id", "flow_token", "token", "code"):
        assert len({getattr(link, field) for link in links}) == 5, field
    for link in links:
        session(client.verify_link(link.token), with_user=True)


# ---- where the link leads ----


def test_a_hosted_link_does_not_show_where_it_goes_back_to(client, at_home, pkce):
    link = client.ask_link(at_home, redirect_uri=HOME, state="s", code_challenge=pkce.challenge)
    assert link.url == f"{client.server.public_url}/l/{link.token}"


def test_a_link_leads_to_the_app_that_wants_it(client, at_home, pkce):
    at_home.set("link_target", "app")
    state = "a b&token=c#d%20\"'<>"
    link = client.ask_link(at_home, redirect_uri=SPARE, state=state, code_challenge=pkce.challenge)
    assert link.url.startswith(SPARE + "&token=")
    query = urllib.parse.parse_qs(link.url.split("?", 1)[1], strict_parsing=True)
    assert query == {"from": ["mail"], "token": [link.token], "state": [state]}
    session(client.verify_link(link.token, code_verifier=pkce.verifier), with_user=True)


def test_without_a_redirect_uri_a_link_leads_to_the_apps_first(client, at_home):
    at_home.set("link_target", "app")
    assert client.ask_link(at_home).url.startswith(HOME + "?token=")
    assert client.ask_link(at_home, state="").url.endswith("&state=")


def test_links_cannot_lead_to_an_app_that_registered_nothing(client, app):
    app.set("link_target", "app")
    assert bad_fields(client.magic_link(app, new_email())) == ["redirect_uri"]


# ---- asking: fields ----


def test_all_bad_fields_are_listed_in_the_order_of_the_table(client):
    body = {"app_id": "x", "email": "x", "redirect_uri": 1, "state": "\n", "code_challenge": "x", "tenant_id": "x", "locale": "x"}
    assert bad_fields(client.post(SEND, body)) == ["app_id", "email", "redirect_uri", "state", "code_challenge", "tenant_id", "locale"]
    assert bad_fields(client.post(SEND, {})) == ["app_id", "email"]


def test_what_the_app_forbids_is_listed_with_the_rest(client, at_home):
    body = {"app_id": at_home.app_id, "email": "x", "redirect_uri": HOME + "/", "state": "\x7f"}
    assert bad_fields(client.post(SEND, body)) == ["email", "redirect_uri", "state", "code_challenge"]


@pytest.mark.parametrize("field", ["app_id", "email", "redirect_uri", "state", "code_challenge", "tenant_id", "locale"])
@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["a@example.com"]], ids=str)
def test_a_wrong_type_is_a_bad_field(client, app, field, value):
    assert field in bad_fields(client.post(SEND, {"app_id": app.app_id, "email": new_email(), field: value}))


@pytest.mark.parametrize("field", ["app_id", "email"])
def test_null_is_no_value_for_a_required_field(client, app, field):
    assert bad_fields(client.post(SEND, {"app_id": app.app_id, "email": new_email(), field: None})) == [field]


def test_null_is_as_good_as_absent_elsewhere(client, app):
    fields = dict.fromkeys(["redirect_uri", "state", "code_challenge", "tenant_id", "locale"])
    link_sent(client.magic_link(app, new_email(), **fields))


@pytest.mark.parametrize("challenge", ["", "x" * 42, "x" * 44, "x" * 43 + "=", "+" * 42 + "A", "A" * 42 + "B", "ä" * 43, "x" * 128])
def test_a_challenge_is_one_sha256_as_base64url(client, app, challenge):
    assert bad_fields(client.magic_link(app, new_email(), code_challenge=challenge)) == ["code_challenge"]


@pytest.mark.parametrize("state", ["x" * 513, "a\nb", "\x1f", "ä", "\x7f", "\u2028"], ids=ascii)
def test_a_state_is_printable_and_short(client, app, state):
    assert bad_fields(client.magic_link(app, new_email(), state=state)) == ["state"]


@pytest.mark.parametrize("state", ["", " ", "x" * 512, "{\"a\": [1]}~!"])
def test_any_other_state_is_taken_without_a_redirect_uri_too(client, app, state):
    link_sent(client.magic_link(app, new_email(), state=state))


def test_a_redirect_uri_needs_a_challenge_unless_the_app_says_otherwise(client, at_home, pkce):
    assert bad_fields(client.magic_link(at_home, new_email(), redirect_uri=HOME)) == ["code_challenge"]
    link_sent(client.magic_link(at_home, new_email(), redirect_uri=HOME, code_challenge=pkce.challenge))
    at_home.set("require_pkce", "off")
    link_sent(client.magic_link(at_home, new_email(), redirect_uri=HOME))


def test_the_redirect_uri_of_another_app_is_refused(client, server, at_home, pkce):
    other = server.create_app()
    refused = client.magic_link(other, new_email(), redirect_uri=HOME, code_challenge=pkce.challenge)
    assert bad_fields(refused) == ["redirect_uri"]


def test_links_go_by_mail_alone(client, app):
    assert bad_fields(client.post(SEND, {"app_id": app.app_id, "phone": "+4915112345678"})) == ["email"]


# ---- asking: who calls ----


def test_an_unknown_app_is_not_found(client):
    envelope(client.post(SEND, {"app_id": UNKNOWN, "email": new_email()}), "APP_NOT_FOUND")


def test_the_right_secret_passes_in_either_place_and_a_wrong_one_nowhere(client, app):
    success(client.magic_link(app, new_email(), app_secret=app.secret))
    success(client.magic_link(app, new_email(), auth=app.basic))
    envelope(client.magic_link(app, new_email(), app_secret="wrong"), "TOKEN_INVALID")
    envelope(client.magic_link(app, new_email(), auth=(app.app_id, "wrong")), "TOKEN_INVALID")


def test_require_secret_demands_it(client, app):
    app.set("require_secret", "on")
    contact = new_email()
    envelope(client.magic_link(app, contact), "TOKEN_INVALID")
    assert client.messages(contact) == []
    success(client.magic_link(app, contact, auth=app.basic))


def test_refusals_come_in_their_order(client, server):
    app = server.create_app(require_secret="on")
    good = {"app_id": app.app_id, "email": new_email()}
    evil = {"Origin": "https://evil.example"}
    envelope(client.post(SEND, good | {"app_secret": "wrong", "email": "x"}, headers=evil), "FORBIDDEN")
    envelope(client.post(SEND, good | {"app_secret": "wrong", "email": "x"}), "TOKEN_INVALID")
    assert bad_fields(client.post(SEND, good | {"app_id": UNKNOWN, "email": "x"})) == ["email"]
    assert bad_fields(client.post(SEND, good | {"redirect_uri": HOME})) == ["redirect_uri", "code_challenge"]
    envelope(client.post(SEND, good | {"app_id": UNKNOWN}), "APP_NOT_FOUND")
    for _ in range(5):
        success(client.post(SEND, good, auth=app.basic))
    envelope(client.post(SEND, good), "TOKEN_INVALID")
    envelope(client.post(SEND, good, auth=app.basic), "magic_link_rate_limited")


# ---- asking: limits ----


def test_the_sixth_link_in_ten_minutes_is_refused(client, app):
    name = new_email().split("@")[0]
    for spelling in (name, name.upper(), name + "+a", name + "+b", name.title()):
        success(client.magic_link(app, spelling + "@example.com"))
    body = envelope(client.magic_link(app, name + "@example.com"), "magic_link_rate_limited")
    assert 590 <= body["retry_after"] <= 600
    envelope(client.post("/auth/magic-link", {"app_id": app.app_id, "email": name + "@example.com"}), "magic_link_rate_limited")
    success(client.magic_link(app, new_email()))


def test_links_and_codes_are_counted_apart(client, app):
    contact = new_email()
    for _ in range(5):
        success(client.magic_link(app, contact))
        success(client.send_otp(app, contact))
    envelope(client.magic_link(app, contact), "magic_link_rate_limited")
    envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")


def test_the_limit_slides_and_retry_after_tells_the_truth(clock_client, clock_app, clock_server):
    contact = new_email()
    success(clock_client.magic_link(clock_app, contact))
    clock_server.shift_clock(100)
    for _ in range(4):
        success(clock_client.magic_link(clock_app, contact))
    wait = envelope(clock_client.magic_link(clock_app, contact), "magic_link_rate_limited")["retry_after"]
    assert 490 <= wait <= 500
    clock_server.shift_clock(wait + 1)
    success(clock_client.magic_link(clock_app, contact))
    envelope(clock_client.magic_link(clock_app, contact), "magic_link_rate_limited")


def test_refused_requests_count_for_nothing(client, at_home):
    contact = new_email()
    for _ in range(10):
        bad_fields(client.magic_link(at_home, contact, redirect_uri="https://evil.example/"))
        envelope(client.magic_link(at_home, contact, app_secret="wrong"), "TOKEN_INVALID")
    for _ in range(5):
        success(client.magic_link(at_home, contact))


def test_a_source_that_proved_the_contact_keeps_two_links(server, app, open_client):
    owner, stranger = open_client(server, source="127.0.0.21"), open_client(server, source="127.0.0.22")
    link = owner.ask_link(app, contact := new_email())
    session(owner.verify_link(link.token), with_user=True)
    while (response := stranger.magic_link(app, contact)).status_code == 200:
        pass
    envelope(response, "magic_link_rate_limited")
    success(owner.magic_link(app, contact))
    success(owner.magic_link(app, contact))
    envelope(owner.magic_link(app, contact), "magic_link_rate_limited")


def test_one_address_cannot_ask_for_everybodys_links(start_server, mail_settings):
    server = start_server(dev=False, settings=mail_settings | {"limit.sends_per_address": "3/1m"})
    app = server.create_app()
    with Client(server) as client:
        for _ in range(3):
            success(client.magic_link(app, new_email()))
        envelope(client.magic_link(app, new_email()), "RATE_LIMITED")


# ---- status ----


def test_status_tells_the_asker_how_the_link_stands(clock_client, clock_app, clock_server):
    used, late = (clock_client.ask_link(clock_app) for _ in range(2))
    assert status_of(clock_client, used) == "pending"
    session(clock_client.verify_link(used.token), with_user=True)
    assert status_of(clock_client, used) == "used"
    clock_server.shift_clock(901)
    assert status_of(clock_client, late) == "expired"
    assert status_of(clock_client, used) == "used"


def test_asking_for_the_status_changes_nothing(client, app):
    link = client.ask_link(app)
    for _ in range(20):
        assert status_of(client, link) == "pending"
    session(client.verify_link(link.token), with_user=True)


def test_only_the_asker_learns_the_status(client, server, app):
    link, other = client.ask_link(app), client.ask_link(app)
    foreign = client.ask_link(server.create_app())
    for flow_token in (other.flow_token, foreign.flow_token, link.token, "kwf_x", wrong_bytes(link.flow_token)):
        envelope(client.link_status(link.link_id, flow_token), "magic_link_not_found")
    envelope(client.link_status(other.link_id, link.flow_token), "magic_link_not_found")
    envelope(client.link_status(UNKNOWN, link.flow_token), "magic_link_not_found")


def wrong_bytes(flow_token):
    """The same ids with another secret."""
    return flow_token[:-20] + wrong("".join(str(ord(c) % 10) for c in flow_token[-20:-1])) + "A"


def test_the_fields_of_status(client):
    assert bad_fields(client.post(STATUS, {})) == ["magic_link_id", "flow_token"]
    assert bad_fields(client.post(STATUS, {"magic_link_id": "x", "flow_token": ""})) == ["magic_link_id", "flow_token"]
    assert bad_fields(client.post(STATUS, {"magic_link_id": UNKNOWN, "flow_token": "x" * 257})) == ["flow_token"]
    envelope(client.link_status(UNKNOWN, "x" * 256), "magic_link_not_found")


# ---- settings ----


def test_settings_change_lifetime_and_limits(start_server, open_client):
    server = start_server(settings={"magic_link.ttl": "90s", "magic_link.send_limit": 2, "magic_link.send_window": "1m"})
    client, app = open_client(server), server.create_app()
    assert link_sent(client.magic_link(app, contact := new_email()))["expires_in"] == 90
    success(client.magic_link(app, contact))
    assert envelope(client.magic_link(app, contact), "magic_link_rate_limited")["retry_after"] <= 60
