"""THREATS D, of sign-in links: where they lead, whoever asked and however; what of them is kept."""

import json
import re

import pytest

from lib import issued
from lib.checks import bad_fields, envelope, session, success
from lib.client import Link, new_email, wrong
from lib.client_app import Pkce
from lib.mail import link_of, parse, text_of, wait_for_mail_to
from lib.raw import exchange
from lib.stolen import hashes_of, stored_values

PUBLIC_URL = "https://sign.example"

# ---- D1: the host of a link ----

SEND = "POST /v1/auth/magic-link"
POISONED = {
    "evil Host": (SEND, ["Host: evil.example"]),
    "evil subdomain": (SEND, ["Host: sign.example.evil.example"]),
    "evil prefix": (SEND, ["Host: evilsign.example"]),
    "userinfo": (SEND, ["Host: sign.example@evil.example"]),
    "evil port": (SEND, ["Host: sign.example:80@evil.example"]),
    "no port": (SEND, ["Host: sign.example:evil.example"]),
    "fragment": (SEND, ["Host: evil.example#sign.example"]),
    "path": (SEND, ["Host: evil.example/sign.example"]),
    "query": (SEND, ["Host: evil.example?sign.example"]),
    "comma": (SEND, ["Host: sign.example,evil.example"]),
    "comma and space": (SEND, ["Host: sign.example, evil.example"]),
    "space": (SEND, ["Host: sign.example evil.example"]),
    "tab": (SEND, ["Host: sign.example\tevil.example"]),
    "two Hosts": (SEND, ["Host: sign.example", "Host: evil.example"]),
    "two Hosts, evil first": (SEND, ["Host: evil.example", "Host: sign.example"]),
    "folded": (SEND, ["Host: sign.example\r\n evil.example"]),
    "space before the colon": (SEND, ["Host: sign.example", "Host : evil.example"]),
    "no Host": (SEND, ["X-Forwarded-Host: evil.example"]),
    "empty Host": (SEND, ["Host:", "X-Forwarded-Host: evil.example"]),
    "another Host of ours": (SEND, ["Host: also.example"]),
    "loopback": (SEND, ["Host: 127.0.0.1"]),
    "absolute form": ("POST https://evil.example/v1/auth/magic-link", ["Host: sign.example"]),
    "absolute form, both evil": ("POST http://evil.example/v1/auth/magic-link", ["Host: evil.example"]),
    "authority in the path": ("POST //evil.example/v1/auth/magic-link", ["Host: sign.example"]),
    "query string": (SEND + "?host=evil.example&public_url=https://evil.example", ["Host: sign.example"]),
    **{
        name: (SEND, ["Host: sign.example", f"{name}: {value}"])
        for name, value in {
            "X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example", "X-Host": "evil.example",
            "X-Original-Host": "evil.example", "X-HTTP-Host-Override": "evil.example", "X-Original-URL": "https://evil.example/",
            "X-Rewrite-URL": "https://evil.example/", "X-Forwarded-Proto": "evil", "X-Forwarded-Port": "6666",
            "X-Forwarded-Prefix": "//evil.example", "X-Forwarded-For": "evil.example", "Forwarded": "host=evil.example;proto=http",
            "Referer": "https://evil.example/", "Via": "1.1 evil.example", "User-Agent": "https://evil.example/",
            "Accept-Language": "evil.example",
        }.items()
    },
}  # fmt: skip


def test_D1_links_lead_to_the_public_url_whatever_a_request_says(production, smtp_sink):
    server = production(**{"server.public_url": PUBLIC_URL, "server.hosts": "also.example"})
    app = server.create_app()
    passed = {}
    for name, (line, fields) in POISONED.items():
        body = json.dumps({"app_id": app.app_id, "email": (contact := new_email()), "public_url": "https://evil.example",
                           "host": "evil.example"})  # fmt: skip
        fields = [*fields, "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close"]
        answers = exchange(server, ("\r\n".join([f"{line} HTTP/1.1", *fields]) + "\r\n\r\n" + body).encode())
        assert [answer.status_code in (200, 400, 404, 421) for answer in answers] == [True], (name, answers)
        if answers[0].status_code == 200:
            passed[contact] = name
    refused = set(POISONED) - set(passed.values())
    assert {"X-Forwarded-Host", "Forwarded", "another Host of ours", "loopback"} <= set(passed.values())
    assert {"evil Host", "two Hosts", "comma", "no Host", "absolute form"} <= refused
    for contact, name in passed.items():
        wait_for_mail_to(smtp_sink, contact)
        mail = next(message for message in smtp_sink.messages if message["to"] == [contact])
        assert any(line.startswith(PUBLIC_URL + "/l/") for line in text_of(mail).splitlines()), name
        whole = mail["raw"] + "".join(part.get_content() for part in parse(mail).walk() if part.get_content_maintype() == "text")
        # with their neighbours: addresses and codes are random
        assert not re.search(r"evil\.example|\bevil:|:6666|also\.example", whole), name
    assert len(smtp_sink.messages) == len(passed), "a refused request sent a mail"


