"""Where an attack happens: an MCP server and authorization servers that do as a test says,
a person at a browser who does, too, and a proxy that sees whatever would leave the machine.

Everything is on loopback.  Other ports and other names of it are other origins; a far host
is one that only the proxy knows.  Every secret that is handed out begins with MARK, and no
run of the program may ever show one."""

import json
import os
import queue
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import lib
from lib import JSON, World, expect, expect_eq, hostile

MARK = "s3cret"
FAR = "https://mcp.example.com"
REFUSED = 5             # the exit code of what would be unsafe
WELL_KNOWN = "/.well-known/oauth-protected-resource"


def mint(kind):
    return f"{MARK}-{kind}-{secrets.token_hex(8)}"


def seen(site):
    """All that came to a site, as one text."""
    return "\n".join(f"{method} {path} {headers} {body.decode(errors='replace')}"
                     for method, path, headers, body in site.requests)


class Scene(World):
    def __init__(self):
        super().__init__()
        self.said, self.visits, self.far = [], [], []
        self.replies = queue.Queue()
        self.answer = self.redirect     # what the person's browser does: URLs and headers

    def __enter__(self):
        super().__enter__()
        desk = hostile(self, {"/visit": self.visit, "/replies": self.take_replies})
        self.proxy = hostile(self, {})
        self.proxy.server.RequestHandlerClass.do_CONNECT = lambda h: self.connect(h)
        self.proxy.server.handle_error = lambda *what: None
        self.env["https_proxy"] = self.env["http_proxy"] = self.proxy.url
        script = self.write("visitor", f"#!{sys.executable}\nimport sys\n"
                            f"sys.dont_write_bytecode = True\nsys.path.insert(0, {lib.HERE!r})\n"
                            f"import visitor\nvisitor.main({desk.url!r}, sys.argv[1:])\n")
        os.chmod(script, 0o700)
        self.env["BROWSER"] = script
        return self

    def __exit__(self, *what):
        if what[0] is None:
            try:
                self.check()
            except BaseException:
                super().__exit__(*what)
                raise
        super().__exit__(*what)

    def check(self):
        """What holds after every attack."""
        for done in self.said:
            expect("no secret is shown", MARK not in done.stdout + done.stderr,
                   done.stdout + done.stderr)
        for visit in self.visits:
            expect("no secret is inherited by the browser", MARK not in json.dumps(visit),
                   json.dumps(visit, indent=1))
        stray = [f"{method} {path}" for method, path, _, _ in self.proxy.requests
                 if (method == "CONNECT" or path.startswith("http")) and path not in self.far]
        expect("nothing left the machine", not stray, str(stray))

    # --- the person's browser ---

    def visit(self, request):
        visit = json.loads(request.body)
        self.visits.append(visit)
        return 200, JSON, json.dumps(self.answer(visit))

    def take_replies(self, request):
        self.replies.put(json.loads(request.body))
        return 200, JSON, "{}"

    def wait_replies(self):
        return self.replies.get(timeout=lib.PATIENCE)

    def redirect(self, visit, **changes):
        """The redirect of the authorization server that was visited; None takes a
        parameter away."""
        parts = urllib.parse.urlsplit(visit["arguments"][0])
        asked = dict(urllib.parse.parse_qsl(parts.query))
        answer = {"code": mint("code"), "state": asked["state"],
                  "iss": f"{parts.scheme}://{parts.netloc}", **changes}
        query = urllib.parse.urlencode({k: v for k, v in answer.items() if v is not None})
        return [(f"{asked['redirect_uri']}?{query}", {})]

    # --- the proxy ---

    def connect(self, handler):
        self.proxy.requests.append(("CONNECT", handler.path, dict(handler.headers), b""))
        if handler.path not in self.far:
            handler.send_error(403)
            return
        handler.send_response(200)
        handler.end_headers()
        # A client that does not like the certificate ends it here, or at the first read.
        handler.connection = certificate()[1].wrap_socket(handler.connection, server_side=True)
        handler.rfile = handler.connection.makefile("rb")
        handler.wfile = handler.connection.makefile("wb", 0)
        handler.close_connection = False

    def allow(self, url):
        self.far.append(f"{urllib.parse.urlsplit(url).hostname}:443")
        return url

    # --- the program ---

    def run(self, *args, env=None, **kw):
        """With --explain, for that says the most."""
        trusted = ["--ca-file", certificate()[0]] if self.far else []
        done = super().run(args[0], "--login-timeout", "20s", "--explain", *trusted, *args[1:],
                           env=env, **kw)
        self.said.append(done)
        return done


