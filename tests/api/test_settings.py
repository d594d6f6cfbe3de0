"""Settings: what is unsafe or misspelt is refused at the start, by name (THREATS H9)."""

import os
import re

import pytest

from lib.checks import success
from lib.client import new_email
from lib.server import ROOT, free_port, run

GOOD = {"server.public_url": "https://id.example.com"}


def refused(tmp_path, settings, *words):
    """Starts with these settings, which must be refused; returns what was said."""
    listen = f"127.0.0.1:{free_port()}"
    done = run("serve", "--data", tmp_path / "data", "--listen", listen, *words, settings=settings, timeout=15)
    assert done.returncode in (1, 2), f"{done.returncode}: {done.stderr}"
    assert done.stderr.strip() and not done.stdout.strip()
    return done.stderr


def test_H9_without_a_public_url_production_does_not_start(tmp_path):
    assert "public_url" in refused(tmp_path, {})


@pytest.mark.parametrize("url", ["http://id.example.com", "ftp://id.example.com", "id.example.com", "https://", "https://id.example.com/path?x",
                                 "https://user:pw@id.example.com", "javascript:alert(1)"])  # fmt: skip
def test_H9_the_public_url_must_be_https_and_plain(tmp_path, url):
    assert "public_url" in refused(tmp_path, {"server.public_url": url})


@pytest.mark.parametrize(
    "setting, value, bound",
    [("otp.length", 5, "6"), ("otp.length", 11, "10"), ("otp.length", "six", ""), ("otp.ttl", "11m", "10m"),
     ("otp.ttl", "0s", "1s"), ("otp.ttl", "300", ""), ("otp.ttl", "5 minutes", ""), ("otp.max_attempts", 6, "5"), ("otp.max_attempts", 0, "1"),
     ("token.access_ttl", "2h", "1h"), ("server.threads", 65, "64"), ("server.threads", -1, ""), ("server.queue", 1, "16"),
     ("limit.sends_per_address", "60", ""), ("limit.sends_per_address", "0/1m", ""), ("otp.send_limit", "99999999999999999999", ""),
     ("server.trusted_proxies", "not-an-address", ""), ("server.log_level", "loud", "")],
)  # fmt: skip
def test_H9_a_value_out_of_bounds_is_refused_with_its_bound(tmp_path, setting, value, bound):
    said = refused(tmp_path, GOOD | {setting: value})
    assert setting in said and bound in said


@pytest.mark.parametrize("key, nearest", [("otp.lenght", "otp.length"), ("server.publik_url", "server.public_url"), ("opt.ttl", "otp.ttl")])
def test_H9_an_unknown_key_is_refused_and_the_nearest_named(tmp_path, key, nearest):
    assert nearest in refused(tmp_path, GOOD | {key: "1"}).lower()
    section, name = key.split(".")
    config = tmp_path / "keywright.ini"
    config.write_text(f"[{section}]\n{name} = 1\n")
    said = refused(tmp_path, GOOD, "--config", config)
    assert key in said and nearest in said


@pytest.mark.parametrize("text", ["[otp]\nlength\n", "length = 6\n", "[otp\nlength = 6\n", "[otp]\nlength = 5\n"])
def test_H9_a_broken_file_is_refused(tmp_path, text):
    config = tmp_path / "keywright.ini"
    config.write_text(text)
    assert refused(tmp_path, GOOD, "--config", config)


def test_H9_a_missing_file_is_refused(tmp_path):
    assert "nowhere.ini" in refused(tmp_path, GOOD, "--config", tmp_path / "nowhere.ini")


def test_H9_a_key_file_that_others_can_read_is_refused(start_server):
    server = start_server()
    key = server.data / "master.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert server.terminate() == 0
    for mode in (0o640, 0o604, 0o644, 0o660):
        os.chmod(key, mode)
        server.spawn()
        assert server.process.wait(15) > 0
        assert "master.key" in server.log()
    os.chmod(key, 0o600)
    server.start()


@pytest.mark.parametrize("content", ["", "00", "x" * 64, "0" * 64, "ab" * 31])
def test_H9_a_key_file_without_a_key_is_refused(start_server, content):
    server = start_server()
    assert server.terminate() == 0
    (server.data / "master.key").write_text(content)
    server.spawn()
    assert server.process.wait(15) > 0
    assert re.search(r"master[ .]key", server.log())


def test_H9_another_master_key_than_the_stores_is_refused(start_server):
    server = start_server()
    assert server.terminate() == 0
    (server.data / "master.key").write_text(os.urandom(32).hex() + "\n")
    server.spawn()
    assert server.process.wait(15) > 0


def test_private_files_are_private(start_server):
    server = start_server()
    server.create_app()
    for path in server.data.iterdir():
        assert path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others"


def test_a_certificate_needs_its_key(tmp_path):
    assert "tls_key" in refused(tmp_path, GOOD | {"server.tls_cert": "/etc/hosts"})
    assert "/nowhere.pem" in refused(tmp_path, GOOD | {"server.tls_cert": "/nowhere.pem", "server.tls_key": "/nowhere.key"})


def test_flags_beat_environment_beats_file(start_server, open_client, tmp_path):
    config = tmp_path / "keywright.ini"
    config.write_text("[otp]\nlength = 7\nttl = 1m\n")
    done = run("config", "show", "--config", config, "--public-url", "https://flag.example.com", "--data", tmp_path,
               settings={"otp.length": 8, "server.public_url": "https://env.example.com"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = {line.split()[0]: line for line in done.stdout.splitlines() if re.match(r"[a-z]+\.[a-z_]+", line)}
    assert "8" in shown["otp.length"] and "https://flag.example.com" in shown["server.public_url"]
    assert re.search(r"1m|60s", shown["otp.ttl"])


def test_every_setting_is_shown_and_no_secret(tmp_path):
    secret = "a-secret-that-nobody-should-see"
    settings = GOOD | {"mail.smtp_url": f"smtp://user:{secret}@127.0.0.1:25", "mail.from": "a@example.com", "store.url": f"postgres://u:{secret}@h/d"}
    done = run("config", "show", "--data", tmp_path, settings=settings)
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    table = (ROOT / "src/tables/settings.def").read_text()
    for section, key in re.findall(r"^SETTING\((\w+), (\w+),", table, re.M):
        assert f"{section}.{key}" in done.stdout


def test_config_check_says_yes_or_why_not(tmp_path):
    assert run("config", "check", "--data", tmp_path, settings=GOOD).returncode == 0
    done = run("config", "check", "--data", tmp_path, settings=GOOD | {"otp.length": 99})
    assert done.returncode in (1, 2) and "otp.length" in done.stderr


def test_a_secret_may_come_from_a_file(start_server, open_client, smtp_sink, tmp_path):
    url = tmp_path / "url"
    url.write_text(f"smtp://127.0.0.1:{smtp_sink.port}\n")
    settings = {"mail.smtp_url_file": url, "mail.from": "login@keywright.example"}
    server = start_server(dev=False, settings=settings)
    success(open_client(server).send_otp(server.create_app(), new_email()))
    smtp_sink.wait_for(1)
