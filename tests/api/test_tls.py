"""Optional TLS from certificate files."""

import socket
import subprocess

import pytest
from certificates import Authority

from lib.checks import envelope, success
from lib.raw import exchange, request_bytes


@pytest.fixture
def authority(tmp_path):
    return Authority(str(tmp_path / "authority"))


@pytest.fixture
def tls_server(start_server, authority):
    certificate, key = authority.issue()
    return start_server(ca_file=authority.ca_file, settings={"server.tls_cert": certificate, "server.tls_key": key})


def test_someone_signs_in_over_tls(tls_server, open_client):
    assert tls_server.public_url.startswith("https://")
    client, app = open_client(tls_server), tls_server.create_app()
    signed_in = client.sign_in(app)
    success(client.me(signed_in.access))
    assert client.get("/.well-known/openid-configuration").json()["issuer"] == tls_server.public_url


@pytest.mark.parametrize("piece", [None, 2])
def test_refusals_of_the_edge_are_the_envelope_over_tls_too(tls_server, piece):
    healthy = request_bytes("GET", "/healthz")
    answers = exchange(tls_server, healthy + b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + healthy, piece)
    assert [answer.status_code for answer in answers] == [200, 400]
    envelope(answers[1], "BAD_REQUEST")


def test_plain_http_gets_nothing_from_a_tls_port(tls_server):
    with socket.create_connection(("127.0.0.1", tls_server.port), timeout=5) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            assert not plain.recv(4096).startswith(b"HTTP")
        except ConnectionResetError:
            pass


def test_old_protocol_versions_and_foreign_protocols_are_not_spoken(tls_server):
    for option in ("-tls1", "-tls1_1"):
        command = ["openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{tls_server.port}"]
        done = subprocess.run(command, input="", capture_output=True, text=True, timeout=10)
        assert done.returncode != 0 and "Cipher is (NONE)" in done.stdout
    context = tls_server.tls
    context.set_alpn_protocols(["http/1.1", "h2"])
    with socket.create_connection(("127.0.0.1", tls_server.port), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            assert connection.selected_alpn_protocol() in ("http/1.1", None)
