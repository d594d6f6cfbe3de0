"""THREATS D: mail and text messages, who gets them, and what must never leave with them or stay behind."""

import hashlib
import hmac
import itertools
import re
import socket
import time

import pytest
from smtp_sink import SmtpSink

from lib import issued
from lib.checks import bad_fields, envelope, session, success
from lib.client import Session, bearer, new_email, new_phone, wrong
from lib.mail import code_of, parse, text_of, wait_for_mail_to
from lib.server import run
from lib.stolen import hashes_of, stored_values

# ---- one address, one message ----

SPLIT_ADDRESSES = [
    "a@example.com,b@example.com", "a@example.com;b@example.com", "a@example.com b@example.com", "a@example.com\nb@example.com",
    '"a@example.com" <b@example.com>', "<a@example.com>", "a@example.com>", "a(comment)@example.com", "a@example.com(comment)",
    '"a b"@example.com', '"a"@example.com', "a\\@b@example.com", "a@b@example.com", "a@example.com\x01", "a\x7fb@example.com",
    "=?utf-8?q?a?=@[127.0.0.1]", "a@[127.0.0.1]", "a@example.com\r\nRCPT TO:<b@example.com>", "a%b@", "@example.com", "a@",
    "a", "", "a@example", "a@.example.com", "a@example..com", "a@example.com.", ".a@example.com", "a.@example.com", "a..b@example.com",
    "a@-example.com", "a@exa mple.com", "a@exam/ple.com", "a@" + "x" * 64 + ".com", "x" * 65 + "@example.com", "a:b@example.com",
]  # fmt: skip


@pytest.mark.parametrize("address", SPLIT_ADDRESSES, ids=ascii)
def test_D4_what_is_not_one_plain_address_is_refused(client, app, address):
    assert bad_fields(client.send_otp(app, address)) == ["email"]


def test_D4_every_message_has_exactly_the_recipient_asked_for(production, open_client, smtp_sink):
    client = open_client(server := production())
    app = server.create_app()
    addresses = [new_email(), "o'hara+tag@example.com", "a=b!c@example.com", "Big.Case@Example.COM", "%relay@example.com"]
    for address in addresses:
        success(client.send_otp(app, address))
    recipients = sorted(message["to"] for message in smtp_sink.wait_for(len(addresses)))
    local_as_typed = [[address.split("@")[0] + "@example.com"] for address in addresses]
    assert recipients == sorted(local_as_typed)


INJECTIONS = ["\r\nBcc: evil@example.com", "\nBcc: evil@example.com", "\rBcc: evil@example.com", "\r\n.\r\nMAIL FROM:<e@example.com>",
              "\n.\r\nRSET", "\r\n\r\nanother body", "\x0b", "\x1b[2J", "\x85Bcc: x@example.com", "\u2028Bcc: x@example.com"]  # fmt: skip


def test_D5_nothing_injected_reaches_the_headers(production, open_client, smtp_sink):
    client = open_client(server := production())
    for injection in INJECTIONS:
        app = server.create_app()
        server.cli("app", "set", app.app_id, "name", f"Shop{injection}", check=False)
        refused = client.send_otp(app, new_email(), purpose=f"login{injection}")
        assert bad_fields(refused) == ["purpose"]
        assert client.send_otp(app, new_email(), locale=f"en{injection}").status_code in (200, 400)
        success(client.send_otp(app, contact := new_email()))
        assert wait_for_mail_to(smtp_sink, contact) == 1
    for message in smtp_sink.messages:
        mail = parse(message)
        assert len(message["to"]) == 1 and mail["bcc"] is None and mail["to"].addresses[0].addr_spec == message["to"][0]
        assert not mail.defects and mail.get_content_type() == "multipart/alternative"
        assert not re.search(r"(?<!\r)\n|\r(?!\n)", message["raw"]), "a bare CR or LF"
        code_of(message)


