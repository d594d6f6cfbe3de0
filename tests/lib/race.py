"""Requests that meet inside the server: last-byte synchronisation on warm connections.

Every request is sent except for its last byte; once all of them wait in the server, the last bytes go out back to back,
so that the requests become complete within a few microseconds of each other.
"""

import time

from lib.raw import Wire, request_bytes


class Racers:
    """`count` warm connections to fire from, again and again. Sources, if given, are taken in turn."""

    def __init__(self, server, count, sources=(None,)):
        self.wires = [Wire(server, source=sources[i % len(sources)], timeout=30) for i in range(count)]
        for wire in self.wires:
            assert wire.call("GET", "/healthz").status_code == 200

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self.wires:
            wire.close()

    def fire(self, requests):
        """Releases the requests (bytes, at most one per connection) together; their answers, in the same order."""
        used = self.wires[: len(requests)]
        assert len(used) == len(requests), "more requests than connections"
        for wire, request in zip(used, requests):
            wire.send(request[:-1])
        time.sleep(0.01)
        for wire, request in zip(used, requests):
            wire.send(request[-1:])
        return [wire.read_answer() for wire in used]

    def fire_posts(self, path, bodies):
        return self.fire([request_bytes("POST", path, body) for body in bodies])


def tally(answers, created=200):
    """How often each outcome came: {"200": 1, "OTP_ALREADY_USED": 63}. `created`: 201 is a success, too."""
    counts = {}
    for answer in answers:
        name = str(answer.status_code) if answer.status_code in (200, created) else answer.json()["error"]
        counts[name] = counts.get(name, 0) + 1
    return counts
