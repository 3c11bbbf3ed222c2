"""The environment a benchmark runs in: cleaned of settings that users do not have, and described."""

from __future__ import annotations

import gc
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from .peers import Peers

# Settings that a user would not have: other BLAS kernels, and compiling every module anew at each import.
_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")


def clean_environment(threads: int) -> dict[str, str]:
    """The environment for a measuring process."""
    env = {k: v for k, v in os.environ.items() if k not in _OVERRIDES}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        env[name] = str(threads)
    return env


def rerun_clean(threads: int = 1) -> None:
    """Start this process again with a clean environment, unless it has one."""
    # The rows about threads use two. Where GNU's OpenMP is asked for more threads than it began with, those of PyTorch
    # that have nothing to do never sleep, on a processor that others need; PyTorch itself is told how many to use.
    wanted = clean_environment(threads) | {"OMP_NUM_THREADS": str(max(threads, 2))}
    if any(os.environ.get(k) != v for k, v in wanted.items()) or any(k in os.environ for k in _OVERRIDES):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


def describe(peers: Peers, mode: str) -> dict[str, Any]:
    """What the figures were taken on."""
    import numpy as np
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found: dict[str, Any] = {
        "cpu": _cpu(), "cores": os.cpu_count(), "threads": peers.threads, "mode": mode,
        "clock": "wall" if peers.threads > 1 else "processor time (wall time for whole processes and for threads)",
        "system": platform.platform(),
        "python": platform.python_version(), "blas": f"{blas['name']} {blas['version']}", "blas kernel": _blas_kernel(),
        "garbage collector": "on" if gc.isenabled() else "off", "load before": _load(),
    }
    found["tapegrad"] = __version__
    for name in ("numpy", "numba", "scipy"):
        found[name] = _version(name)
    if any(lib.key == "torch" for lib in peers.libraries):
        found["PyTorch"] = _version("torch")
    for remote in peers.remotes:
        found[remote.title] = _version({"hips": "autograd"}.get(remote.key, remote.key), remote.folder)
    return found


def _version(name: str, folder: Path | None = None) -> str:
    path = sys.path if folder is None else [str(folder)]
    return next((d.version for d in metadata.distributions(name=name, path=path)), "not installed")


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo") as f:
            return next(line.split(":")[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _blas_kernel() -> str:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown (threadpoolctl is not installed)"
    import numpy  # noqa: F401 (loads the BLAS)
    return ", ".join(sorted({str(i.get("architecture")) for i in threadpool_info() if i["user_api"] == "blas"}))
