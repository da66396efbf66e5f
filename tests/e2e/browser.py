#!/usr/bin/env python3
"""A person at a browser, for $BROWSER: walks the login and consent pages it is given.

MCPASS_E2E_ANSWER: allow, deny, or away (opens nothing).  It follows redirects as a browser
does, with cookies, submits the form that a page shows, and ends at the page that the
program's listener serves."""

import html.parser
import http.cookiejar
import os
import sys
import urllib.error
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.action, self.fields, self.buttons = None, {}, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action", "")
        elif tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and attributes.get("name"):
            self.buttons.append((attributes["name"], attributes.get("value", "")))


def walk(url, user, password, answer):
    """Yields (url, page) of every page that was shown."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar),
                                         urllib.request.ProxyHandler({}))

    def get(request):
        try:
            with opener.open(request, timeout=60) as response:
                return response.geturl(), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.geturl(), error.read().decode()

    url, page = get(url)
    yield url, page
    for _ in range(4):
        form = Form()
        form.feed(page)
        if form.action is None:
            return
        fields = dict(form.fields)
        if "password" in fields:
            fields["username"], fields["password"] = user, password
        else:
            wanted = [b for b in form.buttons if b[1] == answer]
            fields.update([wanted[0]])
        target = urllib.parse.urljoin(url, form.action)
        parts = urllib.parse.urlsplit(url)
        request = urllib.request.Request(target, urllib.parse.urlencode(fields).encode(),
                                         {"Origin": f"{parts.scheme}://{parts.netloc}"})
        url, page = get(request)
        yield url, page


def main():
    answer = os.environ.get("MCPASS_E2E_ANSWER", "allow")
    if answer == "away":
        return
    pages = list(walk(sys.argv[1], os.environ["MCPASS_E2E_USER"],
                      os.environ["MCPASS_E2E_PASSWORD"], answer))
    folder = os.environ.get("MCPASS_E2E_PAGES")
    if folder:
        with open(folder, "w") as file:
            for url, page in pages:
                file.write(f"{url}\n{page}\n")


if __name__ == "__main__":
    main()
