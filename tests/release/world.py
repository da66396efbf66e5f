"""What the rows of a release need: an authority and servers of the moment, on loopback."""

import http.server
import os
import socket
import ssl
import subprocess
import threading


def make_authority(folder):
    """An authority, and a certificate of it for 127.0.0.1: ca.pem, key.pem, cert.pem."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=an authority", "-days", "2")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "key.pem", "-out", "request.pem", "-subj", "/CN=127.0.0.1")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-extfile", "names", "-out", "cert.pem")
    found = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", "ca.pem"], check=True,
                           cwd=folder, capture_output=True, text=True)
    return found.stdout.strip()


class Server:
    """An HTTPS server that knows no page; paths has what it was asked for."""

    def __init__(self, folder):
        paths = self.paths = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                paths.append(self.path)
                self.send_error(404)

            do_POST = do_GET

            def log_message(self, *arguments):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}/mcp"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Proxy:
    """Takes one connection, says the replies in turn, keeps what came between them."""

    def __init__(self, *replies):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]
        self.heard, self.replies = [], replies
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        peer, _ = self.listener.accept()
        with peer:
            peer.settimeout(30)
            for reply in self.replies + (None,):
                self.heard.append(peer.recv(4096))
                if reply is not None:
                    peer.sendall(reply)
