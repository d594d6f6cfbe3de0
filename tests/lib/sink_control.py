"""What the recording servers of the tests share: a loopback HTTP API to steer them from other processes, and their main().

A sink is an object with
    mode            how it behaves; one of its MODES
    messages        list of JSON-able dicts, oldest first
    connections     how many connections were accepted so far
    clear()         forgets messages
    stop_listening(), start_listening()   same port again afterwards; open connections are cut
    ports           dict of names to port numbers, for the ready file

API, all answers JSON:
    GET    /messages                  [...]
    DELETE /messages                  {}
    GET    /state                     {"mode", "listening", "connections", "messages": <count>}
    PUT    /state  {"mode"?: "...", "listening"?: true|false}    the new state
"""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Recorder:
    """Messages and mode of a sink, safe to touch from every thread."""

    MODES = ("ok",)

    def __init__(self):
        self._changed = threading.Condition()
        self._messages = []
        self._mode = "ok"
        self.connections = 0
        self.listening = False

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        if mode not in self.MODES:
            raise ValueError(f"{mode!r} is none of {self.MODES}")
        self._mode = mode

    @property
    def messages(self):
        with self._changed:
            return list(self._messages)

    def record(self, message):
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def clear(self):
        with self._changed:
            self._messages.clear()

    def wait_for(self, count, timeout=10.0):
        """The messages, once there are at least count of them; AssertionError when that does not happen in time."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(self._messages) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self._messages)} of {count} messages arrived in {timeout} s"
                self._changed.wait(left)
            return list(self._messages)


class ControlServer:
    """Serves the API above for one sink on 127.0.0.1."""

    def __init__(self, sink):
        handler = type("Handler", (_ControlHandler,), {"sink": sink})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _ControlHandler(BaseHTTPRequestHandler):
    sink = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/messages":
            return self._answer(self.sink.messages)
        if self.path == "/state":
            return self._answer(self._state())
        self._answer({"error": "not found"}, 404)

    def do_DELETE(self):
        self.sink.clear()
        self._answer({})

    def do_PUT(self):
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            if "mode" in wanted:
                self.sink.mode = wanted["mode"]
        except ValueError as unknown:
            return self._answer({"error": str(unknown)}, 400)
        if wanted.get("listening", self.sink.listening) != self.sink.listening:
            (self.sink.start_listening if wanted["listening"] else self.sink.stop_listening)()
        self._answer(self._state())

    def _state(self):
        sink = self.sink
        return {
            "mode": sink.mode,
            "listening": sink.listening,
            "connections": sink.connections,
            "messages": len(sink.messages),
        }

    def _answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve_until_killed(sink, ready_file):
    """Starts the sink and its control API, writes all ports as JSON to ready_file (atomically), waits for SIGTERM."""
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    signal.signal(signal.SIGINT, lambda *_: asked_to_stop.set())
    sink.start()
    control = ControlServer(sink)
    with open(ready_file + ".part", "w") as ready:
        json.dump({**sink.ports, "control_port": control.port}, ready)
    os.rename(ready_file + ".part", ready_file)
    parent = os.getppid()
    while not asked_to_stop.wait(1.0) and os.getppid() == parent:
        pass
    control.close()
    sink.stop()
