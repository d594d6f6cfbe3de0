"""Fixtures of the tests of licenses."""

import pytest

from lib.licenses import Shop


@pytest.fixture
def shop(client, app, stranger):
    """An app's server that sells, and devices at an address of their own."""
    return Shop(client, app, stranger)


@pytest.fixture
def clock_shop(clock_client, clock_app, clock_server, open_client, new_address):
    return Shop(clock_client, clock_app, open_client(clock_server, source=new_address()))
