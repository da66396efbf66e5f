"""Getting, keeping and losing a credential: what is stored is lost by no failure, and what was
asked for is got or refused."""

import contextlib
import fcntl
import hashlib
import json
import os
import resource
import sqlite3
import subprocess

import lib
from lib import JSON, World, expect, expect_eq
from scene import Issuer, Scene, Server, expect_login


def store(world):
    return os.path.join(world.folder, "data", "mcpass", "credentials.db")


def records(world):
    with contextlib.closing(sqlite3.connect(store(world))) as db:
        return {key: json.loads(text) for key, text in db.execute("select key, record from credentials")}


def expire(world):
    """As if the token had run out."""
    with contextlib.closing(sqlite3.connect(store(world))) as db:
        for key, record in records(world).items():
            record["expires_at"] = 1000
            db.execute("update credentials set record=? where key=?", (json.dumps(record), key))
        db.commit()


def log_in(world):
    done = world.call("echo", "message=hi")
    expect_eq("a first login", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)


def serves_still(world):
    done = world.call("echo", "message=hi", "--no-login")
    expect_eq("the login serves still", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)


def test_login_again_cancelled():
    with World() as w:
        w.start_both()
        log_in(w)
        before = records(w)
        for answer, rest in (("deny", ()), ("allow", ("--no-browser", "--login-timeout", "1s"))):
            done = w.run("login", w.url, "--again", *rest, env={"MCPASS_E2E_ANSWER": answer})
            if done.returncode != 0:
                expect_eq("the store has what it had", records(w), before)
        expect_eq("the last was not signed in to", done.returncode, 4, done.stderr)
        serves_still(w)
        done = w.run("login", w.url, "--again")
        expect_eq("again", done.returncode, 0, done.stderr)
        expect("another login", records(w) != before)
        old = next(iter(before.values()))["refresh_token"]
        client = next(iter(before.values()))["client"]["client_id"]
        token = subprocess.run(["curl", "-s", "--noproxy", "*", "-d", "grant_type=refresh_token", "-d",
                                f"refresh_token={old}", "-d", f"client_id={client}", w.issuer + "/token"],
                               capture_output=True, text=True, timeout=lib.PATIENCE) \
            if lib.shutil.which("curl") else None
        if token is not None:
            expect("the login before is revoked", "invalid_grant" in token.stdout, token.stdout)


