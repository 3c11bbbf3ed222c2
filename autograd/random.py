"""The state of randomness: generators, seeds, states.

The numbers are PyTorch's: after the same `manual_seed` the same calls draw the same values from its CPU generator. The
random bits, their number and their order coincide everywhere. What is computed from them coincides bit for bit with
PyTorch on x86 processors with AVX2 and with glibc. Elsewhere single-precision normal numbers, drawn 16 or more at a
time, may differ in the last bits, because PyTorch evaluates other polynomials there than the ones followed here; and
draws that pass through a logarithm, a sine or an exponential may differ in the last bit where another C library rounds
them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .dtypes import device as _device, on_cpu
from .errors import describe, fail
from .kernels.mt19937 import Engine
from .tape import wrap_node

__all__ = ["Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed",
           "set_rng_state"]

_FIRST_SEED = 67280421310721


class Generator:
    """A source of random numbers with a state of its own, to pass as ``generator=``.

    >>> import autograd
    >>> g = autograd.Generator().manual_seed(0)
    >>> autograd.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    __slots__ = ("__weakref__", "engine")

    def __init__(self, device: Any = "cpu") -> None:
        on_cpu(device)
        self.engine = Engine(_FIRST_SEED)

    @property
    def device(self) -> Any:
        """Where it draws: always the CPU."""
        return _device("cpu")

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of ``seed``, an integer of 64 bits (a negative one counts from 2**64); returns itself.

        Raises:
            ValueError: ``seed`` has more than 64 bits.
            TypeError: it is not an integer.
        """
        if not hasattr(seed, "__index__"):
            fail(TypeError, f"manual_seed expected a long, but got {type(seed).__name__}")
        seed = seed.__index__()
        if not -(1 << 63) <= seed < 1 << 64:
            fail(ValueError, f"Overflow when unpacking long long: the seed {seed} does not fit in 64 bits")
        self.engine.reseed(seed % (1 << 64))
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy; returns the seed."""
        self.engine.reseed(int.from_bytes(os.urandom(8), "little"))
        return self.engine.seed

    def initial_seed(self) -> int:
        """The seed it was last given."""
        return self.engine.seed

    def get_state(self) -> Any:
        """The state as a uint8 tensor, in PyTorch's layout."""
        return wrap_node(np.frombuffer(self.engine.get_state(), np.uint8).copy(), None)

    def set_state(self, new_state: Any) -> None:
        """Continue from a state that `get_state` gave.

        Raises:
            TypeError: ``new_state`` is not a tensor of bytes.
            RuntimeError: the bytes are no state of a generator.
        """
        array = getattr(new_state, "_a", None)
        if array is None or array.dtype != np.uint8:
            fail(TypeError, f"RNG state must be a tensor of uint8, got {describe(new_state)}")
        self.engine.set_state(array.tobytes())

    def clone_state(self) -> Generator:
        """A new generator that continues from this one's state, independently."""
        other = Generator()
        other.engine.set_state(self.engine.get_state())
        return other

    def __reduce__(self) -> Any:
        return _from_state, (self.engine.get_state(),)

    def __repr__(self) -> str:
        return f"<Generator seeded with {self.engine.seed}>"


def _from_state(state: bytes) -> Generator:
    g = Generator()
    g.engine.set_state(state)
    return g


#: Draws for every call without ``generator=``; seeded from the operating system until `manual_seed` is called.
default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> autograd.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system's entropy; returns the seed.

    >>> import autograd
    >>> autograd.seed() == autograd.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """The seed last given to the default generator.

    >>> import autograd
    >>> _ = autograd.manual_seed(7)
    >>> autograd.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The state of the default generator, as a uint8 tensor.

    >>> import autograd
    >>> autograd.get_rng_state().shape
    Size([5056])
    """
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Let the default generator continue from a state that `get_rng_state` gave.

    >>> import autograd
    >>> state = autograd.get_rng_state()
    >>> a = autograd.rand(2)
    >>> autograd.set_rng_state(state)
    >>> autograd.equal(a, autograd.rand(2))
    True
    """
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """On leaving the ``with`` block, the default generator goes back to the state it had on entering.

    Args:
        devices: for programs that name other devices; there are none here.
        enabled: False does nothing.

    >>> import autograd
    >>> _ = autograd.manual_seed(0)
    >>> with autograd.fork_rng():
    ...     a = autograd.rand(1)
    >>> a.item() == autograd.rand(1).item()
    True
    """
    if not enabled:
        yield
        return
    state = default_generator.engine.get_state()
    try:
        yield
    finally:
        default_generator.engine.set_state(state)
