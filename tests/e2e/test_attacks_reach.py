"""What was done to programs like this one, done to it: where it can be sent, and what it
leaves behind.  See test_attacks.py."""

import ctypes
import glob
import http.client
import json
import os
import select
import struct
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import lib
from lib import HTML, JSON, expect, expect_eq, hostile
from scene import (FAR, MARK, REFUSED, Issuer, Scene, Server, certificate, expect_login,
                   expect_refused, mint, seen)


# --- CVE-2026-111769, CVE-2026-116685, CVE-2026-64684: redirects ----------------------------

KEY = ["--header", "X-Api-Key: s3cret-header-00"]


def elsewhere(site, evil):
    """Names of other origins, for a site on 127.0.0.1."""
    port = site.url.rsplit(":", 1)[1]
    return {"another port": evil.url + "/mcp", "another name": f"http://localhost:{port}/mcp",
            "another address": f"http://127.0.0.2:{port}/mcp", "https": f"https://127.0.0.1:{port}/mcp",
            "no scheme": evil.url[5:] + "/mcp", "a far host": "https://evil.example/mcp",
            "a user name": f"{site.url}@{evil.url[7:]}/mcp",
            "a backslash": f"{evil.url[5:]}\\mcp".replace("//", "\\\\")}


@lib.rows([(f"{status} to {where}", status, where) for status in (307, 308, 302)
           for where in ("another port", "another name", "another address", "https", "no scheme",
                         "a far host", "a user name", "a backslash")])
def test_the_mcp_endpoint_redirects(label, status, where):
    with Scene() as s:
        issuer, evil = Issuer(s), hostile(s, {})
        server = Server(s, issuer.url)
        expect_login(s, server.url, *KEY)
        before = len(server.site.requests)
        target = elsewhere(server.site, evil)[where]
        server.twist = lambda r, method: (status, {"Location": target}, "")
        done = s.run("tools", server.url, *KEY)
        expect_refused(done, str(status))
        expect_eq("nothing came there", evil.requests, [])
        expect_eq("one request went out", len(server.site.requests), before + 1)


def test_a_redirect_to_the_same_origin_and_then_elsewhere():
    with Scene() as s:
        issuer, evil = Issuer(s), hostile(s, {})
        server = Server(s, issuer.url)
        expect_login(s, server.url)
        server.twist = lambda r, method: (307, {"Location": "/mcp/"}, "")
        server.site.routes["/mcp/"] = (307, {"Location": evil.url + "/mcp"}, "")
        expect_refused(s.run("tools", server.url, *KEY), "redirect|origin")
        expect_eq("nothing came there", evil.requests, [])


def test_a_session_id_stays_where_it_was_given():
    """A server of the handshake era redirects in the middle of its session."""
    with Scene() as s:
        issuer, evil = Issuer(s), hostile(s, {})
        server = Server(s, issuer.url)
        server.session = mint("session")

        def twist(request, method):
            if method == "tools/list":
                return 307, {"Location": evil.url + "/mcp"}, ""
        server.twist = twist
        done = s.run("tools", server.url, *KEY, "--protocol", "2025-06-18")
        expect("it was a session", server.session in seen(server.site), seen(server.site))
        expect_eq("nothing came there", evil.requests, [])
        expect("nor to the issuer", server.session not in seen(issuer.site))
        expect_refused(done, "307")


@lib.rows([(f"{what}, {status}", what, status) for what in ("prm", "asmeta") for status in (302, 307, 308)])
def test_metadata_redirects(label, what, status):
    """It may be followed; nothing of ours goes along."""
    with Scene() as s:
        issuer, evil = Issuer(s), hostile(s, {})
        server = Server(s, issuer.url)
        site = server.site if what == "prm" else issuer.site
        path = next(p for p in site.routes if "well-known" in p)
        evil.routes["/document"] = site.routes[path]
        site.routes[path] = (status, {"Location": evil.url + "/document", "Set-Cookie": "x=y"}, "")
        expect_login(s, server.url, *KEY)
        (method, path, headers, body), = evil.requests
        expect_eq("a bare GET", (method, body), ("GET", b""))
        expect_eq("and these headers", sorted(headers), ["Accept", "Accept-Encoding", "Host", "User-Agent"])


@lib.rows([(f"{status} at {path}", status, path) for status in (302, 307, 308)
           for path in ("/token", "/register", "/par", "/revoke", "refresh")])
