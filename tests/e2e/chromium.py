"""A real Chromium, driven through chromedriver."""

import base64
import json
import os
import re
import select
import subprocess
import time
import urllib.error
import urllib.request

import lib
from lib import expect

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"     # the WebDriver standard's key


class Chromium:
    """WebDriver, spoken to chromedriver over loopback.  spec: W3C WebDriver 2"""

    def __init__(self, world, *more):
        port = None
        for _ in range(5):
            port = port or self.start(world)
        expect("chromedriver started", port)
        self.base = f"http://127.0.0.1:{port}"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                     "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                     "--window-size=1000,820", f"--user-data-dir={world.path('chromium')}", *more]
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"performance": "ALL"}}}})
        self.session = "/session/" + answer["sessionId"]

    def start(self, world):
        """Its port.  It wants the same one for IPv4 and IPv6, and ends where another program has one
        of the two: then None."""
        # Not buffered: select() sees all that is not read yet.
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
                                       env={**world.env, "HOME": world.folder})
        while select.select([self.driver.stdout], [], [], lib.PATIENCE)[0]:
            line = self.driver.stdout.readline().decode()
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return found.group(1)
            if not line:
                self.end_driver()
                return None
        return None

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=lib.PATIENCE) as response:
            return json.load(response)["value"]

    def go(self, url):
        self.ask("POST", self.session + "/url", {"url": url})

    def find(self, css):
        value = self.ask("POST", self.session + "/element", {"using": "css selector", "value": css})
        return self.session + "/element/" + value[ELEMENT]

    def type(self, css, text):
        self.ask("POST", self.find(css) + "/value", {"text": text})

    def click(self, css):
        self.ask("POST", self.find(css) + "/click", {})

    def script(self, body):
        return self.ask("POST", self.session + "/execute/sync", {"script": body, "args": []})

    def text(self):
        return self.ask("GET", self.find("body") + "/text")

    def wait_for(self, words):
        """A click may return before the next page is there."""
        deadline = time.monotonic() + lib.PATIENCE
        while time.monotonic() < deadline:
            try:
                text = self.text()
            except urllib.error.HTTPError:
                continue        # between two pages
            if words in text:
                return text
        raise lib.Failure(f"no page with {words!r}: {text}")

    def navigations(self):
        """Where its pages went since it was asked last, as far as the browser let them."""
        for entry in self.ask("POST", self.session + "/se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent" and event["params"]["type"] == "Document":
                yield event["params"]["request"]["url"]

    def picture(self, name):
        data = base64.b64decode(self.ask("GET", self.session + "/screenshot"))
        with open(os.path.join(lib.OUTPUT, name), "wb") as file:
            file.write(data)
        expect("a picture of some size", len(data) > 5000)

    def end(self):
        try:
            self.ask("DELETE", self.session)
        finally:
            self.end_driver()

    def end_driver(self):
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
