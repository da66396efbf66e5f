"""Round two: what Keycloak does with --features=cimd,resource-indicators."""

import ssl
import subprocess

import lib
from keycloak_person import claims, ok, refused
from keycloak_steps import REGISTERED
from lib import expect, expect_eq


class Document:
    """Our client metadata document, on an https server that Keycloak is told to trust."""

    def __init__(self, bed):
        self.bed = bed
        self.certificate, key = bed.path("document.pem"), bed.path("document.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
                        self.certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True,
                       timeout=lib.PATIENCE)
        self.site = lib.hostile(bed, {})
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.site.server.socket = context.wrap_socket(self.site.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.site.server.server_port}/mcpass.json"
        done = bed.run("client-metadata", "--url", self.url, "--scope",
                       "mcp:read mcp:tools mcp:prompts offline_access")
        expect_eq("the document", done.returncode, 0, done.stderr)
        self.site.routes["/mcpass.json"] = (200, lib.JSON, done.stdout)

    def options(self):
        """For Keycloak's start."""
        return ("--features=cimd,resource-indicators", f"--truststore-paths={self.certificate}")


def resource(bed, subject):
    with subject.step("resource indicators: the token is for the resource alone (RFC 8707)"):
        bed.fresh()
        done = ok(bed.go("mcp-user", "call", "echo", "message=hi", "--explain", profile="bound-to"),
                  "hi")
        expect("asked for", "resource                " + bed.url in done.err, done.said)
        expect_eq("aud", claims(bed.token("mcp-user", profile="bound-to"))[1]["aud"], bed.url)
    with subject.step("resource indicators: still for the resource after a refresh"):
        bed.expire("bound-to")
        ok(bed.go("mcp-user", "call", "echo", "message=hi", profile="bound-to"), "hi", [])
        # 26.7.3 adds the server's own client here, as if no resource had been asked for.
        body = claims(bed.token("mcp-user", profile="bound-to"))[1]
        expect("aud", bed.url in body["aud"], str(body))
    with subject.step("resource indicators: a resource that Keycloak does not know"):
        other = bed.serve_for(bed.realm.issuer)
        refused(bed.go("mcp-user", "call", "whoami", url=other, profile="elsewhere"), 4,
                "invalid_target", "does not know this resource")


def document(bed, subject, published):
    with subject.step("CIMD: our document's URL is the client id, nothing is registered"):
        said = bed.script("--cimd", "127.0.0.1")
        expect("the policy is made", "client policy mcp-metadata-documents: made" in said, said)
        again = bed.script("--cimd", "127.0.0.1")
        expect("once", "Nothing had to be changed." in again, again)
        before = bed.realm.registered()
        bed.fresh()
        done = ok(bed.go("mcp-user", "call", "echo", "message=hi", "--client-metadata-url",
                         published.url, "--explain", profile="document", pictures="cimd"), "hi")
        expect("Keycloak names its host", "hostname is 127.0.0.1" in done.pages["consent"], done.said)
        expect("and nothing of a profile", "User profile" not in done.pages["consent"], done.said)
        expect("said", "reads our client metadata document" in done.err, done.said)
        expect("not registered", REGISTERED not in done.err, done.said)
        expect_eq("nor at Keycloak", bed.realm.registered(), before)
        expect("Keycloak has read it", any(path == "/mcpass.json" for _, path, _, _
                                           in published.site.requests), str(published.site.requests))
        body = claims(bed.token("mcp-user", profile="document"))[1]
        expect_eq("the client", body["azp"], published.url)
        expect_eq("for the resource alone", body["aud"], bed.url)
    with subject.step("CIMD: refreshed, and logged out"):
        bed.expire("document")
        ok(bed.go("mcp-user", "call", "echo", "message=hi", "--client-metadata-url", published.url,
                  profile="document"), "hi", [])
        ok(bed.go("mcp-user", "logout", profile="document"))
