"""THREATS F: what the HTTP edge and the parsers are given by people who mean no good.

The 120 framing cases, each also in pieces and over TLS, are unit tests of net/; here a compact corpus meets the whole
program, and every refusal must be the envelope.
"""

import random
import re
import resource
import socket
import time

import pytest

from lib.checks import bad_fields, envelope
from lib.client import new_email
from lib.raw import Wire, exchange, request_bytes
from lib.tables import documents, endpoints

LOGOUT = b"POST /v1/auth/logout HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"refresh_token":"x"}'
PLANTED = b"GET /planted HTTP/1.1\r\nHost: localhost\r\n\r\n"


def with_headers(*lines, body=BODY):
    return LOGOUT + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


AMBIGUOUS = {
    "CL and TE": with_headers(b"Content-Length: 21", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + PLANTED),
    "TE and CL": with_headers(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + PLANTED),
    "TE gzip": with_headers(b"Transfer-Encoding: gzip"),
    "TE gzip, chunked": with_headers(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "TE chunked twice": with_headers(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "TE with vertical tab": with_headers(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "TE identity": with_headers(b"Transfer-Encoding: identity", b"Content-Length: 21"),
    "TE with a blank before the colon": with_headers(b"Transfer-Encoding : chunked", b"Content-Length: 21"),
    "two CL": with_headers(b"Content-Length: 21", b"Content-Length: 21"),
    "two CL that differ": with_headers(b"Content-Length: 21", b"Content-Length: 0"),
    "CL list": with_headers(b"Content-Length: 21, 21"),
    "CL with a sign": with_headers(b"Content-Length: +21"),
    "CL negative": with_headers(b"Content-Length: -1"),
    "CL hexadecimal": with_headers(b"Content-Length: 0x15"),
    "CL empty": with_headers(b"Content-Length:"),
    "CL with letters": with_headers(b"Content-Length: 21a"),
    "CL with a blank": with_headers(b"Content-Length: 2 1"),
    "CL 2^64 + 21": with_headers(b"Content-Length: 18446744073709551637"),
    "bare LF": LOGOUT.replace(b"\r\n", b"\n") + b"Content-Length: 21\n\n" + BODY,
    "one bare LF": with_headers(b"X: a\nContent-Length: 0", b"Content-Length: 21"),
    "bare CR": with_headers(b"X: a\rb", b"Content-Length: 21"),
    "obs-fold": with_headers(b"X: a", b" folded", b"Content-Length: 21"),
    "NUL in a value": with_headers(b"X: a\x00b", b"Content-Length: 21"),
    "NUL in a name": with_headers(b"X\x00: a", b"Content-Length: 21"),
    "empty name": with_headers(b": a", b"Content-Length: 21"),
    "no colon": with_headers(b"nonsense", b"Content-Length: 21"),
    "blank in a name": with_headers(b"X Y: a", b"Content-Length: 21"),
    "blank before the first field": b"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "Host with a comma": b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost,evil.example\r\n\r\n",
    "absolute form": b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "authority form": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + PLANTED,
    "asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/1.2": b"GET /healthz HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "HTTP/2.0": b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two blanks": b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tab for a blank": b"GET\t/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "trailing blank": b"GET /healthz HTTP/1.1 \r\nHost: localhost\r\n\r\n",
    "lower-case version": b"GET /healthz http/1.1\r\nHost: localhost\r\n\r\n",
    "control character in the path": b"GET /health\x01z HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "byte over 127 in the path": b"GET /health\xffz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "fragment": b"GET /healthz#x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + b"\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("piece", [None, 3], ids=["whole", "pieces"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_F1_what_can_be_read_two_ways_is_refused_and_the_connection_closed(server, name, piece):
    answers = exchange(server, AMBIGUOUS[name] + PLANTED, piece)
    assert len(answers) == 1, f"a planted request was answered: {answers}"
    assert answers[0].status_code in (400, 421) if name == "Host with a comma" else answers[0].status_code == 400
    envelope(answers[0], answers[0].json()["error"])


def test_F1_a_lone_chunked_body_is_told_to_bring_its_length(server):
    data = with_headers(b"Transfer-Encoding: chunked", body=b"15\r\n" + BODY + b"\r\n0\r\n\r\n") + PLANTED
    answers = exchange(server, data)
    assert len(answers) == 1
    envelope(answers[0], "LENGTH_REQUIRED")


def test_F2_an_oversized_body_is_refused_before_it_is_read(server):
    for length in (16385, 10**6, 2**31, 2**32 + 5, 9223372036854775807, 10**18):
        with Wire(server) as wire:
            wire.send(with_headers(b"Content-Length: %d" % length, b"Expect: 100-continue", body=b""))
            envelope(wire.read_answer(), "PAYLOAD_TOO_LARGE")
            assert wire.closed_by_server()
    for length in (10**19, 2**64, 10**40):
        envelope(exchange(server, with_headers(b"Content-Length: %d" % length, body=b""))[0], "BAD_REQUEST")


def test_F3_floods_of_headers_are_refused(server):
    get = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    fits = get + b"".join(b"X-%d: y\r\n" % number for number in range(98)) + b"Connection: close\r\n\r\n"
    assert exchange(server, fits)[0].status_code == 200
    for flood in (
        get + b"".join(b"X-%d: y\r\n" % number for number in range(100)) + b"\r\n",
        get + b"X: " + b"y" * 16384 + b"\r\n\r\n",
        get + b"".join(b"X-%d: y\r\n" % number for number in range(10**5)),
        b"GET /" + b"y" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"y" * 20000,
    ):
        answers = exchange_until_cut(server, flood)
        assert len(answers) <= 1
        for answer in answers:
            assert answer.status_code in (400, 431)
            envelope(answer, answer.json()["error"])
    envelope(exchange(server, get + b"X: " + b"y" * 16384 + b"\r\n\r\n")[0], "HEADERS_TOO_LARGE")


def exchange_until_cut(server, data):
    try:
        return exchange(server, data)
    except ConnectionResetError:
        return []  # it closed with our bytes unread


@pytest.mark.engines("sqlite")
def test_F4_dribbling_clients_are_dropped_by_deadline_and_slow_nobody(server):
    """One byte a second counts as silence: the head must be there ten seconds after its first byte."""
    dribblers = [Wire(server, timeout=30) for _ in range(100)]
    began = time.monotonic()
    for second in range(15):
        for wire in dribblers:
            try:
                wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: y"[second : second + 1])
            except OSError:
                pass
        assert server.is_ready()
        time.sleep(1)
    assert time.monotonic() - began >= 14
    for wire in dribblers:
        try:
            answers = wire.read_until_close()
        except ConnectionResetError:
            answers = []  # our late bytes met a closed connection
        assert len(answers) <= 1
        for answer in answers:
            envelope(answer, "REQUEST_TIMEOUT")
        wire.close()


@pytest.mark.engines("sqlite")
def test_F5_running_out_of_descriptors_is_survived(start_server, open_client):
    server = start_server(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
    client, app = open_client(server), server.create_app()
    idle = []
    for _ in range(400):
        connection = socket.socket()
        connection.settimeout(1)
        try:
            connection.connect(("127.0.0.1", server.port))
        except OSError:
            break
        idle.append(connection)
    before = cpu_seconds(server.process.pid)
    time.sleep(1)
    assert cpu_seconds(server.process.pid) - before < 0.5, "it spins while it has no descriptors"
    for connection in idle:
        connection.close()
    server.wait_ready(seconds=5)
    client.sign_in(app)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


BAD_UTF8 = [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\xfe",
            b"\x80", b"\xe2\x82", b"\xc3", b"\xf0\x9f\x98"]  # fmt: skip


@pytest.mark.parametrize("octets", BAD_UTF8, ids=repr)
@pytest.mark.parametrize("place", [b'{"refresh_token":"%s"}', b'{"%s":1,"refresh_token":"x"}', b'{"refresh_token":"x","y":["%s"]}', b"%s{}"], ids=repr)
def test_F6_invalid_utf8_is_refused_wherever_it_stands(client, octets, place):
    headers = {"Content-Type": "application/json"}
    response = client.request("POST", "/v1/auth/logout", content=place % octets, headers=headers)
    assert bad_fields(response) == ["body"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_F7_depth_is_refused_not_followed(client, opening):
    headers = {"Content-Type": "application/json"}
    for count in (10, 17, 100, 1000, 5000):
        data = (opening * count)[:16384]
        assert bad_fields(client.request("POST", "/v1/auth/logout", content=data, headers=headers)) == ["body"]


@pytest.mark.parametrize("value", ["123456", "1e999", "-0", "1.0", "true", "null", "[]", '["123456"]', "{}", '{"otp":"123456"}', '[["123456"]]'])
def test_F8_a_code_of_another_type_is_a_bad_field(client, app, value):
    body = f'{{"app_id":"{app.app_id}","otp_request_id":"otp_x","otp":{value}}}'.encode()
    response = client.request("POST", "/v1/auth/verify-otp", content=body, headers={"Content-Type": "application/json"})
    assert bad_fields(response) == (["body"] if value == "1e999" else ["otp"])


def test_F9_methods_and_types(server, client):
    envelope(client.get("/v1/auth/refresh"), "METHOD_NOT_ALLOWED")
    for method in ("TRACE", "PUT", "DELETE", "PATCH"):
        envelope(client.request(method, "/v1/auth/refresh"), "METHOD_NOT_ALLOWED")
    envelope(exchange(server, b"BREW /v1/auth/refresh HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0], "METHOD_NOT_ALLOWED")
    envelope(client.request("POST", "/v1/auth/refresh", content=b"{}", headers={"Content-Type": "text/plain"}), "UNSUPPORTED_MEDIA_TYPE")
    envelope(exchange(server, b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n")[0], "BAD_REQUEST")


@pytest.mark.parametrize("method", ["TRACE", "BREW", "GET", "HEAD"])
def test_F9_a_body_of_another_method_never_becomes_a_request(server, method):
    request = f"{method} /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(PLANTED)}\r\n\r\n".encode()
    tail = b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Wire(server) as wire:
        wire.send(request + PLANTED + tail)
        wire.read_answer(to_head=method == "HEAD")
        later = wire.read_until_close()
    assert all(answer.json().get("error") != "NOT_FOUND" for answer in later), "the body was taken for a request"


@pytest.mark.parametrize(
    "path",
    ["//v1/auth/me", "/v1//auth/me", "/v1/./auth/me", "/v1/x/../auth/me", "/v1/%2e%2e/v1/auth/me", "/v1%2fauth%2fme", "/v1/auth/me;x",
     "/V1/auth/me", "/v1/Auth/me", "/v1/auth/me/", "/v1/auth/me%00", "/v1/auth/m%65", "/v1/auth\\me", "/v1/auth/me%20", "/./v1/auth/me",
     "/..;/v1/auth/me", "/v1/auth/me/..", "/%76%31/auth/me", "/reference/errors/../errors", "/reference/errors/..%2f..%2fetc"],
)  # fmt: skip
def test_F10_a_path_has_one_spelling(server, client, app, path):
    token = client.sign_in(app).access
    data = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    answer = exchange(server, data.encode())[0]
    assert answer.status_code in (400, 404), answer
    envelope(answer, answer.json()["error"])


def test_F11_nobody_writes_lines_into_the_log(start_server, open_client):
    server = start_server(settings={"server.log_level": "debug"})
    client, app = open_client(server), server.create_app()
    evil = 'x\r\n{"level":"error","event":"forged"}\x1b[31m\x00\u2028\u0085'
    for field in ("app_id", "email", "purpose", "locale", "otp", "otp_request_id", "refresh_token", "end_user_ip"):
        for path in ("send-otp", "verify-otp", "refresh", "logout"):
            client.post(f"/v1/auth/{path}", {"app_id": app.app_id, field: evil})
    client.get("/v1/%0d%0a%7b%22event%22:%22forged%22%7d%1b[31m")
    client.get("/v1/auth/me", headers={"User-Agent": 'x"}\t{"event": "forged', "Authorization": 'Bearer "}{"event":"forged"}'})
    exchange(server, b'GET /"\x1b[31m HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\r\nConnection: close\r\n\r\n')
    time.sleep(0.3)
    lines = server.log_lines()
    assert lines and all(isinstance(line, dict) and line.get("event") != "forged" for line in lines)
    assert not any((ord(c) < 32 and c != "\n") or c == "\x7f" for c in server.log()), "a control character, unescaped"


def test_F11_the_log_tells_each_request_by_its_id(start_server, open_client):
    server = start_server()
    client = open_client(server)
    answers = [client.post("/v1/auth/logout", {"refresh_token": "x"}), client.get("/v1/auth/me"), client.get("/nothing")]
    time.sleep(0.3)
    logged = {line.get("request_id"): line for line in server.log_lines()}
    for answer in answers:
        line = logged[answer.headers["x-request-id"]]
        assert line["status"] == answer.status_code


def test_F12_worst_cases_cost_no_more_than_others(client, server, app):
    """Compared with a plain refusal of the same size, so that no clock of the machine decides."""
    def cost(body):
        began = time.perf_counter()
        for _ in range(10):
            assert client.post("/v1/auth/send-otp", body).status_code in (200, 400)
        return time.perf_counter() - began

    plain = min(cost({"app_id": app.app_id, "pad": "x" * 15000, "email": "no"}) for _ in range(3))
    for body in (
        {"app_id": app.app_id, "email": "a." * 7000 + "@" + "b." * 400},
        {"app_id": app.app_id, "email": "a@" + "xn--" * 3500},
        {"app_id": app.app_id, "email": "@" * 15000},
        {"app_id": app.app_id, "phone": "+" * 15000},
        {"app_id": app.app_id, "phone": "1 - " * 3500},
        {"app_id": app.app_id, "email": "a@b.co", "purpose": "a" * 15000},
        {"app_id": app.app_id} | {f"k{number}": 1 for number in range(1300)},
        {"app_id": app.app_id, "email": "\u0130" * 2000},
    ):
        assert cost(body) < 20 * plain + 0.5, str(body)[:80]


def test_F13_random_bytes_harm_nothing(server, client, app):
    """A taste of what the fuzzers do: mangled requests over real sockets, to the program as it is shipped."""
    chaos = random.Random(20260525)
    seeds = [request_bytes("POST", "/v1/auth/send-otp", {"app_id": app.app_id, "email": new_email()}),
             request_bytes("GET", "/v1/auth/me", headers={"Authorization": "Bearer a.b.c"}), with_headers(b"Content-Length: 21")]  # fmt: skip
    for _ in range(300):
        data = bytearray(chaos.choice(seeds))
        for _ in range(chaos.randrange(1, 8)):
            place = chaos.randrange(len(data))
            data[place : place + chaos.randrange(3)] = chaos.randbytes(chaos.randrange(4))
        with Wire(server) as wire:
            wire.send(bytes(data))
            wire.socket.shutdown(socket.SHUT_WR)
            try:
                answers = wire.read_until_close()
            except ConnectionResetError:
                continue
        for answer in answers:
            assert answer.status_code < 500
            if answer.status_code >= 400:
                envelope(answer, answer.json()["error"])
    client.sign_in(app)


def test_F15_every_refusal_of_the_edge_is_the_envelope(server, client):
    """404, 405, 415 and 421 by the router; 400, 411, 413, 431 by the reader; 408 is in F4, 503 in G6 and below."""
    envelope(client.get("/nothing"), "NOT_FOUND")
    envelope(client.get("/v1/auth/logout"), "METHOD_NOT_ALLOWED")
    envelope(client.request("POST", "/v1/auth/logout", content=b"x"), "UNSUPPORTED_MEDIA_TYPE")
    envelope(client.get("/v1/auth/me", headers={"Host": "evil.example"}), "MISDIRECTED_REQUEST")
    envelope(exchange(server, b"nonsense\r\n\r\n")[0], "BAD_REQUEST")
    envelope(exchange(server, with_headers(b"Transfer-Encoding: chunked", body=b""))[0], "LENGTH_REQUIRED")
    envelope(exchange(server, with_headers(b"Content-Length: 16385", body=b""))[0], "PAYLOAD_TOO_LARGE")
    envelope(exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 17000 + b"\r\n\r\n")[0], "HEADERS_TOO_LARGE")


HTML_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
PAGE_POLICY = HTML_POLICY.replace("img-src", "script-src 'self'; connect-src 'self'; img-src")
POLICIES = {"text/html": HTML_POLICY, "image/svg+xml": "default-src 'none'; sandbox; frame-ancestors 'none'"}
FILLED = {"code": "OTP_INVALID", "name": "keywright.css", "token": "A" * 43}


def every_answer(server, client, app):
    """(route, answer) for every route of the tables, asked for well and badly, and for what the edge refuses."""
    for route in [row for row in endpoints() if not row.is_operators] + documents():
        path = re.sub(r"{(\w+)}", lambda hole: FILLED.get(hole[1], app.app_id), route.path)
        for headers in ({}, {"Accept": "text/html"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
            yield route, client.request(route.method, path, headers=headers)
        for method in ("HEAD", "POST", "PUT", "OPTIONS"):
            yield route, client.request(method, path, content=b"x", headers={"Content-Type": "application/x-www-form-urlencoded"})
    yield None, client.get("/nothing", headers={"Accept": "text/html"})
    for data in (b"nonsense\r\n\r\n", *(request for request in AMBIGUOUS.values())):
        yield None, exchange(server, data)[0]
    yield None, exchange(server, with_headers(b"Content-Length: 16385", body=b""))[0]
    yield None, exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 17000 + b"\r\n\r\n")[0]


def test_F14_every_answer_says_what_a_browser_may_do_with_it(server, client, app):
    app.set("color", "#0b57d0")
    app.set("logo", "data:image/svg+xml;base64,PHN2Zy8+")
    kinds = set()
    for route, answer in every_answer(server, client, app):
        where, headers = f"{route} {answer}", answer.headers
        kind = headers["content-type"].split(";")[0]
        is_html = kind == "text/html"
        kinds.add(kind)
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer", where
        is_scripted = is_html and route and (route.is_page or route.path == "/dev/demo")
        policy = PAGE_POLICY if is_scripted else POLICIES.get(kind, "default-src 'none'; frame-ancestors 'none'")
        assert headers["content-security-policy"] == policy, where
        assert headers.get("x-frame-options") == ("DENY" if is_html else None), where
        assert headers.get("cross-origin-opener-policy") == ("same-origin" if is_html else None), where
        assert headers.get("cross-origin-resource-policy") == ("same-origin" if is_html else None), where
        assert ("camera=()" in headers.get("permissions-policy", "")) == is_html, where
        if kind == "application/json" and answer.status_code >= 400:
            assert headers["cache-control"] == "no-store", where
        assert "strict-transport-security" not in headers, "this server is not reached by https"
    assert kinds >= {"application/json", "text/html", "text/css", "image/svg+xml", "text/plain"}


def test_F14_nothing_says_what_runs_here_and_in_which_version(server, client, app):
    version = server.cli("version").stdout.split()[1]
    for route, answer in every_answer(server, client, app):
        said = str(answer.headers) + answer.content.decode("latin-1")
        assert not {"server", "via", "x-powered-by"} & set(answer.headers), route
        assert version not in said and not re.search(r"libevent|openssl|sqlite/|postgresql \d", said, re.I), route


@pytest.mark.engines("sqlite")
def test_F14_where_we_are_reached_by_https_every_answer_insists_on_it(start_server, open_client):
    server = start_server(dev=False, settings={"server.public_url": "https://id.example.com"})
    app = server.create_app()
    for route, answer in every_answer(server, open_client(server), app):
        seconds = int(re.match(r"max-age=(\d+)", answer.headers["strict-transport-security"])[1])
        assert seconds >= 180 * 86400, route


@pytest.mark.engines("sqlite")
def test_F15_at_the_connection_cap_the_oldest_idle_one_yields(start_server):
    server = start_server(settings={"server.max_connections": 16})
    wires = [Wire(server) for _ in range(15)]
    for wire in wires:
        assert wire.call("GET", "/healthz").status_code == 200
    newcomers = [Wire(server) for _ in range(5)]
    for wire in newcomers:
        answer = wire.call("GET", "/healthz")
        if answer.status_code != 200:
            envelope(answer, "SERVICE_UNAVAILABLE")
    assert any(wire.closed_by_server(within=0.5) for wire in wires)
    for wire in wires + newcomers:
        wire.close()


def test_F16_every_429_says_when_to_come_back(client, app):
    """envelope() compares body and header on every 429 and 503 of every test; here the number is also true to its meaning."""
    contact = new_email()
    for _ in range(5):
        client.send_otp(app, contact)
    first = envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")["retry_after"]
    time.sleep(1.1)
    assert first - 2 <= envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")["retry_after"] < first


def test_F17_every_401_has_its_challenge_and_never_basic(client, app):
    answers = [
        client.get("/v1/auth/me"),
        client.get("/v1/auth/me", headers={"Authorization": "Bearer x"}),
        client.refresh("kwr_x"),
        client.post("/v1/auth/introspect", {"token": "x"}),
        client.post("/v1/auth/introspect", {"token": "x"}, auth=(app.app_id, "x")),
        client.send_otp(app, new_email(), app_secret="x"),
    ]
    for answer in answers:
        envelope(answer, "TOKEN_INVALID")
        assert answer.headers["www-authenticate"].startswith("Bearer") and "basic" not in answer.headers["www-authenticate"].lower()


@pytest.mark.parametrize("upgrade", ["h2c", "websocket", "HTTP/2.0, h2c"])
def test_F18_an_upgrade_is_ignored(server, upgrade):
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": upgrade, "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA"}
    with Wire(server) as wire:
        assert wire.call("GET", "/healthz", headers=headers).status_code == 200
        assert wire.call("GET", "/healthz").status_code == 200


def test_F18_pipelined_requests_are_answered_in_order(server, client, app):
    signed_in = client.sign_in(app)
    kinds = [
        (request_bytes("GET", "/healthz"), 200),
        (request_bytes("GET", "/v1/auth/me", headers={"Authorization": f"Bearer {signed_in.access}"}), 200),
        (request_bytes("POST", "/v1/auth/refresh", {"refresh_token": "x"}), 401),
        (request_bytes("GET", "/nothing"), 404),
        (request_bytes("POST", "/v1/auth/verify-otp", {}), 400),
        (request_bytes("GET", "/v1/auth/refresh"), 405),
    ]
    chosen = [random.choice(kinds) for _ in range(100)]
    for piece in (None, 7):
        with Wire(server) as wire:
            wire.send(b"".join(data for data, _ in chosen), piece)
            assert [wire.read_answer().status_code for _ in chosen] == [status for _, status in chosen]


def test_F18_a_refused_request_ends_the_pipeline(server):
    healthy = request_bytes("GET", "/healthz")
    answers = exchange(server, healthy * 3 + b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + healthy * 3)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400]
