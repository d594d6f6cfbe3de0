"""docs/license-key-vectors.json, by an implementation that has nothing in common with ours but the text of the rule."""

import json
import pathlib
import re
import zlib

import pytest

VECTORS = json.loads((pathlib.Path(__file__).resolve().parents[2] / "docs/license-key-vectors.json").read_text())
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FOLDED = dict(zip("OoIiLl", "001111")) | {letter.lower(): letter for letter in ALPHABET if letter.isalpha()}


def check_symbols(body):
    low = zlib.crc32(body.encode("ascii")) & (1 << 25) - 1
    return "".join(ALPHABET[int(f"{low:025b}"[at : at + 5], 2)] for at in range(0, 25, 5))


def read(typed):
    """(prefix, canonical), or the reason why it is no key."""
    if len(typed.encode()) > 256:
        return "too_long"
    plain = "".join(FOLDED.get(character, character) for character in typed if character not in " -")
    if not set(plain) <= set(ALPHABET):
        return "character"
    if len(plain) < 32:
        return "too_short"
    if len(plain) > 38:
        return "too_long"
    if check_symbols(plain[:-5]) != plain[-5:]:
        return "check"
    return plain[:-30], plain


@pytest.mark.parametrize("row", VECTORS["valid"], ids=lambda row: row["note"])
def test_a_valid_key_reads_and_shows_as_published(row):
    assert read(row["typed"]) == (row["prefix"], row["canonical"])
    assert row["shown"] == "-".join([row["prefix"], *re.findall(".{5}", row["canonical"][-30:])])
    assert read(row["shown"]) == read(row["canonical"]) == read(row["typed"])


@pytest.mark.parametrize("row", VECTORS["invalid"], ids=lambda row: row["note"])
def test_an_invalid_key_is_refused_for_the_published_reason(row):
    assert read(row["typed"]) == row["reason"]


def test_the_vectors_cover_every_reason():
    assert {row["reason"] for row in VECTORS["invalid"]} == {"too_long", "too_short", "character", "check"}
    assert {len(row["prefix"]) for row in VECTORS["valid"]} >= {2, 8}
