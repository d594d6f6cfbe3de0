"""Every threat that what is built so far must withstand has a test by its id."""

import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
ROWS = (
    "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B13 B14 B15 "
    "C1 C2 C3 C4 C5 C6 C7 "
    "D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 D14 D15 D16 D17 D18 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 E11 E12 E13 E14 E15 E17 "
    "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 G1 G3 G6 G7 G8 G9 G11 G13 H3 H5 H8 H9 H11"
).split()
TESTED = {
    row
    for path in [*TESTS.glob("flow/test_*.py"), *TESTS.glob("api/test_*.py"), *TESTS.glob("browser/test_*.py")]
    for name in re.findall(r"^def test_(\w+)", path.read_text(), re.M)
    for row in re.findall(r"(?:^|_)([A-H]\d+)(?=_)", name)
}


@pytest.mark.parametrize("row", ROWS)
def test_every_threat_has_a_test_by_its_id(row):
    assert row in TESTED


def test_data_races_are_looked_for():
    """H10 is no test of its own: tools/test runs the races on a ThreadSanitizer build."""
    assert re.search(r"tsan-flow.*test_a_single_use|tsan-flow.*A1", (TESTS.parent / "tools/test").read_text())
