"""HTTP by hand over a socket, for what httpx would refuse to send and for tests that need speed."""

import json
import ssl
import time

import httpx


class Answer:
    """One HTTP answer. Has what the tests use of httpx.Response, so that every check takes either."""

    def __init__(self, status_code, headers, content, extensions=None):
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.extensions = extensions or {}

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)

    def __repr__(self):
        return f"<Answer {self.status_code} {self.content[:200]!r}>"


def request_bytes(method, path, body=None, headers=None, host="localhost"):
    """The bytes of one request. `body` is bytes, or anything else to be sent as JSON; None sends no body."""
    fields = {"Host": host}
    if body is not None:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        fields["Content-Type"] = "application/json"
        fields["Content-Length"] = str(len(body))
    fields.update(headers or {})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    return head.encode("latin-1") + (body or b"")


class Wire:
    """One connection to the server, kept alive. Close it, or use it in a `with`."""

    def __init__(self, server, source=None, timeout=15):
        self.server = server
        self.socket = server.connect(timeout, source)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data, piece=None, pause=0.0):
        """Sends all of it, in pieces of `piece` bytes if given."""
        step = piece or max(len(data), 1)
        for start in range(0, len(data), step):
            self.socket.sendall(data[start : start + step])
            if pause:
                time.sleep(pause)

    def _more(self):
        chunk = self.socket.recv(65536)
        self.buffer += chunk
        return bool(chunk)

    def read_answer(self, to_head=False):
        """The next answer; None when the server closed without one. `to_head`: the request was a HEAD."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert not self.buffer, f"connection closed inside a head: {self.buffer[:200]!r}"
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        assert version == "HTTP/1.1", lines[0]
        headers = httpx.Headers([tuple(line.split(": ", 1)) for line in lines[1:]])
        length = 0 if to_head or status in ("204", "304") or status[0] == "1" else int(headers["content-length"])
        while len(self.buffer) < length:
            assert self._more(), "connection closed inside a body"
        content, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(int(status), headers, content, {"public_url": self.server.public_url})

    def read_until_close(self):
        """All answers up to the server's closing; fails when it does not close in time."""
        answers = []
        while (answer := self.read_answer()) is not None:
            answers.append(answer)
        return answers

    def closed_by_server(self, within=5.0):
        """True when the server ends the connection within so many seconds, sending nothing more."""
        self.socket.settimeout(within)
        try:
            return not self._more() and not self.buffer
        except ConnectionResetError:
            return True
        except (TimeoutError, ssl.SSLWantReadError):
            return False

    def call(self, method, path, body=None, headers=None):
        self.send(request_bytes(method, path, body, headers))
        answer = self.read_answer(to_head=method == "HEAD")
        if answer is None:
            raise ConnectionResetError("closed without an answer")
        return answer


def exchange(server, data, piece=None):
    """Sends these bytes on a connection of their own and returns every answer up to the server's closing."""
    with Wire(server) as wire:
        try:
            wire.send(data, piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it refused before it read everything, as it may
        return wire.read_until_close()
