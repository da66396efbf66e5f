"""Hosts of a fleet: network namespaces with a name, a loopback and a cable of their own."""

import os
import subprocess
import sys
import urllib.parse

import lib
from lib import expect_eq

HERE = os.path.dirname(os.path.abspath(__file__))


def do(*args):
    done = subprocess.run(args, capture_output=True, text=True, timeout=lib.PATIENCE)
    expect_eq(f"{args}", done.returncode, 0, done.stderr)


class Network:
    """One host; it is there for as long as the process that holds it."""

    def __init__(self, stack, name):
        self.name = name
        self.holder = hold(stack, "unshare", "--net", "--uts", "sh", "-c",
                           'hostname "$1" && ip link set lo up && echo ready && exec cat', "sh", name)
        if self.holder.stdout.readline() != "ready\n":
            raise lib.Skip(f"no network namespaces: {self.holder.stderr.read().strip()}")
        self.inside = ["nsenter", "-t", str(self.holder.pid), "-n", "-u"]

    def ip(self, *args):
        do(*self.inside, "ip", *args)

    def cable(self, other, number):
        """To another one, which has the address 10.77.NUMBER.1; returns the two."""
        do(*self.inside, "ip", "link", "add", other.name, "type", "veth", "peer", "name", self.name,
           "netns", str(other.holder.pid))
        ours, theirs = f"10.77.{number}.2", f"10.77.{number}.1"
        for host, device, address in ((self, other.name, ours), (other, self.name, theirs)):
            host.ip("addr", "add", address + "/24", "dev", device)
            host.ip("link", "set", device, "up")
        return ours, theirs

    def relay(self, stack, folder, urls):
        """Its loopback has these servers of ours, too."""
        relay(stack, self.inside, "in", folder, urls)


def hold(stack, *args):
    process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)

    def end():
        process.communicate(timeout=lib.PATIENCE)       # it ends with its standard input

    stack.callback(end)
    return process


def relay(stack, inside, way, folder, urls):
    ports = [str(urllib.parse.urlsplit(url).port) for url in urls]
    process = hold(stack, *inside, sys.executable, os.path.join(HERE, "relay.py"), way, folder, *ports)
    expect_eq("the relay", process.stdout.readline(), "ready\n")


def require():
    done = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True, text=True)
    if done.returncode != 0:
        raise lib.Skip(f"no network namespaces: {done.stderr.strip()}")
