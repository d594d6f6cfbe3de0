"""keywright doctor: every finding, made to happen."""

import contextlib
import json
import os
import socket
import subprocess
import threading

import pytest
from certificates import Authority
from smtp_sink import SmtpSink

from lib.copies import execute
from lib.server import Server, free_port, run

FACTS = "/operator/facts"
SECRET = "hunter2-of-the-relay"


def look(server, *words, settings=None):
    """What doctor finds: the list of findings."""
    done = server.cli("doctor", *words, "--json", check=False, settings=settings)
    told = json.loads(done.stdout)
    assert SECRET not in done.stdout + done.stderr
    levels = [finding["level"] for finding in told["findings"]]
    assert (told["ok"], told["warnings"], told["problems"]) == tuple(map(levels.count, ("ok", "warning", "problem")))
    assert told["success"] == (told["problems"] == 0) and done.returncode == (1 if told["problems"] else 0), done.stderr
    for finding in told["findings"]:
        assert list(finding) == ["check", "level", "saw", "remedy"] and finding["saw"]
        assert (finding["remedy"] is None) == (finding["level"] == "ok"), finding
    return told["findings"]


def found(findings, check, level):
    """The one finding of that check that is as bad as that."""
    (finding,) = [finding for finding in findings if finding["check"] == check and finding["level"] == level] or [findings]
    assert isinstance(finding, dict), f"{check} is no {level}: {[one for one in findings if one['check'] == check]}"
    return finding["saw"] + " -> " + (finding["remedy"] or "")


@pytest.fixture
def down(start_server):
    """A dev server's folder, the server down."""
    server = start_server()
    assert server.terminate() == 0
    return server


@pytest.fixture
def production(start_server):
    """A production server without anything around it."""
    return start_server(dev=False)


def without_doubts(findings):
    """What is not well, but for what a test's machine may have: nobody keeps its clock, its disk is nearly full."""
    return [finding for finding in findings if finding["level"] != "ok" and finding["check"] not in ("clock", "disk", "descriptors")]


# ---- a house in order ----


def test_a_house_in_order_has_no_problem(start_server):
    server = start_server()
    listen = ["--listen", f"127.0.0.1:{server.port}"] + (["--store", server.store] if server.store else [])
    findings = look(server, *listen)
    assert without_doubts(findings) == []
    assert f"process {server.process.pid}" in found(findings, "server", "ok")
    assert server.terminate() == 0
    findings = look(server, "--dev")
    assert without_doubts(findings) == []
    if server.engine == "sqlite":
        assert found(findings, "pages", "ok").startswith("all are sound")
        assert "one connection does both" in found(findings, "store", "ok")
    else:
        assert found(findings, "store", "ok").startswith("PostgreSQL 1")
    assert "none wait" in found(findings, "migrations", "ok")


def test_people_read_a_table(down):
    done = down.cli("doctor", "--dev", check=False)
    assert done.returncode == 0
    lines = done.stdout.split("\n")
    assert lines[0].split()[:2] == ["ok", "settings"] and lines[-2].endswith("0 problems")
    os.chmod(down.data / "master.key", 0o644)
    done = down.cli("doctor", "--dev", check=False)
    assert done.returncode == 1
    at = next(i for i, line in enumerate(done.stdout.split("\n")) if line.startswith("problem  master_key"))
    assert "-> chmod 600" in done.stdout.split("\n")[at + 1]


def test_doctor_takes_no_words(tmp_path):
    assert run("doctor", "now", "--data", tmp_path).returncode == 2


def test_doctor_changes_nothing(down):
    def state():
        return {path.name: path.read_bytes() for path in down.files() if path.suffix not in (".lock", ".db-shm", ".db-wal")}

    before = state()
    look(down, "--dev")
    assert state() == before
    down.start()


def test_a_server_says_what_it_knows_and_no_secret(start_server):
    settings = {"mail.smtp_url": f"smtp://me:{SECRET}@127.0.0.1:9", "mail.from": "a@b.example"}
    server = start_server(settings=settings)
    facts = server.operator("GET", FACTS)
    assert facts.status_code == 200 and SECRET not in facts.text
    told = facts.json()
    assert list(told) == ["success", "version", "pid", "dev", "now_ms", "newest_ms", "descriptors", "kids", "settings"]
    assert told["pid"] == server.process.pid and told["dev"] is True and told["settings"]["mail.smtp_url"] == "(set)"
    assert [key["kid"] for key in server.cli_json("key", "list")["keys"]][::-1] == told["kids"]
    server.create_app()
    assert 0 < server.operator("GET", FACTS).json()["newest_ms"] <= told["now_ms"] + 60_000


