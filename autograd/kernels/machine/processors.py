"""How many processors this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator


def usable() -> int:
    """``OMP_NUM_THREADS`` of the environment, which other libraries heed too; else the processors that the process may
    run on, or, where that is less, those whose time its container is given, rounded up."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([there, *_quotas("/proc/self/cgroup", "/sys/fs/cgroup")])


def _quotas(membership: str, root: str) -> Iterator[int]:
    """The processors that each of Linux's control groups around this process is given, at least one each.

    More threads than those would spend their share of a period at once, and then all stand still until the next.
    """
    for line in _read(membership).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if controllers == "":  # version 2 has one tree for all controllers
            mounted, names = root, ["cpu.max"]
        elif "cpu" in controllers.split(","):
            mounted, names = f"{root}/cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        # A limit holds for all groups inside. A container may be told the host's path, of which it sees only the root.
        parts = [part for part in group.split("/") if part]
        for i in range(len(parts), -1, -1):
            place = "/".join([mounted, *parts[:i]])
            words = " ".join(_read(f"{place}/{name}") for name in names).split()
            if len(words) == 2 and all(map(str.isdigit, words)) and "0" not in words:  # not "max" or "-1"
                yield max(1, -(-int(words[0]) // int(words[1])))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):  # another system, no such group, or a forbidden file
        return ""
