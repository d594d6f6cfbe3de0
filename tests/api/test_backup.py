"""keywright backup and restore as commands, and the endpoint behind the backup of a store in use."""

import contextlib
import os
import pty
import sqlite3
import stat
import subprocess
import time

import pytest

from lib.checks import bad_fields, envelope
from lib.copies import backup, execute, fill
from lib.server import BINARY, environment, run

BACKUP = "/operator/backup"
ANSWER = ["success", "state", "file", "bytes", "bytes_expected", "pages", "milliseconds", "why"]


def test_a_backup_is_made_and_told_of(house):
    file = house.folder / "backup"
    told = house.cli_json("backup", file)
    assert list(told) == ["success", "file", "bytes", "pages", "seconds", "master_key"]
    status = file.stat()
    assert told["file"] == str(file) and told["bytes"] == status.st_size > 0 and told["seconds"] >= 0
    assert told["pages"] == (status.st_size // 4096 if house.engine == "sqlite" else 0)
    assert "not in this file" in told["master_key"] and "keep it apart" in told["master_key"]
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert (house.data / "master.key").read_bytes().strip() not in file.read_bytes()
    said = house.cli("backup", file, "--force").stdout
    assert str(file) in said and "keep it apart" in said


def test_a_file_that_is_there_is_not_overwritten(house):
    file = house.folder / "precious"
    file.write_text("precious")
    done = house.cli("backup", file, check=False)
    assert done.returncode == 1 and "is there already" in done.stderr and "--force" in done.stderr
    assert file.read_text() == "precious"
    house.cli("backup", file, "--force")
    assert file.read_bytes()[:5] in (b"SQLit", b"PGDMP") and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_name_is_taken_from_the_folder_one_stands_in(house, tmp_path):
    where = ["--store", house.store] if house.store and house.process.poll() is not None else []
    done = run("backup", "here", "--data", house.data, *where, cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "here").exists(), done.stderr
    assert str(tmp_path / "here") in done.stdout


def test_what_cannot_be_written_is_told(house):
    done = house.cli("backup", house.folder / "no" / "backup", check=False)
    assert done.returncode == 1 and "No such file or directory" in done.stderr
    if house.engine == "sqlite":
        done = house.cli("backup", house.data / "keywright.db", "--force", check=False)
        assert done.returncode == 1 and "the store itself" in done.stderr
        house.create_app()


@pytest.mark.parametrize("words", [["backup"], ["backup", "a", "b"], ["backup", "a", "--nonsense"], ["restore"], ["restore", "a", "b"],
                                   ["restore", "a", "--nonsense"]])  # fmt: skip
def test_wrong_usage_is_2(words, tmp_path):
    done = run(*words, "--data", tmp_path / "data")
    assert done.returncode == 2 and done.stderr.startswith("keywright: ")
    assert not (tmp_path / "data").exists()


@pytest.mark.engines("sqlite")
def test_where_no_store_is_none_is_made(engine, tmp_path):
    (tmp_path / "data").mkdir()
    done = run("backup", tmp_path / "backup", "--data", tmp_path / "data")
    assert done.returncode == 1 and "keywright.db" in done.stderr
    assert not (tmp_path / "backup").exists() and not (tmp_path / "data" / "keywright.db").exists()


@pytest.mark.engines("sqlite")
def test_a_store_of_an_older_version_is_backed_up_as_it_is(start_server):
    """The new program makes it before it has migrated anything."""
    server = start_server()
    assert server.terminate() == 0
    execute(server, "DELETE FROM schema_migration WHERE name LIKE '0012%'")
    execute(server, "DROP TABLE epochs")
    file = backup(server)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'epochs'").fetchone() == (0,)
    assert server.rows("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'epochs'") == [(0,)]


@pytest.fixture
def database(start_server):
    """A server on PostgreSQL that is down."""
    server = start_server()
    assert server.terminate() == 0
    return server


@pytest.mark.engines("postgres")
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresqls_tools_are_asked_for_when_they_are_missing(database, command, tmp_path):
    done = database.cli(command, tmp_path / "file", check=False, path=str(tmp_path))
    assert done.returncode == 1 and "apt install postgresql-client" in done.stderr, done.stderr


@pytest.mark.engines("postgres")
def test_the_databases_password_is_on_no_command_line(database, tmp_path):
    """A pg_dump that only tells how it was called."""
    tool = tmp_path / "pg_dump"
    tool.write_text('#!/bin/sh\ncat /proc/$$/cmdline >"$0.command"\nenv >"$0.environment"\n')
    tool.chmod(0o755)
    settings = {"store.url": database.store.replace("keywright@", "keywright:hunter2@")}
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run("backup", tmp_path / "file", "--data", database.data, settings=settings, path=path)
    assert done.returncode == 0, done.stderr
    command = (tmp_path / "pg_dump.command").read_text()
    assert "--format=custom" in command and "hunter2" not in command and "keywright@" not in command
    assert "\nPGPASSWORD=hunter2\n" in "\n" + (tmp_path / "pg_dump.environment").read_text()
    assert "hunter2" not in done.stdout + done.stderr


# ---- the endpoint ----


def wait_until_ended(server):
    while (answer := server.operator("GET", BACKUP).json())["state"] == "running":
        time.sleep(0.01)
    return answer


def test_a_backup_goes_on_while_one_asks_how_far_it_is(start_server):
    server = start_server()
    assert server.operator("GET", BACKUP).json() == dict.fromkeys(ANSWER, 0) | {"success": True, "state": "none", "file": "", "why": None}
    file = str(server.folder / "backup")
    begun = server.operator("POST", BACKUP, {"file": file})
    assert begun.status_code == 201 and list(begun.json()) == ANSWER and begun.json()["file"] == file
    ended = wait_until_ended(server)
    assert ended["state"] == "done" and ended["bytes"] == ended["bytes_expected"] == os.path.getsize(file) and ended["why"] is None
    assert server.operator("POST", BACKUP, {"file": file}).status_code == 201
    assert "is there already" in (failed := wait_until_ended(server))["why"] and failed["state"] == "failed"
    assert server.operator("POST", BACKUP, {"file": file, "force": True}).status_code == 201
    assert wait_until_ended(server)["state"] == "done"


def test_one_backup_at_a_time(start_server):
    server = start_server()
    assert server.terminate() == 0
    fill(server, 200_000)
    server.start()
    for attempt in range(50):  # the first may be done before the second is asked for
        server.operator("POST", BACKUP, {"file": str(server.folder / f"first{attempt}")})
        second = server.operator("POST", BACKUP, {"file": str(server.folder / "second")})
        ended = wait_until_ended(server)
        if second.status_code == 409:
            break
    second.extensions["public_url"] = server.public_url
    envelope(second, "ALREADY_EXISTS")
    assert ended["state"] == "done" and ended["file"].endswith(f"first{attempt}")


@pytest.mark.parametrize("body", [{}, {"file": 7}, {"file": "relative"}, {"file": ""}, {"file": "/" + "x" * 5000}, {"file": None}])
def test_a_file_that_is_none_is_a_bad_field(server, body):
    answer = server.operator("POST", BACKUP, body)
    answer.extensions["public_url"] = server.public_url
    assert bad_fields(answer) == ["file"]


def test_a_server_that_stops_gives_its_backup_up(start_server):
    server = start_server()
    assert server.terminate() == 0
    fill(server, 200_000)
    server.start()
    file = server.folder / "backup"
    server.operator("POST", BACKUP, {"file": str(file)})
    assert server.terminate() == 0
    assert not (server.folder / "backup.part").exists()
    server.start()
    server.cli("backup", file, "--force")


def test_people_at_a_terminal_see_how_far_it_is(start_server):
    server = start_server()
    assert server.terminate() == 0
    fill(server, 100_000)
    server.start()
    ours, theirs = pty.openpty()
    command = [str(BINARY), "backup", str(server.folder / "backup"), "--data", str(server.data)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment({}), timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0 and "MiB" in shown and "MiB" not in done.stdout
