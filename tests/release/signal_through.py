#!/usr/bin/env python3
"""TERM to the launcher ends the server that it started: signal_through.py LAUNCHER"""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

launcher = subprocess.Popen([sys.argv[1], "authserver", "--json", "--port", "0"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
url = json.loads(launcher.stdout.readline())["issuer"] + "/.well-known/oauth-authorization-server"
urllib.request.urlopen(url, timeout=10).read()
launcher.send_signal(signal.SIGTERM)
launcher.wait(timeout=20)
try:
    urllib.request.urlopen(url, timeout=5)
    sys.exit("the server is still there")
except urllib.error.URLError:
    pass
