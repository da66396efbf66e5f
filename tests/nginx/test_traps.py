"""What goes wrong with checks in nginx: each was seen to let a request in, or to lose one."""

import os
import subprocess

from gateway import HERE, PATIENCE, PROXY, RESOURCE, Gateway, expect, expect_eq, message
from lib import rows

@rows([
    ("satisfy any", "satisfy any; allow 127.0.0.1;", None, "satisfy"),
    ("no resource", "", "location /mcp { mcpass on; mcpass_issuer https://as.example; }", "for which resource?"),
    ("no issuer", "", "location /mcp { mcpass on; mcpass_resource https://m.example/; }", "issuer"),
    ("http to a far issuer", "", "location /mcp { mcpass on; mcpass_resource https://m.example/;"
     " mcpass_issuer http://as.example; }", "http"),
    ("a rule for nothing", "mcpass_require tools/call;", None, "mcpass: mcpass_require says too little"),
    ("a rule with a name for nothing", "mcpass_require tools/call echo;", None, "needs scope= or role="),
    ("a flag for nothing", "mcpass_pass_token;", None, "mcpass: mcpass_pass_token says nothing"),
    ("a flag that is none", "mcpass_end_streams yes;", None, 'neither on nor off: "yes"'),
    ("a list of nothing", "mcpass_origins;", None, "mcpass: mcpass_origins says nothing"),
    ("a header for nothing", "mcpass_header X-User;", None, "mcpass: mcpass_header says too little"),
    ("a word too many", "mcpass_proxy http://a http://b;", None, 'a word too many: "http://b"'),
    ("an empty word", 'mcpass_audience "";', None, "mcpass_audience has an empty word"),
    ("a zone in a location", "mcpass_zone 10m;", None, "one for all servers"),
    ("in if", "if ($request_method = GET) { mcpass off; }", None, 'does not stand in "if"'),
    ("twice", "mcpass_dpop off; mcpass_dpop required;", None, "mcpass_dpop stands here twice"),
    ("a variable", "mcpass_audience $host;", None, 'no variables of nginx: "$host"'),
    ("a secret in place of its file", "mcpass_introspection id=a secret=secret@;", None, 'no such word: "secret="'),
    ("a password in a word too many", "mcpass_proxy http://a http://u:secret@b;", None, "a word too many"),
    ("a password with a sign of variables", "mcpass_proxy http://u:p$ecret@proxy.example:3128;", None, "no variables of nginx"),
    ("a variable in a word", "mcpass_require tools/call scope=$arg_scope;", None, "no variables"),
    ("a word twice", "mcpass_require tools/call scope=a scope=b;", None, 'one thing twice: "scope=b"'),
    ("a word without a value", "mcpass_require tools/call role=;", None, 'without a value: "role="'),
    ("a misspelt word in place of a name", "mcpass_require tools/call scop=a scope=b;", None, 'no such word: "scop=a"'),
    ("a misspelt method", "mcpass_require tool/call scope=a;", None, "tool/call is about no method"),
    ("a pattern in a name", "mcpass_require tools/call del_* scope=a;", None, "del_* has a '*' in its name"),
    ("a scope that is none", "mcpass_scopes 'a\\b';", None, "a scope has a byte that none may have"),
    ("roles, and no claim for them", "mcpass_require tools/call role=a;", None, "no claim is named"),
    ("a header of HTTP's", "mcpass_header Content-Length sub;", None, "Content-Length"),
    ("a header of one connection", "mcpass_header Transfer-Encoding sub;", None, "Transfer-Encoding"),
    ("a header of MCP's", "mcpass_header mcp-name sub;", None, "mcp-name"),
    ("a header that has the token", "mcpass_header Authorization sub;", None, "Authorization"),
    ("one header twice", "mcpass_header X-User sub; mcpass_header x_user email;", None, "x_user"),
    ("a proxy that is no URL", "mcpass_proxy nonsense;", None, "the proxy's URL is none of"),
    ("a password in the configuration", "mcpass_proxy http://u:p@proxy.example:3128;", None, "has a name and a password"),
    ("a file without certificates", "mcpass_trusted_ca nginx.conf;", None, "no certificate is in"),
    ("two introspections", "mcpass_introspection id=a secret_file=nginx.conf; mcpass_introspection id=b"
     " secret_file=nginx.conf;", None, "twice below one"),
    ("an exchange for no audience", "mcpass_exchange id=a secret_file=nginx.conf;", None, "for whom is the new token?"),
    ("a word that is none", "mcpass_require tools/call echo scop=x;", None, "scop=x"),
    ("a rule that is never reached", 'mcpass_require * scope=a; mcpass_require tools/call scope=b;',
     None, "tools/call"),
    ("a file that is not there", "mcpass_trusted_ca /nowhere/ca.pem;", None, "/nowhere/ca.pem"),
    ("no such mode", "mcpass_dpop maybe;", None, "off, accepted or required"),
    ("a secret that is not there", "mcpass_introspection id=a secret_file=/nowhere;", None, "/nowhere"),
    ("a small zone", "", "location /mcp { } } mcpass_zone 64k; server { listen 127.0.0.1:1;", "mcpass_zone"),
])
def test_configuration(label, more, server, part):
    with Gateway() as g:
        g.configure(server or g.guarded(more))
        done = g.nginx("-t")
        expect(label, done.returncode != 0, done.stderr)
        lines = [line for line in done.stderr.splitlines() if "[emerg]" in line]
        expect("says what, and where", any(part in line and "nginx.conf:" in line for line in lines), done.stderr)
        expect("shows no password", "ecret@" not in done.stderr, done.stderr)
        expect("and what to do", "what to do: " in done.stderr or "satisfy all" in done.stderr, done.stderr)


