"""Reads the tables in src/tables, the constitution of the program."""

import dataclasses
import re

from lib.server import ROOT


@dataclasses.dataclass(frozen=True)
class Endpoint:
    method: str
    path: str

    @property
    def is_public(self):
        """Served to apps and users: not the operator's, not dev mode's."""
        return not self.path.startswith(("/operator", "/dev"))

    def __str__(self):
        return f"{self.method} {self.path}"


def endpoints():
    """The rows of endpoints.def, their paths without /v1."""
    text = (ROOT / "src/tables/endpoints.def").read_text()
    rows = re.findall(r"^ENDPOINT\(([^\n]*)", text, re.M)
    found = []
    for row in rows:
        method = re.search(r"\b(GET|POST|PUT|PATCH|DELETE)\b", row).group(1)
        path = re.search(r'"(/[^"]*)"', row).group(1)
        found.append(Endpoint(method, path.removeprefix("/v1")))
    assert found, "endpoints.def holds no rows"
    return found