# ---- the folder ----


@pytest.mark.parametrize("mode, level", [(0o711, "warning"), (0o770, "warning"), (0o777, "problem")])
def test_a_folder_that_others_can_enter(down, mode, level):
    os.chmod(down.data, mode)
    assert "chmod 700" in found(look(down, "--dev"), "folder", level)
    os.chmod(down.data, 0o700)


def test_a_key_that_others_can_read(down):
    os.chmod(down.data / "master.key", 0o640)
    assert "mode 640" in found(look(down, "--dev"), "master_key", "problem")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_of_another_account(down):
    os.chown(down.data / "master.key", 65534, 65534)
    assert "another account" in found(look(down, "--dev"), "master_key", "problem")


def test_a_key_that_is_missing_or_none(down):
    key = down.data / "master.key"
    kept = key.read_text()
    key.write_text("nonsense")
    assert "64 hex digits" in found(look(down, "--dev"), "master_key", "problem")
    key.unlink()
    assert "put back" in found(look(down, "--dev"), "master_key", "problem")
    assert not key.exists()
    key.write_text(kept)


def test_a_socket_that_others_can_open(start_server):
    server = start_server()
    os.chmod(server.data / "keywright.sock", 0o666)
    assert "the operator" in found(look(server), "socket", "problem")


@pytest.mark.engines("sqlite")
def test_a_store_that_others_can_read(down):
    os.chmod(down.data / "keywright.db", 0o644)
    assert "mode 644" in found(look(down, "--dev"), "store", "problem")


def test_a_folder_that_is_none(tmp_path):
    done = run("doctor", "--dev", "--json", "--data", tmp_path / "nothing")
    assert done.returncode == 1
    findings = json.loads(done.stdout)["findings"]
    assert "--data" in found(findings, "folder", "problem")
    assert not (tmp_path / "nothing").exists()


