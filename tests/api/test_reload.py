"""SIGHUP: settings, templates, places and certificate are read again; what is broken is named and stays as it was."""

import os
import pty
import re
import signal
import time

import pytest
from certificates import Authority
from smtp_sink import SmtpSink

from lib.checks import success
from lib.client import new_email, new_phone
from lib.load import Load
from lib.raw import Wire, request_bytes
from lib.server import BINARY, SANITIZED, environment, free_port


@pytest.fixture
def config(tmp_path):
    """A settings file: config(otp={"length": 8}) rewrites it; config.path is where."""
    path = tmp_path / "keywright.ini"

    def write(text="", **sections):
        for section, keys in sections.items():
            text += f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        whole = path.with_suffix(".new")
        whole.write_text(text)
        whole.replace(path)

    write.path = path
    write()
    return write


@pytest.fixture
def reloading(start_server, config):
    """A server with that file."""
    return start_server(config=config.path)


def of_event(lines, event):
    return [line for line in lines if line["event"] == event]


def refusals(lines):
    """What was kept and why, of each refusal."""
    return [(line["kept"], line["why"]) for line in of_event(lines, "reload.refused")]


def metric(client, name):
    return int(re.search(rf"^keywright_{name} (\d+)$", client.get("/metrics").text, re.M)[1])


def code_of(client, app, contact=None):
    return client.ask_code(app, contact or new_email())[1]


# ---- settings ----


def test_a_live_setting_takes_effect(reloading, open_client, config):
    client, app = open_client(reloading), reloading.create_app()
    assert len(code_of(client, app)) == 6
    config(otp={"length": 8, "ttl": "2m"}, token={"access_ttl": "7m"})
    lines = reloading.reload()
    assert [line["level"] for line in of_event(lines, "reload")] == ["info"] and not refusals(lines)
    answer = success(client.send_otp(app, contact := new_email()))
    assert answer["expires_in"] == 120
    assert len(client.next_message(contact)["code"]) == 8
    assert client.sign_in(app).body["expires_in"] == 420
    assert (metric(client, "reloads_total"), metric(client, "reload_kept_old")) == (1, 0)


def test_a_setting_of_the_start_is_named_and_waits_for_a_restart(reloading, open_client, config):
    client, app = open_client(reloading), reloading.create_app()
    config(otp={"length": 8}, server={"queue": 100, "max_connections": 50})
    lines = reloading.reload()
    assert {line["setting"] for line in of_event(lines, "reload.needs_restart")} == {"server.queue", "server.max_connections"}
    assert all("needs a restart" in line["what"] for line in of_event(lines, "reload.needs_restart"))
    assert len(code_of(client, app)) == 8, "everything else takes effect"
    assert metric(client, "settings_waiting") == 2
    again = reloading.reload()
    assert len(of_event(again, "reload.needs_restart")) == 2, "named at every reload while it waits"
    config(otp={"length": 8})
    assert not of_event(reloading.reload(), "reload.needs_restart")
    assert metric(client, "settings_waiting") == 0


@pytest.mark.parametrize(
    "text, why",
    [("[otp]\nlength = 5\n", r"keywright\.ini:2: otp\.length = 5: must be from 6 to 10"),
     ("[otp]\nttl = 2m\nlenght = 8\n", r"keywright\.ini:3: .*otp\.lenght; did you mean otp\.length\?"),
     ("[otp]\nttl\n", r"keywright\.ini:2: neither"),
     ("[mail]\nsmtp_url = smtp://127.0.0.1\n", r"mail\.smtp_url needs mail\.from"),
     ("[mail]\nsmtp_url = smtp://127.0.0.1\nfrom = nobody\n", r"mail\.from must be an address"),
     ("[server]\ntrusted_proxies = nowhere\n", r"server\.trusted_proxies: nowhere")],
)  # fmt: skip
def test_a_broken_file_keeps_the_old_settings_and_says_why(reloading, open_client, config, text, why):
    client, app = open_client(reloading), reloading.create_app()
    config(otp={"length": 8})
    reloading.reload()
    config(text)
    lines = reloading.reload()
    [(kept, said)] = refusals(lines)
    assert kept == "settings" and re.search(why, said), said
    assert of_event(lines, "reload")[0]["level"] == "warn"
    assert len(code_of(client, app)) == 8
    assert (metric(client, "reloads_refused_total"), metric(client, "reload_kept_old")) == (1, 1)
    config(otp={"length": 7})
    assert not refusals(reloading.reload())
    assert len(code_of(client, app)) == 7 and metric(client, "reload_kept_old") == 0


