#!/usr/bin/python3
"""A real SMTP server that records every message, and can behave badly on demand.

In a test:
    with SmtpSink() as sink:                            # plain; SmtpSink(tls="starttls", auth=("user", "pass")) …
        ... send to smtp://127.0.0.1:{sink.port} ...
        [message] = sink.wait_for(1)
        message["to"]                                   # ["ada@example.org"], the envelope
        sink.mode = "rcpt_550"                          # from the next command on
        sink.stop_listening(); sink.start_listening()   # relay down, relay back (same port)

As a process:  python3 tests/lib/smtp_sink.py --port 0 --ready-file F [--tls starttls|implicit] [--auth user:password]
    F then holds {"port", "control_port", "ca_file"}; sink_control.py describes the control API.

A recorded message is {"from", "to": [...], "raw": text in latin-1, "helo", "tls": bool, "user": name or null,
"connection": number}. raw is what stood between DATA and the final dot, dots unstuffed.
"""

import argparse
import asyncio
import contextlib
import logging
import ssl
import sys
import tempfile
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

from certificates import Authority
from sink_control import Recorder, serve_until_killed

# Clients that break off handshakes are part of the tests.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

REPLIES = {
    "mail_451": "451 4.3.0 try again later",
    "mail_530": "530 5.7.0 authentication required",
    "rcpt_450": "450 4.2.1 mailbox busy",
    "rcpt_550": "550 5.1.1 no such user",
    "data_451": "451 4.3.0 try again later",
    "data_554": "554 5.6.0 not wanted",
}


