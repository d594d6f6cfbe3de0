#!/usr/bin/python3
"""An SMS provider that records what it is told to send: Twilio's Messages API, and a generic webhook on every other path.

In a test:
    with SmsSink() as sink:
        ... POST http://127.0.0.1:{sink.port}/2010-04-01/Accounts/{sink.account}/Messages.json ...
        [message] = sink.wait_for(1)
        message["form"]["To"]                           # "+14155550123"
        sink.mode = "429"

As a process:  python3 tests/lib/sms_sink.py --port 0 --ready-file F [--tls]
    F then holds {"port", "control_port", "ca_file", "account", "token"}; sink_control.py describes the control API.

A recorded request is {"kind": "twilio" | "webhook", "path", "headers": {lower-case name: value}, "body", "form": {...},
"answered": status}. Requests are recorded in every mode; Twilio's with a wrong Basic password answer 401.
Modes: ok (201 for Twilio, 200 for a webhook), 400, 429 (Retry-After: 7), 500, 302 (to `redirect_to`), timeout (no
answer), one_byte (an answer at one byte a second), endless (a 200 whose body never ends).
"""

import argparse
import base64
import json
import ssl
import sys
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from certificates import Authority
from sink_control import Recorder, serve_until_killed

ACCOUNT, TOKEN = "AC" + "0" * 32, "sink-token"


class SmsSink(Recorder):
    MODES = ("ok", "400", "429", "500", "302", "timeout", "one_byte", "endless")

    def __init__(self, port=0, tls=False, redirect_to="http://127.0.0.1:1/"):
        super().__init__()
        self.port, self.redirect_to = port, redirect_to
        self.account, self.token = ACCOUNT, TOKEN
        self.ca_file = self._context = None
        if tls:
            authority = Authority(tempfile.mkdtemp(prefix="sms_sink."))
            self.ca_file = authority.ca_file
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(*authority.issue())
        self.stopping = threading.Event()
        self._server = None

    @property
    def ports(self):
        return {"port": self.port, "ca_file": self.ca_file, "account": self.account, "token": self.token}

    def start(self):
        self.start_listening()
        return self

    def stop(self):
        if self.listening:
            self.stop_listening()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def start_listening(self):
        self.stopping.clear()
        self._server = _Server(("127.0.0.1", self.port), type("Handler", (_SmsHandler,), {"sink": self}))
        self.port = self._server.server_address[1]
        if self._context:
            self._server.socket = self._context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.listening = True

    def stop_listening(self):
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.listening = False

    def count_connection(self):
        with self._changed:
            self.connections += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class _SmsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink = None

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.sink.count_connection()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        sid = self.sink.account
        twilio = self.path == f"/2010-04-01/Accounts/{sid}/Messages.json"
        mode = self.sink.mode
        status, answer = self._twilio(body, mode) if twilio else self._webhook(mode)
        self.sink.record({
            "kind": "twilio" if twilio else "webhook",
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
            "form": dict(urllib.parse.parse_qsl(body)) if twilio else {},
            "answered": status,
        })
        if mode == "timeout":
            self.close_connection = True
            self.sink.stopping.wait(3600)
        elif mode in ("one_byte", "endless"):
            self._drip(mode)
        else:
            self._answer(status, answer)

    def _twilio(self, body, mode):
        expected = base64.b64encode(f"{self.sink.account}:{self.sink.token}".encode()).decode()
        if self.headers.get("Authorization") != "Basic " + expected:
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        if mode not in ("ok", "timeout", "one_byte", "endless"):
            return self._refusal(mode)
        form = dict(urllib.parse.parse_qsl(body))
        if not form.get("To") or not form.get("Body") or not form.get("From"):
            return 400, {"code": 21604, "message": "A 'To', 'From' and 'Body' are required.", "status": 400}
        number = len(self.sink.messages) + 1
        return 201, {"sid": f"SM{number:032x}", "status": "queued", "to": form["To"], "from": form["From"],
                     "body": form["Body"], "num_segments": "1", "error_code": None}

    def _webhook(self, mode):
        if mode not in ("ok", "timeout", "one_byte", "endless"):
            return self._refusal(mode)
        return 200, {"ok": True}

    def _refusal(self, mode):
        status = int(mode)
        return status, {"code": 20000 + status, "message": "as told", "status": status}

    def _answer(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "7")
        if status == 302:
            self.send_header("Location", self.sink.redirect_to)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, mode):
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + (b"\r\n" if mode == "endless" else b""))
        while not self.sink.stopping.wait(0 if mode == "endless" else 1):
            self.wfile.write(b"x" * 65536 if mode == "endless" else b"x")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--ready-file", required=True)
    arguments.add_argument("--tls", action="store_true")
    given = arguments.parse_args()
    serve_until_killed(SmsSink(given.port, given.tls), given.ready_file)


if __name__ == "__main__":
    sys.exit(main())