def test_a_file_that_is_gone_keeps_the_old_settings(reloading, open_client, config):
    client, app = open_client(reloading), reloading.create_app()
    config(otp={"length": 8})
    reloading.reload()
    config.path.unlink()
    [(kept, why)] = refusals(reloading.reload())
    assert kept == "settings" and "cannot read" in why and str(config.path) in why
    assert len(code_of(client, app)) == 8


def test_flags_and_environment_stay_above_the_file(start_server, open_client, config):
    server = start_server(config=config.path, settings={"otp.length": 9})
    client, app = open_client(server), server.create_app()
    config(otp={"length": 7, "ttl": "2m"}, server={"listen": "127.0.0.1:1"})
    lines = server.reload()
    assert not refusals(lines) and not of_event(lines, "reload.needs_restart"), "--listen wins, as it did"
    answer = success(client.send_otp(app, contact := new_email()))
    assert len(client.next_message(contact)["code"]) == 9 and answer["expires_in"] == 120


def test_a_secret_file_is_read_again(start_server, open_client, tmp_path):
    with SmtpSink() as first, SmtpSink() as second:
        url = tmp_path / "url"
        url.write_text(f"smtp://127.0.0.1:{first.port}\n")
        server = start_server(dev=False, settings={"mail.smtp_url_file": url, "mail.from": "login@keywright.example"})
        client, app = open_client(server), server.create_app()
        success(client.send_otp(app, new_email()))
        first.wait_for(1)
        url.write_text(f"smtp://127.0.0.1:{second.port}\n")
        server.reload()
        success(client.send_otp(app, new_email()))
        second.wait_for(1)


def test_the_next_mail_goes_by_the_new_settings(start_server, open_client, config):
    with SmtpSink() as first, SmtpSink(tls="starttls", auth=("user", "pass")) as second:
        config(mail={"smtp_url": f"smtp://127.0.0.1:{first.port}", "from": "old@keywright.example"})
        server = start_server(dev=False, config=config.path)
        client, app = open_client(server), server.create_app()
        success(client.send_otp(app, new_email()))
        [mail] = first.wait_for(1)
        assert mail["from"] == "old@keywright.example"
        config(mail={"smtp_url": f"smtp://user:pass@127.0.0.1:{second.port}", "from": "New <new@keywright.example>",
                     "ca_file": second.ca_file})  # fmt: skip
        assert not refusals(server.reload())
        success(client.send_otp(app, new_email()))
        [mail] = second.wait_for(1)
        assert (mail["from"], mail["user"], mail["tls"]) == ("new@keywright.example", "user", True)
        assert re.search(r'^From: "New"\s+<new@keywright.example>', mail["raw"], re.M)


def test_what_waits_for_a_relay_that_is_down_goes_to_the_new_one(start_server, open_client, config):
    with SmtpSink() as relay:
        config(mail={"smtp_url": f"smtp://127.0.0.1:{free_port()}", "from": "login@keywright.example"})
        server = start_server(dev=False, config=config.path)
        client, app = open_client(server), server.create_app()
        success(client.send_otp(app, contact := new_email()))
        while not of_event(server.log_lines(), "message.put_off"):
            time.sleep(0.01)
        config(mail={"smtp_url": f"smtp://127.0.0.1:{relay.port}", "from": "login@keywright.example"})
        server.reload()
        [mail] = relay.wait_for(1)
        assert mail["to"] == [contact]


