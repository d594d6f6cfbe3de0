"""Every row of the endpoint table is tested by at least one file here."""

import pathlib

import pytest

from lib.tables import endpoints

HERE = pathlib.Path(__file__).parent
TESTED = "\n".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != "test_completeness.py")


@pytest.mark.parametrize("endpoint", endpoints(), ids=str)
def test_every_endpoint_has_its_tests(endpoint):
    assert f'"{endpoint.path}"' in TESTED or f'"/v1{endpoint.path}"' in TESTED, f"no test names {endpoint}"
