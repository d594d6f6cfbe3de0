"""Reads the tables in src/tables, the constitution of the program."""

import dataclasses
import re

from lib.server import ROOT


@dataclasses.dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    caller: str = "NONE"

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
    rows = re.findall(r'^ENDPOINT\(\w+,\s*(\w+),\s*"([^"]+)",\s*(\w+)', _table("endpoints"), re.M)
    return [Endpoint(*row) for row in rows]


def documents():
    """The rows of documents.def: what is read with a plain GET."""
    return [Endpoint("GET", path) for path in re.findall(r'^DOCUMENT\(\w+,\s*"([^"]+)"', _table("documents"), re.M)]


def errors():
    """The rows of errors.def: {code: status}."""
    return {name: int(status) for name, status in re.findall(r"^ERR\((\w+),\s*(\d{3}),", _table("errors"), re.M)}


def _table(name):
    return (ROOT / f"src/tables/{name}.def").read_text()
