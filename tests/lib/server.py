"""The program under test: start it, stop it, kill it, read its log, speak to its command line."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import httpx

from lib import issued, postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KW_BINARY", ROOT / "build" / "keywright")).resolve()
LONG = bool(os.environ.get("KW_LONG"))
SANITIZED = bool(re.search(b"__[at]san_init", BINARY.read_bytes())) if BINARY.exists() else False
ENGINES = os.environ.get("KW_ENGINES", "sqlite,postgres").split(",")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(settings, path=None):
    """The environment for a server with these settings ({"otp.length": 8}) and none of the caller's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEYWRIGHT_")}
    kept |= {"PATH": path} if path else {}
    return kept | {f"KEYWRIGHT_{key.upper().replace('.', '_')}": str(value) for key, value in settings.items()}


class App:
    """A registered app and its credentials."""

    def __init__(self, server, created):
        self.server = server
        self.app_id = created["app_id"]
        self.secret = created["app_secret"]

    @property
    def basic(self):
        """Its credentials as httpx wants them for HTTP Basic."""
        return (self.app_id, self.secret)

    def set(self, key, value):
        """A list is written with commas."""
        self.server.cli("app", "set", self.app_id, key, ",".join(value) if isinstance(value, list) else value)


class Server:
    """One keywright with a data folder and a port of its own, on one storage engine.

    `dev=False` starts it as in production; then public_url is set to where it listens, for a loopback one is allowed.
    `ca_file`: it serves TLS, with a certificate of that authority. `config`: a settings file, which flags and settings win
    over. Use as a context manager, or call start() and remove().
    """

    def __init__(self, engine="sqlite", dev=True, settings=None, store=None, ca_file=None, config=None, **popen):
        self.engine = engine
        self.dev = dev
        self.settings = dict(settings or {})
        self.config = config
        self.popen = popen
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kw-test-"))
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.out_path = self.folder / "out"
        self.port = free_port()
        self.tls = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        self.public_url = self.settings.get("server.public_url", self.url)
        if not dev:
            self.settings.setdefault("server.public_url", self.public_url)
        self.store = store
        self.own_database = engine == "postgres" and store is None
        if self.own_database:
            self.store = postgres.fresh_database(os.environ["KW_TEST_PG"])
        self.process = None
        self.seen_messages = set()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    # ---- its life ----

    def command(self):
        words = [str(BINARY), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        words += ["--config", str(self.config)] if self.config else []
        return words + (["--dev"] if self.dev else []) + (["--store", self.store] if self.store else [])

    def spawn(self):
        """Starts the process without waiting for it to be ready."""
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(
                self.command(), stdout=out, stderr=log, stdin=subprocess.DEVNULL, env=environment(self.settings), **self.popen
            )
        return self

    def start(self):
        self.spawn()
        self.wait_ready()
        return self

    def wait_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            assert self.process.poll() is None, f"keywright ended with {self.process.returncode}:\n{self.log()[-2000:]}"
            assert time.monotonic() < deadline, f"not ready after {seconds} s:\n{self.log()[-2000:]}"
            time.sleep(0.002)

    def is_ready(self):
        try:
            with self.connect(timeout=5) as probe:
                probe.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return probe.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def connect(self, timeout, source=None):
        """A connection to it, TLS if that is what it speaks."""
        address = (source, 0) if source else None
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=timeout, source_address=address)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(plain, server_hostname="127.0.0.1") if self.tls else plain

    def kill(self):
        """kill -9: nothing gets to say goodbye."""
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=15):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def reload(self, seconds=15):
        """SIGHUP; returns the log lines that it gave rise to, once it is done."""
        seen = len(self.log_lines())
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + seconds
        while "reload" not in [line["event"] for line in self.log_lines()[seen:]]:
            assert self.process.poll() is None and time.monotonic() < deadline, "no reload"
            time.sleep(0.002)
        return self.log_lines()[seen:]

    def restart(self):
        assert self.terminate() == 0, self.log()[-2000:]
        return self.start()

    def remove(self):
        """Ends the server, looks at what it left behind for signs of trouble, and removes it."""
        try:
            if self.process and self.process.poll() is None:
                assert self.terminate() == 0, f"exit code {self.process.returncode}:\n{self.log()[-2000:]}"
            self.check_remains()
        finally:
            if self.process and self.process.poll() is None:
                self.kill()
            if self.own_database:
                postgres.drop_database(self.store)
            shutil.rmtree(self.folder, ignore_errors=True)

    def check_remains(self):
        log = self.log()
        for trouble in ("Sanitizer", "runtime error:", "assertion"):
            assert trouble not in log, log[max(0, log.find(trouble) - 200) :][:4000]
        for path in [self.log_path, *self.files()]:
            secrets = issued.found_in(path.read_bytes())
            assert not secrets, f"{path.name} holds {len(secrets)} secrets, for one {secrets[0]}"

    # ---- what it leaves ----

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self):
        return [json.loads(line) for line in self.log().split("\n")[:-1] if line]

    def output(self):
        return self.out_path.read_text()

    def files(self):
        return [path for path in self.data.rglob("*") if path.is_file()]

    def rows(self, sql, *values):
        """Asks the store itself (SQLite: only while the server is down)."""
        if self.engine == "postgres":
            return postgres.query(self.store, sql, *values)
        import sqlite3

        with contextlib.closing(sqlite3.connect(self.data / "keywright.db")) as connection:
            return connection.execute(sql, values).fetchall()

    def dump(self, without=()):
        """What every other table holds, while the server runs: {table: its rows as text}."""
        if self.engine == "postgres":
            tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            connection = postgres.connect(self.store)
        else:
            import sqlite3

            tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
            connection = sqlite3.connect(f"file:{self.data / 'keywright.db'}?mode=ro", uri=True)
        with contextlib.closing(connection):

            def ask(sql):
                cursor = connection.cursor()
                cursor.execute(sql)
                return cursor.fetchall()

            names = sorted(table for (table,) in ask(tables) if table not in without)
            return {table: sorted(repr([_plain(value) for value in row]) for row in ask(f'SELECT * FROM "{table}"')) for table in names}

    # ---- the operator's ways in ----

    def where(self):
        """The flags by which a command finds this server's data."""
        is_down = self.process is None or self.process.poll() is not None
        return ["--data", str(self.data)] + (["--store", self.store] if self.store and is_down else [])

    def cli(self, *words, check=True, settings=None, path=None, input=None):
        """Runs a command on this server's folder; while the server is down, on its store itself. path: a PATH of its own."""
        done = subprocess.run(
            [str(BINARY), *map(str, words), *self.where()],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment(self.settings | (settings or {}), path),
            input=input,
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def cli_json(self, *words):
        return json.loads(self.cli(*words, "--json").stdout)

    def operator(self, method, path, body=None):
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.data / "keywright.sock")), trust_env=False) as client:
            return client.request(method, f"http://localhost{path}", json=body)

    def shift_clock(self, seconds):
        answer = self.operator("POST", "/operator/dev/clock", {"shift_ms": round(seconds * 1000)})
        assert answer.status_code == 200, answer.text

    def create_app(self, name="Test app", **settings):
        created = self.cli_json("app", "create", name)
        issued.remember_answer(created)
        app = App(self, created)
        for key, value in settings.items():
            app.set(key, value)
        return app


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def run(*words, settings=None, **options):
    """Runs the program to its end without any server."""
    return subprocess.run(
        [str(BINARY), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=options.pop("timeout", 30),
        env=environment(settings or {}, options.pop("path", None)),
        **options,
    )
