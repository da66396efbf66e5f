"""What an interop run found: implementations, their versions, each step and how it ended."""

import contextlib
import traceback


class Skip(Exception):
    """This part cannot be had here; the text says why."""


class Subject:
    """One implementation and the steps that were gone through with it."""

    def __init__(self, name, version, role):
        self.name, self.version, self.role = name, version, role
        self.steps = []         # (step, "ok" | "failed" | "not offered", remark)

    @contextlib.contextmanager
    def step(self, name):
        """A step that fails is recorded and shown, and the next one is tried all the same.  What
        `as` names takes a sentence for the table."""
        remarks = []
        try:
            yield remarks.append
            self.steps.append((name, "ok", "; ".join(remarks)))
        except Skip:
            raise
        except Exception as error:
            self.steps.append((name, "failed", str(error).split("\n")[0]))
            print(f"FAILED [{self.name}: {name}]\n{traceback.format_exc()}", flush=True)

    def not_offered(self, name, why):
        """The implementation has no such thing; why is a sentence for the table."""
        self.steps.append((name, "not offered", why))

    @property
    def failed(self):
        return not self.steps or any(how == "failed" for _, how, _ in self.steps)


class Report:
    def __init__(self, name, title):
        self.name, self.title = name, title
        self.subjects, self.skips, self.failed_parts = [], [], 0

    def subject(self, name, version, role=""):
        """role: "authorization server", "MCP server", "MCP client", ..."""
        subject = Subject(name, version, role)
        self.subjects.append(subject)
        return subject

    def skip(self, why, fatal=False):
        """Leaves out what cannot be had, and says so; fatal: that is a failure."""
        self.skips.append(why)
        self.failed_parts += fatal
        print(f"{'FAILED' if fatal else 'skipped'} [{self.name}] {why}", flush=True)

    def broken(self, why):
        self.failed_parts += 1
        print(f"FAILED [{self.name}]\n{why}", flush=True)

    @property
    def failed(self):
        return self.failed_parts + sum(s.failed for s in self.subjects)

    def summary(self):
        good = sum(not s.failed for s in self.subjects)
        text = f"{good}/{len(self.subjects)}"
        return text + (f" ({len(self.skips)} skipped)" if self.skips else "")


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def write_page(reports, path):
    lines = ["# What mcpass was tried with", "",
             "Written by `make interop` from its own run; not to be edited. Each implementation is real and",
             "pinned by version; every step went over HTTP on loopback with the program itself.", ""]
    for report in reports:
        lines += [f"## {report.title}", ""]
        lines += [f"Skipped: {why}" for why in report.skips] + [""] * bool(report.skips)
        for subject in report.subjects:
            role = f", {subject.role}" if subject.role else ""
            lines += [f"### {subject.name} {subject.version}{role}", "", "| step | result | remark |",
                      "|---|---|---|"]
            lines += [f"| {cell(step)} | {how} | {cell(remark)} |"
                      for step, how, remark in subject.steps] + [""]
    with open(path, "w") as page:
        page.write("\n".join(lines).rstrip() + "\n")