# ---- D3: where a sign-in goes back to ----

REGISTERED = ["https://app.example/cb", "https://app.example:8443/in?from=mail", "com.example.app:/in", "http://127.0.0.1:3000/cb"]
TRICKS = [
    # elsewhere, by every road
    "https://evil.example/", "https://evil.example/cb", "//evil.example", "//evil.example/cb", "///evil.example/cb", "////evil.example",
    "\\\\evil.example", "\\/evil.example", "/\\evil.example", "/\\/evil.example", "https:evil.example", "https:/evil.example",
    "https:\\\\evil.example", "https:///evil.example", "http:evil.example", "/cb", "cb", "./cb", "../cb", "?from=mail", "#", "", " ",
    # the right name, in the wrong place
    "https://app.example@evil.example/cb", "https://app.example:8443@evil.example/in?from=mail", "https://app.example%40evil.example/cb",
    "https://evil.example@app.example/cb", "https://user@app.example/cb", "https://user:pass@app.example/cb", "https://@app.example/cb",
    "https://app.example.evil.example/cb", "https://app.exampleevil.example/cb", "https://evilapp.example/cb", "https://app-example/cb",
    "https://evil.example/https://app.example/cb", "https://evil.example?https://app.example/cb", "https://evil.example#https://app.example/cb",
    "https://evil.example\\https://app.example/cb", "https://evil.example;https://app.example/cb", "https://evil.example\\@app.example/cb",
    "https://evil.example\\.app.example/cb", "https://evil.example%2f@app.example/cb", "https://app.example\\@evil.example/cb",
    "https://app.example\\evil.example/cb", "https://app.example;evil.example/cb", "https://app.example&evil.example/cb",
    "https://app.example,evil.example/cb", "https://app.example#@evil.example/cb", "https://app.example?@evil.example/cb",
    "https://sub.app.example/cb", "https://example/cb", "https://app/cb", "https://localhost/cb", "https://127.0.0.1/cb",
    # the same host, spelled another way
    "https://APP.EXAMPLE/cb", "HTTPS://app.example/cb", "Https://app.example/cb", "https://app.example./cb", "https://app.example:443/cb",
    "https://app.example:/cb", "https://app.example:0443/cb", "https://app.example:80/cb", "https://%61pp.example/cb",
    "https://app%2eexample/cb", "https://app\u3002example/cb", "https://app\uff0eexample/cb", "https://app\uff61example/cb",
    "https://\uff41pp.example/cb", "https://\u0430pp.example/cb", "https://ap\u0440.example/cb", "https://app.ex\u00adample/cb",
    "https://app.example\u200b/cb", "https://xn--pp-7cd.example/cb", "https://app.example\u2044cb", "https://app.example\uff0fcb",
    "https://app.example\u2215cb", "https://app.example%2fcb", "https://app.example%5ccb", "https:\uff0f\uff0fapp.example/cb",
    # the same path, spelled another way
    "https://app.example/CB", "https://app.example/cb/", "https://app.example//cb", "https://app.example/./cb", "https://app.example/x/../cb",
    "https://app.example/cb/..", "https://app.example/cb/.", "https://app.example/%63b", "https://app.example/%2e/cb",
    "https://app.example/x/%2e%2e/cb", "https://app.example/cb;x", "https://app.example/cb%00", "https://app.example/cb%0d%0aX:y",
    "https://app.example/cb%20", "https://app.example/cb?", "https://app.example/cb#", "https://app.example/cb?x", "https://app.example/cb#x",
    "https://app.example/cb?next=https://evil.example", "https://app.example/cb&next=https://evil.example", "https://app.example/c",
    "https://app.example/cbx", "https://app.example/", "https://app.example", "https://app.example/*", "https://app.example/cb*",
    "https://*.example/cb", "https://app.example/cb|https://evil.example", "https://app.example/cb https://evil.example",
    "https://app.example/cb,https://evil.example", "https://app.example/cb;https://evil.example", "https://app.example:8443/in",
    "https://app.example:8443/in?", "https://app.example:8443/in?from=mail&", "https://app.example:8443/in?from=mail#", "https://app.example/in?from=mail",
    "https://app.example:8443/in?from=Mail", "https://app.example:8443/in?from%3dmail", "https://app.example:8443/in?x&from=mail",
    "https://app.example:8444/in?from=mail", "https://app.example:18443/in?from=mail", "https://app.example:8443/in?from=mail&to=evil",
    # another scheme
    "http://app.example/cb", "ftp://app.example/cb", "ws://app.example/cb", "wss://app.example/cb", "app.example/cb", "://app.example/cb",
    "httpss://app.example/cb", "https+x://app.example/cb", "javascript:alert(1)", "javascript://app.example/cb%0aalert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)", "javascript\t:alert(1)",
    "javascript:https://app.example/cb", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "data:,https://app.example/cb",
    "vbscript:msgbox(1)", "blob:https://app.example/cb", "filesystem:https://app.example/cb", "view-source:https://app.example/cb",
    "file:///etc/passwd", "about:blank", "mailto:evil@example.com", "tel:+1", "intent://app.example/cb#Intent;end", "chrome://settings",
    "jar:https://app.example/cb!/", "feed:https://app.example/cb", "com.example.app:/", "com.example.app:/in/", "com.example.app:in",
    "com.example.app://in", "com.example.app:/IN", "Com.Example.App:/in", "com.example.app2:/in", "com.example:/in", "com.example.app:///in",
    # loopback, which some let through by any port
    "http://127.0.0.1:3001/cb", "http://127.0.0.1/cb", "http://localhost:3000/cb", "http://[::1]:3000/cb", "http://127.1:3000/cb",
    "http://2130706433:3000/cb", "http://0x7f000001:3000/cb", "http://0177.0.0.1:3000/cb", "http://127.0.0.1.evil.example:3000/cb",
    "http://127.0.0.1:3000@evil.example/cb", "http://0.0.0.0:3000/cb", "https://127.0.0.1:3000/cb", "http://127.0.0.1:3000/cb/",
    "http://[::ffff:127.0.0.1]:3000/cb", "http://127.000.000.001:3000/cb", "http://127.0.0.1:03000/cb", "http://127.0.0.1:3000/",
    # what parsers read out of a list
    "https://app.example/cbhttps://app.example/cb", '["https://app.example/cb"]', '"https://app.example/cb"', "'https://app.example/cb'",
    "<https://app.example/cb>", "https://app.example/cb\\", "https://app.example\\cb", "x" * 513, "https://app.example/" + "c" * 5000,
    "https://app.example/cb' OR '1'='1", "https://app.example/c_", "https://app.example/c%", "https://app.example/{cb}", "https://app.example/cb\u202e",
]  # fmt: skip
UNSEEN = ["\0", "\t", "\n", "\r", "\r\n", " ", "\x0b", "\x7f", "\u00a0", "\u200b", "\ufeff", "\u2028", "%09", "%0a", "%0d%0aLocation:%20//evil"]
TRICKS += [place.format(unseen) for unseen in UNSEEN
           for place in ("{}https://app.example/cb", "https://app.example/cb{}", "https:{}//app.example/cb", "https://app{}.example/cb")]  # fmt: skip