def test_a_provider_of_text_messages_may_come_and_go(start_server, open_client, config, mail_settings, sms_settings, sms_sink):
    sms = {key.removeprefix("sms."): value for key, value in sms_settings.items()}
    server = start_server(dev=False, config=config.path, settings=mail_settings)
    client, app = open_client(server), server.create_app()
    assert client.send_otp(app, new_phone()).status_code == 400
    config(sms=sms)
    server.reload()
    success(client.send_otp(app, new_phone()))
    sms_sink.wait_for(1)
    config(sms=sms | {"countries": "33"})
    server.reload()
    assert client.send_otp(app, new_phone()).status_code == 400


def test_the_log_level_is_live(reloading, open_client, config):
    client = open_client(reloading)
    for level, wanted in (("error", False), ("info", True)):
        config(server={"log_level": level})
        before = metric(client, "reloads_total")
        reloading.process.send_signal(signal.SIGHUP)
        while metric(client, "reloads_total") == before:
            time.sleep(0.01)
        seen = len(reloading.log_lines())
        request_id = client.get("/nowhere").headers["x-request-id"]
        config("nonsense")
        reloading.process.send_signal(signal.SIGHUP)
        while not refusals(reloading.log_lines()[seen:]):  # the log is written in order: this line comes behind that one
            time.sleep(0.01)
        assert (request_id in reloading.log()) == wanted


# ---- templates and places ----


def test_templates_are_compiled_again_and_a_broken_one_keeps_all_of_the_old(start_server, open_client, config, tmp_path):
    folder = tmp_path / "words"
    (folder / "mail").mkdir(parents=True)
    (folder / "sms").mkdir()
    mail, sms = folder / "mail/otp.en.txt", folder / "sms/otp.en.txt"
    server = start_server(config=config.path)
    client, app = open_client(server), server.create_app("Shop")

    def subject():
        success(client.send_otp(app, contact := new_email()))
        return client.next_message(contact)["subject"]

    assert subject() == "Your code for Shop"
    mail.write_text("Subject: first\n\n{{code}}\n")
    config(page={"templates": folder})
    assert not refusals(server.reload())
    assert subject() == "first"
    mail.write_text("Subject: second\n\n{{code}}\n")
    sms.write_text("fine\n{{nothing}}\n")
    [(kept, why)] = refusals(server.reload())
    assert kept == "templates" and f"{sms}:2: there is no {{{{nothing}}}}" in why
    assert subject() == "first", "the set is swapped whole or not at all"
    sms.unlink()
    assert not refusals(server.reload())
    assert subject() == "second"


def test_a_database_of_places_that_cannot_be_read_is_refused(reloading, config, tmp_path):
    config(page={"geoip": tmp_path / "nowhere.mmdb"}, otp={"length": 8})
    [(kept, why)] = refusals(reloading.reload())
    assert kept == "places" and "page.geoip" in why and "nowhere.mmdb" in why


def test_several_broken_files_are_named_in_a_line_each(start_server, config, tmp_path):
    (tmp_path / "sms").mkdir()
    config(page={"templates": tmp_path})
    server = start_server(config=config.path)
    (tmp_path / "sms/otp.en.txt").write_text("{{nothing}}")
    config("[otp]\nlength = 5\n")
    assert [kept for kept, _ in refusals(server.reload())] == ["settings", "templates"]


# ---- certificates ----


@pytest.fixture
def authority(tmp_path):
    return Authority(str(tmp_path / "authority"))


@pytest.fixture
def tls_server(start_server, authority):
    certificate, key = authority.issue()
    return start_server(ca_file=authority.ca_file, settings={"server.tls_cert": certificate, "server.tls_key": key})


def serial(server):
    """Of the certificate that a new connection sees."""
    with server.connect(timeout=5) as connection:
        return connection.getpeercert()["serialNumber"]


