"""GET /brand/{app_id} and its logo: what an app's pages bear of its own. Also the files that all pages share."""

import base64
import re

import pytest

from lib.checks import common_headers, envelope

STYLE = "/brand/{app_id}"
LOGO = "/brand/{app_id}/logo"
ASSET = "/assets/{name}"
UNKNOWN = "0190b8a0-7c3e-7d10-8f00-000000000000"
IMAGES = {
    "image/png": b"\x89PNG\r\n\x1a\nand more",
    "image/jpeg": b"\xff\xd8\xff\xe0and more",
    "image/webp": b"RIFF\x08\0\0\0WEBPVP8 ",
    "image/svg+xml": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
}


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", ["#0b57d0", "#ffee00", "#000000", "#ffffff", "#7f7f7f", "#FF69B4"])
def test_the_color_is_readable_on_light_and_dark_pages(client, app, color):
    app.set("color", color)
    response = client.get(STYLE.format(app_id=app.app_id))
    assert response.status_code == 200 and response.headers["content-type"] == "text/css; charset=utf-8"
    common_headers(response, cache="public, max-age=300")
    light, dark = re.findall(r":root{--accent:(#[0-9a-f]{6});--on-accent:(#[0-9a-f]{3})}", response.text)
    assert "@media (prefers-color-scheme:dark)" in response.text
    for (accent, on_accent), ground in ((light, "#f6f7f9"), (dark, "#1a1e23")):
        assert contrast(accent, ground) >= 4.5 and contrast(accent, "#" + on_accent[1:] * 2) >= 4.5
    if color == "#0b57d0":
        assert light[0] == color, "what is readable already stays as it is"


@pytest.mark.parametrize("kind", IMAGES)
def test_the_logo_comes_as_what_it_is_and_runs_nothing(client, app, kind):
    app.set("logo", f"data:{kind};base64,{base64.b64encode(IMAGES[kind]).decode()}")
    response = client.get(LOGO.format(app_id=app.app_id))
    assert response.status_code == 200 and response.headers["content-type"] == kind
    assert response.content == IMAGES[kind]
    common_headers(response, cache="public, max-age=300")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "unsafe" not in policy


def test_an_app_without_color_or_logo_has_neither(client, app):
    for path in (STYLE, LOGO):
        for app_id in (app.app_id, UNKNOWN, "x", app.app_id + "x"):
            envelope(client.get(path.format(app_id=app_id)), "NOT_FOUND")
    envelope(client.get(f"/brand/{app.app_id}/logo/x"), "NOT_FOUND")
    envelope(client.get(f"/brand/{app.app_id}/other"), "NOT_FOUND")


def test_what_is_taken_back_is_gone(client, app):
    app.set("color", "#0b57d0")
    assert client.get(STYLE.format(app_id=app.app_id)).status_code == 200
    client.server.operator("PATCH", f"/operator/apps/{app.app_id}", {"color": None})
    envelope(client.get(STYLE.format(app_id=app.app_id)), "NOT_FOUND")


def test_a_file_is_kept_for_ever_by_its_hash_alone(client):
    plain = client.get(ASSET.format(name="keywright.css"))
    common_headers(plain, cache="public, max-age=3600")
    envelope(client.get(ASSET.format(name="keywright.00000000.css")), "NOT_FOUND")