def test_configuration_is_good():
    with Gateway() as g:
        g.configure(g.guarded("satisfy all; mcpass_dpop required; mcpass_proxy socks5h://127.0.0.1:1080; mcpass_implies mcp:admin mcp:read;"))
        done = g.nginx("-t")
        expect_eq("good", done.returncode, 0, done.stderr)


def test_two_places_of_one_resource():
    with Gateway() as g:
        g.configure(g.guarded() + g.guarded('mcpass_require * scope=a;', path="/other"))
        done = g.nginx("-t")
        expect("refused", done.returncode != 0 and "same resource" in done.stderr, done.stderr)


def test_two_locations_of_one_place():
    """What stands around both is said once; each is guarded where it says so itself."""
    with Gateway() as g:
        g.behind.routes["/other"] = g.behind.routes["/mcp"]
        g.start_nginx(f"mcpass_resource {RESOURCE}; mcpass_issuer {g.issuer.url} jwks={g.issuer.url}/jwks;"
                      f"location /mcp {{ mcpass on; {PROXY} }} location /other {{ mcpass on; {PROXY} }}"
                      "location /open { return 204; }")
        for path in ("/mcp", "/other"):
            expect_eq(path, g.ask(path=path).status, 401)
            expect_eq(path, g.ask(g.token(), path=path).status, 200, g.errors())
        expect_eq("open", g.ask(path="/open").status, 204)
        expect_eq("keys were fetched once", g.issuer.fetches(), 1)


def test_inheritance():
    """A server's directives count in its locations; a location without a resource lets no request in."""
    with Gateway() as g:
        g.start_nginx(f"mcpass on; mcpass_issuer {g.issuer.url} jwks={g.issuer.url}/jwks;"
                      f"location /mcp {{ mcpass_resource {RESOURCE}; {PROXY} }}"
                      f"location /open {{ mcpass off; return 204; }}")
        expect_eq("no token", g.ask().status, 401)
        expect_eq("a token", g.ask(g.token()).status, 200)
        expect_eq("open", g.ask(path="/open").status, 204)
        expect_eq("no location", g.ask(g.token(), path="/else").status, 503)


def test_internal_redirects():
    """A request is judged once, wherever it is sent inside."""
    with Gateway() as g:
        g.start_nginx(f"mcpass on; mcpass_resource {RESOURCE};"
                      f"mcpass_issuer {g.issuer.url} jwks={g.issuer.url}/jwks;"
                      f"location /mcp {{ try_files /nothing @behind; }}"
                      f"location @behind {{ {PROXY} }}"
                      "location /rewritten { rewrite ^ /mcp last; }")
        expect_eq("no token", g.ask().status, 401)
        expect_eq("a token", g.ask(g.token()).status, 200, g.errors())
        expect_eq("rewritten", g.ask(g.token(), path="/rewritten").status, 200, g.errors())
        expect_eq("rewritten, no token", g.ask(path="/rewritten").status, 401)


def test_subrequests():
    """What the configuration asks for inside is no way around the check."""
    with Gateway() as g:
        g.start_nginx(g.guarded() + f"location /way {{ auth_request /mcp; {PROXY} }}")
        expect_eq("no way around", g.ask(path="/way").status, 403)
        expect("and says so", "subrequest" in g.errors(), g.errors())
        expect_eq("nothing came through", g.came(), [])


def test_limit_by_subject():
    with Gateway() as g:
        g.start_nginx(g.guarded("limit_req zone=by_subject;"),
                      http="limit_req_zone $mcpass_sub zone=by_subject:1m rate=1r/m;")
        expect_eq("the first", g.ask(g.token()).status, 200, g.errors())
        expect_eq("the second", g.ask(g.token()).status, 503)
        expect_eq("of another", g.ask(g.token(sub="bob")).status, 200)


BIG = message("tools/call", name="echo", arguments={"text": "x" * 3000000})