NO_STRINGS = [None, True, 0, 1, [], {}, [REGISTERED[0]], {"0": REGISTERED[0]}, [REGISTERED[0], "https://evil.example/"]]


@pytest.mark.parametrize("link_target", ["hosted", "app"])
def test_D3_a_sign_in_goes_back_to_no_address_but_the_registered(client, server, link_target):
    assert len(set(TRICKS)) == len(TRICKS) >= 200 and not set(TRICKS) & set(REGISTERED)
    app = server.create_app(redirect_uris=REGISTERED, link_target=link_target)
    contact, pkce = new_email(), Pkce()
    for trick in TRICKS + NO_STRINGS[1:]:
        answer = client.magic_link(app, contact, redirect_uri=trick, code_challenge=pkce.challenge)
        assert bad_fields(answer) == ["body" if "\0" in str(trick) else "redirect_uri"], ascii(trick)
        assert "location" not in answer.headers
    assert client.messages(contact) == []
    for uri in REGISTERED:
        success(client.magic_link(app, contact, redirect_uri=uri, code_challenge=pkce.challenge))


def test_D3_what_comes_along_changes_no_address(client, server):
    """state and token are data of the query; nothing in them becomes another part of the URL."""
    app = server.create_app(redirect_uris=REGISTERED, link_target="app", require_pkce="off")
    for state in ("//evil.example", "&token=x", "#x", "?x", "\\", " ", "%0d%0a", "@evil.example", "'\"><script>", "https://evil.example"):
        link = client.ask_link(app, redirect_uri=REGISTERED[0], state=state)
        assert link.url.startswith(f"{REGISTERED[0]}?token={link.token}&state=")
        assert not set(link.url.rsplit("state=", 1)[1]) & set("&#?/\\ @'\"<>=+"), link.url


