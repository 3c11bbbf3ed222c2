"""The few names whose answer in a running script is neither ours nor missing."""

from __future__ import annotations

import multiprocessing
import re
from typing import Any

import autograd.data


class TorchVersion(str):
    """The version of PyTorch whose names and numbers these are. It compares with versions as text and as tuples."""

    def _numbers(self, other: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
        mine, theirs = ([int(n) for n in re.findall(r"\d+", version.partition("+")[0])] for version in (
            self, other if isinstance(other, str) else ".".join(map(str, other))))
        size = max(len(mine), len(theirs))
        return tuple(mine + [0] * (size - len(mine))), tuple(theirs + [0] * (size - len(theirs)))

    def __lt__(self, other: Any) -> bool:
        mine, theirs = self._numbers(other)
        return mine < theirs

    def __gt__(self, other: Any) -> bool:
        mine, theirs = self._numbers(other)
        return mine > theirs

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, (str, tuple, list)):
            return NotImplemented
        return str.__eq__(self, other) if isinstance(other, str) and "+" in other else not self < other and (
            not self > other)

    def __ne__(self, other: Any) -> bool:
        return not self == other

    __hash__ = str.__hash__


class DataLoader(autograd.data.DataLoader[Any]):
    """Starts workers as Python does on this system, as PyTorch's does.

    A script that has no ``if __name__ == "__main__":`` then works where Python forks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.num_workers and self.multiprocessing_context is None:
            self.multiprocessing_context = multiprocessing.get_context()


_VERSION = TorchVersion("2.13.0+tapegrad")

REPLACED: dict[str, Any] = {
    "torch.__version__": _VERSION,
    "torch.utils.data.DataLoader": DataLoader,
    "torch.utils.data.dataloader.DataLoader": DataLoader,
    "torch.version.__version__": _VERSION,
}