def test_a_form_is_not_sent_on(label, status, path):
    with Scene() as s:
        issuer, evil = Issuer(s), Issuer(s)
        server = Server(s, issuer.url)
        issuer.lifetime = 1 if path == "refresh" else 3600
        if path == "/par":
            issuer.metadata.update(require_pushed_authorization_requests=True,
                                   pushed_authorization_request_endpoint=issuer.url + "/par")
        if path in ("/revoke", "refresh"):
            expect_login(s, server.url)
        there = "/token" if path == "refresh" else path
        issuer.site.routes[there] = (status, {"Location": evil.url + there}, "")
        done = s.run("logout" if path == "/revoke" else "tools", server.url)
        expect("it was tried", issuer.got(there), done.stderr)
        expect("and that was the end", path == "/revoke" or done.returncode != 0, done.stderr)
        expect_eq("nothing came there", evil.site.requests, [])


def test_a_header_is_for_the_server_alone():
    """The AS may be anybody's, and on the server's own origin, too."""
    with Scene() as s:
        site = hostile(s, {})
        issuer = Issuer(s, site)
        server = Server(s, issuer.url, site)
        expect_login(s, server.url, *KEY)
        paths = {path for _, path, headers, _ in site.requests if "X-Api-Key" in headers}
        expect_eq("where it went", paths, {"/mcp"})


# --- rust-sdk#935, vercel/ai#20578, CVE-2026-45609: requests to the inside ------------------

INSIDE = ["http://169.254.169.254", "https://169.254.169.254", "https://10.0.0.1", "https://192.168.1.1",
          "https://172.16.0.1", "https://100.64.0.1", "https://[fd00::1]", "https://[fe80::1]",
          "https://[::ffff:169.254.169.254]", "https://2852039166", "https://0xa9fea9fe",
          "https://0251.0376.0251.0376", "https://169.254.43518", "https://10.1", "https://0.0.0.0",
          "http://evil.example"]
LOOPBACK = ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "http://localhost:{port}",
            "https://localhost:{port}", "https://a.localhost", "http://[::1]:{port}", "https://[::1]:{port}",
            "https://[::ffff:127.0.0.1]:{port}", "https://2130706433:{port}", "https://0x7f000001:{port}",
            "https://0177.0.0.1:{port}", "https://127.1:{port}", "https://127.0.0.1.:{port}"]
FEW_INSIDE = [INSIDE[i] for i in (0, 1, 2, 8, 9, 15)]
FEW_LOOPBACK = [LOOPBACK[i] for i in (0, 1, 4, 6, 8)]
PLACES = ["resource_metadata", "authorization_servers", "redirect of prm", "redirect of asmeta",
          "authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint",
          "pushed_authorization_request_endpoint", "device_authorization_endpoint"]
UNUSED = PLACES[-3:]            # by a login in a browser that pushes nothing


def point_inside(server, issuer, place, url):
    def redirect(site, part):
        path = next(p for p in site.routes if part in p)
        site.routes[path] = (302, {"Location": url}, "")
    if place == "resource_metadata":
        server.metadata_url = url
    elif place == "authorization_servers":
        server.prm["authorization_servers"] = [url]
    elif place == "redirect of prm":
        redirect(server.site, "protected-resource")
    elif place == "redirect of asmeta":
        redirect(issuer.site, "authorization-server")
    else:
        issuer.metadata[place] = url


@lib.rows([(f"{place} of a {whose} server", whose, place) for whose in ("near", "far") for place in PLACES])
def test_requests_to_the_inside(label, whose, place):
    addresses = INSIDE if place in PLACES[:2] else FEW_INSIDE
    if whose == "far":
        addresses = addresses + (LOOPBACK if place in PLACES[:2] else FEW_LOOPBACK)
    for address in addresses:
        with Scene() as s:
            inside = hostile(s, {})
            url = address.format(port=inside.url.rsplit(":", 1)[1]) + "/latest"
            if whose == "far":
                issuer = Issuer(s, s.proxy, s.allow("https://as.example.com"))
                server = Server(s, issuer.url, s.proxy, s.allow(FAR))
            else:
                issuer = Issuer(s)
                server = Server(s, issuer.url)
            point_inside(server, issuer, place, url)
            s.answer = lambda visit: s.redirect(visit, code=None, error="opened")
            done = s.run("login", server.url)
            if place in UNUSED:
                expect_eq("this login does without it", (done.returncode, len(s.visits)), (4, 1),
                          done.stderr)
                expect("which is said", "does not need is left out" in done.stderr
                       or "no host" in done.stderr, done.stderr)
                expect("nothing came there", not inside.requests, seen(inside))
                continue
            # An address in a notation that only some resolvers take is no URL at all.
            code = 3 if "no host" in done.stderr else REFUSED
            expect_refused(done, place.split()[0], code=code)
            expect("nothing came there", not inside.requests, seen(inside))
            expect("nobody was asked", not s.visits, url)


