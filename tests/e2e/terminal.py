"""The program on a terminal, and what a person types there."""

import os
import pty
import select
import signal

import lib


def at_terminal(world, args, talk=(), env=None):
    """Runs the program: talk is a list of (words to wait for, what is typed).  Returns its exit
    code and all that the terminal got, undecoded bytes replaced."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(lib.PROGRAM, [lib.PROGRAM, *args], {**world.env, "TERM": "dumb", **(env or {})})
    seen, since, talk = b"", 0, list(talk)
    while True:
        ready, _, _ = select.select([fd], [], [], lib.PATIENCE)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        try:
            more = os.read(fd, 4096)
        except OSError:
            more = b""
        if not more:
            break
        seen += more
        if talk and talk[0][0].encode() in seen[since:]:
            os.write(fd, talk.pop(0)[1].encode())
            since = len(seen)
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), seen.decode(errors="replace")