def small_files():
    """As a disk that is nearly full: the store can be opened, and take nothing more."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))


def run_small(world, *args):
    return subprocess.run([lib.PROGRAM, *args], capture_output=True, text=True, env=world.env,
                          stdin=subprocess.DEVNULL, preexec_fn=small_files, timeout=lib.PATIENCE)


def test_no_room():
    """What cannot be kept is not spent."""
    with World() as w:
        w.start_both()
        log_in(w)
        expire(w)
        done = run_small(w, "call", w.url, "echo", "message=hi", "--no-login")
        expect_eq("says that there is no room", done.returncode, 2, done.stderr)
        expect("and that nothing was asked", "Nothing was asked" in done.stderr, done.stderr)
        serves_still(w)
    with World() as w:
        w.start_both()
        done = run_small(w, "call", w.url, "echo", "message=hi")
        expect_eq("a first login", done.returncode, 2, done.stderr)
        expect("does not begin", "/register" not in w.authserver.read_log(), w.authserver.read_log())
        log_in(w)


def test_locked_elsewhere():
    """Another program has the store: the refresh token is not used up meanwhile."""
    with World() as w:
        w.start_both()
        log_in(w)
        expire(w)
        with contextlib.closing(sqlite3.connect(store(w), isolation_level=None)) as db:
            db.execute("begin immediate")
            done = w.call("echo", "message=hi", "--no-login")
            expect_eq("cannot be written", done.returncode, 2, done.stderr)
            expect("says why", "locked" in done.stderr, done.stderr)
            db.execute("rollback")
        serves_still(w)


def test_another_holds_the_lock():
    """Who wants no login waits for none of another's; --timeout bounds the wait."""
    with World() as w:
        w.start_both()
        log_in(w)
        expire(w)
        name = hashlib.sha256(f"default {w.url}".encode()).hexdigest() + ".lock"
        with open(os.path.join(os.path.dirname(store(w)), name), "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = w.call("echo", "message=hi", "--timeout", "1s", timeout=lib.PATIENCE)
            expect_eq("gives up", done.returncode, 4, done.stderr)
            expect("names who is waited for", "Another mcpass (process" in done.stderr
                   and "holds the lock" in done.stderr, done.stderr)
        serves_still(w)


def test_scopes_by_name():
    with World() as w:
        w.start_both()
        done = w.run("login", w.url, "--scope", "mcp:read")
        expect_eq("reading", done.returncode, 0, done.stderr)
        done = w.run("login", w.url, "--scope", "mcp:read mcp:tools")
        expect_eq("both", done.returncode, 0, done.stderr)
        expect_eq("are got", set(next(iter(records(w).values()))["scope"].split()),
                  {"mcp:read", "mcp:tools"})
        done = w.run("token", w.url, "--scope", "mcp:prompts", "--no-login")
        expect_eq("or refused", (done.returncode, done.stdout), (4, ""), done.stderr)
        serves_still(w)


def test_many_credentials():
    with World() as w:
        w.start_both()
        log_in(w)
        (key, record), = records(w).items()
        with contextlib.closing(sqlite3.connect(store(w))) as db:
            for i in range(400):
                record["server_url"] = f"https://s{i}.example/mcp"
                db.execute("insert into credentials values(?,?)",
                           (f"default {record['server_url']}", json.dumps(record)))
            db.commit()
        done = w.run("status", "--json")
        expect_eq("as many as there are", (done.returncode, len(json.loads(done.stdout))), (0, 401),
                  done.stderr)


def test_logout_of_another_profile():
    with World() as w:
        w.start_both()
        done = w.run("login", w.url, "--profile", "work")
        expect_eq("login", done.returncode, 0, done.stderr)
        done = w.run("logout", w.url)
        expect_eq("nothing to do", done.returncode, 0, done.stderr)
        expect("but there is another", f"mcpass logout {w.url} --profile work" in done.stderr, done.stderr)


def test_store_of_another_environment():
    """A host starts its programs without XDG_DATA_HOME: what a terminal with it has is found."""
    with World() as w:
        w.start_both()
        log_in(w)
        bare = dict(w.env)
        del bare["XDG_DATA_HOME"]
        done = subprocess.run([lib.PROGRAM, "call", w.url, "echo", "message=hi", "--no-login", "--explain"],
                              capture_output=True, text=True, env=bare, stdin=subprocess.DEVNULL,
                              timeout=lib.PATIENCE)
        expect_eq("without it", (done.returncode, done.stdout), (0, "hi\n"), done.stderr)
        expect("says which store", store(w) in done.stderr, done.stderr)
        done = subprocess.run([lib.PROGRAM, "status"], capture_output=True, text=True, env=bare,
                              stdin=subprocess.DEVNULL, timeout=lib.PATIENCE)
        expect("so does status", f"The store is {store(w)}, not sealed." in done.stderr, done.stderr)
    with World() as w:
        w.start_both()
        bare = dict(w.env)
        del bare["XDG_DATA_HOME"]
        done = subprocess.run([lib.PROGRAM, "call", w.url, "echo", "message=hi"], capture_output=True,
                              text=True, env=bare, stdin=subprocess.DEVNULL, timeout=lib.PATIENCE)
        expect_eq("a login without it", done.returncode, 0, done.stderr)
        serves_still(w)


# --- answers to a refresh ---

def refresh(scene, answer):
    """A login whose token runs out at once, and then asks for another."""
    issuer = Issuer(scene)
    server = Server(scene, issuer.url)
    issuer.lifetime = 1
    expect_login(scene, server.url)
    issuer.lifetime = 3600
    usual = issuer.site.routes["/token"]
    issuer.site.routes["/token"] = lambda request: answer(request, usual)
    return issuer, scene.run("tools", server.url, "--no-login", "--timeout", "10s")


def broken_off(request, usual):
    """The whole answer, on a connection that ends before its length says so."""
    _, _, text = usual(request)
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        b"%d\r\n\r\n%s" % (len(text) + 20, text.encode()))
    request.close_connection = True
    raise lib.Answered()


def cut(request, usual):
    _, _, text = usual(request)
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        b"%d\r\n\r\n%s" % (len(text), text[:-1].encode()))
    request.close_connection = True
    raise lib.Answered()


def test_a_whole_answer_on_a_broken_connection():
    with Scene() as s:
        issuer, done = refresh(s, broken_off)
        expect_eq("the new token serves", done.returncode, 0, done.stderr)
        expect_eq("one refresh", len(issuer.got("/token")), 2)


def test_a_cut_answer():
    with Scene() as s:
        issuer, done = refresh(s, cut)
        expect_eq("no token", done.returncode, 2, done.stderr)
        expect("it says what may have become of it", "may have used up" in done.stderr, done.stderr)


@lib.rows([
    ("a refusal", (400, JSON, '{"error":"invalid_grant","error_description":"Session not active"}'),
     "Session not active"),
    ("no OAuth", (405, {}, ""), "the server answered 405"),
])
def test_why_a_login_is_needed(label, answer, word):
    with Scene() as s:
        done = refresh(s, lambda request, usual: answer)[1]
        expect_eq("a login is needed", done.returncode, 4, done.stderr)
        said = [line for line in done.stderr.splitlines() if "could not be renewed" in line]
        expect("and why", len(said) == 1 and word in said[0], done.stderr)
