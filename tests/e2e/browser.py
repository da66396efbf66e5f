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
    """What a page asks for.  The pages of others ask in other words than ours."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons, self.types, self.links = None, {}, [], {}, []
        self.is_whole = False       # a further form is another answer
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action", "")
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        elif self.is_whole:
            return
        elif tag == "button" or attributes.get("type") == "submit":
            if attributes.get("name"):
                self.buttons.append((attributes["name"], attributes.get("value", "")))
        elif tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value", "")
            self.types[attributes["name"]] = attributes.get("type", "text")

    def handle_endtag(self, tag):
        self.is_whole = self.is_whole or tag == "form"

    def fill(self, user, password, answer, code=None):
        """The fields to submit.  A page without named buttons has the one for going on."""
        fields = dict(self.fields)
        for name, kind in self.types.items():
            if name == "user_code":
                fields[name] = fields[name] or code
            elif kind in ("text", "email") and not fields[name]:
                fields[name] = user
            elif kind == "password":
                fields[name] = password
        if self.buttons and "password" not in self.types.values():
            fields.update([next(b for b in self.buttons if b[1] == answer)])
        return fields


def walk(url, user, password, answer, code=None):
    """Yields (url, page) of every page that was shown; code: what a device shows."""
    # To a browser loopback is as good as https.
    jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(secure_protocols=("https", "http")))
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar),
                                         urllib.request.ProxyHandler({}))

    def get(request):
        try:
            with opener.open(request, timeout=60) as response:
                page = response.read().decode()
                refresh = response.headers.get("Refresh")       # "0; url=..."
                if refresh:
                    return get(refresh.split("url=", 1)[1])
                return response.geturl(), page
        except urllib.error.HTTPError as error:
            return error.geturl(), error.read().decode()

    url, page = get(url)
    yield url, page
    for _ in range(4):
        form = Form(page)
        if form.action is None:
            return
        parts = urllib.parse.urlsplit(url)
        refusals = [link for link in form.links if "abort" in link]
        if answer == "deny" and refusals and not form.buttons:
            request = urllib.parse.urljoin(url, refusals[0])
        else:
            fields = form.fill(user, password, answer, code)
            request = urllib.request.Request(urllib.parse.urljoin(url, form.action),
                                             urllib.parse.urlencode(fields).encode(),
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