@lib.rows([(url, url) for url in ("http://169.254.169.254/client", "https://10.0.0.1/client",
                                  "http://evil.example/client", "file:///etc/passwd")])
def test_the_address_of_a_registration(label, url):
    """RFC 7592: it is asked by the next login, changed by a wider one, deleted by logout."""
    with Scene() as s:
        issuer = Issuer(s)
        issuer.registration["registration_client_uri"] = url
        server = Server(s, issuer.url)
        done = s.run("login", server.url)
        if url.startswith("http"):
            expect_eq("it can be done without", done.returncode, 0, done.stderr)
            expect_login(s, server.url, "--again")
        s.run("logout", server.url)


@lib.rows([("another port", "http://127.0.0.1:{port}/register/c"),
           ("another name", "http://localhost:{port}/register/c"),
           ("the same origin", "{issuer}/register/c")])
def test_the_origin_of_a_registration(label, url):
    """A bearer token goes there at logout, before anything else is asked."""
    with Scene() as s:
        issuer, other = Issuer(s), hostile(s, {})
        address = url.format(issuer=issuer.url, port=other.url.rsplit(":", 1)[1])
        issuer.registration["registration_client_uri"] = address
        server = Server(s, issuer.url)
        expect_login(s, server.url)
        expect_login(s, server.url, "--again")
        s.run("logout", server.url)
        expect_eq("nothing came to another origin", other.requests, [])
        expect_eq("it was deleted where it was made", [r[0] for r in issuer.got("/register/c")][-1:],
                  ["DELETE"] if label == "the same origin" else [])


@lib.rows([("where the server is was learned", True), ("is not known", False)])
def test_a_logout_before_the_server_is_asked(label, known):
    """What was stored is no permission: a server that was never connected to is outside."""
    with Scene() as s:
        without_proxy(s)
        site, to_server = named(s, "mcp.example.com")
        issuer_site, to_issuer = named(s, "as.example.com")
        issuer = Issuer(s, issuer_site)
        server = Server(s, issuer.url, site)
        expect_login(s, server.url, *to_server, *to_issuer)
        if not known:
            forget_note(s, "reach " + server.url)
        before = len(issuer_site.requests)
        s.run("logout", server.url, *to_server, *to_issuer)
        expect_eq("what the issuer was asked", [r[1] for r in issuer_site.requests[before:]],
                  ["/revoke"] if known else [])


def forget_note(scene, name):
    """A note is a file beside the store; its second and third line are both names."""
    for path in glob.glob(os.path.join(scene.folder, "data", "mcpass", "*.note")):
        with open(path) as file:
            names = file.read().split("\n")[1:3]
        if names == ["credentials.db", name]:
            os.remove(path)
            return
    raise lib.Failure(f"there is no note {name}")


@lib.rows([(name, name) for name in ("as.example.com", ".example.com", "*")])
def test_a_host_of_no_proxy_is_judged(label, no_proxy):
    """Its own address is connected to, so that is what is judged."""
    with Scene() as s:
        issuer_site, to_issuer = named(s, "as.example.com")
        site, to_server = named(s, "mcp.example.com")
        issuer = Issuer(s, issuer_site)
        server = Server(s, issuer.url, s.proxy, s.allow(FAR))
        if no_proxy != "as.example.com":        # the server is connected to as well, and is here
            server = Server(s, issuer.url, site)
            done = s.run("login", server.url, *to_issuer, *to_server, env={"no_proxy": no_proxy})
            expect_eq("a server on this machine", done.returncode, 0, done.stderr)
            return
        done = s.run("login", server.url, *to_issuer, env={"no_proxy": no_proxy})
        expect_refused(done, "the name leads to this machine")
        expect_eq("nothing came there", issuer_site.requests, [])


