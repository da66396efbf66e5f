#!/usr/bin/env python3
"""Runs the referee: run.py PROGRAM [PART...]; see docs/conformance.md.

A scenario passes when the referee has nothing but successes to say about it, at least one,
and, for a client, when the program ended as the driver wanted it to.  The last line counts."""

import collections
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "nginx")]
import browser      # noqa: E402
import lib          # noqa: E402

# The referee splits it at spaces.
DRIVER = f"{sys.executable} -B {os.path.join(HERE, 'client')}"
NODE, REFEREE = os.environ["CONFORMANCE_NODE"], os.environ["CONFORMANCE"]
OLD, NEW = "2025-11-25", "2026-07-28"
EXTENSIONS = ["auth/client-credentials-jwt", "auth/client-credentials-basic",
              "auth/enterprise-managed-authorization", "auth/dpop", "auth/dpop-nonce",
              "auth/wif-jwt-bearer"]
BACKCOMPAT = ["auth/2025-03-26-oauth-metadata-backcompat",
              "auth/2025-03-26-oauth-endpoint-fallback"]
ADDED = "json-schema-2020-12-preservation"
AUTHSERVER = ["authorization-server-metadata-endpoint", "authorization-code-grant"]
# What applies to a server that echoes; docs/conformance.md says why the others do not.
SERVER = ["tools-list", "tools-call-simple-text", "tools-call-image", "tools-call-audio",
          "tools-call-embedded-resource", "tools-call-mixed-content", "tools-call-error",
          "json-schema-2020-12", "resources-list", "resources-read-text",
          "resources-read-binary", "resources-templates-read", "prompts-list",
          "prompts-get-simple", "prompts-get-with-args", "prompts-get-embedded-resource",
          "prompts-get-with-image", "dns-rebinding-protection"]
SERVER_AT = {OLD: ["server-initialize", "server-session-lifecycle", "ping"],
             NEW: ["server-stateless", "sep-2164-resource-not-found", "caching",
                   "http-header-validation", "http-custom-header-server-validation"]}
# Those that judge what is said, not how HTTP carries it: the adapter before the bridge has the HTTP.
BRIDGED = [name for name in SERVER if name != "dns-rebinding-protection"]
BRIDGED_AT = {OLD: ["server-initialize", "ping"], NEW: ["sep-2164-resource-not-found", "caching"]}
SCOPES = "mcp:read mcp:tools mcp:prompts"
AS_IT_HAD_TO = "every command ended as it had to"

counts = collections.OrderedDict()


def required(revision):
    """The frozen list of client scenarios that a revision requires."""
    path = os.path.join(REFEREE, "requirements", f"{revision}.yaml")
    section = re.search(r"^client:\n((?:  - .*\n)+)", open(path).read(), re.M)
    return re.findall(r"- (\S+)", section.group(1))


def referee(name, *args):
    """Runs it and returns the folder of its results."""
    folder = os.path.join(lib.OUTPUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "log"), "w") as log:
        subprocess.run([NODE, os.path.join(REFEREE, "dist", "index.js"), *args, "-o", folder],
                       stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                       env={**os.environ, "MCPASS": lib.PROGRAM})
    return folder


def problems_of(folder, scenario, prefix):
    """Why the scenario did not pass; empty when it did."""
    stamp = "-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*"
    found = glob.glob(os.path.join(folder, glob.escape(prefix + scenario) + stamp, "checks.json"))
    if len(found) != 1:
        return ["the referee has no result; see " + os.path.join(folder, "log")]
    checks = json.load(open(found[0]))
    problems = [f"{check['status']} {check['id']}: "
                f"{check.get('errorMessage') or check.get('description')}"
                for check in checks if check["status"] in ("FAILURE", "WARNING")]
    if not problems and not any(check["status"] == "SUCCESS" for check in checks):
        problems = ["the referee saw nothing that it could judge"]
    told = os.path.join(os.path.dirname(found[0]), "stderr.txt")
    if os.path.exists(told):
        lines = open(told).read().splitlines() or [""]
        if lines[-1] != AS_IT_HAD_TO:
            problems += ["mcpass: " + line for line in lines[-3:]]
    return problems


def judge(group, folder, scenarios, where, prefix=""):
    passed, total = counts.get(group, (0, 0))
    for scenario in scenarios:
        problems = problems_of(folder, scenario, prefix)
        passed, total = passed + (not problems), total + 1
        if problems:
            print(f"FAILED [{group}] {scenario} ({where})")
            for problem in problems:
                print("    " + problem[:400])
    counts[group] = (passed, total)
    sys.stdout.flush()


def part_client():
    folders = {revision: referee("client-" + revision, "client", "--command", DRIVER,
                                 "--requirements", revision) for revision in (OLD, NEW)}
    for revision, folder in folders.items():
        judge("client", folder, required(revision), revision)
    # The referee runs these at both revisions too, without scoring them: both must pass.
    for scenario in EXTENSIONS:
        both = [problems_of(folder, scenario, "") for folder in folders.values()]
        worse = OLD if both[0] else NEW
        judge("extensions", folders[worse], [scenario], worse)
    for revision, folder in folders.items():
        judge("schema", folder, [ADDED], revision)


