"""The short form of soak.py, whose long one is `make soak`."""

import soak
from lib import expect


def test_many_of_every_kind():
    counts, _ = soak.run(5)
    expect("each kind came", all(counts[kind] for kind in (200, 400, 401, 403, "left", "reloads")), counts)