def test_a_name_that_leads_inside():
    """DNS rebinding: the name is the attacker's, the host is not, and cannot prove it."""
    with Scene() as s:
        issuer = Issuer(s, s.proxy, s.allow("https://rebound.example.com"))
        done = s.run("login", Server(s, issuer.url, s.proxy, s.allow(FAR)).url)
        expect_refused(done, "certificate", "rebound.example.com", code=2)
        hosts = [headers["Host"] for method, _, headers, _ in s.proxy.requests if method != "CONNECT"]
        expect_eq("who was asked anything", set(hosts), {"mcp.example.com"})


def named(scene, name):
    """A site of TLS on loopback under that name, and the option that leads there."""
    site = hostile(scene, {})
    site.server.socket = certificate()[1].wrap_socket(site.server.socket, server_side=True)
    port = site.server.server_port
    site.url = scene.allow(f"https://{name}") + f":{port}"
    return site, ["--resolve", f"{name}:{port}:127.0.0.1"]


def without_proxy(scene):
    """A proxy resolves by itself, so there is nothing to judge."""
    for variable in ("http_proxy", "https_proxy"):
        del scene.env[variable]


REBOUND = ["169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
           "[fd00:ec2::254]", "[fd00::1]", "[fe80::1]", "[::ffff:169.254.169.254]", "[64:ff9b::a00:1]"]


@lib.rows([(f"{address}, {place} of a server {how}", address, place, how)
           for address in REBOUND for place in PLACES[:4] for how in ("on loopback", "by name")
           if address in REBOUND[:2] or (place == PLACES[1] and how == "on loopback")])
def test_a_name_that_resolves_inside(label, address, place, how):
    """DNS rebinding: what is judged is the address that would be connected to."""
    with Scene() as s:
        without_proxy(s)
        options = ["--resolve", f"as.example.com:443:{address}"]
        if how == "by name":
            site, to_server = named(s, "mcp.example.com")
            issuer_site, to_issuer = named(s, "as.example.com")
            options += to_server + to_issuer
        else:
            site = issuer_site = None
        issuer = Issuer(s, issuer_site)
        server = Server(s, issuer.url, site)
        point_inside(server, issuer, place, "https://as.example.com")
        done = s.run("login", server.url, *options)
        expect_refused(done, "as.example.com:443: the name leads")
        expect("nobody was asked", not s.visits, str(s.visits))


def test_names_that_lead_to_this_machine():
    with Scene() as s:
        without_proxy(s)
        site, to_server = named(s, "mcp.example.com")
        issuer_site, to_issuer = named(s, "as.example.com")
        server = Server(s, Issuer(s, issuer_site).url, site)
        expect_login(s, server.url, *to_server, *to_issuer)
        done = s.run("tools", server.url, *to_server, *to_issuer)
        expect_eq("and a call", done.returncode, 0, done.stderr)


@lib.rows([
    ("a private address", [], "10.0.0.1", "leads into a private network"),
    ("a cloud's metadata", [], "169.254.169.254", "leads to an address of the link"),
    ("this machine, from outside", ["--issuer", "https://as.example.com"], "127.0.0.1",
     "leads to this machine"),
    ("this machine, from this machine", [], "127.0.0.1", None),
])
def test_a_document_at_a_name_that_resolves_inside(label, options, address, refusal):
    """Whoever comes to the authorization server names what it fetches: the client's id."""
    with Scene() as s:
        without_proxy(s)
        site, _ = named(s, "mcp.example.com")
        client_id = site.url + "/client"
        site.routes["/client"] = (200, JSON, json.dumps({
            "client_id": client_id, "client_name": "Far", "redirect_uris": ["https://far.example/"]}))
        port = s.port()
        s.start("authserver", "--json", "--port", str(port), "--users", s.users(), *options,
                "--resolve", f"{client_id[8:-7]}:{address}", env={"SSL_CERT_FILE": certificate()[0]})
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": client_id, "redirect_uri": "https://far.example/",
            "code_challenge": "a" * 43, "code_challenge_method": "S256"})
        status, page = visit(f"http://127.0.0.1:{port}/authorize?{query}")
        fetched = [path for _, path, _, _ in site.requests]
        if refusal:
            expect("it is refused", status == 400 and refusal in page, f"{status} {page}")
            expect("and does not say where that is", address not in page, page)
        else:
            expect("its page is shown", status == 200, f"{status} {page}")
        expect_eq("what was fetched", fetched, [] if refusal else ["/client"])