@pytest.mark.parametrize(
    "twin",
    ["m\u0131ke@example.com", "\u212aevin@example.com", "\uff4dike@example.com", "mike\u200b@example.com", "mik\u0065\u0301@example.com",
     "mike@exampl\u0435\u200b.com", "mike@\uff45xample.com", "mike@example\u3002com", "m\u0456ke@example.com"],
    ids=ascii,
)  # fmt: skip
def test_D6_a_unicode_twin_is_refused(client, app, twin):
    """Local parts are ASCII, domains are not mapped: no other spelling can become the victim's address."""
    assert bad_fields(client.send_otp(app, twin)) == ["email"]


def test_D6_an_international_domain_is_one_with_its_ascii_form(client, app):
    name = new_email().split("@")[0]
    response = client.send_otp(app, f"{name}@b\u00fccher.example")
    if response.status_code == 200:
        assert client.next_message(f"{name}@xn--bcher-kva.example")["code"]
    else:
        assert bad_fields(response) == ["email"]


def test_D8_nobody_assigns_what_is_not_theirs(client, server, app):
    other = server.create_app()
    extra = {"verified": True, "role": "admin", "roles": ["admin"], "used_at": 1, "tries": 0, "attempts_left": 99, "user_id": other.app_id,
             "session_id": other.app_id, "generation": 0, "is_admin": True, "new": False, "code": "000000", "expires_at": "2099-01-01T00:00:00Z",
             "__proto__": {"admin": True}, "constructor": {"x": 1}}  # fmt: skip
    request_id, code = client.ask_code(app, contact := new_email(), **extra)
    for _ in range(3):
        last = client.verify_otp(app, request_id, wrong(code), **extra)
    envelope(last, "OTP_LOCKED")
    request_id, code = client.ask_code(app, contact, **extra)
    signed_in = session(client.verify_otp(app, request_id, code, **extra), with_user=True)
    child = session(client.refresh(signed_in["refresh_token"], **extra), with_user=False)
    me = success(client.me(child["access_token"]))
    assert (me["roles"], me["tenant_id"], me["session_id"]) == ([], None, signed_in["session_id"])
    assert me["user"]["user_id"] == signed_in["user"]["user_id"] != other.app_id


# ---- what stays behind ----


def test_D9_no_secret_is_in_logs_metrics_or_files(production, open_client, smtp_sink, sms_sink):
    """Ten-digit codes, so that a match is no accident; every other secret is checked when any test's server goes."""
    server = production(**{"otp.length": 10, "server.log_level": "debug"})
    client, app = open_client(server), server.create_app()
    codes = []
    for _ in range(10):
        request_id = success(client.send_otp(app, contact := new_email()))["otp_request_id"]
        wait_for_mail_to(smtp_sink, contact)
        code = code_of(next(message for message in smtp_sink.messages if message["to"] == [contact]))
        codes.append(code)
        client.verify_otp(app, request_id, wrong(code))
        codes.append(wrong(code))
        signed_in = Session(session(client.verify_otp(app, request_id, code), with_user=True))
        client.me(signed_in.access)
        client.introspect(app, signed_in.refresh)
        client.refresh(client.refresh(signed_in.refresh).json()["refresh_token"])
        client.refresh(signed_in.refresh)
        client.get("/v1/auth/me", params={"access_token": signed_in.access, "otp": code})
        client.get(f"/v1/auth/{code}/{signed_in.refresh}")
    client.send_otp(app, new_phone())
    codes.append(re.search(r"#(\d{10})", sms_sink.wait_for(1)[0]["body"]).group(1))
    client.send_otp(app, new_email(), app_secret=(guess := "wrong-secret-of-somebody"))
    client.get("/v1/auth/me", headers=bearer(stray := "stray.bearer.token-of-somebody"))
    time.sleep(0.3)
    assert issued.found_in(signed_in.refresh.encode()) == [signed_in.refresh], "the search itself finds nothing"
    assert server.log().count('"event":"request"') > 100
    for path in [server.log_path, server.out_path, *server.files()]:
        data = path.read_bytes()
        for secret in [*codes, guess, stray]:
            assert secret.encode() not in data, f"{path.name} holds {secret}"
        assert not issued.found_in(data), path.name


