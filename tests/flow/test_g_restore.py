"""THREATS G9: a backup does not know what was spent after it was made. Also G7 and G1 for backups: works go on, and kill -9
leaves things usable."""

import random
import shutil
import sqlite3
import stat
import time

import pytest

from lib.checks import envelope, session, success
from lib.client import Session, bearer, new_email
from lib.client_app import Pkce
from lib.copies import backup, elsewhere, execute, fill, restore, restore_and_start, spawn
from lib.licenses import Shop, new_device
from lib.load import Load
from lib.server import LONG, ROOT


def app_names(server):
    return sorted(app["name"] for app in server.cli_json("app", "list")["apps"])


# ---- what was spent stays spent ----


class Handed:
    """One of everything that works once, handed out to one person and not used yet."""

    def __init__(self, client, app):
        self.client, self.app = client, app
        self.signed_in = client.sign_in(app, email := new_email())
        self.otp = client.ask_code(app, email)
        self.link = client.ask_link(app)
        self.link_code = client.ask_link(app)
        self.pkce = Pkce()
        self.code = client.hand_over(self.signed_in)
        self.bound_code = client.hand_over(self.signed_in, code_challenge=self.pkce.challenge)

    def use(self):
        """Each once: the answers."""
        client, app = self.client, self.app
        return {
            "otp": client.verify_otp(app, *self.otp),
            "link": client.verify_link(self.link.token),
            "link_code": client.exchange(self.link_code.code, flow_token=self.link_code.flow_token),
            "code": client.exchange(self.code),
            "bound_code": client.exchange(self.bound_code, code_verifier=self.pkce.verifier),
            "refresh": client.refresh(self.signed_in.refresh),
        }


VOID = {
    "otp": "OTP_EXPIRED",
    "link": "magic_link_expired",
    "link_code": "exchange_code_not_found",
    "code": "exchange_code_not_found",
    "bound_code": "exchange_code_not_found",
    "refresh": "TOKEN_REVOKED",
}


