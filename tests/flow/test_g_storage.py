"""THREATS G: crashes, databases that go away, clocks that jump, two processes on one folder."""

import os
import pathlib
import random
import re
import sqlite3
import subprocess
import time

import psycopg2
import pytest

from lib import postgres
from lib.checks import envelope, session, success
from lib.client import bearer, new_email
from lib.load import Load, settle
from lib.server import BINARY, LONG, Server, environment, free_port

KILLS = {"sqlite": 200, "postgres": 200 if LONG else 30}


def test_G1_kill_9_under_load_loses_nothing_acknowledged(start_server, open_client, engine):
    server = start_server()
    app, ledgers, works_done = server.create_app(), None, 0
    for _ in range(int(os.environ.get("KW_KILLS", KILLS[engine]))):
        load = Load(server, app, workers=3, ledgers=ledgers).start()
        time.sleep(random.uniform(0.005, 0.08))
        server.kill()
        load.join()
        assert load.refusals == []
        ledgers, works_done = load.ledgers, works_done + load.refreshed + load.signed_in
        server.start()
        client = open_client(server)
        for ledger in ledgers:
            settle(client, app, ledger)
    assert works_done > 200, "the kills came before any work was done"
    for ledger in ledgers:
        if ledger.parent:
            envelope(client.refresh(ledger.parent), "TOKEN_REUSE")
    if engine == "sqlite":
        assert server.terminate() == 0
        assert server.rows("PRAGMA integrity_check") == [("ok",)]
        assert server.rows("PRAGMA foreign_key_check") == []


@pytest.mark.engines("sqlite")
def test_G3_one_connection_writes_and_readers_never_checkpoint(start_server):
    """Under load the process holds one writable descriptor of the database file, and read-only ones beside it."""
    server = start_server()
    app = server.create_app()
    load = Load(server, app, workers=3, checks_access=True).start()
    time.sleep(1)
    modes = open_modes(server.process.pid, server.data / "keywright.db")
    assert modes.count(os.O_RDWR) == 1 and modes.count(os.O_RDONLY) == len(modes) - 1 >= 1, modes
    load.stop()
    assert load.refusals == [] and load.failures == []
    assert server.terminate() == 0
    assert server.rows("PRAGMA journal_mode") == [("wal",)] and server.rows("PRAGMA integrity_check") == [("ok",)]


def open_modes(pid, path):
    """With which access each of the process's descriptors of that file was opened."""
    found = []
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        if os.readlink(entry) == str(path):
            flags = re.search(r"flags:\s+(\d+)", pathlib.Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text()).group(1)
            found.append(int(flags, 8) & os.O_ACCMODE)
    return found


@pytest.mark.engines("sqlite")
def test_G3_the_log_of_writes_stays_small(start_server):
    server = start_server()
    app = server.create_app()
    load = Load(server, app, workers=4).start()
    time.sleep(3)
    size = (server.data / "keywright.db-wal").stat().st_size
    load.stop()
    assert size <= 16 * 2**20, f"checkpoints do not keep up: {size} bytes"


def test_G13_a_second_process_on_the_folder_is_turned_away(start_server, open_client):
    server = start_server()
    second = subprocess.run(
        [str(BINARY), "serve", "--dev", "--data", str(server.data), "--listen", f"127.0.0.1:{free_port()}"]
        + (["--store", server.store] if server.store else []),
        capture_output=True, text=True, timeout=15, env=environment({}),
    )  # fmt: skip
    assert second.returncode not in (0, None) and second.returncode > 0
    assert str(server.data) in second.stderr, second.stderr
    open_client(server).sign_in(server.create_app())


def test_G13_a_second_process_on_the_port_is_turned_away(start_server, tmp_path, open_client):
    server = start_server()
    second = subprocess.run(
        [str(BINARY), "serve", "--dev", "--data", str(tmp_path / "other"), "--listen", f"127.0.0.1:{server.port}"],
        capture_output=True, text=True, timeout=15, env=environment({}),
    )  # fmt: skip
    assert second.returncode > 0 and str(server.port) in second.stderr, second.stderr
    open_client(server).sign_in(server.create_app())


# ---- PostgreSQL comes and goes ----


def refused_within(client, token, seconds):
    began = time.monotonic()
    envelope(client.refresh(token), "SERVICE_UNAVAILABLE")
    assert time.monotonic() - began < seconds


@pytest.mark.engines("postgres")
def test_G6_and_A9_a_stopped_database_is_503_and_costs_no_session(cluster, on_cluster, open_client):
    client, app = open_client(on_cluster), on_cluster.create_app()
    signed_in = client.sign_in(app)
    request_id, code = client.ask_code(app, new_email())
    cluster.stop()
    for _ in range(3):
        refused_within(client, signed_in.refresh, 2.5)
    envelope(client.verify_otp(app, request_id, code), "SERVICE_UNAVAILABLE")
    assert client.get("/healthz").status_code == 200
    envelope(client.get("/readyz"), "SERVICE_UNAVAILABLE")
    assert client.get("/.well-known/jwks.json").status_code == 200
    cluster.start()
    back_within(client, seconds=1.5)
    session(client.refresh(signed_in.refresh), with_user=False)
    session(client.verify_otp(app, request_id, code), with_user=True)


def back_within(client, seconds):
    deadline = time.monotonic() + seconds
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, f"not back after {seconds} s"
        time.sleep(0.02)