def visit(url):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# --- CVE-2026-108716: endpoints that anybody on the way may read ----------------------------

INTERNAL = ["mcp.internal", "as.internal"]


@lib.rows([
    ("both are allowed", INTERNAL, {}, 0, ""),
    ("only the server is", INTERNAL[:1], {}, REFUSED, "authorization_servers is plain http"),
    ("only the issuer is", INTERNAL[1:], {}, 1, "--allow-http"),
    ("neither is", [], {}, 1, "--allow-http"),
    ("another name", ["internal", "xmcp.internal", "mcp.internal.evil"], {}, 1, "--allow-http"),
    ("in capitals", ["MCP.Internal", "AS.internal"], {}, 0, ""),
    ("the server is outside", INTERNAL, {"mcp.internal": "8.8.8.8"}, REFUSED, "plain http is not for"),
    ("the issuer is outside", INTERNAL, {"as.internal": "8.8.8.8"}, REFUSED, "plain http is not for"),
    ("the issuer is a cloud's metadata", INTERNAL, {"as.internal": "169.254.169.254"}, REFUSED,
     "the name leads"),
    ("no name of a host", ["http://mcp.internal"], {}, 1, "no name of a host"),
])
def test_plain_http_in_a_private_network(label, allowed, elsewhere, code, word):
    """Containers that a compose file joins: by names, without TLS."""
    with Scene() as s:
        without_proxy(s)
        sites = [hostile(s, {}), hostile(s, {})]
        ports = [site.url.rsplit(":", 1)[1] for site in sites]
        for site, name, port in zip(sites, INTERNAL, ports):
            site.url = f"http://{name}:{port}"
        resolve = [word for name, port in zip(INTERNAL, ports)
                   for word in ("--resolve", f"{name}:{port}:{elsewhere.get(name, '127.0.0.1')}")]
        issuer = Issuer(s, sites[1])
        server = Server(s, issuer.url, sites[0])
        done = s.run("tools", server.url, *resolve, "--grant", "client-credentials", "--client-id", "c",
                     "--client-issuer", issuer.url, "--client-secret-file", s.write("secret", mint("given")),
                     *(word for name in allowed for word in ("--allow-http", name)))
        expect_eq("exit code", done.returncode, code, done.stderr)
        expect("it says why", word in done.stderr, done.stderr)
        expect("it is said loudly", code == 1 or done.stderr.count("warning: plain http to ") == len(allowed),
               done.stderr)


@lib.rows([
    ("by a browser", [], "Opened your browser at as.internal"),
    ("by a code", ["--grant", "device"], "/device"),
])
def test_a_person_signs_in_over_plain_http(label, args, word):
    """What was allowed for the issuer is allowed for its pages."""
    with Scene() as s:
        without_proxy(s)
        sites = [hostile(s, {}), hostile(s, {})]
        resolve = []
        for site, name in zip(sites, INTERNAL):
            port = site.url.rsplit(":", 1)[1]
            site.url = f"http://{name}:{port}"
            resolve += ["--allow-http", name, "--resolve", f"{name}:{port}:127.0.0.1"]
        grants = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
        issuer = Issuer(s, sites[1], device_authorization_endpoint=sites[1].url + "/code",
                        grant_types_supported=grants)
        sites[1].routes["/code"] = (200, JSON, json.dumps({
            "device_code": mint("device"), "user_code": "ABCD-EFGH", "interval": 1, "expires_in": 60,
            "verification_uri": sites[1].url + "/device"}))
        done = s.run("login", Server(s, issuer.url, sites[0]).url, *resolve, "--client-issuer", issuer.url, *args)
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("where", word in done.stderr, done.stderr)


def test_an_identity_provider_over_http():
    with Scene() as s:
        files = [s.write(name, mint(name)) for name in ("assertion", "client", "idp")]
        done = s.run("login", Server(s, Issuer(s).url).url, "--grant", "id-jag", "--client-id", "c",
                     "--client-secret-file", files[1], "--assertion-file", files[0], "--idp-client-id",
                     "x", "--idp-client-secret-file", files[2], "--idp-token-endpoint",
                     "http://idp.example/token")
        expect_refused(done, "idp.example", code=1)


# --- agenticos#1626: files, for everybody for a moment; tokens in what is said --------------