@rows([
    ("small", message("tools/call", name="echo"), []),
    ("in a file", BIG, []),
    ("chunked", BIG, ["-H", "Transfer-Encoding: chunked"]),
    ("after 100", BIG, ["-H", "Expect: 100-continue"]),
    ("HTTP/2", BIG, ["--http2-prior-knowledge"]),
    ("HTTP/2 without a length", BIG, ["--http2-prior-knowledge", "-H", "Content-Length:"]),
])
def test_bodies(label, body, how):
    """The same bytes behind, and the rules see what is in them."""
    with Gateway() as g:
        g.start_nginx("client_max_body_size 4m; client_body_buffer_size 1k;"
                      + g.guarded('mcpass_require tools/call drop scope=mcp:admin;'))
        port = g.port2 if "--http2-prior-knowledge" in how else g.port1
        for name, want in (("echo", "200"), ("drop", "403")):
            g.came().clear()
            sent = body.replace('"echo"', f'"{name}"')
            done = subprocess.run(
                ["curl", "-s", "-o", g.path("answer"), "-w", "%{http_code}", *how, "--data-binary", "@-",
                 "-H", "Authorization: Bearer " + g.token(), "-H", "Content-Type: application/json",
                 f"http://127.0.0.1:{port}/mcp"], input=sent, capture_output=True, text=True,
                timeout=PATIENCE)
            expect_eq(f"{label}: {name}", done.stdout, want, g.read("answer") + g.errors())
            expect("the same bytes", [r[3] for r in g.came()] == ([sent.encode()] if want == "200" else []))


def test_no_way_past_an_upgrade():
    """What comes behind a 101 is not judged; and Connection names nothing that a next proxy takes out."""
    with Gateway() as g:
        g.start_nginx(g.guarded("mcpass_header X-User sub;", proxy="proxy_pass http://behind; proxy_http_version 1.1;"
                                "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;"))
        for upgrade in ("h2c", "websocket"):
            answer = g.ask(g.token(), Upgrade=upgrade, Connection="Upgrade, X-User")
            expect_eq("an answer as to any request", answer.status, 200, g.errors())
        for request in g.came():
            got = {name.lower(): value for name, value in request[2].items()}
            expect("no upgrade", "upgrade" not in got, got)
            expect("nothing to take out", "x-user" not in got.get("connection", "").lower(), got)
            expect_eq("who", got.get("x-user"), "alice", got)


def test_headers_that_look_like_ours():
    """What CGI makes of a name, with the directives that let such names through."""
    with Gateway() as g:
        g.start_nginx("underscores_in_headers on; ignore_invalid_headers off;"
                      + g.guarded("mcpass_header X-User sub;"))
        for name in ("X_User", "X.User", "x~uSER", "X-User"):
            g.came().clear()
            connection = g.connect()
            connection.request("POST", "/mcp", message(), {
                "Authorization": "Bearer " + g.token(), "Content-Type": "application/json", name: "root"})
            expect_eq(name, connection.getresponse().status, 200, g.errors())
            expect("not the client's word", "root" not in str(g.came()[0][2]), g.came()[0][2])


def test_too_large():
    with Gateway() as g:
        g.start_nginx(g.guarded())
        expect_eq("over client_max_body_size", g.ask(g.token(), BIG).status, 413)
        expect_eq("nothing came through", g.came(), [])


def test_keepalive_and_pipelining():
    """Each request on a connection is judged for itself."""
    with Gateway() as g:
        g.start_nginx(g.guarded())
        connection = g.connect()
        for token, status in ((None, 401), (g.token(), 200), ("x", 401), (g.token(), 200), (None, 401)):
            expect_eq("in turn", g.ask(token, connection=connection).status, status)
        good = (f"POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(message())}\r\nAuthorization: Bearer {g.token()}\r\n\r\n{message()}")
        bad = f"POST /mcp HTTP/1.1\r\nHost: h\r\nContent-Length: {len(message())}\r\n\r\n{message()}"
        last = bad.replace("Host: h", "Host: h\r\nConnection: close")
        connection = g.connect()
        connection.connect()
        connection.sock.sendall((bad + good + bad + good + last).encode())
        got = b""
        while more := connection.sock.recv(65536):
            got += more
        statuses = [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]]
        expect_eq("all at once", statuses, [b"401", b"200", b"401", b"200", b"401"], got)


def test_a_token_in_the_query():
    with Gateway() as g:
        g.start_nginx(g.guarded())
        expect_eq("refused", g.ask(path="/mcp?access_token=" + g.token()).status, 400)


@rows([(name, name) for name in ("simple.conf", "two-issuers.conf")])
def test_examples(label, name):
    """What examples/nginx has is good."""
    with Gateway() as g:
        top = os.path.dirname(os.path.dirname(HERE))
        with open(os.path.join(top, "examples/nginx", name)) as file:
            g.configure("", http=file.read())
        done = g.nginx("-t")
        expect_eq(label, done.returncode, 0, done.stderr)
