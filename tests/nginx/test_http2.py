"""HTTP/2: an nginx with TLS before the echo server.  The requests of one link share a connection.
When nginx gives that connection up with others on their way (GOAWAY), what only reads is sent
again, and of a call it is said that it may have been carried out: libcurl does not tell whether it
was."""

import collections
import json
import os
import subprocess

from gateway import Nginx, PATIENCE, expect, expect_eq
from test_bridge import Host

CALLS = 40
CONF = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
{user}
events {{ worker_connections 512; }}
http {{
    log_format how '$connection $server_protocol $request_method $status';
    access_log {folder}/access.log how;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        {more}
        location / {{
            proxy_pass {behind}; proxy_http_version 1.1; proxy_buffering off;
            proxy_set_header Host 127.0.0.1:{port}; proxy_set_header Connection "";
        }}
    }}
}}
"""


class Front(Nginx):
    """nginx, and behind it the echo server, which knows itself by nginx's URL."""

    def __init__(self, more=""):
        super().__init__()
        self.more = more
        self.public = f"https://127.0.0.1:{self.port1}/mcp"

    def configure(self, server, behind, **kw):
        self.write("nginx.conf", CONF.format(folder=self.folder, port=self.port1, more=self.more,
                   behind=behind, user="user root;" if os.geteuid() == 0 else ""))

    def start_all(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.path("key.pem"),
                        "-out", self.path("cert.pem")], check=True, capture_output=True, timeout=PATIENCE)
        self.start_authserver()
        port = str(self.port())
        self.serve = self.start("serve", "--json", "--port", port, "--issuer", self.issuer,
                                "--resource", self.public)
        self.start_nginx("", behind=f"http://127.0.0.1:{port}")
        done = self.run("login", self.public, "--ca-file", self.path("cert.pem"))
        expect_eq("a login", done.returncode, 0, done.stderr + self.errors())

    def relay(self, method, params):
        """Many at once, through one link: what is answered, by id."""
        host = Host(self, self.public, "--ca-file", self.path("cert.pem"))
        host.hello()
        host.write("".join(json.dumps({"jsonrpc": "2.0", "id": n, "method": method, "params": params(n)})
                           + "\n" for n in range(1, CALLS + 1)))
        answers = {}
        while len(answers) < CALLS:
            answer = host.take()
            answers[answer["id"]] = answer
        expect_eq("the bridge ends", host.close(), 0, self.errors())
        return answers

    def connections(self):
        """How many requests went over each, by the number of the connection."""
        rows = [line.split() for line in self.read("access.log").splitlines()]
        expect("each is HTTP/2", rows and all(row[1] == "HTTP/2.0" for row in rows), str(rows))
        return collections.Counter(row[0] for row in rows if row[2] == "POST")


def echo(n):
    return {"name": "echo", "arguments": {"message": f"number {n}"}}


def test_one_connection():
    with Front() as w:
        w.start_all()
        w.write("access.log", "")
        answers = w.relay("tools/call", echo)
        for n in range(1, CALLS + 1):
            expect(f"call {n} is answered", f"number {n}" in json.dumps(answers[n]["result"]),
                   str(answers[n]))
        most = w.connections().most_common(1)[0][1]
        expect("the calls share a connection", most >= CALLS, str(w.connections()))


def test_reads_in_a_goaway():
    with Front("keepalive_requests 30;") as w:
        w.start_all()
        answers = w.relay("prompts/list", lambda n: {})
        for n in range(1, CALLS + 1):
            expect(f"request {n} is answered", "prompts" in answers[n].get("result", {}),
                   str(answers[n]))
        expect("nginx gave connections up", len(w.connections()) > 2, str(w.connections()))


def test_calls_in_a_goaway():
    with Front("keepalive_requests 30;") as w:
        w.start_all()
        answers = w.relay("tools/call", echo)
        told = 0
        for n in range(1, CALLS + 1):
            if "error" in answers[n]:
                told += 1
                expect("it says so", "may have carried it out" in answers[n]["error"]["message"],
                       str(answers[n]))
            else:
                expect(f"call {n}", f"number {n}" in json.dumps(answers[n]["result"]), str(answers[n]))
        # How many were on their way when it came is a matter of the machine's speed.
        expect("some were answered", told < CALLS, str(told))
        expect("nginx gave a connection up", len(w.connections()) > 1, str(w.connections()))
        sent = sum(w.connections().values())
        expect("no call is sent twice", sent <= CALLS - told + 4, f"{sent}, and {told} are lost")