class SmtpSink(Recorder):
    MODES = ("ok", *REPLIES, "slow_data", "close_after_message",
             "banner_554", "slow_banner", "one_byte", "endless_reply", "long_line", "stalled_tls")

    def __init__(self, port=0, tls=None, auth=None, folder=None):
        super().__init__()
        self.port = port
        self.tls, self.auth = tls, auth
        self.ca_file = self.tls_context = None
        if tls:
            authority = Authority(folder or tempfile.mkdtemp(prefix="smtp_sink."))
            self.ca_file = authority.ca_file
            self.tls_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls_context.load_cert_chain(*authority.issue())
        self._loop = asyncio.new_event_loop()
        self._server = None
        self.transports = set()

    @property
    def ports(self):
        return {"port": self.port, "ca_file": self.ca_file}

    def start(self):
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.start_listening()
        return self

    def stop(self):
        if self.listening:
            self.stop_listening()
        self._loop.call_soon_threadsafe(self._loop.stop)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def start_listening(self):
        self._run(self._listen())
        self.listening = True

    def stop_listening(self):
        self._run(self._close())
        self.listening = False

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        context = self.tls_context if self.tls == "implicit" and self.mode != "stalled_tls" else None
        self._server = await self._loop.create_server(self._new_connection, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        self._server.close()
        for transport in list(self.transports):
            # one of TLS that is over has let go of its protocol (asyncio/sslproto.py)
            with contextlib.suppress(AttributeError):
                transport.abort()
        await self._server.wait_closed()

    def _new_connection(self):
        self.connections += 1
        if self.mode in HOSTILE:
            return HostileConnection(self)
        return RecordingConnection(self, self.connections)


class RecordingConnection(SMTP):
    """aiosmtpd's server, with an event handler of its own for each connection."""

    def __init__(self, sink, number):
        starttls = sink.tls == "starttls"
        handler = Handler(sink, number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "AUTH without TLS": on purpose
            super().__init__(
                handler, loop=asyncio.get_running_loop(), hostname="sink.localhost", timeout=3600,
                data_size_limit=None, command_call_limit=10**9,
                tls_context=sink.tls_context if starttls else None, require_starttls=starttls,
                auth_required=bool(sink.auth), auth_require_tls=starttls, authenticator=handler.authenticate)
        self._sink = sink

    def connection_made(self, transport):
        super().connection_made(transport)
        self._sink.transports.add(transport)

    def connection_lost(self, error):
        self._sink.transports.discard(self.transport)
        super().connection_lost(error)


class Handler:
    """What aiosmtpd asks about one connection: refuses as the sink's mode says, records the rest."""

    def __init__(self, sink, number):
        self._sink, self._number, self._user = sink, number, None

    def authenticate(self, server, session, envelope, mechanism, given):
        pair = (given.login.decode(), given.password.decode())
        self._user = pair[0]
        return AuthResult(success=pair == self._sink.auth, handled=False)

    def _refusal(self, stage):
        mode = self._sink.mode
        return REPLIES.get(mode) if mode.startswith(stage) else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self._refusal("mail_") or "250 2.1.0 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = self._refusal("rcpt_")
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if self._sink.mode == "slow_data":
            await asyncio.sleep(1)
        refusal = self._refusal("data_")
        if refusal:
            return refusal
        self._sink.record({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "raw": envelope.content.decode("latin-1"),
            "helo": session.host_name,
            "tls": server.transport.get_extra_info("sslcontext") is not None,
            "user": self._user,
            "connection": self._number,
        })
        if self._sink.mode == "close_after_message":
            server.loop.call_later(0.05, server.transport.close)
        return "250 2.0.0 recorded"


class HostileConnection(asyncio.Protocol):
    """Accepts, then runs the misbehaviour of its mode until the client is gone."""

    def __init__(self, sink):
        self._sink = sink
        self._act = HOSTILE[sink.mode]
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._lines = asyncio.Queue()

    def connection_made(self, transport):
        self._transport = transport
        self._sink.transports.add(transport)
        self._task = asyncio.get_running_loop().create_task(self._act(self))

    def connection_lost(self, error):
        self._sink.transports.discard(self._transport)
        self._task.cancel()

    def data_received(self, data):
        self._lines.put_nowait(data)

    def pause_writing(self):
        self._can_write.clear()

    def resume_writing(self):
        self._can_write.set()

    async def say(self, data):
        await self._can_write.wait()
        self._transport.write(data)

    async def heard(self):
        return await self._lines.get()

    async def banner_554(self):
        await self.say(b"554 5.3.2 no service here\r\n")
        self._transport.close()

    async def slow_banner(self):
        await asyncio.sleep(3600)

    async def one_byte(self):
        """Speaks a valid banner, one byte a second."""
        for byte in b"220 " + b"x" * 3600:
            await self.say(bytes([byte]))
            await asyncio.sleep(1)

    async def endless_reply(self):
        await self.say(b"220 sink\r\n")
        await self.heard()
        while True:
            await self.say(b"250-AND-ANOTHER-THING\r\n" * 100)
            await asyncio.sleep(0)

    async def long_line(self):
        await self.say(b"220 sink\r\n")
        await self.heard()
        for _ in range(160):
            await self.say(b"x" * 65536)
            await asyncio.sleep(0)
        await asyncio.sleep(3600)

    async def stalled_tls(self):
        """Offers STARTTLS and then says nothing; with implicit TLS it never says anything."""
        if self._sink.tls == "implicit":
            await asyncio.sleep(3600)
        await self.say(b"220 sink\r\n")
        await self.heard()
        await self.say(b"250-sink\r\n250 STARTTLS\r\n")
        await self.heard()
        await self.say(b"220 go ahead\r\n")
        await asyncio.sleep(3600)


HOSTILE = {name: getattr(HostileConnection, name)
           for name in ("banner_554", "slow_banner", "one_byte", "endless_reply", "long_line", "stalled_tls")}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--ready-file", required=True)
    arguments.add_argument("--tls", choices=("starttls", "implicit"))
    arguments.add_argument("--auth", help="user:password")
    given = arguments.parse_args()
    auth = tuple(given.auth.split(":", 1)) if given.auth else None
    serve_until_killed(SmtpSink(given.port, given.tls, auth), given.ready_file)


if __name__ == "__main__":
    sys.exit(main())