certificates = threading.Lock()
certificate_made = []


def certificate():
    """One for every far host of the tests, and the context that serves it."""
    with certificates:
        if not certificate_made:
            folder = tempfile.mkdtemp(prefix="mcpass-e2e-tls-")
            path, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
            try:
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", path,
                                "-days", "2", "-subj", "/CN=test", "-addext",
                                "subjectAltName=DNS:mcp.example.com,DNS:as.example.com"],
                               check=True, capture_output=True, timeout=lib.PATIENCE)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(path, key)
                with open(path) as file:
                    trusted = tempfile.NamedTemporaryFile("w", prefix="mcpass-e2e-ca-")
                    trusted.write(file.read())
                    trusted.flush()
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            certificate_made.extend((trusted.name, context, trusted))
    return certificate_made


class Issuer:
    """An authorization server that grants everything and remembers every request."""

    def __init__(self, scene, site=None, url=None, **metadata):
        self.site = site or hostile(scene, {})
        self.url = url or self.site.url
        self.lifetime = 3600
        self.metadata = {
            "issuer": self.url, "authorization_endpoint": self.url + "/authorize",
            "token_endpoint": self.url + "/token", "registration_endpoint": self.url + "/register",
            "revocation_endpoint": self.url + "/revoke",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True, **metadata}
        self.registration = {}          # members of the answer that are another's
        self.site.routes.update({
            "/.well-known/oauth-authorization-server":
                lambda r: (200, JSON, json.dumps(self.metadata)),
            "/register": self.register, "/token": self.token, "/revoke": (200, {}, "")})

    def register(self, request):
        wish = json.loads(request.body)
        return 201, JSON, json.dumps({
            "client_id": "c-" + secrets.token_hex(4), "client_secret": mint("client"),
            "client_secret_expires_at": 0, "redirect_uris": wish["redirect_uris"],
            "token_endpoint_auth_method": "client_secret_post",
            "registration_access_token": mint("registration"), **self.registration})

    def token(self, request):
        return 200, JSON, json.dumps({
            "access_token": mint("access"), "refresh_token": mint("refresh"),
            "token_type": "Bearer", "expires_in": self.lifetime})

    def got(self, path):
        return [r for r in self.site.requests if r[1].split("?")[0] == path]


class Server:
    """An MCP server that takes every token but those that it refuses."""

    def __init__(self, scene, issuer, site=None, url=None, **prm):
        self.site = site or hostile(scene, {})
        self.url = (url or self.site.url) + "/mcp"
        self.refuses = False            # every token
        self.session = None             # the id, where the server is one of the old era
        self.twist = lambda request, method: None       # an answer that is another's
        self.prm = {"resource": self.url, "authorization_servers": [issuer], **prm}
        self.metadata_url = f"{url or self.site.url}{WELL_KNOWN}/mcp"
        self.site.routes.update({"/mcp": self.mcp, WELL_KNOWN + "/mcp": self.serve_prm})

    def serve_prm(self, request):
        return 200, JSON, json.dumps(self.prm)

    def mcp(self, request):
        body = json.loads(request.body) if request.body else {}
        method = body.get("method", request.command)
        answer = self.twist(request, method)
        if answer is not None:
            return answer
        if self.refuses or "Authorization" not in request.headers:
            return 401, {"WWW-Authenticate": f'Bearer resource_metadata="{self.metadata_url}"'}, ""
        if "id" not in body:
            return (202 if "method" in body else 405), {}, ""
        headers = {**JSON, **({"Mcp-Session-Id": self.session} if self.session else {})}
        result = {"tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        if method == "initialize":
            result = {"protocolVersion": body["params"]["protocolVersion"],
                      "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
        return 200, headers, json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": result})


def expect_refused(done, *words, code=REFUSED):
    expect_eq("exit code", done.returncode, code, done.stderr)
    told = [line for line in done.stderr.splitlines() if line.startswith("mcpass: ")]
    expect("one line says it", len(told) == 1, done.stderr)
    for word in words:
        expect(f"it says {word!r}", re.search(word, told[0], re.I), told[0])


def expect_login(scene, url, *args, **kw):
    done = scene.run("login", url, *args, **kw)
    expect_eq("a login", done.returncode, 0, done.stderr)


def stored(scene):
    """Every secret that the store has."""
    return set(re.findall(MARK + r"-[a-z]+-[0-9a-f]+", str(scene.record())))


def expect_none_at(site, secrets):
    expect("there is something to lose", secrets)
    leaked = [secret for secret in secrets if secret in seen(site)]
    expect("no secret of another came here", not leaked, str(leaked))
