#!/usr/bin/env python3
"""Alice at glewlwyd, for $BROWSER: does what the scripts of its login page do, by the same
interface.  MCPASS_E2E_ANSWER: allow, or deny, which grants nothing."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Session:
    def __init__(self, origin):
        self.origin, self.cookie = origin, ""
        self.opener = urllib.request.build_opener(Stay(), urllib.request.ProxyHandler({}))

    def ask(self, method, url, body=None):
        """The status and where it leads to."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Cookie": self.cookie}
        request = urllib.request.Request(urllib.parse.urljoin(self.origin, url), data, headers,
                                         method=method)
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.text = answer.read().decode()
            # Not a cookie jar: that wants a dot in the name of a host.
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self.cookie = cookie.split(";")[0]
            return answer.status, answer.headers.get("Location")


def main():
    url = sys.argv[1]
    session = Session("{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url)))
    status, login = session.ask("GET", url)
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(login).query))
    session.ask("POST", "/api/auth/", {"username": os.environ["MCPASS_E2E_USER"],
                                       "password": os.environ["MCPASS_E2E_PASSWORD"]})
    granted = asked["scope"] if os.environ.get("MCPASS_E2E_ANSWER") == "allow" else ""
    session.ask("PUT", f"/api/auth/grant/{asked['client_id']}/", {"scope": granted})
    status, location = session.ask("GET", asked["callback_url"] + "&g_continue")
    print(asked, status, location and location.split("?")[0], session.text, file=sys.stderr)
    session.ask("GET", location)


if __name__ == "__main__":
    main()