# ---- D8 ----


def test_D8_nobody_assigns_what_is_not_theirs_to_a_link(client, server, app):
    other = server.create_app(redirect_uris=REGISTERED)
    extra = {"verified": True, "role": "admin", "roles": ["admin"], "used_at": 1, "approved_at": 1, "expires_at": "2099-01-01T00:00:00Z", "way": 3,
             "bound": False, "code": "00000000", "link": "https://evil.example/", "magic_link_id": other.app_id, "user_id": other.app_id,
             "link_target": "app", "redirect_uris": REGISTERED, "require_pkce": False, "bind_links": False, "status": "approved", "is_admin": True,
             "session_id": other.app_id, "email_verified": True, "to": "evil@example.com", "__proto__": {"admin": True}}  # fmt: skip
    app.set("bind_links", "on")
    contact = new_email()
    answer = success(client.magic_link(app, contact, **extra))
    link = Link(answer, client.next_message(contact))
    assert link.url == f"{server.public_url}/l/{link.token}" and link.link_id != other.app_id
    assert client.messages("evil@example.com") == []
    status = {**extra, "magic_link_id": link.link_id, "flow_token": link.flow_token}
    assert success(client.post("/v1/auth/magic-link/status", status))["status"] == "pending"
    assert bad_fields(client.magic_link(app, contact, **{**extra, "redirect_uri": REGISTERED[0]})) == ["redirect_uri", "code_challenge"]
    envelope(client.verify_link(link.token, **extra), "magic_link_not_found")
    body = session(client.verify_link(link.token, **extra, flow_token=link.flow_token), with_user=True)
    me = success(client.me(body["access_token"]))
    assert (me["roles"], me["tenant_id"], me["user"]["email"]) == ([], None, contact)
    assert me["user"]["user_id"] != other.app_id


# ---- D9 ----


def test_D9_no_link_is_in_logs_or_files(production, open_client, smtp_sink):
    """Nor its code, wherever both may be sent to, by mistake too."""
    server = production(**{"server.log_level": "debug"})
    client, app = open_client(server), server.create_app()
    links = []
    for _ in range(5):
        answer = success(client.magic_link(app, contact := new_email(), state="s"))
        wait_for_mail_to(smtp_sink, contact)
        links.append(link := Link(answer, link_of(next(mail for mail in smtp_sink.messages if mail["to"] == [contact]))))
        client.get(f"/l/{link.token}")
        client.get("/v1/auth/verify", params={"token": link.token, "flow_token": link.flow_token})
        client.get(f"/v1/auth/verify/{link.token}/{link.code}")
        client.verify_link(link.token, code_verifier=link.flow_token)
        client.link_status(link.link_id, link.flow_token)
        client.post("/v1/auth/magic-link/status", {"magic_link_id": link.token, "flow_token": link.code})
        client.post("/v1/auth/exchange", {"code": wrong(link.code), "flow_token": link.flow_token})
        session(client.verify_link(link.token), with_user=True)
        client.verify_link(link.token)
    assert server.log().count('"event":"request"') > 25
    for path in [server.log_path, server.out_path, *server.files()]:
        data = path.read_bytes()
        assert not issued.found_in(data), path.name
        assert not [link.code for link in links if link.code.encode() in data], path.name
    assert set(issued.found_in(" ".join(link.token for link in links).encode())) == {link.token for link in links}


