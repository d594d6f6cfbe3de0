"""Fixtures of the browser tests: one Chromium per run, a browser per person, an app to come back to.

They run on the first engine of KW_ENGINES alone, unless marked `every_engine`: what a page shows does not depend on the store.
"""

import contextlib

import pytest

from lib import postgres
from lib.browser import Chromium
from lib.client_app import ClientApp, Site
from lib.person import Person
from lib.server import ENGINES


def pytest_generate_tests(metafunc):
    if "any_engine" in metafunc.fixturenames:
        engines = ENGINES if metafunc.definition.get_closest_marker("every_engine") else ENGINES[:1]
        metafunc.parametrize("any_engine", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def any_engine(request):
    return postgres.skip_if_absent(request.param)


@pytest.fixture(scope="session")
def chromium():
    chromium = Chromium()
    yield chromium
    chromium.quit()


@pytest.fixture
def cookieless():
    """A Chromium whose owner blocks all cookies."""
    chromium = Chromium({"profile.default_content_setting_values.cookies": 2})
    yield chromium
    chromium.quit()


@pytest.fixture
def people(chromium):
    """Opens browsers: people(javascript=False, dark=True, width=320, language="de").

    After the test nothing may have been complained about on any console, and nobody spoken to but the test's own origins.
    """
    yield chromium.open
    try:
        pages = {page for browser in chromium.browsers for page in browser.pages()}
        complaints = [entry for entry in chromium.console if entry["level"] != "INFO" and not is_status_of_a_page(entry, pages)]
        assert not complaints, complaints
        origins = {origin for browser in chromium.browsers for origin in browser.origins()}
        strangers = {origin for origin in origins if origin.split("//")[1].split(":")[0] not in ("127.0.0.1", "localhost")}
        assert not strangers
    finally:
        chromium.close_all()


def is_status_of_a_page(entry, pages):
    """Chromium notes every answer whose status is an error; our pages have the status of their code, and so has what they ask."""
    url = entry["message"].split()[0]
    ours = url in pages or "/signin/status?" in url
    return entry["source"] == "network" and ours and "responded with a status of 4" in entry["message"]


@pytest.fixture
def browser(people):
    return people()


@pytest.fixture
def site():
    """A web site of somebody else's."""
    with Site() as site:
        yield site


@pytest.fixture
def visitor(people, open_client):
    """A person who wants to sign in to a new app of that server: visitor(server, "ada@example.com", width=320)."""
    with contextlib.ExitStack() as sites:

        def visit(server, contact=None, app=None, **traits):
            client_app = sites.enter_context(ClientApp(server, app or server.create_app()))
            return Person(people(**traits), client_app, open_client(server), contact)

        yield visit


@pytest.fixture(params=[True, False], ids=["scripted", "plain"])
def javascript(request):
    return request.param


@pytest.fixture
def unlocked_server(clock_server):
    """Wrong codes lock an address for an hour, and all tests have one address: here that hour is over."""
    clock_server.shift_clock(3700)
    return clock_server
