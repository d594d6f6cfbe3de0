"""Every endpoint and document of the tables is tested by at least one file here."""

import pathlib

import pytest

from lib.tables import documents, endpoints

HERE = pathlib.Path(__file__).parent
TESTED = "\n".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != pathlib.Path(__file__).name)


@pytest.mark.parametrize("endpoint", endpoints() + documents(), ids=str)
def test_every_endpoint_has_its_tests(endpoint):
    assert f'"{endpoint.path}"' in TESTED or f'"/v1{endpoint.path}"' in TESTED, f"no test names {endpoint}"


def test_the_tables_are_read():
    assert len(endpoints()) >= 6 and len(documents()) >= 6