def test_D10_a_stolen_store_yields_no_code(production, open_client, smtp_sink):
    """Every stored value is compared with plain and salted hashes of a known code; none may fit."""
    server = production()
    client, app = open_client(server), server.create_app()
    success(client.send_otp(app, contact := new_email()))
    wait_for_mail_to(smtp_sink, contact)
    code = code_of(smtp_sink.messages[0]).encode()
    values = set(stored_values(server))
    salts = [b"", app.app_id.encode(), contact.encode(), *(value for value in values if 1 <= len(value) <= 64)]
    assert len(values) > 20 and code not in values
    assert not values & set(hashes_of(code, salts))
    assert {hashlib.sha256(salts[-1] + code).digest()} & set(hashes_of(code, salts)), "the search itself finds nothing"


# ---- one flow's proof is no other's ----


def test_D12_a_proof_for_one_purpose_serves_no_other(client, app):
    contact = new_email()
    for asked, tried in itertools.permutations(["login", "signup", "delete_account"], 2):
        request_id, code = client.ask_code(app, contact, purpose=asked)
        envelope(client.verify_otp(app, request_id, code, purpose=tried), "OTP_WRONG_PURPOSE")
        success(client.verify_otp(app, request_id, code, purpose=asked))
        contact = new_email()


def test_D12_a_verification_token_is_no_access_token(client, app):
    request_id, code = client.ask_code(app, new_email(), purpose="delete_account")
    token = success(client.verify_otp(app, request_id, code, purpose="delete_account"))["verification_token"]
    envelope(client.me(token), "TOKEN_INVALID")
    assert success(client.introspect(app, token)) == {"success": True, "active": False}
    assert client.refresh(token).json()["error"] in ("TOKEN_INVALID", "VALIDATION_ERROR")


def test_D13_the_same_code_twice_is_refused_the_second_time(client, app):
    for purpose in ("login", "step_up"):
        request_id, code = client.ask_code(app, new_email(), purpose=purpose)
        success(client.verify_otp(app, request_id, code, purpose=purpose))
        envelope(client.verify_otp(app, request_id, code, purpose=purpose), "OTP_ALREADY_USED")


# ---- providers in trouble ----


def test_D14_mail_waits_for_its_relay_and_requests_do_not(production, open_client, smtp_sink):
    server = production()
    client, app = open_client(server), server.create_app()
    smtp_sink.stop_listening()
    contacts = [new_email() for _ in range(10)]
    for contact in contacts:
        success(client.send_otp(app, contact))
    time.sleep(1)
    smtp_sink.start_listening()
    messages = smtp_sink.wait_for(len(contacts), timeout=20)
    assert sorted(message["to"][0] for message in messages) == sorted(contacts)


def test_D14_nothing_is_delivered_past_its_time(production, open_client, smtp_sink):
    server = production(**{"otp.ttl": "1s"})
    client, app = open_client(server), server.create_app()
    smtp_sink.stop_listening()
    success(client.send_otp(app, late := new_email()))
    time.sleep(1.2)
    smtp_sink.start_listening()
    success(client.send_otp(app, fresh := new_email()))
    wait_for_mail_to(smtp_sink, fresh)
    time.sleep(1.5)
    assert [message["to"] for message in smtp_sink.messages] == [[fresh]], f"{late} got an expired code"


