"""Many licenses for the bench: copies of one that was really issued, and of a device's slot that was really taken, written into the
SQLite file of a server that is down; and the keys that they are found by (src/license/license_key.h has their form)."""
import hmac
import os
import sqlite3
import struct
import zlib
from contextlib import closing

from load_sessions import copy_row, derive, master_key, new_id

SYMBOLS = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM = bytes(SYMBOLS[byte & 31] for byte in range(256))
DEVICE = "the-one-device-of-each"


def mac(key, *parts):
    """MAC_SUM of the parts, as src/crypto/mac.h has it."""
    return hmac.digest(key, b"".join(struct.pack(">Q", len(part)) + part for part in parts), "sha256")


def new_key(prefix):
    """A license key in canonical form."""
    checked = prefix + os.urandom(25).translate(RANDOM)
    crc = zlib.crc32(checked)
    return checked + bytes(SYMBOLS[crc >> shift & 31] for shift in (20, 15, 10, 5, 0))


def load(data, count, activated, known):
    """Makes count licenses; DEVICE holds a slot of the first `activated`. known is (app_id, license_id, license_key) of a genuine
    one with that device, to prove that ours will be, too. Returns the keys, in an order unlike the table's."""
    app_id, license_id, license_key = known
    name_key, device_key = (derive(master_key(data), purpose) for purpose in (b"license key", b"license device"))

    def name(key):
        return mac(name_key, app_id, key)

    def device(id):
        return mac(device_key, id, DEVICE.encode())[:16]

    with closing(sqlite3.connect(f"{data}/keywright.db")) as database, database:
        database.execute("PRAGMA cache_size = -1000000")
        found = database.execute(
            "SELECT 1 FROM licenses l JOIN activations a ON a.license_id = l.license_id WHERE l.key_mac = ? AND a.device = ?",
            [name(license_key), device(license_id)])  # fmt: skip
        if not found.fetchone():
            raise SystemExit("bench/load_licenses.py does not make license keys as src/license does any more")
        made = [(new_id(), new_key(license_key[:-30])) for _ in range(count)]
        used = {id for id, _ in made[:activated]}
        rows = sorted(made)
        copy_row(database, "licenses", "license_id", license_id,
                 ({"license_id": id, "key_mac": name(key), "activations_used": int(id in used)} for id, key in rows))
        copy_row(database, "activations", "license_id", license_id,
                 ({"license_id": id, "device": device(id), "activation_id": new_id()} for id, _ in rows if id in used))
    return [key.decode() for _, key in made]
