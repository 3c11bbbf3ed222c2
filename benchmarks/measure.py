"""Taking ratios: two sides on the same work, interleaved, medians with their spread."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

# Settings that a user would not have: other BLAS kernels, and compiling every module anew at each import.
_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Ratio:
    """Our time over the peer's for one piece of work.

    ``ratio`` is the median over rounds of (ours / peer's); ``low`` and ``high`` are its quartiles; times are medians in
    microseconds.
    """

    name: str
    ratio: float
    low: float
    high: float
    ours_us: float
    peer_us: float
    target: float | None = None


def clean_environment(threads: int) -> dict[str, str]:
    """The environment for a measuring process."""
    env = {k: v for k, v in os.environ.items() if k not in _OVERRIDES}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    return env


def rerun_clean(threads: int = 1) -> None:
    """Start this process again with a clean environment, unless it has one."""
    wanted = clean_environment(threads)
    if any(os.environ.get(k) != v for k, v in wanted.items()) or any(k in os.environ for k in _OVERRIDES):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


def compare(
    name: str, ours: Callable[[], Any], peer: Callable[[], Any], *, rounds: int = 41, budget_ms: float = 4.0,
    target: float | None = None,
) -> Ratio:
    """The ratio of two callables. Each round times both, one after the other; who goes first alternates."""
    sides = (ours, peer)
    counts = [max(1, int(budget_ms * 1e-3 / _once(f))) for f in sides]
    times: tuple[list[float], list[float]] = ([], [])
    for r in range(rounds):
        for k in ((0, 1), (1, 0))[r % 2]:
            times[k].append(_batch(sides[k], counts[k]))
    ratios = sorted(a / b for a, b in zip(*times))
    quarter = len(ratios) // 4
    return Ratio(name, statistics.median(ratios), ratios[quarter], ratios[-quarter - 1],
                 statistics.median(times[0]) * 1e6, statistics.median(times[1]) * 1e6, target)


def compare_timed(name: str, ours: Callable[[], float], peer: Callable[[], float], *, rounds: int = 41,
                  target: float | None = None) -> Ratio:
    """Like `compare`, for callables that time a part of their work themselves and return seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for side in (ours, peer):
        side()
    for r in range(rounds):
        for k in ((0, 1), (1, 0))[r % 2]:
            times[k].append((ours, peer)[k]())
    ratios = sorted(a / b for a, b in zip(*times))
    quarter = len(ratios) // 4
    return Ratio(name, statistics.median(ratios), ratios[quarter], ratios[-quarter - 1],
                 statistics.median(times[0]) * 1e6, statistics.median(times[1]) * 1e6, target)


def _once(f: Callable[[], Any]) -> float:
    f()
    best = float("inf")
    for _ in range(3):
        best = min(best, _batch(f, 1))
    return max(best, 1e-7)


def _batch(f: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        f()
    return (time.perf_counter() - start) / count


def geometric_mean(ratios: Sequence[Ratio]) -> float:
    return statistics.geometric_mean(r.ratio for r in ratios)


def environment(threads: int) -> dict[str, Any]:
    """What the figures were taken on."""
    import numpy as np
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index]
    found = {
        "cpu": _cpu(), "cores": os.cpu_count(), "threads": threads, "python": platform.python_version(),
        "numpy": np.__version__, "blas": f"{blas['name']} {blas['version']}", "blas kernel": _blas_kernel(),
        "garbage collector": "on" if gc.isenabled() else "off",
    }
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].__version__
    return found


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":")[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _blas_kernel() -> str:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown (threadpoolctl is not installed)"
    import numpy  # noqa: F401 (loads the BLAS)
    return ", ".join(sorted({str(i.get("architecture")) for i in threadpool_info() if i["user_api"] == "blas"}))


def table(ratios: Sequence[Ratio]) -> str:
    """The figures as a Markdown table."""
    lines = ["| work | ours / PyTorch | quartiles | ours | PyTorch | target |", "|---|---|---|---|---|---|"]
    for r in ratios:
        target = "" if r.target is None else f"{r.target:.2f}"
        lines.append(f"| {r.name} | {r.ratio:.2f} | {r.low:.2f}-{r.high:.2f} | {_time(r.ours_us)} | {_time(r.peer_us)} "
                     f"| {target} |")
    return "\n".join(lines)


def _time(us: float) -> str:
    return f"{us:.2f} us" if us < 1000 else f"{us / 1000:.2f} ms"


def write_json(path: str, threads: int, sections: dict[str, Sequence[Ratio]]) -> None:
    with open(path, "w") as f:
        json.dump({"environment": environment(threads),
                   "sections": {k: [asdict(r) for r in v] for k, v in sections.items()}}, f, indent=1)


def process_seconds(code: str, env: dict[str, str]) -> float:
    """Wall time of a fresh interpreter that runs ``code``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    return time.perf_counter() - start