def small_disk():
    """A mount of 64 MiB, where this machine allows one."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not small_disk(), reason="this machine lets nobody mount")
def test_a_disk_that_is_nearly_full(down, tmp_path):
    words = [os.environ.get("KW_BINARY", "keywright"), "doctor", "--dev", "--json", "--data", str(tmp_path)]
    script = 'mount -t tmpfs -o size=64m tmpfs "$0" && shift 0 && exec "$@"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, str(tmp_path), *words], capture_output=True, text=True)
    assert "every write is refused" in found(json.loads(done.stdout)["findings"], "disk", "problem")


# ---- the store ----


@pytest.mark.engines("sqlite")
def test_a_damaged_store(down):
    store = down.data / "keywright.db"
    content = bytearray(store.read_bytes())
    for at in range(4096, len(content), 4096):
        content[at : at + 64] = os.urandom(64)
    store.write_bytes(content)
    assert "keywright restore" in found(look(down, "--dev"), "pages", "problem")


@pytest.mark.engines("sqlite")
def test_a_store_that_is_none(down):
    (down.data / "keywright.db").unlink()
    assert "keywright restore" in found(look(down, "--dev"), "store", "problem")


@pytest.mark.engines("sqlite")
def test_a_store_that_another_process_holds(down):
    import fcntl

    with open(down.data / "keywright.db.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "in use by another keywright" in found(look(down, "--dev"), "store", "problem")


@pytest.mark.engines("sqlite")
def test_the_log_of_a_killed_server(start_server):
    server = start_server()
    server.create_app()
    server.kill()
    assert "the next start takes it in" in found(look(server, "--dev"), "log", "ok")
    assert server.cli_json("app", "list")["apps"], "doctor has not lost what was in it"


@pytest.mark.engines("sqlite")
def test_a_log_that_has_grown(start_server):
    server = start_server()
    with open(server.data / "keywright.db-wal", "r+b") as log:
        size = os.fstat(log.fileno()).st_size
        os.truncate(log.fileno(), 65 * 2**20)
        findings = look(server)
        os.truncate(log.fileno(), size)
    assert "reads for so long" in found(findings, "log", "warning")


def test_migrations_that_wait(down):
    execute(down, "DELETE FROM schema_migration WHERE name LIKE '0012%'")
    findings = look(down, "--dev")
    assert found(findings, "migrations", "warning").startswith("1 wait")
    assert "not looked at" in found(findings, "newest", "ok")


def test_a_schema_that_is_newer(down):
    execute(down, "INSERT INTO schema_migration VALUES ('9999_from_the_future', 1)")
    assert "the newer keywright" in found(look(down, "--dev"), "migrations", "problem")


def test_a_database_that_does_not_answer(engine, tmp_path):
    tmp_path.chmod(0o700)
    done = run("doctor", "--dev", "--json", "--data", tmp_path, "--store", f"postgres://me:{SECRET}@127.0.0.1:9/x")
    assert done.returncode == 1 and SECRET not in done.stdout + done.stderr
    assert "cannot be opened" in found(json.loads(done.stdout)["findings"], "store", "problem")


@pytest.mark.engines("postgres")
def test_postgresqls_tools_that_are_missing(down, tmp_path):
    done = down.cli("doctor", "--dev", "--json", path=str(tmp_path))
    assert "postgresql-client" in found(json.loads(done.stdout)["findings"], "tools", "warning")


# ---- the server ----


def test_settings_that_cannot_be_read(down):
    findings = look(down, settings={"otp.length": 3})
    assert "otp.length" in found(findings, "settings", "problem") and len(findings) == 1
    findings = look(down)
    assert "server.public_url" in found(findings, "settings", "problem") and len(findings) > 10


def test_settings_that_are_not_the_servers(production):
    saw = found(look(production, settings={"otp.length": 8, "token.access_ttl": "5m"}), "server", "warning")
    assert "otp.length" in saw and "token.access_ttl" in saw and "--config" in saw


def test_too_few_descriptors(down):
    assert "LimitNOFILE" in found(look(down, "--dev", settings={"server.max_connections": 1000000}), "descriptors", "warning")


def test_a_server_whose_clock_was_moved(start_server):
    server = start_server()
    server.shift_clock(3600)
    assert "restart the server" in found(look(server), "clock", "problem")
    server.create_app()
    assert "still to come" in found(look(server), "newest", "problem")
    assert server.terminate() == 0
    assert "still to come" in found(look(server, "--dev"), "newest", "problem")


# ---- how people get here ----


def test_a_public_url_that_leads_here(production):
    assert "leads here" in found(look(production), "public_url", "ok")


def test_a_public_url_where_nobody_is(start_server):
    server = start_server(dev=False, settings={"server.public_url": f"http://127.0.0.1:{free_port()}"})
    assert "DNS, firewall" in found(look(server), "public_url", "problem")


def test_a_public_url_where_another_server_is(start_server):
    other = start_server()
    server = start_server(dev=False, settings={"server.public_url": other.url})
    assert "another server of this kind" in found(look(server), "public_url", "problem")


def answer_all_with(listener, answer):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)


@pytest.mark.parametrize("answer, saw", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", "somebody else"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "status 302"),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 100_000, "too long"),
    (b"nonsense\r\n\r\n", "http"),
], ids=["words", "redirect", "flood", "nonsense"])  # fmt: skip
def test_a_public_url_where_somebody_else_is(start_server, answer, saw):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_all_with, args=(listener, answer), daemon=True).start()
        server = start_server(dev=False, settings={"server.public_url": f"http://127.0.0.1:{listener.getsockname()[1]}"})
        assert saw in found(look(server), "public_url", "problem")


HTTPS = {"server.public_url": "https://id.example.org"}


@pytest.mark.parametrize("settings, level, saw", [
    (HTTPS, "warning", "share its limits"),
    (HTTPS | {"server.trusted_proxies": "127.0.0.1"}, "ok", "from 127.0.0.1 alone"),
    (HTTPS | {"server.trusted_proxies": "0.0.0.0/0"}, "problem", "strangers"),
    (HTTPS | {"server.trusted_proxies": "127.0.0.1, ::/0"}, "problem", "strangers"),
    ({}, "ok", "none is trusted"),
])  # fmt: skip
def test_proxies(down, settings, level, saw):
    words = [] if settings else ["--dev"]
    assert saw in found(look(down, *words, settings=settings), "proxies", level)


def test_certificates(down, tmp_path):
    authority = Authority(str(tmp_path))
    for days, level, saw in ((30, "ok", "holds until"), (5, "warning", "expires on"), (-1, "problem", "expired on")):
        cert, key = authority.issue(days=days)
        tls = HTTPS | {"server.tls_cert": cert, "server.tls_key": key}
        assert saw in found(look(down, settings=tls), "certificate", level)
    assert "TLS ends here" in found(look(down, settings=tls | {"server.trusted_proxies": "10.0.0.1"}), "proxies", "warning")
    (tmp_path / "server.pem").write_text("no certificate")
    assert "PEM file" in found(look(down, settings=tls), "certificate", "problem")


# ---- mail and text messages ----


def mail(port, host="127.0.0.1", scheme="smtp", user=f"me:{SECRET}@", **more):
    return {"mail.smtp_url": f"{scheme}://{user}{host}:{port}", "mail.from": "login@keywright.example"} | more


def test_no_mail_and_no_text_messages(production):
    findings = look(production)
    assert "mail.smtp_url" in found(findings, "mail", "warning")
    assert "phone numbers are refused" in found(findings, "sms", "ok")


def test_text_messages_to_no_country(down):
    sms = {"sms.provider": "twilio", "sms.token": f"sid:{SECRET}", "sms.from": "+15550100"}
    assert "sms.countries" in found(look(down, settings=HTTPS | sms), "sms", "warning")
    assert "by twilio, to 49" in found(look(down, settings=HTTPS | sms | {"sms.countries": "49"}), "sms", "ok")


def test_a_relay_that_takes_mail(down, tmp_path):
    with SmtpSink() as sink:
        assert "without TLS" in found(look(down, settings=HTTPS | mail(sink.port, user="")), "mail", "ok")
        assert not sink.messages
    for tls in ("starttls", "implicit"):
        with SmtpSink(tls=tls, auth=("me", SECRET)) as sink:
            settings = mail(sink.port, "localhost", "smtps" if tls == "implicit" else "smtp") | {"mail.ca_file": sink.ca_file}
            assert "over TLS" in found(look(down, settings=HTTPS | settings), "mail", "ok")
            assert not sink.messages, "doctor sends no mail"


def test_a_relay_that_is_down(down):
    assert "outbox" in found(look(down, settings=HTTPS | mail(free_port())), "mail", "problem")
    unknown = found(look(down, settings=HTTPS | mail(25, "relay.invalid")), "mail", "problem")
    assert "smtp://relay.invalid:25: " in unknown and "resolve" in unknown


def test_a_relay_without_starttls(down):
    """By a name that is not this machine's to us, though it leads here: libcurl takes every .localhost for it (RFC 6761)."""
    with SmtpSink() as sink:
        saw = found(look(down, settings=HTTPS | mail(sink.port, "relay.localhost")), "mail", "problem")
        assert "does not offer STARTTLS" in saw and "smtps://" in saw