def test_new_connections_see_the_new_certificate_while_old_ones_live_on(tls_server, authority):
    before = serial(tls_server)
    with Wire(tls_server) as old:
        assert old.call("GET", "/healthz").status_code == 200
        half = request_bytes("GET", "/readyz")
        old.send(half[:10])
        authority.issue()  # in the place of the files that the settings name
        assert not refusals(tls_server.reload())
        after = serial(tls_server)
        assert after != before
        old.send(half[10:])
        assert old.read_answer().status_code == 200
        assert old.socket.getpeercert()["serialNumber"] == before
    assert serial(tls_server) == after


@pytest.mark.parametrize("broken", ["key of another", "no certificate", "no key", "gone"])
def test_a_certificate_that_is_no_good_is_refused_and_the_old_one_stays(tls_server, authority, tmp_path, broken):
    before = serial(tls_server)
    certificate, key = (tls_server.settings[f"server.tls_{what}"] for what in ("cert", "key"))
    if broken == "key of another":
        _, other = authority.issue(name="other")
        os.replace(other, key)
    elif broken == "gone":
        os.unlink(certificate)
    else:
        with open(certificate if broken == "no certificate" else key, "w") as file:
            file.write("-----BEGIN NONSENSE-----\n")
    lines = tls_server.reload()
    [(kept, why)] = refusals(lines)
    assert kept == "certificate" and (key in why or certificate in why), why
    assert serial(tls_server) == before
    authority.issue()
    assert not refusals(tls_server.reload())
    assert serial(tls_server) != before


def test_another_path_of_the_certificate_needs_a_restart(start_server, authority, config):
    certificate, key = authority.issue()
    config(server={"tls_cert": certificate, "tls_key": key})
    server = start_server(config=config.path, ca_file=authority.ca_file)
    before = serial(server)
    certificate, key = authority.issue(name="other")
    config(server={"tls_cert": certificate, "tls_key": key})
    lines = server.reload()
    assert {line["setting"] for line in of_event(lines, "reload.needs_restart")} == {"server.tls_cert", "server.tls_key"}
    assert serial(server) == before


# ---- under load, again and again ----


def test_reloads_under_load_lose_no_request(start_server, config, tmp_path):
    (tmp_path / "mail").mkdir()
    server = start_server(config=config.path)
    load = Load(server, server.create_app(), workers=4).start()
    for round in range(30):
        (tmp_path / "mail/otp.en.txt").write_text(f"Subject: {round}\n\n{{{{code}}}}\n")
        broken = "nonsense\n" if round % 5 == 4 else ""
        config(broken, otp={"length": 6 + round % 3}, page={"templates": tmp_path}, token={"access_ttl": f"{5 + round % 7}m"})
        assert bool(refusals(server.reload())) == bool(broken)
    load.stop()
    assert load.failures == [] and load.refusals == []
    assert load.refreshed > 30 and load.signed_in > 5


def resident(server):
    with open(f"/proc/{server.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_a_hundred_reloads_leave_nothing_behind(start_server, open_client, authority, config, tmp_path):
    """Settings that were replaced are kept for a minute; what turns out to be the same again is not replaced."""
    certificate, key = authority.issue()
    server = start_server(config=config.path, ca_file=authority.ca_file, settings={"server.tls_cert": certificate, "server.tls_key": key})
    for round in range(5):
        server.reload()
    memory, files = resident(server), descriptors(server)
    for round in range(100):
        config(otp={"length": 6 + round % 3})
        server.reload()
    assert descriptors(server) == files
    grown = (resident(server) - memory) // 1024
    assert SANITIZED or grown < 2048, f"{grown} KiB"


def test_a_terminal_that_is_gone_ends_the_server(tmp_path):
    """SIGHUP by the kernel's own hand is no wish for a reload."""
    pid, terminal = pty.fork()
    if pid == 0:
        words = [str(BINARY), "serve", "--dev", "--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{free_port()}"]
        os.execve(BINARY, words, environment({}))
    said = b""
    while b"Stop with Ctrl-C" not in said:
        said += os.read(terminal, 4096)
    os.close(terminal)
    deadline = time.monotonic() + 15
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < deadline, "it lives on without a terminal"
        time.sleep(0.01)
