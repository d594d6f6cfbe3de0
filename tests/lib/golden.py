"""The frozen error codes: tests/golden/errors.txt, CODE STATUS per line, changed by hand and on purpose only."""

import pathlib

FILE = pathlib.Path(__file__).resolve().parents[1] / "golden" / "errors.txt"
STATUS = {code: int(status) for code, status in (line.split() for line in FILE.read_text().splitlines())}
