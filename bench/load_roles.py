"""Many tenants and roles for the bench: copies of a tenant and a role that an app's server made, for the users that
load_sessions.py made, written into the SQLite file of a server that is down."""
import random
import sqlite3
import uuid
from contextlib import closing

from load_sessions import copy_row, new_id

TENANTS = 1000


def load_roles(data, users, count, known_tenant):
    """TENANTS tenants, where every user has a role, and count roles or more in all; known_tenant is genuine, and has one role.
    Returns the pairs (tenant, user) that have it, at random."""
    known = uuid.UUID(known_tenant).bytes
    tenants = [new_id() for _ in range(TENANTS)]
    # pairs differ until every user is in every tenant
    count = max(count, len(users))
    pairs = [(tenants[(n + n // len(users)) % TENANTS], users[n % len(users)]) for n in range(count)]
    with closing(sqlite3.connect(f"{data}/keywright.db")) as database, database:
        copy_row(database, "tenants", "tenant_id", known, ({"tenant_id": id, "slug": None} for id in sorted(tenants)))
        copy_row(database, "roles", "tenant_id", known,
                 ({"tenant_id": tenant, "user_id": user, "role_id": new_id()} for tenant, user in sorted(pairs, key=lambda pair: pair[::-1])))
    random.shuffle(pairs)
    return [(str(uuid.UUID(bytes=tenant)), str(uuid.UUID(bytes=user))) for tenant, user in pairs]
