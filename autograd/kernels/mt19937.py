"""The Mersenne Twister behind every random number, and the byte layout of its state.

M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number
generator", ACM TOMACS 8(1), 1998. NumPy's bit generator does the work, and a
compiled loop that of many numbers; seeding and the use of its words are PyTorch's,
so that the same seed gives the same numbers there and here.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from ..errors import fail
from .compiled.loops import loop

Array = np.ndarray[Any, Any]

_N = 624
_WORD = 0xFFFF_FFFF
_LOW24, _LOW53 = np.uint64((1 << 24) - 1), np.uint64((1 << 53) - 1)
_32 = np.uint64(32)
_FLOAT64 = np.dtype("float64")
#: From so many numbers on, a compiled loop makes up for taking NumPy's state and putting it back.
_MANY = 8192
# Seed; words left before the next twist, whether seeded; index of the next word; the words; normal_x, normal_y
# (the cached normal number), normal_rho, whether it is valid; the cached single-precision normal, whether it is valid.
_LAYOUT = struct.Struct("<QiiQ 4992s dddi4x f?3x")
STATE_BYTES = _LAYOUT.size  # 5056


def seeded_words(seed: int) -> Array:
    """The 624 words of state that ``seed`` gives (its low 32 bits count)."""
    word = seed & _WORD
    words = [word]
    for j in range(1, _N):
        word = (1812433253 * (word ^ (word >> 30)) + j) & _WORD
        words.append(word)
    return np.array(words, np.uint32)


@loop("W1 I1 W1 F1", saves=1e-8, only=_FLOAT64)
def _doubles(key, position, words, out):  # type: ignore[no-untyped-def]
    """Numbers in [0, 1) from two words each, which are the next of the stream after ``position`` in the state."""
    p, made = position[0], 0
    while made < words.size:
        if p == 624:
            # In each of these parts a word depends on none that is made in it.
            for start, stop, source in ((0, 227, 397), (227, 454, -227), (454, 623, -227)):
                for k in range(start, stop):
                    y = (key[k] & np.uint32(0x80000000)) | (key[k + 1] & np.uint32(0x7FFFFFFF))
                    key[k] = key[k + source] ^ (y >> np.uint32(1)) ^ ((y & np.uint32(1)) * np.uint32(0x9908B0DF))
            y = (key[623] & np.uint32(0x80000000)) | (key[0] & np.uint32(0x7FFFFFFF))
            key[623] = key[396] ^ (y >> np.uint32(1)) ^ ((y & np.uint32(1)) * np.uint32(0x9908B0DF))
            p = 0
        count = min(624 - p, words.size - made)
        source, target = key[p:p + count], words[made:made + count]
        for k in range(count):
            y = source[k]
            y = np.uint32(y ^ (y >> np.uint32(11)))
            y = np.uint32(y ^ ((y << np.uint32(7)) & np.uint32(0x9D2C5680)))
            y = np.uint32(y ^ ((y << np.uint32(15)) & np.uint32(0xEFC60000)))
            target[k] = np.uint32(y ^ (y >> np.uint32(18)))
        p += count
        made += count
    position[0] = p
    for k in range(out.size):
        word = (np.uint64(words[2 * k]) << np.uint64(32)) | np.uint64(words[2 * k + 1])
        out[k] = np.float64(word & np.uint64(0x1FFFFFFFFFFFFF)) * 1.1102230246251565e-16


class Engine:
    """A stream of random words, with the second normal number of the last pair in store.

    Attributes:
        seed: the number it was seeded with.
        next_normal: a double-precision normal number already drawn and not yet handed out, or None.
    """

    def __init__(self, seed: int) -> None:
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Start the stream of ``seed``; the words are made at the first draw."""
        self.seed = seed
        self.next_normal: float | None = None
        self._next_single: float | None = None  # other devices fill it; kept so that a state goes round unchanged
        self._bits: Any = None
        self._unused = True

    def _open(self) -> Any:
        if self._bits is None:
            self._load(seeded_words(self.seed), _N)
        return self._bits

    def _load(self, words: Array, position: int) -> None:
        if self._bits is None:
            self._bits = np.random.MT19937(0)
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}

    def words(self, n: int) -> Array:
        """The next ``n`` 32-bit words, as uint64."""
        bits = self._bits or self._open()
        if n:
            self._unused = False
        return bits.random_raw(n)  # type: ignore[no-any-return]

    def words64(self, n: int) -> Array:
        """The next ``n`` 64-bit words, each of two 32-bit words, the high one first."""
        pairs = self.words(2 * n).reshape(n, 2)
        return (pairs[:, 0] << _32) | pairs[:, 1]

    def singles(self, n: int) -> Array:
        """``n`` float32 numbers in [0, 1), multiples of 2**-24."""
        return (self.words(n) & _LOW24).astype(np.float32) * np.float32(2.0 ** -24)

    def doubles(self, n: int) -> Array:
        """``n`` float64 numbers in [0, 1), multiples of 2**-53."""
        compiled = _doubles.on(_FLOAT64, n) if n >= _MANY else None
        if compiled is not None:
            state = (self._bits or self._open()).state
            own = state["state"]
            position, words, out = np.array([own["pos"]]), np.empty(2 * n, np.uint32), np.empty(n)
            compiled(own["key"], position, words, out)
            own["pos"] = int(position[0])
            self._bits.state = state
            self._unused = False
            return out
        return (self.words64(n) & _LOW53).astype(np.float64) * 2.0 ** -53

    def snapshot(self) -> dict[str, Any]:
        """The position in the stream, for `rewind`."""
        return self._open().state  # type: ignore[no-any-return]

    def rewind(self, snapshot: dict[str, Any]) -> None:
        """Go back to where ``snapshot`` was taken."""
        self._bits.state = snapshot

    def get_state(self) -> bytes:
        """The state in PyTorch's layout for CPU generators."""
        state = self._open().state["state"]
        position = 0 if self._unused and state["pos"] == _N else state["pos"]
        left = _N + 1 - position if position else 1
        normal, single = self.next_normal, self._next_single
        return _LAYOUT.pack(self.seed, left, 1, position, state["key"].astype("<u8").tobytes(),
                            0.0, normal or 0.0, 0.0, normal is not None, single or 0.0, single is not None)

    def set_state(self, data: bytes) -> None:
        """Continue from a state that `get_state`, here or in PyTorch, gave.

        Raises:
            RuntimeError: ``data`` is no such state.
        """
        if len(data) != STATE_BYTES:
            fail(RuntimeError, f"Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state "
                               f"size to be {len(data)}")
        seed, left, seeded, position, words, _, normal, _, has_normal, single, has_single = _LAYOUT.unpack(data)
        if not seeded or not 0 < left <= _N or position > _N:
            fail(RuntimeError, "Invalid mt19937 state")
        self.seed = seed
        self._load(np.frombuffer(words, "<u8").astype(np.uint32), position or _N)
        self._unused = position == 0
        self.next_normal = normal if has_normal else None
        self._next_single = single if has_single else None
