"""Many sessions for the bench: copies of one that a real sign-in made, each with a user of its own, written straight into
the SQLite file of a server that is down; and the refresh tokens that speak for them (src/token/token.h has their form)."""
import base64
import hashlib
import hmac
import os
import random
import sqlite3
import struct
import time
import zlib
from contextlib import closing

KEY_PURPOSE = b"refresh token"


def derive(master, purpose):
    """HKDF-SHA-256 without salt, one block (RFC 5869), as src/crypto/mac.h has it."""
    return hmac.digest(hmac.digest(bytes(32), master, "sha256"), purpose + b"\x01", "sha256")


def mac(key, part):
    """MAC_SUM of one part, as src/crypto/mac.h has it."""
    return hmac.digest(key, struct.pack(">Q", len(part)) + part, "sha256")


def refresh_token(key, app_id, session_id, generation):
    signed = b"\x01" + app_id + session_id + struct.pack(">I", generation)
    checked = signed + mac(key, signed)[:16]
    return "kwr_" + base64.urlsafe_b64encode(checked + struct.pack(">I", zlib.crc32(checked))).decode().rstrip("=")


def new_id():
    """A UUID of version 7 from some time of the last year."""
    ms = int(time.time() * 1000) - random.randrange(365 * 86_400_000)
    chance = os.urandom(10)
    return ms.to_bytes(6, "big") + bytes([0x70 | chance[0] & 0x0F, chance[1], 0x80 | chance[2] & 0x3F]) + chance[3:]


def master_key(data):
    with open(f"{data}/master.key") as file:
        return bytes.fromhex(file.read().strip())


def copy_row(database, table, key, value, changes):
    """Inserts the row whose key has this value again for each dict in changes, with that dict's columns in place of its own."""
    cursor = database.execute(f"SELECT * FROM {table} WHERE {key} = ?", [value])
    columns = [column[0] for column in cursor.description]
    row = dict(zip(columns, cursor.fetchone()))
    database.executemany(
        f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", (list((row | change).values()) for change in changes)
    )


def email_of(user_id):
    return f"{user_id.hex()}@bench.example"


def load(data, count, known_token):
    """Makes count sessions in the data folder; known_token is a genuine refresh token, to prove that ours will be, too.
    Returns the sessions' ids, in an order unlike the table's, and a function that makes their refresh tokens: first those
    of their present generation, then those of the next, which the first lead to."""
    raw = base64.urlsafe_b64decode(known_token[4:] + "==")
    app_id, session_id, generation = raw[1:17], raw[17:33], struct.unpack(">I", raw[33:37])[0]
    key = derive(master_key(data), KEY_PURPOSE)
    if refresh_token(key, app_id, session_id, generation) != known_token:
        raise SystemExit("bench/load_sessions.py does not make refresh tokens as src/token does any more")

    ids = [new_id() for _ in range(count)]
    with closing(sqlite3.connect(f"{data}/keywright.db")) as database, database:
        user_id, = database.execute("SELECT user_id FROM sessions WHERE session_id = ?", [session_id]).fetchone()
        copy_row(database, "users", "user_id", user_id,
                 ({"user_id": id, "email": email_of(id), "email_spelling": None} for id in sorted(ids)))
        copy_row(database, "sessions", "session_id", session_id, ({"session_id": id, "user_id": id} for id in sorted(ids)))

    def tokens(some_ids):
        return [refresh_token(key, app_id, id, each) for each in (generation, generation + 1) for id in some_ids]

    return ids, tokens