def test_a_relay_with_a_bad_certificate(down):
    with SmtpSink(tls="starttls") as sink:
        stranger = found(look(down, settings=HTTPS | mail(sink.port, "localhost")), "mail", "problem")
        assert "does not verify" in stranger and "mail.ca_file" in stranger
        other = mail(sink.port, "relay.localhost") | {"mail.ca_file": sink.ca_file}
        assert "does not verify" in found(look(down, settings=HTTPS | other), "mail", "problem")


def test_a_relay_that_knows_us_not(down):
    with SmtpSink(tls="starttls", auth=("me", "another password")) as sink:
        settings = mail(sink.port, "localhost") | {"mail.ca_file": sink.ca_file}
        assert "user and password" in found(look(down, settings=HTTPS | settings), "mail", "problem")
    with SmtpSink() as sink:
        saw = found(look(down, settings=HTTPS | mail(sink.port)), "mail", "problem")
        assert "offers no log-in" in saw or "user and password" in saw


@pytest.mark.parametrize("mode", ["banner_554", "slow_banner", "endless_reply", "long_line", "stalled_tls"])
def test_a_relay_that_misbehaves(down, mode):
    with SmtpSink(tls="starttls") as sink:
        sink.mode = mode
        found(look(down, settings=HTTPS | mail(sink.port, "localhost") | {"mail.ca_file": sink.ca_file}), "mail", "problem")


# ---- root's hands ----


@pytest.mark.engines("sqlite")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root is somebody else everywhere")
def test_root_leaves_the_store_to_whom_it_belongs(engine):
    """What root opened, the server could not open any more: the log's index and the lock would be root's."""
    server = Server(engine, user=65534, group=65534)
    server.folder.chmod(0o755)
    server.data.mkdir(mode=0o700)
    os.chown(server.data, 65534, 65534)
    try:
        server.start()
        assert "process" in found(look(server), "server", "ok")
        server.cli("backup", server.data / "backup")
        assert server.terminate() == 0
        assert "runuser" in found(findings := look(server, "--dev"), "store", "warning")
        for check in ("pages", "migrations"):
            assert "root leaves the store" in found(findings, check, "ok")
        assert "runuser" in server.cli("restore", server.data / "backup", check=False).stderr
        assert {path.stat().st_uid for path in server.data.iterdir()} == {65534}
        server.start()
    finally:
        server.remove()
