"""A real Chromium, as people use our pages: each Browser is one person's, with cookies and a cache of its own.

One process serves a whole run; a Browser is a browser context in it (DevTools protocol), which costs a tenth of a second.
Nothing it does leaves loopback: every name but localhost is unknown to it.
"""

import json
import shutil
import socket
import tempfile
import time
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Request, TextMessage

PROGRAM = "/usr/lib/chromium/chromium"  # /usr/bin/chromium is a script around it that adds flags of its own
DRIVER = "/usr/bin/chromedriver"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions --disable-default-apps"
).split() + ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "about:blank"]

WAIT = 20


class Chromium:
    """One process and its driver. `settings`: preferences of its profile, for what a context cannot have of its own."""

    def __init__(self, settings=None):
        self.profile = tempfile.mkdtemp(prefix="kw-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = PROGRAM
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={self.profile}")
        options.add_experimental_option("prefs", settings or {})
        options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.devtools = DevTools(self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"])
        self.browsers = []
        self.console = []
        self.tab = None

    def quit(self):
        self.devtools.close()
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, **traits):
        self.browsers.append(Browser(self, **traits))
        return self.browsers[-1]

    def switch_to(self, tab):
        if self.tab != tab:
            self.driver.switch_to.window(tab)
            self.tab = tab

    def close_all(self):
        """Closes every browser, and forgets what was logged."""
        for browser in self.browsers:
            self.devtools.call("Target.disposeBrowserContext", browserContextId=browser.context)
        self.switch_to(self.driver.window_handles[0])
        self.take_logs()
        self.browsers, self.console = [], []

    def take_logs(self):
        """Adds what was logged since last asked: requests to their browsers' own, complaints to `console`."""
        for entry in self.driver.get_log("performance"):
            entry = json.loads(entry["message"])
            for browser in self.browsers:
                if entry["webview"] in browser.tabs:
                    browser.network.append(entry["message"])
        self.console += self.driver.get_log("browser")


class Browser:
    """One person's browser. Elements are found as people find them: by what a screen reader would say."""

    def __init__(self, chromium, **traits):
        self.traits = traits
        self.chromium = chromium
        self.context = chromium.devtools.call("Target.createBrowserContext")["browserContextId"]
        self.tabs = []
        self.network = []
        self.tab = None
        self.open_tab()

    # ---- tabs ----

    def open_tab(self):
        """A new tab, which becomes the one that is spoken to. Returns it for use_tab."""
        created = self.chromium.devtools.call("Target.createTarget", url="about:blank", browserContextId=self.context)
        self.tabs.append(created["targetId"])
        self.use_tab(created["targetId"])
        self.devtools("Network.enable")
        self.emulate(**self.traits)
        return self.tab

    def emulate(self, javascript=True, dark=False, width=None, language=None, user_agent=None):
        if not javascript:
            self.devtools("Emulation.setScriptExecutionDisabled", value=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        scale = 2 if width else 1
        self.devtools("Emulation.setDeviceMetricsOverride", width=width or 1024, height=700, deviceScaleFactor=scale, mobile=bool(width))
        if language:
            self.devtools("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        if user_agent:
            self.devtools("Emulation.setUserAgentOverride", userAgent=user_agent)

    def use_tab(self, tab):
        self.tab = tab

    def use_newest_tab(self):
        """The one that a page has just opened, if it did."""
        mine = [
            target["targetId"]
            for target in self.chromium.devtools.call("Target.getTargets")["targetInfos"]
            if target["type"] == "page" and target.get("browserContextId") == self.context
        ]
        self.tabs += [tab for tab in mine if tab not in self.tabs]
        self.use_tab(self.tabs[-1])

    @property
    def driver(self):
        self.chromium.switch_to(self.tab)
        return self.chromium.driver

    def devtools(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    # ---- going about ----

    def go(self, url):
        self.driver.get(url)

    def reload(self):
        self.driver.refresh()

    def back(self):
        self.driver.back()

    @property
    def url(self):
        return self.driver.current_url

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    @property
    def status(self):
        """The HTTP status of the page that is shown."""
        return self.evaluate("return performance.getEntriesByType('navigation')[0].responseStatus")

    @property
    def text(self):
        """What is visible."""
        return self.evaluate("return document.body ? document.body.innerText : ''")

    def evaluate(self, script, *values):
        """Runs a function body of the test's own in the page, also where the page's own scripts are off."""
        return self.driver.execute_script(script, *values)

    def until(self, condition, what):
        """Waits until condition() is true, and returns what it gave."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                if given := condition():
                    return given
            except StaleElementReferenceException:
                pass
            assert time.monotonic() < deadline, f"{what}: not within {WAIT} s, at {self.url}:\n{self.text}"
            time.sleep(0.02)

    def stay(self, seconds):
        """Looks on, while the page may do what it does by itself."""
        time.sleep(seconds)

    def until_says(self, *words):
        """Waits until the page shows one of these, whatever their case. Returns its text."""
        said = self.until(lambda: (text := self.text) and any(word.lower() in text.lower() for word in words) and text, f"{words}")
        return said

    def until_at(self, url):
        """Waits until the address begins so."""
        self.until(lambda: self.url.startswith(url), url)

    # ---- elements ----

    def all(self, css):
        return [element for element in self.driver.find_elements(By.CSS_SELECTOR, css) if element.is_displayed()]

    def one(self, css, name=None):
        """The visible element that css finds; name: a part of its accessible name, whatever its case. Waits for it."""
        names = [name] if isinstance(name, str) else name
        fits = lambda element: not names or any(part.lower() in element.accessible_name.lower() for part in names)  # noqa: E731
        return self.until(lambda: next((element for element in self.all(css) if fits(element)), None), f"{css} {name or ''}")

    def has(self, css, *names):
        return any(not names or any(name.lower() in e.accessible_name.lower() for name in names) for e in self.all(css))

    def field(self):
        """The one field of the page."""
        fields = self.until(lambda: self.all("input:not([type=hidden]), textarea, select"), "a field")
        assert len(fields) == 1, [field.accessible_name for field in fields]
        return fields[0]

    def fill(self, text):
        field = self.field()
        field.clear()
        field.send_keys(text)

    def button(self, *names):
        return self.one("button, input[type=submit]", names)

    def link(self, *names):
        return self.one("a[href]", names)

    def click(self, element):
        """Clicks, and waits until another document is there, and is not one that goes on by itself."""
        before = self.document()
        element.click()
        self.until(lambda: self.document() not in (None, before), "another page")

    def submit(self, unchecked=False):
        """Presses the button of the form that the page's field stands in. unchecked: the browser is to send whatever is typed."""
        if unchecked:
            self.evaluate("for (const form of document.forms) form.noValidate = true")
        self.click(self.field().find_element(By.XPATH, "ancestor::form//button[not(@type) or @type='submit']"))

    def double_click(self, element):
        webdriver.ActionChains(self.driver).double_click(element).perform()

    def press(self, *names):
        self.click(self.button(*names))

    def press_or_follow(self, *names):
        self.click(self.one("button, a[href]", names))

    def follow(self, *names):
        self.click(self.link(*names))

    def document(self):
        """Tells one document from another; None while it is loading or goes on by itself."""
        return self.evaluate("""return document.readyState == 'complete'
            && !document.querySelector('meta[http-equiv=refresh][content^="0"]') ? performance.timeOrigin : null""")

    # ---- keys ----

    def type(self, *keys):
        """To wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    # ---- cookies ----

    def cookies(self):
        """All cookies of this person: {name: cookie}."""
        cookies = self.chromium.devtools.call("Storage.getCookies", browserContextId=self.context)["cookies"]
        return {cookie["name"]: cookie for cookie in cookies}

    def plant_cookie(self, url, name, value):
        """As malware on the device or a neighbouring host might."""
        cookie = {"name": name, "value": value, "url": url, "path": "/", "secure": True, "httpOnly": True, "sameSite": "Lax"}
        self.chromium.devtools.call("Storage.setCookies", browserContextId=self.context, cookies=[cookie])

    def forgive_console(self, part):
        """Forgets complaints with these words, which the test brought about on purpose; there must be some."""
        self.chromium.take_logs()
        kept = [entry for entry in self.chromium.console if part not in entry["message"]]
        assert len(kept) < len(self.chromium.console), f"nobody complained of {part}"
        self.chromium.console = kept

    # ---- what was asked of the network ----

    def requests(self):
        self.chromium.take_logs()
        return [message["params"] for message in self.network if message["method"] == "Network.requestWillBeSent"]

    def pages(self):
        """The URL of every page it asked for."""
        return {asked["request"]["url"] for asked in self.requests() if asked.get("type") == "Document"}

    def origins(self):
        """Every origin that it spoke to."""
        urls = [urllib.parse.urlsplit(asked["request"]["url"]) for asked in self.requests()]
        return {f"{url.scheme}://{url.netloc}" for url in urls if url.netloc and url.scheme != "chrome"}

    def bytes_taken(self):
        """What came over the wire, heads included: {url: bytes}, of what was fetched more than once the most."""
        urls = {asked["requestId"]: asked["request"]["url"] for asked in self.requests()}
        taken = dict.fromkeys(urls.values(), 0)
        for end in [message["params"] for message in self.network if message["method"] == "Network.loadingFinished"]:
            if url := urls.get(end["requestId"]):
                taken[url] = max(taken[url], end["encodedDataLength"])
        return taken


class DevTools:
    """Chromium's own DevTools connection, for what is above all tabs."""

    def __init__(self, address):
        address = address.replace("localhost", "127.0.0.1")
        with urllib.request.urlopen(f"http://{address}/json/version") as answer:
            url = urllib.parse.urlsplit(json.load(answer)["webSocketDebuggerUrl"])
        self.socket = socket.create_connection((url.hostname, url.port), timeout=30)
        self.wire = WSConnection(ConnectionType.CLIENT)
        self.socket.sendall(self.wire.send(Request(host=url.netloc, target=url.path)))
        self.parts = []
        self.count = 0
        while not self.events(AcceptConnection):
            pass

    def call(self, method, **parameters):
        self.count += 1
        message = json.dumps({"id": self.count, "method": method, "params": parameters})
        self.socket.sendall(self.wire.send(TextMessage(data=message)))
        while True:
            for answer in self.messages():
                if answer.get("id") == self.count:
                    assert "error" not in answer, f"{method}: {answer}"
                    return answer["result"]

    def messages(self):
        complete = []
        for event in self.events(TextMessage):
            self.parts.append(event.data)
            if event.message_finished:
                complete.append(json.loads("".join(self.parts)))
                self.parts = []
        return complete

    def events(self, kind):
        self.wire.receive_data(self.socket.recv(65536))
        return [event for event in self.wire.events() if isinstance(event, kind)]

    def close(self):
        self.socket.close()
