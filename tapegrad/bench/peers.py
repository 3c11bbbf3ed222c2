"""Who takes part, and what to install for those who do not."""

from __future__ import annotations

import importlib.util
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .libraries import Library, load
from .options import default_folder

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class RemotePeer:
    """A peer that runs in a process of its own: its key, its title, and the folder it is imported from, if special."""

    key: str
    title: str
    folder: Path | None
    threads: int = 1

    def start(self, kind: str, state: dict[str, Any]) -> Remote:
        """A process that has prepared the work."""
        return Remote(self, kind, state)


@dataclass(frozen=True)
class Peers:
    """The sides of a run: those with PyTorch's interface, ours first; those in other processes; and who is missing.

    ``missing`` says for each absent peer what to install.
    """

    libraries: Sequence[Library]
    remotes: Sequence[RemotePeer] = ()
    threads: int = 1
    missing: dict[str, str] = field(default_factory=dict)


def find(folder: Path | None = None, compile: bool = False, threads: int = 1) -> Peers:
    """The peers that are installed; those in ``folder`` are there under their keys.

    HIPS autograd has the import name of this engine, so it lives in a folder that only its own process looks into.
    """
    folder = folder or default_folder()
    libraries, remotes, missing = [load("ours")], [], {}
    if importlib.util.find_spec("torch"):
        libraries.append(load("torch"))
        if compile and shutil.which("g++"):
            libraries.append(load("compile"))
        elif compile:
            missing["torch.compile"] = "it needs the C++ compiler g++ (on Debian: apt install g++)"
    else:
        missing["PyTorch"] = "pip install torch==2.13.0, or Tapegrad with its extra 'bench'"
    if (folder / "jax").is_dir():
        remotes.append(RemotePeer("jax", "JAX", folder / "jax", threads))
    elif importlib.util.find_spec("jax"):
        remotes.append(RemotePeer("jax", "JAX", None, threads))
    else:
        missing["JAX"] = "pip install jax"
    if (folder / "hips").is_dir():
        remotes.append(RemotePeer("hips", "HIPS autograd", folder / "hips", threads))
    else:
        missing["HIPS autograd"] = f"pip install --no-deps --target {folder / 'hips'} autograd"
    if not ((folder / "tinygrad").is_dir() or importlib.util.find_spec("tinygrad")):
        missing["tinygrad"] = f"pip install --no-deps --target {folder / 'tinygrad'} tinygrad"
    elif not shutil.which("clang"):
        missing["tinygrad"] = "its device for processors needs the compiler clang (on Debian: apt install clang)"
    else:
        own = folder / "tinygrad"
        remotes.append(RemotePeer("tinygrad", "tinygrad", own if own.is_dir() else None, threads))
    return Peers(libraries, remotes, threads, missing)


class Remote:
    """A side in a process of its own, which speaks pickles on its standard streams."""

    def __init__(self, peer: RemotePeer, kind: str, state: dict[str, Any]) -> None:
        self._title = peer.title
        environment = os.environ | {"JAX_PLATFORMS": "cpu"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(WORKER), peer.key, str(peer.folder or ""), str(peer.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        try:
            self._ask("make", kind, state)
        except BaseException:
            self.close()
            raise

    def values(self) -> list[np.ndarray[Any, Any]]:
        """The numbers to compare."""
        return [np.asarray(v) for v in self._ask("values")]

    def time(self, count: int) -> float:
        """Seconds of one run of the work."""
        return float(self._ask("time", count))

    def _ask(self, *message: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise RuntimeError(f"the process of {self._title} ended; its error is above") from error
        return answer

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()
