"""What somebody would try who stole the store: plain and salted hashes of a secret, against every stored value."""

import hashlib
import hmac
import itertools


def hashes_of(code, salts):
    for salt, algorithm in itertools.product(salts, ("md5", "sha1", "sha256", "sha512", "blake2b")):
        digests = (
            hashlib.new(algorithm, salt + code).digest(),
            hashlib.new(algorithm, code + salt).digest(),
            hmac.new(salt, code, algorithm).digest(),
        )
        for digest in digests:
            yield from (digest, digest[:32], digest[:16], digest.hex().encode())


def stored_values(server):
    """Every value of every table, as bytes."""
    if server.engine == "sqlite":
        server.terminate()
        tables = server.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        tables = server.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (table,) in tables:
        for row in server.rows(f'SELECT * FROM "{table}"'):
            for value in row:
                yield bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
