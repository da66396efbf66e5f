"""Where a request begins and ends (RFC 9112): bytes on a socket, for both servers.

Each row is sent as it is.  A request that is taken is answered 404 (there is nothing at /x),
and the connection serves the next one; a malformed one is refused, the connection ends, and
nothing that stands behind it is run: /smuggled is in no log."""

import contextlib
import socket
import threading

import lib
from lib import World, expect, expect_eq

TAKEN = 404
H = "Host: 127.0.0.1\r\n"
SMUGGLED = "GET /smuggled HTTP/1.1\r\n" + H + "\r\n"


def get(lines="", target="/x", version="HTTP/1.1", host=H):
    return f"GET {target} {version}\r\n{host}{lines}\r\n"


def post(lines, body=""):
    return f"POST /x HTTP/1.1\r\n{H}{lines}\r\n{body}"


def chunked(body, lines=""):
    return post("Transfer-Encoding: chunked\r\n" + lines, body)


# label, bytes, status
TAKEN_ROWS = [
    ("a GET", get()),
    ("a line end before it", "\r\n" + get()),
    ("a method of its own", get().replace("GET", "BREW")),
    ("no space after a colon", get(host="Host:127.0.0.1\r\n")),
    ("whitespace around a value", get("A: \t b \t \r\n")),
    ("an empty value", get("A:\r\n")),
    ("bytes over 127 in a value", get("A: \u00e9\r\n")),
    ("a query", get(target="/x?a=b&c=%00/?:@")),
    ("a target in absolute form", get(target="http://127.0.0.1/x")),
    ("one with a port and a query", get(target="http://127.0.0.1:80/x?y=z")),
    ("one whose scheme is in capitals", get(target="HTTP://127.0.0.1/x")),
    ("one whose Host says something else", get(target="http://127.0.0.1/x", host="Host: evil.example\r\n")),
    ("Host with a port", get(host="Host: 127.0.0.1:1\r\n")),
    ("Host as an IPv6 address", get(host="Host: [::1]:80\r\n")),
    ("Host in capitals", get(host="HOST: LOCALHOST\r\n")),
    ("a later minor version", get(version="HTTP/1.2")),
    ("Content-Length", post("Content-Length: 5\r\n", "hello")),
    ("Content-Length 0", post("Content-Length: 0\r\n")),
    ("Content-Length with zeros before it", post("Content-Length: 005\r\n", "hello")),
    ("a POST without a length has no body", post("")),
    ("a GET with a body", get("Content-Length: 5\r\n") + "hello"),
    ("chunks", chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")),
    ("chunks, in capitals", post("TRANSFER-ENCODING: Chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    ("a chunk size in hexadecimal", chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n")),
    ("a chunk size with zeros before it", chunked("0005\r\nhello\r\n00\r\n\r\n")),
    ("chunk extensions", chunked("5;a=b;c=\"d;e\"\r\nhello\r\n0;z\r\n\r\n")),
    ("a quote that is escaped in a chunk extension", chunked("5;a=\"\\\"\"\r\nhello\r\n0\r\n\r\n")),
    ("a space before a chunk extension", chunked("5 ;a\r\nhello\r\n0\r\n\r\n")),
    ("trailers", chunked("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n")),
    ("a body that looks like a request", post(f"Content-Length: {len(SMUGGLED)}\r\n", SMUGGLED)),
    ("and one in a chunk", chunked(f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n")),
    ("Connection with a list", get("Connection: keep-alive, x\r\n")),
    ("Upgrade is not followed", get("Connection: Upgrade\r\nUpgrade: websocket\r\n")),
]

REFUSED_ROWS = [
    ("two lengths", post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello" + SMUGGLED), 400),
    ("the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello" + SMUGGLED), 400),
    ("a list of lengths", post("Content-Length: 5, 5\r\n", "hello" + SMUGGLED), 400),
    ("a length with a plus", post("Content-Length: +5\r\n", "hello" + SMUGGLED), 400),
    ("a length with a minus", post("Content-Length: -5\r\n", "hello" + SMUGGLED), 400),
    ("a length in hexadecimal", post("Content-Length: 0x5\r\n", "hello" + SMUGGLED), 400),
    ("a length with a space in it", post("Content-Length: 5 5\r\n", "hello" + SMUGGLED), 400),
    ("a length with a fraction", post("Content-Length: 5.0\r\n", "hello" + SMUGGLED), 400),
    ("a length of nothing", post("Content-Length: \r\n", SMUGGLED), 400),
    ("a length that is no number", post("Content-Length: five\r\n", SMUGGLED), 400),
    ("a length over all numbers", post("Content-Length: 99999999999999999999999\r\n", SMUGGLED), 413),
    ("a length that wraps around", post("Content-Length: 18446744073709551621\r\n", "hello" + SMUGGLED), 413),
    ("a length that is too much", post("Content-Length: 100000000\r\n", "hello"), 413),
    ("a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("an unknown coding", post("Transfer-Encoding: unknown\r\n", SMUGGLED), 400),
    ("identity", post("Transfer-Encoding: identity\r\n", SMUGGLED), 400),
    ("gzip", post("Transfer-Encoding: gzip\r\n", SMUGGLED), 400),
    ("a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" + SMUGGLED), 501),
    ("a coding after chunked", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("an unknown coding beside it", post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked and a comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked and an empty item", post("Transfer-Encoding: chunked , \r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("an empty coding", post("Transfer-Encoding:\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunked with a byte before it", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("chunks in HTTP/1.0", chunked("0\r\n\r\n" + SMUGGLED).replace("HTTP/1.1", "HTTP/1.0", 1), 400),
    ("a space before a colon", post("Content-Length : 5\r\n", "hello" + SMUGGLED), 400),
    ("a tab before a colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n" + SMUGGLED), 400),
    ("a folded line", get("A: b\r\n c\r\n") + SMUGGLED, 400),
    ("a folded line that looks like a header", get("A: b\r\n C: d\r\n") + SMUGGLED, 400),
    ("a folded first line", f"GET /x HTTP/1.1\r\n {H}\r\n" + SMUGGLED, 400),
    ("a line without a colon", get("nothing\r\n") + SMUGGLED, 400),
    ("a line without a name", get(": b\r\n") + SMUGGLED, 400),
    ("a name with a space", get("a b: c\r\n") + SMUGGLED, 400),
    ("a name in brackets", get("(a): b\r\n") + SMUGGLED, 400),
    ("NUL in a value", get("A: b\0c\r\n") + SMUGGLED, 400),
    ("NUL in a name", get("A\0: b\r\n") + SMUGGLED, 400),
    ("NUL in a target", get(target="/x\0y") + SMUGGLED, 400),
    ("NUL in Host", get(host="Host: 127.0.0.1\0.evil.example\r\n") + SMUGGLED, 400),
    ("a control character in a value", get("A: b\x01c\r\n") + SMUGGLED, 400),
    ("DEL in a value", get("A: b\x7fc\r\n") + SMUGGLED, 400),
    ("a bare LF after the request line", f"GET /x HTTP/1.1\n{H}\r\n" + SMUGGLED, 400),
    ("a bare LF after a header", "GET /x HTTP/1.1\r\nHost: 127.0.0.1\n\r\n" + SMUGGLED, 400),
    ("bare LFs only", "GET /x HTTP/1.1\nHost: 127.0.0.1\n\n" + SMUGGLED, 400),
    ("a bare LF at the end", f"GET /x HTTP/1.1\r\n{H}\n" + SMUGGLED, 400),
    ("a bare CR in a value", get("A: b\rContent-Length: 5\r\n") + "hello" + SMUGGLED, 400),
    ("a bare CR for a line end", "GET /x HTTP/1.1\rHost: 127.0.0.1\r\r" + SMUGGLED, 400),
    ("CR CR LF", get("A: b\r\r\n") + SMUGGLED, 400),
    ("no Host", get(host="") + SMUGGLED, 400),
    ("two Hosts", get(host=H + H) + SMUGGLED, 400),
    ("two Hosts, and an absolute target", get(target="http://127.0.0.1/x", host=H + H) + SMUGGLED, 400),
    ("an empty Host", get(host="Host:\r\n") + SMUGGLED, 400),
    ("a Host of spaces", get(host="Host: \t \r\n") + SMUGGLED, 400),
    ("a Host with a space", get(host="Host: 127.0.0.1 evil\r\n") + SMUGGLED, 400),
    ("a Host with a comma", get(host="Host: 127.0.0.1, evil\r\n") + SMUGGLED, 400),
    ("a Host with a path", get(host="Host: 127.0.0.1/x\r\n") + SMUGGLED, 400),
    ("a Host with a user", get(host="Host: a@127.0.0.1\r\n") + SMUGGLED, 400),
    ("a Host with an odd port", get(host="Host: 127.0.0.1:8a\r\n") + SMUGGLED, 400),
    ("a Host that is only a port", get(host="Host: :80\r\n") + SMUGGLED, 400),
    ("a Host with brackets of nothing", get(host="Host: [::1\r\n") + SMUGGLED, 400),
    ("an absolute target with a user", get(target="http://a@127.0.0.1/x") + SMUGGLED, 400),
    ("an absolute target without a host", get(target="http:///x") + SMUGGLED, 400),
    ("a target of another scheme", get(target="ftp://127.0.0.1/x") + SMUGGLED, 400),
    ("a target that is no path", get(target="x") + SMUGGLED, 400),
    ("a target with a fragment", get(target="/x#y") + SMUGGLED, 400),
    ("a target with bytes over 127", get(target="/\u00e9") + SMUGGLED, 400),
    ("an asterisk with GET", get(target="*") + SMUGGLED, 400),
    ("CONNECT", "CONNECT 127.0.0.1:80 HTTP/1.1\r\n" + H + "\r\n" + SMUGGLED, 400),
    ("two spaces in the request line", f"GET  /x HTTP/1.1\r\n{H}\r\n" + SMUGGLED, 400),
    ("a tab in the request line", f"GET\t/x HTTP/1.1\r\n{H}\r\n" + SMUGGLED, 400),
    ("a space at its end", f"GET /x HTTP/1.1 \r\n{H}\r\n" + SMUGGLED, 400),
    ("a space at its beginning", f" GET /x HTTP/1.1\r\n{H}\r\n" + SMUGGLED, 400),
    ("a space in the target", get(target="/x /y") + SMUGGLED, 400),
    ("no version", f"GET /x\r\n{H}\r\n" + SMUGGLED, 400),
    ("a version in small letters", get(version="http/1.1") + SMUGGLED, 400),
    ("a version with a zero", get(version="HTTP/01.1") + SMUGGLED, 400),
    ("a version that goes on", get(version="HTTP/1.10") + SMUGGLED, 400),
    ("HTTP/2.0", get(version="HTTP/2.0") + SMUGGLED, 505),
    ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("a method that is no token", f"G@T /x HTTP/1.1\r\n{H}\r\n" + SMUGGLED, 400),
    ("many line ends before it", "\r\n\r\n\r\n" + get() + SMUGGLED, 400),
    ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("an Expect that is unknown", post("Expect: money\r\nContent-Length: 5\r\n"), 417),
    ("a head that is too long", get("".join(f"A{i}: {'b' * 4000}\r\n" for i in range(20))), 431),
    ("too many headers", get("A: b\r\n" * 300), 431),
    ("a target that is too long", get(target="/" + "x" * 20000), 414),
    ("a head that never ends", "GET /x HTTP/1.1\r\n" + H + "A: " + "b" * 100000, 431),
    ("a chunk size of nothing", chunked("\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a space before a chunk size", chunked(" 5\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a space after a chunk size", chunked("5 \r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk size with a plus", chunked("+5\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk size with a minus", chunked("-5\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk size with an underscore", chunked("0_5\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk size over all numbers", chunked("FFFFFFFFFFFFFFFFF\r\nhello" + SMUGGLED), 413),
    ("a chunk size that wraps around", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 413),
    ("a chunk that is too much", chunked("7fffffff\r\nhello"), 413),
    ("chunks that become too much", chunked("8000\r\n" + "x" * 0x8000 + "\r\n" + ("8000\r\n" + "x" * 0x8000 + "\r\n") * 9), 413),
    ("a bare LF after a chunk size", chunked("5\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a bare CR after a chunk size", chunked("5\rhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a bare LF in a chunk extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a chunk that is longer than it says", chunked("5\r\nhelloX\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a bare LF after a chunk", chunked("5\r\nhello\n0\r\n\r\n" + SMUGGLED), 400),
    ("a bare LF after the last chunk", chunked("0\n\n" + SMUGGLED), 400),
    ("a quote without its end in a chunk extension", chunked("5;a=\"\r\nhello\r\n0\r\n\r\n" + SMUGGLED), 400),
    ("a long chunk extension", chunked("5;" + "a" * 20000 + "\r\nhello\r\n0\r\n\r\n"), 400),
    ("a trailer that is no header", chunked("0\r\nno trailer\r\n\r\n" + SMUGGLED), 400),
    ("a folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n" + SMUGGLED), 400),
    ("a trailer with NUL", chunked("0\r\nA: b\0\r\n\r\n" + SMUGGLED), 400),
    ("trailers without end", chunked("0\r\n" + "A: b\r\n" * 20000), 431),
]


class Servers(World):
    """Both, once for all rows; the rows share nothing but them."""

    def __init__(self):
        super().__init__()
        self.ports = {}
        for name, args in (("serve", ["serve", "--open"]),
                           ("authserver", ["authserver", "--users", self.users()])):
            server = self.start(*args, "--json", "--port", "0")
            url = server.ready.get("url") or server.ready["issuer"]
            self.ports[name] = int(url.split(":")[2].split("/")[0])
            setattr(self, name, server)


@contextlib.contextmanager
def connection(port):
    with socket.create_connection(("127.0.0.1", port), timeout=lib.PATIENCE) as sock:
        yield sock


def send(sock, text):
    with contextlib.suppress(OSError):          # it may be refused before all of it is there
        sock.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))


class Reader:
    def __init__(self, sock):
        self.file = sock.makefile("rb")

    def answer(self, has_body=True):
        """Its status and body; (None, b"") when the connection ended instead."""
        try:
            line = self.file.readline()
        except ConnectionError:
            return None, b""
        if not line:
            return None, b""
        status = int(line.split()[1])
        headers = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.split(b":", 1)
            headers[name.lower()] = value.strip()
        self.headers = headers
        length = int(headers.get(b"content-length", 0)) if has_body and status >= 200 else 0
        return status, self.file.read(length)

    def is_at_end(self):
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True


def test_framing():
    failures = []

    def check(name, label, sent, status):
        with connection(servers.ports[name]) as sock:
            reader = Reader(sock)
            send(sock, sent)
            got, _ = reader.answer()
            if got != status:
                failures.append(f"{name}: {label}: {got}, not {status}")
            elif status == TAKEN:
                send(sock, get(target="/next"))
                if reader.answer()[0] != TAKEN:
                    failures.append(f"{name}: {label}: the connection is not kept")
            elif not reader.is_at_end():
                failures.append(f"{name}: {label}: the connection is not closed")

    table = [row + (TAKEN,) for row in TAKEN_ROWS] + REFUSED_ROWS
    with Servers() as servers:
        for name in servers.ports:
            for row in table:
                try:
                    check(name, *row)
                except TimeoutError:
                    failures.append(f"{name}: {row[0]}: no answer")
            log = getattr(servers, name).read_log()
            if "smuggled" in log:
                failures.append(f"{name}: something behind a refused request was run: {log.count('smuggled')}")
    expect(f"{len(table)} rows for each server", not failures, "\n".join(failures))
