"""An operator watches the authorization server: health, metrics, the audit log."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import stat
import time
import urllib.error
import urllib.request

import lib
from lib import World, expect, expect_eq, rows

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?[0-9]+(?:\.[0-9]+)?)")


def parse(text):
    """The Prometheus text format, strictly: heads before their samples, one group a name, no sample
    twice.  Returns {(name, labels): value}."""
    expect("it ends in a line end", text.endswith("\n"), text)
    types, helps, samples, current = {}, set(), {}, None
    for line in text[:-1].split("\n"):
        head = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if head and head.group(1) == "HELP":
            expect("one HELP", head.group(2) not in helps, line)
            helps.add(head.group(2))
        elif head:
            name = head.group(2)
            expect("one TYPE, after its HELP", name not in types and name in helps, line)
            expect("a type there is", head.group(3) in ("counter", "gauge"), line)
            types[name] = head.group(3)
            current = name
        else:
            found = SAMPLE.fullmatch(line)
            expect("a sample", found, line)
            name, labels, value = found.groups()
            expect_eq("in its group", name, current)
            expect("once", (name, labels or "") not in samples, line)
            expect("counters are called so", types[name] != "counter" or name.endswith("_total"), line)
            samples[name, labels or ""] = float(value)
    return samples


def get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def start(w, *more):
    w.start_authserver("--admin-bind", "127.0.0.1:0", "--data", w.path("auth.db"), *more)
    w.start_serve()
    return w.authserver.ready["admin"]


def test_watch_health():
    with World() as w:
        admin = start(w)
        for path in ("/health/live", "/health/ready", "/health"):
            expect_eq(path, get(admin + path)[0], 200)
        expect_eq("nothing else", get(admin + "/jwks")[0], 404)
        expect_eq("to its own name alone", get(admin + "/metrics", Host="evil.example")[0], 403)
        expect_eq("not where clients ask", get(w.issuer + "/metrics")[0], 404)
        expect_eq("nor this", get(w.issuer + "/health/live")[0], 404)
        with contextlib.closing(sqlite3.connect(w.path("auth.db"))) as database:
            database.execute("DROP TABLE memory")
            database.commit()
        status, _, body = get(admin + "/health/ready")
        expect_eq("a store that cannot be read", status, 503, body)
        expect_eq("it lives all the same", get(admin + "/health/live")[0], 200)


def test_watch_metrics():
    with World() as w:
        admin = start(w, "--metrics-public")
        expect_eq("a call", w.run("call", w.url, "echo", "message=x").returncode, 0)
        get(w.issuer + "/token/../../x%22%0a%7b")
        get(w.issuer + "/authorize?client_id=unknown")
        status, headers, text = get(admin + "/metrics")
        expect_eq("there", status, 200)
        expect_eq("its type", headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        found = parse(text)
        expect_eq("a token", found["mcpass_tokens_total", 'grant="authorization_code"'], 1)
        expect_eq("a login", found["mcpass_logins_total", 'outcome="right"'], 1)
        expect_eq("a client", found["mcpass_store_records", 'kind="client"'], 1)
        expect_eq("a registration", found["mcpass_requests_total", 'endpoint="register",class="2xx"'], 1)
        expect("a refusal by its clause", found["mcpass_refusals_total", 'rule="RFC 6749 4.1.2.1"'] >= 1, text)
        expect("requests of no endpoint", found["mcpass_requests_total", 'endpoint="other",class="4xx"'] >= 1,
               text)
        public = parse(get(w.issuer + "/metrics")[2])
        expect_eq("the same in public", {name for name, _ in public}, {name for name, _ in found})


def test_watch_audit():
    with World() as w:
        start(w, "--audit", w.path("audit.log"))
        expect_eq("a call", w.run("call", w.url, "echo", "message=x").returncode, 0)
        with open(w.path("audit.log")) as file:
            text = file.read()
        events = [json.loads(line) for line in text.splitlines()]
        names = [event["event"] for event in events]
        expect_eq("in order", [name for name in names if name in
                               ("registered", "asked", "signed_in", "allowed", "issued")],
                  ["registered", "asked", "signed_in", "allowed", "issued"], text)
        expect_eq("whose", events[names.index("issued")]["user"], "alice")
        expect_eq("from where", {event["address"] for event in events}, {"127.0.0.1"})
        expect_eq("for us alone", stat.S_IMODE(os.stat(w.path("audit.log")).st_mode), 0o600)
        stored = json.loads(dict(w.record()["credentials"])[f"default {w.url}"])
        for secret in (lib.PASSWORD, stored["access_token"], stored["refresh_token"]):
            expect("no secret", secret not in text, text)
        os.rename(w.path("audit.log"), w.path("audit.log.1"))
        w.authserver.process.send_signal(signal.SIGHUP)
        get(w.issuer + "/authorize?client_id=unknown")
        with open(w.path("audit.log")) as file:
            expect_eq("moved away, made anew", json.loads(file.readline())["event"], "refused")
        with open(w.path("audit.log.1")) as file:
            expect_eq("and the old one is as it was", file.read(), text)


def test_watch_audit_on_a_terminal():
    """A client's name is written by anyone: what drives a terminal is escaped, and still there."""
    with World() as w:
        start(w, "--audit", w.path("audit.log"))
        name = "A\u009b2J\u202e \u00e9 \u65e5\u672c \U000e0041"
        body = json.dumps({"client_name": name, "redirect_uris": ["http://127.0.0.1:1/"]})
        request = urllib.request.Request(w.issuer + "/register", body.encode(),
                                          {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            given = json.load(answer)["client_name"]
        with open(w.path("audit.log"), encoding="utf-8") as file:
            text = file.read()
        for sign in "\u009b\u202e\U000e0041":
            expect(f"not {ord(sign):#x}", sign not in text, ascii(text))
        expect("what can be read stays", "\u00e9 \u65e5\u672c" in text, ascii(text))
        expect_eq("the very name", json.loads(text.splitlines()[0])["what"], given)


def test_watch_audit_is_not_read():
    """A pipe that is full holds up no request."""
    with World() as w:
        os.mkfifo(w.path("fifo"))
        reader = os.open(w.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
        w.stack.callback(os.close, reader)
        w.start_authserver("--audit", w.path("fifo"), "--trusted-proxy", "127.0.0.1")
        deadline = time.monotonic() + lib.PATIENCE
        for i in range(2500):           # of many addresses: those of one are counted
            headers = {"X-Forwarded-For": f"10.0.0.{i // 10}"}
            expect_eq("answered", get(w.issuer + "/authorize?client_id=" + 100 * "x", **headers)[0], 400)
            expect("in time", time.monotonic() < deadline)


def test_watch_audit_flood():
    """Requests that are refused again and again are few lines; each is counted."""
    with World() as w:
        w.start_authserver("--audit", w.path("audit.log"), "--admin-bind", "127.0.0.1:0")
        for _ in range(200):
            expect_eq("refused", get(w.issuer + "/authorize?client_id=x")[0], 400)
        text = get(w.authserver.ready["admin"] + "/metrics")[2]
        found = parse(text)
        expect_eq("each is counted", found["mcpass_events_total", 'event="refused"'], 200, text)
        expect_eq("none is lost", found["mcpass_audit_lost_total", ""], 0, text)
        w.authserver.process.terminate()
        w.authserver.process.wait(lib.PATIENCE)
        with open(w.path("audit.log")) as file:
            events = [json.loads(line) for line in file]
        expect("few lines", len(events) < 30, events)
        expect_eq("each is told of", sum(event.get("count", 1) for event in events), 200, events)
        last = [event for event in events if "count" in event][-1]
        expect_eq("from where", (last["event"], last["address"]), ("refused", "127.0.0.1"))
        expect("from when to when", last["since"] <= last["time"], last)


def test_watch_audit_is_full():
    """A disk without room: requests are answered, and how many lines are missing is said later."""
    with World() as w:
        os.symlink("/dev/full", w.path("audit.log"))
        w.start_authserver("--audit", w.path("audit.log"), "--admin-bind", "127.0.0.1:0")
        for _ in range(5):
            expect_eq("answered", get(w.issuer + "/authorize?client_id=x")[0], 400)
        deadline = time.monotonic() + lib.PATIENCE
        while True:
            text = get(w.authserver.ready["admin"] + "/metrics")[2]
            if parse(text)["mcpass_audit_lost_total", ""] >= 5:
                break
            expect("in time", time.monotonic() < deadline, text)
        os.unlink(w.path("audit.log"))
        get(w.issuer + "/authorize?client_id=x")
        while True:
            with open(w.path("audit.log")) as file:
                text = file.read()
            if "left_out" in text:
                break
            expect("in time", time.monotonic() < deadline, text)
        expect("so many", json.loads(text.splitlines()[0])["count"] >= 5, text)


@rows([("no port", "127.0.0.1"), ("no address", ":90"), ("a name", "127.0.0.1:http"),
       ("two colons", "::1:90"), ("too large", "127.0.0.1:65536")])
def test_watch_refuses(label, bind):
    with World() as w:
        done = w.run("authserver", "--port", "0", "--admin-bind", bind)
        expect_eq("exit", done.returncode, 1, done.stderr)
        expect("which", "--admin-bind" in done.stderr, done.stderr)