class Watch:
    """Sees every change of a mode in a folder, however short."""

    CREATE, ATTRIB = 0x100, 0x4

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init()
        expect("a watch", libc.inotify_add_watch(self.fd, folder.encode(), self.CREATE | self.ATTRIB) > 0)

    def events(self):
        found = []
        while select.select([self.fd], [], [], 0)[0]:
            data = os.read(self.fd, 65536)
            while data:
                _, mask, _, length = struct.unpack_from("iIII", data)
                found.append((data[16:16 + length].rstrip(b"\0").decode(), mask))
                data = data[16 + length:]
        os.close(self.fd)
        return found


def login_with_umask_0(scene):
    done = subprocess.run(["sh", "-c", 'umask 0; exec "$@"', "sh", lib.PROGRAM, "login",
                           Server(scene, Issuer(scene).url).url], env=scene.env, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=lib.PATIENCE)
    expect_eq("a login", done.returncode, 0, done.stderr)


def test_files_are_private_from_their_first_moment():
    with Scene() as s:
        os.makedirs(s.path("data/mcpass"), 0o700)
        watch = Watch(s.path("data/mcpass"))
        login_with_umask_0(s)
        events = watch.events()
        expect("the store came to be", ("credentials.db", Watch.CREATE) in events, str(events))
        changed = [name for name, mask in events if mask == Watch.ATTRIB and "-" not in name]
        expect_eq("no mode was changed later", changed, [])
        modes = {name: mode for name, mode in s.visits[0]["modes"].items() if name != "mcpass"}
        expect("store, journal, lock", len(modes) >= 3, str(modes))
        expect_eq("all for us alone", set(modes.values()), {0o600}, str(modes))


def test_folders_are_private_from_their_first_moment():
    with Scene() as s:
        login_with_umask_0(s)
        for folder in ("data", "data/mcpass"):
            expect_eq(folder, os.stat(s.path(folder)).st_mode & 0o777, 0o700)


def request_text(request):
    """What was sent, the interesting part first."""
    return " ".join(sorted(request.body.decode().split("&"), key=lambda p: MARK not in p))


@lib.rows([
    ("the token is refused", 401, 3),
    ("the token lacks a scope", 403, 4),
    ("the token endpoint repeats what it got", "token", 4),
    ("the token endpoint repeats it, and it is cut off", "long", 4),
    ("the token endpoint answers with half a token", "half", 3),
    ("the server repeats what it got", "mcp", None),
])
def test_errors_show_no_secret(label, what, code):
    """The scene looks for secrets in all that was said, by --explain, too."""
    with Scene() as s:
        issuer = Issuer(s)
        server = Server(s, issuer.url)
        bad = None

        def twist(request, method):
            return bad(request) if bad and "Authorization" in request.headers else None
        server.twist = twist
        if what == 401:
            server.refuses = True
        elif what == 403:
            challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="x"'}
            bad = lambda r: (403, challenge, "")
        elif what == "token":
            issuer.site.routes["/token"] = lambda r: (400, JSON, json.dumps({
                "error": "invalid_grant", "error_description": request_text(r)}))
        elif what == "long":
            issuer.site.routes["/token"] = lambda r: (400, JSON, json.dumps({
                "error": "invalid_grant", "error_description": "a" * 259 + " " + request_text(r)}))
        elif what == "half":
            issuer.site.routes["/token"] = lambda r: (200, JSON, '{"access_token":"%s' % mint("access"))
        else:
            bad = lambda r: (500, HTML, str(r.headers))
        done = s.run("tools", server.url)
        expect("it failed", done.returncode not in (0, 1), done.stderr)
        if code is not None:
            expect_eq("exit", done.returncode, code, done.stderr)


# --- DNS rebinding: CVE-2025-66414, CVE-2025-66416 -------------------------------------------

@lib.rows([
    ("another name", "evil.example", 403),
    ("another name with our port", "evil.example:{port}", 403),
    ("a name that begins like ours", "127.0.0.1.evil.example", 403),
    ("an address of the network", "10.0.0.1", 403),
    ("our address", "127.0.0.1:{port}", 200),
    ("our name", "localhost", 200),
])
def test_a_name_that_was_rebound_to_us(label, host, status):
    with lib.World() as w:
        w.start_both()
        for what, url, want in (("authserver", w.issuer + "/jwks", status),
                                ("serve", w.url, 401 if status == 200 else status)):
            parts = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=lib.PATIENCE)
            connection.request("GET", parts.path, headers={"Host": host.format(port=parts.port)})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            expect_eq(what, answer.status, want)