# ---- D10 ----


def test_D10_a_stolen_store_yields_no_link(production, open_client, smtp_sink):
    """Every stored value is compared with plain and salted hashes of token, code and flow token; none may fit."""
    server = production()
    client, app = open_client(server), server.create_app()
    answer = success(client.magic_link(app, contact := new_email()))
    wait_for_mail_to(smtp_sink, contact)
    link = Link(answer, link_of(smtp_sink.messages[0]))
    values = set(stored_values(server))
    salts = [b"", app.app_id.encode(), contact.encode(), *(value for value in values if 1 <= len(value) <= 64)]
    for secret in (link.token, link.code, link.flow_token, link.flow_token[4:], link.flow_token[-43:]):
        assert secret.encode() not in values
        assert not values & set(hashes_of(secret.encode(), salts))


# ---- what a link's mail shows ----

INJECTIONS = ["\r\nBcc: evil@example.com", "\nBcc: evil@example.com", "\r\n.\r\nMAIL FROM:<e@example.com>", "\x1b[2J",
              "\x85Bcc: x@example.com", "\u2028Bcc: x@example.com", "\u202eevil", "<svg onload=alert(1)>", '"\'>', "{{code}}"]  # fmt: skip


def test_D5_nothing_injected_into_a_links_mail_is_more_than_text(production, open_client, smtp_sink):
    """Through each field that a mail of a link shows: the app's name, the user agent, the locale, the address."""
    server = production(**{"server.trusted_proxies": "127.0.0.1"})
    for injection in INJECTIONS:
        app = server.create_app()
        server.cli("app", "set", app.app_id, "name", f"Shop{injection}", check=False)
        one_line = re.sub(r"[\x00-\x1f].*", "", injection, flags=re.S)  # a client sends no more in a header
        headers = {"User-Agent": f"Firefox/1 (Windows{one_line})".encode(), "X-Forwarded-For": f"203.0.113.7{one_line}".encode()}
        client = open_client(server)
        response = client.magic_link(app, contact := new_email(), headers=headers, locale=f"en{injection}")
        if response.status_code != 200:
            success(client.magic_link(app, contact, headers=headers))
        assert wait_for_mail_to(smtp_sink, contact) == 1
    assert len(smtp_sink.messages) == len(INJECTIONS)
    for message in smtp_sink.messages:
        mail = parse(message)
        assert len(message["to"]) == 1 and mail["bcc"] is None and mail["to"].addresses[0].addr_spec == message["to"][0]
        assert not mail.defects and mail.get_content_type() == "multipart/alternative"
        text, html = text_of(message), mail.get_body(("html",)).get_content()
        assert "\nBcc" not in text and "\x1b" not in text and "\u202e" not in text
        assert "<svg" not in html and html.count("<body") == 1
        assert re.search(r"^Asked for from (Firefox on Windows, )?(127\.0\.0\.1|203\.0\.113\.7)\.\r?$", text, re.M), text
        assert link_of(message)["link"].startswith(server.public_url + "/l/")


def test_D5_a_long_link_is_one_token_of_the_mail(production, open_client, smtp_sink):
    """Quoted-printable wraps its line (RFC 2045 section 6.7); whoever reads the mail gets it back whole."""
    server = production()
    uri = "https://app.example/" + "very/long/" * 20 + "?a=1&b=2"
    app = server.create_app(redirect_uris=[uri], link_target="app", require_pkce="off")
    success(open_client(server).magic_link(app, contact := new_email(), redirect_uri=uri, state="a=b&c"))
    wait_for_mail_to(smtp_sink, contact)
    mail = parse(smtp_sink.messages[0])
    assert all(len(line) <= 76 for line in smtp_sink.messages[0]["raw"].splitlines())
    [link] = [line for line in text_of(smtp_sink.messages[0]).splitlines() if "://" in line]
    assert link.startswith(uri + "&token=") and link.endswith("&state=a%3Db%26c")
    assert mail.get_body(("html",)).get_content().count(link.replace("&", "&amp;")) == 3, "button, and what is to be seen"
