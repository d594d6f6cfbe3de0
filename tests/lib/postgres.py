"""PostgreSQL for the tests: a database per server on the cluster at KW_TEST_PG, and clusters to stop and freeze."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
import uuid

import psycopg2
import pytest

BINARIES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1:]


def skip_if_absent(engine):
    """Returns the engine, unless it is PostgreSQL and there is none here."""
    if engine == "postgres" and not os.environ.get("KW_TEST_PG"):
        pytest.skip("NOT TESTED ON POSTGRESQL: KW_TEST_PG is not set (see tests/README.md)")
    return engine


def fresh_database(base_url):
    """Makes an empty database on the cluster and returns its URL."""
    name = f"kw_{uuid.uuid4().hex[:12]}"
    _administer(base_url, f"CREATE DATABASE {name}")
    return _with_database(base_url, name)


def drop_database(url):
    parts = urllib.parse.urlsplit(url)
    _administer(_with_database(url, "postgres"), f"DROP DATABASE IF EXISTS {parts.path[1:]} WITH (FORCE)")


def connect(url):
    """Each statement sees what is committed when it begins."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


def query(url, sql, *values):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _with_database(url, name):
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def _administer(url, sql):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        connection.cursor().execute(sql)
    finally:
        connection.close()


class Cluster:
    """A PostgreSQL of the test's own, which it may stop, freeze and start again."""

    def __init__(self, port):
        self.port = port
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kw-pg-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        # initdb refuses root: drop to the account that Debian's package made.
        self.account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        if self.account:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "kw", "--auth=trust", "--no-sync", "-E", "UTF8")
        self.process = None

    @property
    def url(self):
        return f"postgres://kw@127.0.0.1:{self.port}/postgres"

    def _command(self, program, *arguments):
        return [*self.account, str(BINARIES[0] / program), *map(str, arguments)]

    def _run(self, program, *arguments):
        subprocess.run(self._command(program, *arguments), check=True, cwd="/", stdout=subprocess.DEVNULL)

    def start(self):
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder, "fsync": "off"}
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            self._command("postgres", "-D", self.data, *arguments), cwd="/", stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg2.connect(self.url, connect_timeout=2).close()
                return
            except psycopg2.OperationalError:
                assert time.monotonic() < deadline and self.process.poll() is None, "PostgreSQL did not start"
                time.sleep(0.02)

    def start_if_stopped(self):
        if self.process.poll() is not None:
            self.start()

    def stop(self):
        """A fast shutdown: connections are cut."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)

    def freeze(self):
        """Every process of the cluster stands still: connections stay open and nothing answers."""
        for pid in self._processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._processes():
            os.kill(pid, signal.SIGCONT)

    def _processes(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
