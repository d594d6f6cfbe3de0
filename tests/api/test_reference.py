"""GET /reference/errors and /reference/errors/{code}: the page that every refusal's doc_url leads to."""

import re

import pytest

from lib.checks import common_headers, envelope
from lib.golden import STATUS

LIST = "/reference/errors"
PAGE = "/reference/errors/{code}"
CACHE = "max-age=3600"


@pytest.mark.parametrize("code", STATUS)
def test_every_code_has_its_page(client, code):
    page = client.get(PAGE.format(code=code), headers={"Accept": "text/html"})
    assert page.status_code == 200 and page.headers["content-type"].lower().startswith("text/html")
    assert code in page.text and str(STATUS[code]) in page.text
    common_headers(page, cache=page.headers["cache-control"])
    assert CACHE in page.headers["cache-control"]


@pytest.mark.parametrize("code", ["OTP_INVALID", "magic_link_not_found", "SERVICE_UNAVAILABLE"])
def test_a_page_helps_beginners_and_production(client, code):
    page = client.get(PAGE.format(code=code), headers={"Accept": "text/html"}).text.lower()
    for word in ("what", "when", "python", "typescript", "avoid"):
        assert word in page, f"the page of {code} lacks '{word}'"


@pytest.mark.parametrize("code", STATUS)
def test_every_code_is_described_as_json_too(client, code):
    response = client.get(PAGE.format(code=code), headers={"Accept": "application/json"})
    assert response.headers["content-type"].startswith("application/json")
    text = response.text
    assert response.status_code == 200 and f'"{code}"' in text and str(STATUS[code]) in text


def test_the_list_names_every_code_in_both_forms(client):
    html = client.get(LIST, headers={"Accept": "text/html,*/*"}).text
    document = client.get(LIST, headers={"Accept": "application/json"}).text
    for code in STATUS:
        assert f"/reference/errors/{code}" in html
        assert f'"{code}"' in document


@pytest.mark.parametrize("code", ["NONSENSE", "otp_invalid", "OTP_INVALID%00", "..%2f..%2fetc%2fpasswd", "<script>"])
def test_an_unknown_code_is_not_found(client, code):
    response = client.get(f"{LIST}/{code}")
    assert response.status_code in (400, 404)
    envelope(response, response.json()["error"])


def test_pages_run_nothing(client):
    page = client.get(PAGE.format(code="OTP_INVALID"), headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy.replace("'unsafe-inline'", "", 0)
    assert "<script" not in page.text


def test_a_doc_url_leads_to_its_page(client):
    refused = envelope(client.get("/v1/auth/me"), "TOKEN_INVALID")
    path = refused["doc_url"].removeprefix(client.server.public_url)
    assert client.get(path).status_code == 200


def test_pages_bring_their_style_sheet(client):
    asset = "/assets/{name}"
    page = client.get(PAGE.format(code="OTP_INVALID"), headers={"Accept": "text/html"}).text
    path = re.search(r'href="(/assets/[^"]+\.css)"', page).group(1)
    response = client.get(path)
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/css")
    common_headers(response, cache=response.headers["cache-control"])
    assert "max-age=" in response.headers["cache-control"]
    for name in ("nothing.css", "../migrations/0001_apps.sql", "%2e%2e"):
        assert client.get(asset.format(name=name)).status_code in (400, 404)
