"""Somebody who can write to the store, but has not the master key."""

import contextlib
import sqlite3

import psycopg2


class Hands:
    """At the store of a server that is down. Statements have ? for values, on both engines."""

    def __init__(self, server):
        server.terminate()
        self.server = server

    def _connect(self):
        if self.server.engine == "postgres":
            return psycopg2.connect(self.server.store)
        return sqlite3.connect(self.server.data / "keywright.db")

    def change(self, sql, *values):
        """How many rows it changed."""
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql.replace("?", "%s") if self.server.engine == "postgres" else sql, values)
            connection.commit()
            return cursor.rowcount

    def rows(self, sql, *values):
        """Rows as dictionaries."""
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql.replace("?", "%s") if self.server.engine == "postgres" else sql, values)
            names = [column[0] for column in cursor.description]
            return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]

    def put(self, table, row):
        names = list(row)
        marks = ", ".join("?" * len(names))
        assert self.change(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", *row.values()) == 1


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value
