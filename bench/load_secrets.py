"""Fresh magic links and exchange codes for the bench: copies of a link that was really asked for and of a code that was really
issued, each for one of the users that load_sessions.py made, written into the SQLite file of a server that is down."""
import base64
import os
import sqlite3
import time
from contextlib import closing

from load_sessions import copy_row, derive, email_of, mac, master_key, new_id

HOUR_MS = 3_600_000


def new_secret():
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def load_links(data, users, known_token):
    """A link for each of the users, which holds for an hour; known_token is that of a genuine one. Returns the tokens, the one
    asked for first first: so do people use them, and rows lie in that order."""
    key = derive(master_key(data), b"magic link token")
    known = mac(key, known_token.encode())
    tokens = [new_secret() for _ in users]
    end = int(time.time() * 1000) + HOUR_MS
    with closing(sqlite3.connect(f"{data}/keywright.db")) as database, database:
        if not database.execute("SELECT 1 FROM magic_links WHERE token_mac = ?", [known]).fetchone():
            raise SystemExit("bench/load_secrets.py does not make link tokens as src/magic does any more")
        rows = zip(sorted(new_id() for _ in users), users, tokens)
        copy_row(database, "magic_links", "token_mac", known,
                 ({"link_id": id, "contact": email_of(user), "contact_spelling": email_of(user),
                   "token_mac": mac(key, token.encode()), "expires_at": end} for id, user, token in rows))
    return tokens


def load_codes(data, users, known_code):
    """An opaque code for each of the users, as the hosted pages issue them: no hand-over. Returns the codes."""
    key = derive(master_key(data), b"exchange code")
    known = mac(key, known_code.encode())
    codes = ["kwx_" + new_secret() for _ in users]
    end = int(time.time() * 1000) + HOUR_MS
    with closing(sqlite3.connect(f"{data}/keywright.db")) as database, database:
        if not database.execute("SELECT 1 FROM exchange_codes WHERE code_mac = ?", [known]).fetchone():
            raise SystemExit("bench/load_secrets.py does not make exchange codes as src/exchange does any more")
        copy_row(database, "exchange_codes", "code_mac", known,
                 ({"code_mac": mac(key, code.encode()), "user_id": user, "from_session": None, "expires_at": end}
                  for user, code in zip(users, codes)))
    return codes
