"""Checks ``out=`` of one sample of the operator database on both libraries."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from parity.calls import Call, arguments, reseed
from parity.comparison import Mismatch, compare
from parity.exclusions import out_reason
from parity.translation import DTYPES, Untranslatable, convert

import autograd

#: The element types that ``out`` is tried with, beside the result's own.
TYPES = (torch.float64, torch.float32, torch.complex128, torch.int64, torch.bool)


def tensors_of(result: Any) -> list[torch.Tensor] | None:
    """The tensors that a result consists of, or None where it is no tensor, nor a tuple or list of them."""
    found = [result] if isinstance(result, torch.Tensor) else list(result) if isinstance(result, (tuple, list)) else []
    return found if found and all(isinstance(t, torch.Tensor) for t in found) else None


def kinds(results: list[torch.Tensor]) -> Iterator[tuple[str, list[tuple[tuple[int, ...], torch.dtype]]]]:
    """What is tried for ``out``: a description, and shape and element type of each tensor."""
    yield "out", [(tuple(t.shape), t.dtype) for t in results]
    yield "empty out", [((0,), t.dtype) for t in results]
    yield "out of another shape", [((*t.shape, 2), t.dtype) for t in results]
    for dtype in TYPES:
        if len(results) == 1 and dtype is not results[0].dtype:
            yield f"out of {dtype}", [(tuple(results[0].shape), dtype)]


def attempt(function: Callable[..., Any], call: Call, *out: Any) -> tuple[Any, Exception | None, bool]:
    """The result, or the exception, and whether a warning said that a tensor was resized."""
    reseed()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result, error = None, None
        try:
            result = function(*call.args, **call.kwargs, **({"out": out[0]} if out else {}))
        except Exception as raised:
            error = raised
    return result, error, any("was resized" in str(w.message) for w in caught)


def check(name: str, theirs: Callable[..., Any], ours: Callable[..., Any], sample: Any, tolerance: float, values: bool,
          canonical: Callable[..., tuple[Any, Any]]) -> bool | None:
    """Raise Mismatch where ``out=`` does not do what it does in PyTorch; False where PyTorch has no ``out=``."""
    call, _ = arguments(sample)
    plain, failed, _ = attempt(theirs, call)
    results = None if failed else tensors_of(plain)
    if results is None or any(t.dtype not in DTYPES for t in results):
        return False
    for what, wanted in kinds(results):
        if out_reason(name, what):
            continue
        theirs_call, ours_call = arguments(sample)
        single = isinstance(plain, torch.Tensor)
        out = tuple(torch.zeros(shape, dtype=dtype) for shape, dtype in wanted)
        our_out = tuple(autograd.zeros(shape, dtype=convert(dtype)) for shape, dtype in wanted)
        expected, refused, warned = attempt(theirs, theirs_call, out[0] if single else out)
        if what == "out" and isinstance(refused, TypeError):
            return False
        found, our_refusal, we_warned = attempt(ours, ours_call, our_out[0] if single else our_out)
        if refused is not None:
            if our_refusal is None:
                raise Mismatch(f"{what} is accepted; PyTorch: {' '.join(str(refused).split())[:200]}")
            continue
        if our_refusal is not None:
            raise Mismatch(f"{what} is refused: {type(our_refusal).__name__}: {our_refusal}") from our_refusal
        if any(a is not b for a, b in zip([found] if single else found, our_out, strict=True)):
            raise Mismatch(f"{what} is not what is returned")
        if warned != we_warned:
            raise Mismatch(f"{what}: {'a' if we_warned else 'no'} warning of a resized tensor")
        expected, found = canonical(sample, theirs_call, expected, found)
        try:
            compare(expected, found, what, tolerance, values)
        except Untranslatable:
            continue
    return None