@pytest.mark.parametrize("mode", ["slow_banner", "one_byte", "endless_reply", "long_line", "banner_554", "slow_data"])
def test_D15_a_hostile_relay_holds_up_no_other_mail(production, open_client, smtp_sink, mode):
    server = production()
    client, app = open_client(server), server.create_app()
    smtp_sink.mode = mode
    success(client.send_otp(app, new_email()))
    time.sleep(0.3)
    smtp_sink.mode = "ok"
    success(client.send_otp(app, contact := new_email()))
    assert wait_for_mail_to(smtp_sink, contact, seconds=20) == 1


def test_D15_a_mailbox_that_is_refused_is_not_asked_again(production, open_client, smtp_sink):
    server = production()
    client, app = open_client(server), server.create_app()
    smtp_sink.mode = "rcpt_550"
    success(client.send_otp(app, new_email()))
    time.sleep(1)
    smtp_sink.mode = "ok"
    success(client.send_otp(app, contact := new_email()))
    wait_for_mail_to(smtp_sink, contact)
    time.sleep(1.5)
    assert [message["to"] for message in smtp_sink.messages] == [[contact]]


@pytest.mark.parametrize("mode", ["500", "429"])
def test_D17_a_failing_sms_provider_is_retried_with_measure_and_charged_once(production, open_client, sms_sink, smtp_sink, mode):
    server = production()
    client, app = open_client(server), server.create_app()
    sms_sink.mode = mode
    success(client.send_otp(app, phone := new_phone()))
    success(client.send_otp(app, contact := new_email()))
    wait_for_mail_to(smtp_sink, contact)
    time.sleep(1.5)
    tries = len(sms_sink.messages)
    assert 1 <= tries <= 5, f"{tries} tries in a second and a half"
    sms_sink.mode = "ok"
    deadline = time.monotonic() + 30
    while not any(message["answered"] < 300 for message in sms_sink.messages):
        assert time.monotonic() < deadline, "never sent again"
        time.sleep(0.05)
    time.sleep(1)
    charged = [message for message in sms_sink.messages if message["answered"] < 300]
    assert len(charged) == 1 and phone in charged[0]["body"]


def test_D17_a_refused_text_message_is_not_sent_again(production, open_client, sms_sink):
    server = production()
    client, app = open_client(server), server.create_app()
    sms_sink.mode = "400"
    success(client.send_otp(app, new_phone()))
    sms_sink.wait_for(1)
    time.sleep(2)
    assert len(sms_sink.messages) == 1


# ---- where requests of ours may go ----