def part_bridge():
    """The same scenarios by a stdio host behind the bridge: of the server's era, and of the other one."""
    for group, eras in (("bridge", {OLD: OLD, NEW: NEW}), ("bridge across eras", {OLD: NEW, NEW: OLD})):
        for revision, era in eras.items():
            folder = referee(f"bridge-{era}-{revision}", "client", "--command",
                             f"{DRIVER} --bridge {era}", "--requirements", revision)
            judge(group, folder, required(revision) + EXTENSIONS, f"host {era}, server {revision}")
    with lib.World() as world:
        serve = world.start("serve", "--json", "--port", "0", "--open", "--fixtures")
        for protocol in (OLD, NEW):
            with stdio_front(world, lib.PROGRAM, "bridge", serve.ready["url"], "--protocol", protocol) as url:
                for revision in (OLD, NEW):
                    folder = referee(f"bridge-server-{revision}-{protocol}", "server", "--url", url,
                                     "--suite", "all", "--spec-version", revision)
                    judge("bridge as a server", folder, BRIDGED_AT[revision] + BRIDGED,
                          f"host {revision}, server {protocol}", "server-")


@contextlib.contextmanager
def stdio_front(world, *command):
    front = subprocess.Popen([os.path.join(HERE, "stdio_front"), *command], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, env=world.env)
    try:
        yield f"http://127.0.0.1:{front.stdout.readline().strip()}/mcp"
    finally:
        front.terminate()
        front.wait()


def part_backcompat():
    folder = referee("backcompat", "client", "--command", DRIVER, "--suite",
                     "backcompat")
    judge("backcompat", folder, BACKCOMPAT, "2025-03-26")


def register(issuer, port):
    body = {"client_name": "referee", "token_endpoint_auth_method": "none",
            "redirect_uris": [f"http://127.0.0.1:{port}/callback"]}
    request = urllib.request.Request(issuer + "/register", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=lib.PATIENCE) as response:
        return json.load(response)["client_id"]


def part_authserver():
    with lib.World() as world:
        issuer, port = world.start_authserver(), world.port()
        folder = os.path.join(lib.OUTPUT, "authserver")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        process = subprocess.Popen(
            [NODE, os.path.join(REFEREE, "dist", "index.js"), "authorization", "--url", issuer,
             "--client-id", register(issuer, port), "--port", str(port),
             "--resource", "http://127.0.0.1:8931/mcp", "-o", folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        with open(os.path.join(folder, "log"), "w") as log:
            for line in process.stdout:         # the person: it prints the URL to open
                log.write(line)
                if line.startswith(issuer):
                    list(browser.walk(line.strip(), "alice", lib.PASSWORD, "allow"))
        process.wait()
    judge("authserver", folder, AUTHSERVER, "authserver", "authorization-server-")


def examine_server(url, where, group="server"):
    for revision in (OLD, NEW):
        folder = referee(f"server-{where}-{revision}", "server", "--url", url, "--suite", "all",
                         "--spec-version", revision)
        judge(group, folder, SERVER_AT[revision] + SERVER, f"{where}, {revision}", "server-")


@contextlib.contextmanager
def token_added(world, url):
    """The referee has no token: yields where one is added on the way to url."""
    done = world.run("token", url, "--scope", SCOPES)
    lib.expect_eq("a token", done.returncode, 0, done.stderr)
    port = url.split(":")[2].split("/")[0]
    front = subprocess.Popen([os.path.join(HERE, "front"), port, done.stdout.strip()],
                             stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{front.stdout.readline().strip()}/mcp"
    finally:
        front.terminate()
        front.wait()


def part_server():
    with lib.World() as world:
        serve = world.start("serve", "--json", "--port", "0", "--open", "--fixtures")
        examine_server(serve.ready["url"], "open")
    with lib.World() as world:
        world.start_authserver()
        url = world.start_serve("--fixtures")
        with token_added(world, url) as front:
            examine_server(front, "protected")


def part_nginx():
    """The server knows nothing of tokens; nginx with the module is before it."""
    import house
    if house.module() is None:
        print("nginx: left out, as the module is not built: nginx-dev is not installed")
        return
    with house.Guarded() as world:
        world.start_authserver()
        with token_added(world, world.guard("--fixtures")) as front:
            examine_server(front, "nginx", "nginx")


PARTS = {"client": part_client, "bridge": part_bridge,
         "backcompat": part_backcompat, "authserver": part_authserver, "server": part_server,
         "nginx": part_nginx}


def main():
    lib.PROGRAM = os.path.abspath(sys.argv[1])
    lib.OUTPUT = os.path.join(os.path.dirname(lib.PROGRAM), "conformance")
    for part in sys.argv[2:] or PARTS:
        PARTS[part]()
    schema = counts.pop("schema", None)
    if schema:
        print(f"also: {ADDED} {schema[0]}/{schema[1]}")
    print("conformance: " + ", ".join(f"{group} {passed}/{total}"
                                      for group, (passed, total) in counts.items()))
    everything = [*counts.values(), *([schema] if schema else [])]
    sys.exit(0 if all(passed == total for passed, total in everything) else 1)


if __name__ == "__main__":
    main()
