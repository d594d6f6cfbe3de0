"""The error codes are a contract: the frozen list, the table in the source and what is served must agree."""

import json

import pytest

from lib.golden import STATUS
from lib.server import ROOT, run
from lib.tables import errors


def test_the_table_holds_exactly_the_frozen_codes():
    assert errors() == STATUS


def test_every_code_has_its_prose_and_every_prose_its_code():
    pages = {path.stem for path in (ROOT / "docs/errors").glob("*.md")} - {"README", "index"}
    assert pages == set(STATUS)


def test_the_served_document_names_them_all(client):
    text = json.dumps(client.get("/openapi.json").json())
    for code in STATUS:
        assert code in text, code


@pytest.mark.parametrize("code", STATUS)
def test_explain_knows_every_code(code):
    done = run("explain", code)
    assert done.returncode == 0, done.stderr
    assert code in done.stdout and str(STATUS[code]) in done.stdout


def test_explain_refuses_what_is_no_code():
    done = run("explain", "NONSENSE")
    assert done.returncode in (1, 2) and done.stderr and not done.stdout