@pytest.fixture
def canary():
    """Listens on loopback and must not be spoken to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1.5)
        yield listener


def nobody_came(listener):
    try:
        listener.accept()
    except TimeoutError:
        return True
    return False


def test_D18_a_redirect_is_not_followed(production, open_client, sms_sink, canary):
    server = production()
    client, app = open_client(server), server.create_app()
    sms_sink.redirect_to = f"http://127.0.0.1:{canary.getsockname()[1]}/"
    sms_sink.mode = "302"
    success(client.send_otp(app, new_phone()))
    sms_sink.wait_for(1)
    assert nobody_came(canary)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"]
)
def test_D18_private_addresses_are_not_called_unless_allowed(start_server, open_client, sms_settings, canary, host):
    """Whether refused at the start or at each send: the canary hears nothing."""
    settings = sms_settings | {"sms.allow_private_url": 0, "sms.url": f"http://{host}:{canary.getsockname()[1]}/hook"}
    try:
        server = start_server(dev=False, settings=settings)
    except AssertionError as refused:
        assert "sms.url" in str(refused)
        return
    open_client(server).send_otp(server.create_app(), new_phone())
    assert nobody_came(canary)


@pytest.mark.engines("sqlite")
def test_D18_the_canary_hears_who_is_allowed_to_call(start_server, open_client, sms_settings, canary):
    server = start_server(dev=False, settings=sms_settings | {"sms.url": f"http://127.0.0.1:{canary.getsockname()[1]}/hook"})
    open_client(server).send_otp(server.create_app(), new_phone())
    assert not nobody_came(canary)


# ---- form ----


def test_a_mail_is_well_formed(production, open_client, smtp_sink):
    server = production(**{"mail.from": "Keywright <login@keywright.example>"})
    client, app = open_client(server), server.create_app()
    app.set("name", "Bäckerei „Krümel“ & Söhne")
    success(client.send_otp(app, contact := new_email()))
    mail = parse(recorded := smtp_sink.wait_for(1)[0])
    assert recorded["from"] == "login@keywright.example"
    assert mail["from"].addresses[0].addr_spec == "login@keywright.example"
    assert mail["to"].addresses[0].addr_spec == contact
    assert mail["date"].datetime and mail["message-id"].startswith("<") and mail["mime-version"] == "1.0"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    code = code_of(recorded)
    assert code not in mail["subject"] and "5 minutes" in text_of(recorded)
    assert "Bäckerei „Krümel“ & Söhne" in text_of(recorded)
    html = mail.get_body(("html",)).get_content()
    assert code in html and "&amp; Söhne" in html
    assert all(len(line) <= 998 for line in recorded["raw"].split("\r\n"))
    assert recorded["raw"].isascii() or "8bit" in recorded["raw"]


def test_mail_needs_starttls_and_auth_where_they_are_asked_for(start_server, open_client, mail_settings):
    with SmtpSink(tls="starttls", auth=("keywright", "p@ss:word")) as sink:
        url = f"smtp://keywright:p%40ss%3Aword@localhost:{sink.port}"
        server = start_server(dev=False, settings=mail_settings | {"mail.smtp_url": url, "mail.ca_file": sink.ca_file})
        success(open_client(server).send_otp(server.create_app(), new_email()))
        message = sink.wait_for(1)[0]
        assert message["tls"] and message["user"] == "keywright"


def test_the_webhook_is_signed(production, open_client, sms_sink):
    server = production()
    client, app = open_client(server), server.create_app()
    success(client.send_otp(app, phone := new_phone()))
    request = sms_sink.wait_for(1)[0]
    assert request["path"] == "/hook" and phone in request["body"]
    signatures = [value for name, value in request["headers"].items() if "signature" in name]
    assert signatures
    timestamps = re.findall(r"t=(\d+)", signatures[0]) + [v for n, v in request["headers"].items() if "timestamp" in n] + [""]
    mac = [hmac.new(b"a-webhook-secret", data.encode(), "sha256").hexdigest()
           for t in timestamps for data in (f"{t}.{request['body']}", request["body"])]  # fmt: skip
    assert any(value in signatures[0] for value in mac), "not an HMAC-SHA-256 of the body under sms.token"


def test_twilio_is_spoken(start_server, open_client, sms_sink):
    settings = {"sms.provider": "twilio", "sms.url": f"http://127.0.0.1:{sms_sink.port}", "sms.from": "+15005550006", "sms.countries": "49",
                "sms.token": f"{sms_sink.account}:{sms_sink.token}", "sms.allow_private_url": 1}  # fmt: skip
    server = start_server(dev=False, settings=settings)
    success(open_client(server).send_otp(server.create_app(), phone := new_phone()))
    message = sms_sink.wait_for(1)[0]
    assert message["kind"] == "twilio" and message["answered"] == 201
    assert message["form"]["To"] == phone and message["form"]["From"] == "+15005550006"
    assert re.fullmatch(r"@127\.0\.0\.1 #\d{6}", message["form"]["Body"].split("\n")[-1])


def test_providers_without_sense_are_refused_at_the_start(tmp_path):
    for settings in ({"sms.provider": "pigeon"}, {"sms.provider": "webhook"}, {"mail.smtp_url": "http://example.com"}, {"sms.provider": "twilio"}):
        settings |= {"server.public_url": "http://127.0.0.1:1"}
        done = run("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:1", settings=settings, timeout=10)
        assert done.returncode in (1, 2) and next(iter(settings)).split(".")[0] in done.stderr, settings
