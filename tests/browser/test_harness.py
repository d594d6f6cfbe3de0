"""The tools of the browser tests themselves: what they say they would notice, they do notice."""

import socket

from lib import look


def test_each_browser_has_cookies_of_its_own(people, site):
    one, other = people(), people()
    url = site.serve("<script>document.cookie = 'who=me'; document.title = document.cookie</script>")
    one.go(url)
    other.go(site.serve("<script>document.title = 'none:' + document.cookie</script>", "/other"))
    assert list(one.cookies()) == ["who"] and not other.cookies()
    assert other.driver.title == "none:"
    tab = other.tab
    other.open_tab()
    other.go(url)
    other.use_tab(tab)
    assert other.driver.title == "none:" and list(other.cookies()) == ["who"]


def test_without_javascript_a_page_runs_none(people, site):
    url = site.serve("<p id=p></p><noscript>plain</noscript><script>p.textContent = 'scripted'</script>")
    for javascript, shown in ((True, "scripted"), (False, "plain")):
        browser = people(javascript=javascript)
        browser.go(url)
        assert browser.text == shown


def test_a_violated_policy_is_noticed(chromium, site):
    browser = chromium.open()
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
    browser.go(site.serve(policy + "<script>1</script>"))
    chromium.take_logs()
    assert any("Content Security Policy" in entry["message"] for entry in chromium.console)
    chromium.close_all()


def test_a_request_to_a_stranger_is_noticed_and_goes_nowhere(chromium, site):
    browser = chromium.open()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        browser.go(site.serve(f'<img alt="" src="http://stranger.example:{port}/x.png">'))
        assert f"http://stranger.example:{port}" in browser.origins()
        assert any("ERR_NAME_NOT_RESOLVED" in entry["message"] for entry in chromium.console)
    chromium.close_all()


def test_bad_looks_are_noticed(browser, site):
    browser.go(site.serve("""<meta name=viewport content="width=device-width">
        <h1>Title</h1><main><p style="color: #999; background: #fff">pale</p><input><div style="width: 3000px">wide</div>
        <button style="width: 9px; height: 9px; padding: 0"></button></main>"""))  # fmt: skip
    found = "\n".join(look.faults(browser))
    for fault in ("2.85: pale", " px of ", "<button", "inline", "textbox without a name", "button without a name"):
        assert fault in found
    browser.go(site.serve("""<meta name=viewport content="width=device-width"><main><h1>Title</h1>
        <label>Name <input style="height: 24px"></label></main>"""))  # fmt: skip
    assert [fault for fault in look.faults(browser) if not fault.startswith("inline")] == []
