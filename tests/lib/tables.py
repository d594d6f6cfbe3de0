"""Reads the tables in src/tables, the constitution of the program."""

import dataclasses
import re

from lib.server import ROOT


@dataclasses.dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    caller: str = "NONE"
    name: str = ""

    @property
    def is_operators(self):
        return self.caller == "OPERATOR"

    @property
    def is_page(self):
        return self.caller == "PAGE"

    def __str__(self):
        return f"{self.method} {self.path}"


def endpoints():
    """The rows of endpoints.def."""
    rows = re.findall(r'^ENDPOINT\((\w+),\s*(\w+),\s*"([^"]+)",\s*(\w+)', _table("endpoints"), re.M)
    return [Endpoint(method, path, caller, name) for name, method, path, caller in rows]


def callers():
    """The caller column of endpoints.def: {"otp_send": "APP"}."""
    return dict(re.findall(r'^ENDPOINT\((\w+),\s*\w+,\s*"[^"]+",\s*(\w+)', _table("endpoints"), re.M))


def documents():
    """The rows of documents.def: what is read with a plain GET."""
    return [Endpoint("GET", path) for path in re.findall(r'^DOCUMENT\(\w+,\s*"([^"]+)"', _table("documents"), re.M)]


@dataclasses.dataclass(frozen=True)
class Command:
    words: str
    endpoint: str  # its row in endpoints.def, or "" where the program carries it out itself
    arguments: str


def commands():
    """The rows of commands.def."""
    rows = re.findall(r'^(LOCAL|REMOTE)\("([^"]+)",\s*(\w+),\s*"([^"]*)",', _table("commands"), re.M)
    return [Command(words, does if kind == "REMOTE" else "", arguments) for kind, words, does, arguments in rows]


def flags():
    """The rows of flags.def: (of, name, value, help)."""
    return re.findall(r'^FLAG\("([^"]*)",\s*"([^"]+)",\s*"([^"]*)",\s*\w+,\s*"([^"]+)"\)', _table("flags"), re.M)


def settings():
    """The rows of settings.def: names such as otp.ttl, and whether they are live."""
    rows = re.findall(r"^SETTING\((\w+),\s*(\w+),\s*\w+,\s*(LIVE|START),", _table("settings"), re.M)
    return {f"{section}.{key}": when == "LIVE" for section, key, when in rows}


def errors():
    """The rows of errors.def: {code: status}."""
    return {name: int(status) for name, status in re.findall(r"^ERR\((\w+),\s*(\d{3}),", _table("errors"), re.M)}


def _table(name):
    return (ROOT / f"src/tables/{name}.def").read_text()