def test_G9_nothing_that_was_handed_out_before_a_restore_works_again(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    spent, unused = Handed(client, app), Handed(client, app)
    file = backup(server)
    first = spent.use()
    for name, answer in first.items():
        session(answer, with_user=name != "refresh")
    later = client.sign_in(app)

    restore_and_start(server, file)
    client = spent.client = unused.client = open_client(server)
    for handed in (spent, unused):
        for name, answer in handed.use().items():
            envelope(answer, VOID[name])
        envelope(client.me(handed.signed_in.access), "TOKEN_REVOKED")
        assert success(client.introspect(app, handed.signed_in.access)) == {"success": True, "active": False}
    for name, answer in first.items():
        envelope(client.refresh(answer.json()["refresh_token"]), "TOKEN_REVOKED" if name == "refresh" else "TOKEN_INVALID")
    envelope(client.refresh(later.refresh), "TOKEN_INVALID")
    assert success(client.logout(later.refresh))["sessions_ended"] == 0


def test_G9_users_apps_and_keys_are_as_they_were(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app("Before")
    ada = client.sign_in(app, email := new_email())
    keys = server.cli_json("key", "list")["keys"]
    file = backup(server)
    server.create_app("Later")
    someone = client.sign_in(app, other := new_email())

    restore_and_start(server, file)
    client = open_client(server)
    assert "Before" in app_names(server) and "Later" not in app_names(server)
    assert [key["kid"] for key in server.cli_json("key", "list")["keys"]] == [key["kid"] for key in keys]
    again = client.sign_in(app, email)
    assert again.user["user_id"] == ada.user["user_id"] and again.user["new"] is False
    success(client.me(again.access))
    session(client.refresh(again.refresh), with_user=False)
    fresh = client.sign_in(app, other)
    assert fresh.user["new"] is True and fresh.user["user_id"] != someone.user["user_id"]


def test_G9_licenses_and_the_slots_of_devices_are_as_they_were(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    shop, device, later = Shop(client, app), new_device(), new_device()
    license, revoked, refreed = shop.issue(max_activations=2), shop.issue(), shop.issue()
    shop.take(license, device)
    shop.take(refreed, device)
    success(shop.revoke(revoked))
    file = backup(server)
    shop.take(license, later)
    shop.leave(refreed, device)
    sold = shop.issue()

    restore_and_start(server, file)
    shop = Shop(open_client(server), app)
    success(shop.verify(license, device))
    success(shop.verify(refreed, device))
    envelope(shop.verify(license, later), "LICENSE_NOT_ACTIVATED")
    envelope(shop.verify(revoked, device), "LICENSE_REVOKED")
    envelope(shop.verify(sold, device), "LICENSE_NOT_FOUND")
    assert shop.show(license)["activations_used"] == 1
    shop.take(license, later)
    envelope(shop.activate(license, new_device()), "LICENSE_MAX_ACTIVATIONS")
    assert server.terminate() == 0
    assert server.rows("SELECT COUNT(*) FROM activations WHERE freed_at = 0") == [(3,)]


def test_G9_a_proof_of_a_contact_from_before_a_restore_changes_nothing(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in, contact = client.sign_in(app), new_email()
    asked = client.ask_code(app, contact, purpose="change_contact", headers=bearer(signed_in.access))
    proof = success(client.verify_otp(app, *asked, purpose="change_contact"))["verification_token"]

    restore_and_start(server, backup(server), "--keep-sessions")
    client = open_client(server)
    answer = client.post("/v1/auth/contact", {"verification_token": proof}, headers=bearer(signed_in.access))
    envelope(answer, "TOKEN_INVALID")
    assert success(client.me(signed_in.access))["user"]["email"] == signed_in.user["email"]


def test_G9_the_restore_is_on_record_and_starts_no_second_epoch(start_server, engine):
    server = start_server()
    file = backup(server)
    restore_and_start(server, file)
    server.restart()
    assert server.terminate() == 0
    assert server.rows("SELECT detail FROM events WHERE type = 'store.restored'") == [('{"sessions":"ended"}',)]
    assert server.rows("SELECT kept_sessions FROM epochs") == [(0,)]
    restore(server, file, "--keep-sessions")
    assert server.rows("SELECT detail FROM events WHERE type = 'store.restored'") == [('{"sessions":"kept"}',)]


def test_G9_limits_stay(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    contact = new_email()
    for _ in range(5):
        success(client.send_otp(app, contact))
    restore_and_start(server, backup(server))
    envelope(open_client(server).send_otp(app, contact), "OTP_RATE_LIMITED")


def test_G9_kept_sessions_go_on_and_codes_are_void_all_the_same(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    handed = Handed(client, app)
    idle, busy, racing, gone = (client.sign_in(app) for _ in range(4))
    success(client.logout(gone.refresh))
    file = backup(server)
    tokens = [racing.refresh]
    for _ in range(4):
        tokens.append(session(client.refresh(tokens[-1]), with_user=False)["refresh_token"])
    for _ in range(3):
        busy = Session(session(client.refresh(busy.refresh), with_user=False))

    restore_and_start(server, file, "--keep-sessions")
    client = handed.client = open_client(server)
    success(client.me(idle.access))
    session(client.refresh(idle.refresh), with_user=False)
    # further than the store knows: taken once, and the counter goes on from there
    moved = session(client.refresh(busy.refresh), with_user=False)
    moved = session(client.refresh(moved["refresh_token"]), with_user=False)
    envelope(client.refresh(busy.refresh), "TOKEN_REUSE")
    envelope(client.refresh(moved["refresh_token"]), "TOKEN_REVOKED")
    # once only: the second one that is too far is refused
    session(client.refresh(tokens[2]), with_user=False)
    envelope(client.refresh(tokens[4]), "TOKEN_REVOKED")
    session(client.refresh(tokens[3]), with_user=False)
    envelope(client.refresh(gone.refresh), "TOKEN_REVOKED")
    answers = handed.use()
    session(answers.pop("refresh"), with_user=False)
    for name, answer in answers.items():
        envelope(answer, VOID[name])


def test_G9_a_message_that_was_delivered_since_is_not_sent_again(production, smtp_sink, open_client):
    smtp_sink.stop_listening()
    server = production()
    client, app = open_client(server), server.create_app()
    success(client.send_otp(app, new_email()))
    file = backup(server)
    smtp_sink.start_listening()
    smtp_sink.wait_for(1)
    restore_and_start(server, file)
    success(open_client(server).send_otp(app, second := new_email()))
    assert smtp_sink.wait_for(2)[-1]["to"] == [second]
    time.sleep(1.5)  # longer than the job takes that looks for messages left behind
    assert len(smtp_sink.wait_for(2)) == 2


# ---- while a store is in use (G7), and killed (G1) ----


@pytest.fixture
def large(start_server, engine):
    """A server whose store takes a while to copy."""
    server = start_server()
    assert server.terminate() == 0
    fill(server, 200_000)
    return server.start()


ACKNOWLEDGED = "SELECT COUNT(*), SUM(generation - 1) FROM sessions WHERE user_id IN (SELECT user_id FROM users)"


def test_G7_sign_ins_go_on_while_a_backup_is_made(large):
    app = large.create_app()
    load = Load(large, app, workers=3).start()
    while load.signed_in < 20:
        time.sleep(0.01)
    before = load.signed_in, load.refreshed
    file = backup(large)
    after = load.signed_in, load.refreshed
    load.stop()
    assert load.refusals == [] and load.failures == []
    assert after[0] > before[0] and after[1] > before[1], "nobody was served while the backup was made"
    with elsewhere(large, file) as copy:
        ((sessions, rotations),) = copy.rows(ACKNOWLEDGED)
        assert before[0] <= sessions <= after[0] + 3
        # a sign-in sets the count of its worker's refreshes back to none, but not in the rows
        assert rotations <= after[1] + 3
        assert copy.rows("SELECT COUNT(*) FROM otps WHERE used_at <> 0") == [(sessions,)], "a sign-in is in it by half"
        assert copy.rows("SELECT COUNT(*) FROM users") == [(sessions,)]
        if copy.engine == "sqlite":
            assert copy.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.engines("sqlite")
def test_G7_the_log_of_writes_starts_over_after_a_backup(large):
    app = large.create_app()
    load = Load(large, app, workers=3).start()
    for i in range(5):
        backup(large, f"backup{i}")
    time.sleep(1)
    load.stop()
    assert load.refusals == [] and load.failures == []
    assert (large.data / "keywright.db-wal").stat().st_size <= 16 * 2**20


def test_G1_kill_9_while_a_backup_is_made_leaves_no_half_file(large, open_client):
    app = large.create_app()
    token = open_client(large).sign_in(app).refresh
    file, part = large.folder / "backup", large.folder / "backup.part"
    asking = spawn(large, "backup", file)
    while not part.exists() and not file.exists():
        time.sleep(0.0005)
    large.kill()
    assert asking.wait(20) != 0 or file.exists()
    assert not file.exists() or asking.returncode == 0 or "broke off" in asking.stderr.read()
    large.start()
    session(open_client(large).refresh(token), with_user=False)
    backup(large, "backup", "--force")
    assert file.exists() and not part.exists()


def test_G9_kill_9_while_restoring_leaves_the_one_store_or_the_other(start_server, open_client, engine, tmp_path):
    server = start_server()
    client, app = open_client(server), server.create_app()
    handed = Handed(client, app)
    assert server.terminate() == 0
    fill(server, 20_000)
    server.start()
    file = backup(server)
    server.create_app("Later")
    assert server.terminate() == 0
    began = time.monotonic()
    with elsewhere(server, file):
        whole = time.monotonic() - began
    outcomes = set()
    for _ in range(60 if LONG else 15):
        shutil.copytree(server.data, tmp_path / "kept", dirs_exist_ok=True)
        restoring = spawn(server, "restore", file)
        time.sleep(random.uniform(0, whole))
        restoring.kill()
        restoring.wait()
        server.start()
        outcomes.add(was_restored := "Later" not in app_names(server))
        if was_restored:
            envelope(open_client(server).refresh(handed.signed_in.refresh), "TOKEN_REVOKED")
            envelope(open_client(server).verify_otp(app, *handed.otp), "OTP_EXPIRED")
            if engine == "postgres":
                server.create_app("Later")
        assert server.terminate() == 0
        if engine == "sqlite":
            assert server.rows("PRAGMA integrity_check") == [("ok",)]
            shutil.rmtree(server.data)
            shutil.copytree(tmp_path / "kept", server.data)
    restore(server, file)
    server.start()
    assert "Later" not in app_names(server)
    assert not [path for path in server.data.iterdir() if ".restoring" in path.name]


# ---- what is refused changes nothing ----


@pytest.fixture
def down(start_server, open_client):
    """A server that is down, a backup from before its app "Later", and what tells whether its store was changed."""
    server = start_server()
    token = open_client(server).sign_in(server.create_app()).refresh
    server.file = backup(server)
    server.create_app("Later")
    assert server.terminate() == 0
    server.token = token
    return server


def refused(server, file, *words, settings=None):
    """Restoring it is refused with these words, and the store is as it was."""
    done = restore(server, file, check=False, settings=settings)
    assert done.returncode == 1, f"{done.returncode} {done.stdout}{done.stderr}"
    for word in (*words, "Nothing was changed."):
        assert word in done.stderr, done.stderr
    assert not [path for path in server.data.iterdir() if "restor" in path.name]


def is_as_it_was(server, client):
    assert "Later" in app_names(server)
    session(client.refresh(server.token), with_user=False)


def test_G9_what_is_no_backup_is_refused(down, open_client, tmp_path):
    refused(down, tmp_path / "nothing", "nothing")
    (tmp_path / "garbage").write_bytes(random.randbytes(100_000))
    refused(down, tmp_path / "garbage", "no backup")
    content = down.file.read_bytes()
    for share in (0.02, 0.5, 0.95):
        (tmp_path / "cut").write_bytes(content[: int(len(content) * share)])
        refused(down, tmp_path / "cut")
    is_as_it_was(down.start(), open_client(down))


@pytest.mark.engines("sqlite")
def test_G9_a_backup_with_a_flipped_byte_is_refused_or_whole(down, open_client, tmp_path):
    content = down.file.read_bytes()
    for _ in range(200 if LONG else 20):
        at = random.randrange(len(content))
        (tmp_path / "flipped").write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        done = restore(down, tmp_path / "flipped", check=False)
        assert done.returncode in (0, 1) and "Sanitizer" not in done.stderr, done.stderr


def test_G9_a_backup_of_a_newer_version_is_refused(down, open_client):
    down.start()
    assert down.terminate() == 0
    execute(down, "INSERT INTO schema_migration VALUES ('9999_from_the_future', 1)")
    newer = backup(down, "newer")
    execute(down, "DELETE FROM schema_migration WHERE name = '9999_from_the_future'")
    refused(down, newer, "newer")
    is_as_it_was(down.start(), open_client(down))


def test_G9_a_backup_under_another_master_key_is_refused(down, open_client):
    key = down.data / "master.key"
    right = key.read_text()
    key.write_text("ab" * 32 + "\n")
    refused(down, down.file, "master key", str(key))
    key.unlink()
    refused(down, down.file, "master key")
    assert not key.exists(), "a restore makes no key"
    key.write_text(right)
    key.chmod(0o600)
    is_as_it_was(down.start(), open_client(down))


def test_G9_nobody_restores_while_a_server_runs(down, open_client):
    down.start()
    where = ["--store", down.store] if down.store else []
    done = down.cli("restore", down.file, *where, check=False)
    assert done.returncode == 1 and "Nothing was changed." in done.stderr
    assert ("in use by another keywright" if down.engine == "sqlite" else "stop every node first") in done.stderr
    is_as_it_was(down, open_client(down))


# ---- what is kept, and what comes with it ----


@pytest.mark.engines("sqlite")
def test_the_store_that_was_there_is_kept_and_nobody_else_may_read_it(down):
    before = (down.data / "keywright.db").read_bytes()
    told = down.cli_json("restore", down.file)
    (kept,) = down.data.glob("keywright.db.before-restore-*")
    assert told == {"success": True, "file": str(down.file), "sessions": "ended", "kept": str(kept)}
    assert kept.read_bytes() == before
    for path in (kept, down.file, down.data / "keywright.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    restore(down, kept)
    assert "Later" in app_names(down.start())


@pytest.mark.engines("sqlite")
def test_a_store_that_cannot_be_read_is_moved_away_when_told_so(down):
    (down.data / "keywright.db").write_bytes(b"not a database" * 1000)
    (down.data / "keywright.db-wal").write_bytes(b"nor a log")
    refused(down, down.file, "cannot be read", "--force")
    restore(down, down.file, "--force")
    kept = sorted(path.name for path in down.data.glob("keywright.db.before-restore-*"))
    assert len(kept) == 2 and kept[1] == kept[0] + "-wal"
    assert "Later" not in app_names(down.start())


@pytest.mark.engines("postgres")
def test_what_others_have_in_the_database_stays(down):
    execute(down, "CREATE TABLE orders AS SELECT 42 AS number")
    restore(down, backup(down, "with_orders"))
    restore(down, down.file)
    assert down.rows("SELECT number FROM orders") == [(42,)]
    assert "Later" not in app_names(down.start())


@pytest.mark.engines("sqlite")
def test_a_backup_of_an_older_version_is_migrated(down, tmp_path):
    """One as the first version would have made it: its tables, and what they have of today's columns."""
    older = sqlite3.connect(tmp_path / "older")
    older.execute("ATTACH ? AS today", (str(down.file),))
    older.execute("CREATE TABLE schema_migration(name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)")
    for migration in sorted((ROOT / "migrations").glob("00*.sql"))[:10]:
        older.executescript(migration.read_text())
        older.execute("INSERT INTO schema_migration VALUES (?, 1)", (migration.stem,))
    for (table,) in older.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'schema_migration'").fetchall():
        columns = ", ".join(column[1] for column in older.execute(f"PRAGMA main.table_info({table})"))
        older.execute(f"DELETE FROM main.{table}")
        older.execute(f"INSERT INTO main.{table} SELECT {columns} FROM today.{table}")
    older.commit()
    older.close()
    restore(down, tmp_path / "older")
    assert down.rows("SELECT kept_sessions FROM epochs") == [(0,)]
    names = app_names(down.start())
    assert "Test app" in names and "Later" not in names
