"""Backups and restores of a server's store, and stores that are large enough to take a while."""

import contextlib
import os
import shutil
import sqlite3
import subprocess

import psycopg2

from lib.server import BINARY, Server, environment

FILLING = """INSERT INTO sessions (app_id, session_id, user_id, generation, created_at, auth_time, amr, last_used_at, idle_until, expires_at)
    SELECT {zeros}, {id}, {id}, 1, 1, 1, 'otp-email', 1, 9999999999999, 9999999999999 FROM {numbers}"""
NUMBERS = {
    "sqlite": ("zeroblob(16)", "CAST(printf('%016d', n) AS BLOB)",
               "(WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < {rows}) SELECT n FROM i)"),
    "postgres": ("decode(repeat('00', 16), 'hex')", "convert_to(lpad(n::text, 16, '0'), 'UTF8')", "generate_series(1, {rows}) AS n"),
}  # fmt: skip


def backup(server, name="backup", *flags):
    """Makes one in the server's folder, and returns its path."""
    path = server.folder / name
    server.cli("backup", path, *flags)
    return path


def restore(server, file, *flags, check=True, settings=None):
    assert server.process is None or server.process.poll() is not None, "nobody restores under a running server"
    return server.cli("restore", file, *flags, check=check, settings=settings)


def restore_and_start(server, file, *flags):
    assert server.terminate() == 0
    restore(server, file, *flags)
    return server.start()


@contextlib.contextmanager
def elsewhere(server, file, *flags):
    """The backup restored where nothing is but the master key; no server runs there."""
    other = Server(server.engine)
    try:
        other.log_path.touch()
        other.data.mkdir(mode=0o700)
        shutil.copy(server.data / "master.key", other.data)
        restore(other, file, *flags)
        yield other
    finally:
        other.remove()


def execute(server, sql):
    """Changes the store behind the back of its server, which is down (SQLite)."""
    is_sqlite = server.engine == "sqlite"
    connection = sqlite3.connect(server.data / "keywright.db") if is_sqlite else psycopg2.connect(server.store)
    with contextlib.closing(connection):
        connection.cursor().execute(sql)
        connection.commit()


def fill(server, rows):
    """So many sessions of nobody: some 150 bytes each, and two index entries."""
    zeros, identity, numbers = NUMBERS[server.engine]
    execute(server, FILLING.format(zeros=zeros, id=identity, numbers=numbers.format(rows=rows)))


def spawn(server, *words):
    """A command that is not waited for."""
    is_down = server.process is None or server.process.poll() is not None
    where = ["--data", str(server.data)] + (["--store", server.store] if server.store and is_down else [])
    return subprocess.Popen(
        [str(BINARY), *map(str, words), *where],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment(server.settings), cwd=os.getcwd(),
    )  # fmt: skip