@pytest.mark.engines("postgres")
def test_G6_a_frozen_database_is_503_and_threads_do_not_pile_up(cluster, on_cluster, open_client):
    client, app = open_client(on_cluster), on_cluster.create_app()
    signed_in = client.sign_in(app)
    threads = len(os.listdir(f"/proc/{on_cluster.process.pid}/task"))
    cluster.freeze()
    try:
        for _ in range(4):
            refused_within(client, signed_in.refresh, 3)
        assert client.get("/healthz").status_code == 200
        assert len(os.listdir(f"/proc/{on_cluster.process.pid}/task")) <= threads + 1
    finally:
        cluster.thaw()
    back_within(client, seconds=3)
    answer = client.refresh(signed_in.refresh)
    session(answer, with_user=False)


@pytest.mark.engines("postgres")
def test_G6_cut_connections_are_replaced(cluster, on_cluster, open_client):
    client, app = open_client(on_cluster), on_cluster.create_app()
    token = client.sign_in(app).refresh
    for _ in range(5):
        postgres.query(cluster.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname LIKE 'kw%%'")
        for _ in range(20):
            answer = client.refresh(token, key="again")
            if answer.status_code == 200:
                break
            envelope(answer, "SERVICE_UNAVAILABLE")
            time.sleep(0.05)
        token = session(answer, with_user=False)["refresh_token"]


@pytest.mark.engines("postgres")
def test_G6_a_server_that_starts_without_its_database_says_so(cluster, tmp_path):
    url = postgres.fresh_database(cluster.url)
    cluster.stop()
    done = subprocess.run(
        [str(BINARY), "serve", "--dev", "--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{free_port()}", "--store", url],
        capture_output=True, text=True, timeout=20, env=environment({}),
    )  # fmt: skip
    assert done.returncode > 0 and done.stderr.strip()
    cluster.start()


# ---- migrations ----


def test_G8_a_migration_that_dies_half_way_is_completed_by_the_next_start(engine):
    """The very first start is the longest migration there is: it is killed at many different moments."""
    for round_number in range(0, 20, 1 if engine == "sqlite" else 3):
        server = Server(engine)
        try:
            server.spawn()
            time.sleep(round_number * 0.003)
            server.kill()
            server.start()
            assert server.create_app().app_id
        finally:
            server.remove()


def test_G8_an_older_program_refuses_a_newer_schema(start_server, engine):
    server = start_server()
    assert server.terminate() == 0
    claim_a_newer_schema(server)
    server.spawn()
    assert server.process.wait(20) > 0
    assert "newer" in server.log().lower() or "schema" in server.log().lower()


def claim_a_newer_schema(server):
    """Adds a migration that this program does not know, whatever the table of migrations looks like."""
    if server.engine == "sqlite":
        connection, mark = sqlite3.connect(server.data / "keywright.db"), "?"
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'")]
    else:
        connection, mark = psycopg2.connect(server.store), "%s"
        cursor = connection.cursor()
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%migration%'")
        tables = [name for (name,) in cursor.fetchall()]
    assert len(tables) == 1, tables
    cursor = connection.cursor()
    cursor.execute(f"SELECT * FROM {tables[0]} LIMIT 1")
    row = list(cursor.fetchone())
    row[0] = 9999 if isinstance(row[0], int) else "9999_from_the_future"
    cursor.execute(f"INSERT INTO {tables[0]} VALUES ({', '.join([mark] * len(row))})", row)
    connection.commit()
    connection.close()


# ---- clocks ----


def test_G11_what_expired_stays_expired_when_the_clock_goes_back(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    asked = client.ask_code(app, contact := new_email())
    for _ in range(4):
        success(client.send_otp(app, contact))
    envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")
    server.shift_clock(3600)
    envelope(client.verify_otp(app, *asked), "OTP_EXPIRED")
    envelope(client.me(signed_in.access), "TOKEN_EXPIRED")
    server.shift_clock(-3600)
    envelope(client.verify_otp(app, *asked), "OTP_EXPIRED")
    envelope(client.me(signed_in.access), "TOKEN_EXPIRED")
    for jump in (-3600, -86400 * 3650, 86400):
        server.shift_clock(jump)
        fresh = client.sign_in(app)
        told = success(client.introspect(app, fresh.access))
        assert told["iat"] < told["exp"] and told["exp"] - told["iat"] == 1800
        success(client.me(fresh.access))
        request_id, code = client.ask_code(app, new_email())
        session(client.verify_otp(app, request_id, code), with_user=True)


def test_G11_a_limit_never_outlasts_its_window_because_of_a_jump(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    contact = new_email()
    for _ in range(5):
        success(client.send_otp(app, contact))
    server.shift_clock(-3600)
    assert envelope(client.send_otp(app, contact), "OTP_RATE_LIMITED")["retry_after"] <= 600
    server.shift_clock(3600 + 601)
    success(client.send_otp(app, contact))


def test_G11_ten_years_forward_end_everything_and_start_anew(start_server, open_client):
    server = start_server()
    client, app = open_client(server), server.create_app()
    signed_in = client.sign_in(app)
    server.shift_clock(86400 * 3650)
    refused = client.refresh(signed_in.refresh)
    envelope(refused, "TOKEN_REVOKED" if refused.json()["error"] == "TOKEN_REVOKED" else "TOKEN_INVALID")  # pruned by now
    assert client.get("/v1/auth/me", headers=bearer(signed_in.access)).status_code == 401
    time.sleep(1)
    success(client.me(client.sign_in(app).access))
