"""The program that $BROWSER names in the attack tests.  It tells the test how it was
started, then requests what the test answers, and tells what came back."""

import http.client
import json
import os
import sys
import urllib.parse
import urllib.request


def post(url, value):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, json.dumps(value).encode(), timeout=60) as response:
        return json.loads(response.read() or b"null")


def fetch(url, headers):
    """Whatever the URL is: no library that tidies it up."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("GET", url[len(f"{parts.scheme}://{parts.netloc}"):], headers=headers)
    response = connection.getresponse()
    reply = {"status": response.status, "headers": dict(response.getheaders()),
             "body": response.read().decode(errors="replace")}
    connection.close()
    return reply


def read(path):
    with open(path, "rb") as file:
        return file.read().decode(errors="replace")


def modes(folder):
    """Of everything that is there while the person is waited for."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            found[name] = os.lstat(os.path.join(path, name)).st_mode & 0o777
    return found


def main(desk, arguments):
    visit = {"arguments": arguments, "environment": read("/proc/self/environ"),
             "command line": read("/proc/self/cmdline"),
             "descriptors": [f"{fd} {os.readlink('/proc/self/fd/' + fd)}"
                             for fd in os.listdir("/proc/self/fd")
                             if os.path.exists("/proc/self/fd/" + fd)],
             "modes": modes(os.environ["XDG_DATA_HOME"])}
    replies = [fetch(url, headers) for url, headers in post(desk + "/visit", visit)]
    post(desk + "/replies", replies)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
