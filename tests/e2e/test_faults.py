"""Every named misbehaviour of the authorization server, met over HTTP by the program.

The class of error is the one that the table of faults promises; the pair tests walk the
same table in memory."""

import json
import subprocess

import lib
from lib import World, expect, expect_eq


# These need an expired token, or a grant that asks nobody: the pair tests have them.  The one
# that is about a browser's page alone is in test_providers.
ELSEWHERE = ("refresh-", "par-", "jag-", "assertion-", "dpop-", "device-poll-500", "device-bad-uri-complete",
             "keycloak-offline-pushed", "keycloak-client-not-found")


def faults():
    done = subprocess.run([lib.PROGRAM, "authserver", "--fault", "help", "--json"],
                          capture_output=True, text=True, timeout=lib.PATIENCE)
    return [(f["name"], f["exit"]) for f in json.loads(done.stdout)]


def test_every_fault_has_its_exit_code():
    table = faults()
    expect("there are faults", len(table) >= 40, str(len(table)))
    wrong = []
    for name, code in table:
        if name.startswith(ELSEWHERE):
            continue
        with World() as w:
            w.start_both("--fault", name, "--device-interval", "1s")
            by_code = name.startswith("device-")
            # Whose answer has not our state, is waited beyond.
            patience = "6s" if name.endswith("-state") else "3s" if by_code else "30s"
            done = w.call("echo", "message=x", "--login-timeout", patience,
                          *(["--device"] if by_code else []))
            if done.returncode != code:
                wrong.append(f"{name}: exit {done.returncode}, want {code}: {done.stderr.strip()}")
            if "\x1b" in done.stderr:
                wrong.append(f"{name}: an escape sequence came through: {done.stderr!r}")
    expect("each as the table says", not wrong, "\n".join(wrong))
