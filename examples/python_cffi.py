#!/usr/bin/env python3
"""A protected MCP server from Python, by cffi and nothing else.

    apt install python3-cffi python3-dev python3-setuptools gcc
    python3 python_cffi.py https://mcp.example.com/mcp

cffi asks the C compiler for the members and the size of each structure ("..."), so only what is
used has to be declared, and a newer header needs no change here."""

import json
import subprocess
import sys
import tempfile

import cffi

DECLARATIONS = """
    enum mcpass_rc { MCPASS_OK, ... };
    struct mcpass_error { enum mcpass_rc rc; char detail[320]; char hint[320]; ...; };
    struct mcpass_client_config { size_t size; unsigned flags; const char *server_url;
        const char *client_name; ...; };
    struct mcpass_link_config { size_t size; const struct mcpass_client_config *client; ...; };
    struct mcpass_link;
    #define MCPASS_LOOPBACK_HTTP ...
    enum mcpass_rc mcpass_link_new(const struct mcpass_link_config *cfg, struct mcpass_link **ret_link,
        struct mcpass_error *err);
    enum mcpass_rc mcpass_link_call(struct mcpass_link *link, const char *method, const char *params,
        char **ret_json, int *ret_is_error, struct mcpass_error *err);
    void mcpass_link_close(struct mcpass_link *link);
    void free(void *memory);
"""


def build():
    """Compiles the binding; a package would do that once, in its setup."""
    def pkg_config(what):
        return subprocess.run(["pkg-config", what, "mcpass"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("_mcpass", "#include <mcpass/link.h>\n#include <stdlib.h>",
                   extra_compile_args=pkg_config("--cflags"), extra_link_args=pkg_config("--libs"))
    folder = tempfile.mkdtemp()
    ffi.compile(tmpdir=folder)
    sys.path.insert(0, folder)


class Failure(Exception):
    """code // 100 says who has to act, hint what to do."""

    def __init__(self, err):
        super().__init__(ffi.string(err.detail).decode())
        self.code, self.hint = err.rc, ffi.string(err.hint).decode()


class Server:
    def __init__(self, url):
        self.texts = [ffi.new("char[]", text.encode()) for text in (url, "an example")]
        self.client = ffi.new("struct mcpass_client_config *")
        self.client.size = ffi.sizeof("struct mcpass_client_config")
        self.client.server_url, self.client.client_name = self.texts
        self.client.flags = lib.MCPASS_LOOPBACK_HTTP
        self.config = ffi.new("struct mcpass_link_config *")
        self.config.size = ffi.sizeof("struct mcpass_link_config")
        self.config.client = self.client
        err, link = ffi.new("struct mcpass_error *"), ffi.new("struct mcpass_link **")
        if lib.mcpass_link_new(self.config, link, err) != lib.MCPASS_OK:
            raise Failure(err)
        self.link = link[0]

    def __enter__(self):
        return self

    def __exit__(self, *what):
        lib.mcpass_link_close(self.link)

    def call(self, method, params):
        err = ffi.new("struct mcpass_error *")
        text, is_error = ffi.new("char **"), ffi.new("int *")
        if lib.mcpass_link_call(self.link, method.encode(), json.dumps(params).encode(), text,
                                is_error, err) != lib.MCPASS_OK:
            raise Failure(err)
        try:
            answer = json.loads(ffi.string(text[0]))
        finally:
            lib.free(text[0])
        if is_error[0]:
            raise RuntimeError(answer["message"])
        return answer


def main():
    try:
        with Server(sys.argv[1]) as server:
            answer = server.call("tools/call", {"name": "echo", "arguments": {"message": "hello"}})
            print(answer["content"][0]["text"])
    except Failure as failure:
        sys.exit(f"{failure}\n{failure.hint}")


if __name__ == "__main__":
    build()
    from _mcpass import ffi, lib
    main()
