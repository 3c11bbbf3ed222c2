"""How tensors print: PyTorch's format."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .dtypes import DEFAULT, from_numpy
from .errors import fail
from .on_first_call import RUNTIME

Array = np.ndarray[Any, Any]


class _Options(NamedTuple):
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


class _Current:
    options = _Options()


_PROFILES = {"default": _Options(), "short": _Options(precision=2, edgeitems=2), "full": _Options(threshold=math.inf)}


def set_printoptions(
    precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
    linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    Args:
        precision: digits after the point (4).
        threshold: tensors with more elements are summarised (1000).
        edgeitems: items shown at each end of a summarised dimension (3).
        linewidth: characters a line (80).
        profile: ``"default"``, ``"short"`` or ``"full"``, to start from.
        sci_mode: whether to use scientific notation; None decides by the values.

    >>> import autograd
    >>> autograd.set_printoptions(precision=2)
    >>> autograd.tensor([3.14159])
    tensor([3.14])
    >>> autograd.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            fail(ValueError, f"profile must be one of {', '.join(_PROFILES)}, got {profile!r}")
        _Current.options = _PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _Current.options = _Current.options._replace(
        sci_mode=sci_mode, **{k: v for k, v in given.items() if v is not None})


class _Formatter:
    """Formats the elements of one tensor to one width."""

    def __init__(self, values: Array, options: _Options) -> None:
        self.precision = options.precision
        self.floating = values.dtype.kind == "f"
        self.integral, self.scientific, self.width = True, False, 1
        if not self.floating:
            self.width = max((len(str(v)) for v in values.ravel().tolist()), default=1)
            return
        finite = np.abs(values[np.isfinite(values) & (values != 0)].astype(np.float64))
        if finite.size == 0:
            return
        low, high = finite.min(), finite.max()
        self.integral = bool((finite == np.ceil(finite)).all())
        wide = high / low > 1000.0 or high > 1.0e8
        self.scientific = wide or (not self.integral and low < 1.0e-4)
        if options.sci_mode is not None:
            self.scientific = options.sci_mode
        signed = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        self.width = max(len(self._number(v)) for v in signed.tolist())

    def _number(self, value: float) -> str:
        if self.scientific:
            return f"{value:.{self.precision}e}"
        if self.integral:
            return f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return f"{value:.{self.precision}f}"

    def __call__(self, value: Any) -> str:
        return (self._number(value) if self.floating else str(value)).rjust(self.width)


class _ComplexFormatter:
    def __init__(self, values: Array, options: _Options) -> None:
        self.real, self.imag = _Formatter(values.real, options), _Formatter(values.imag, options)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: complex) -> str:
        real, imag = self.real(value.real), self.imag(value.imag) + "j"
        return real + imag.lstrip() if value.imag < 0 or imag.lstrip()[0] == "-" else real + "+" + imag.lstrip()


def _row(a: Array, indent: int, summarise: bool, write: Any, options: _Options) -> str:
    per_line = max(1, (options.linewidth - indent) // (write.width + 2))
    items = a.tolist()
    if summarise and not options.edgeitems:
        cells = ["..."]
    elif summarise and len(items) > 2 * options.edgeitems:
        cells = [*map(write, items[:options.edgeitems]), " ...", *map(write, items[-options.edgeitems:])]
    else:
        cells = list(map(write, items))
    lines = [", ".join(cells[i:i + per_line]) for i in range(0, len(cells), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _block(a: Array, indent: int, summarise: bool, write: Any, options: _Options) -> str:
    if a.ndim == 0:
        return write(a.item())  # type: ignore[no-any-return]
    if a.ndim == 1:
        return _row(a, indent, summarise, write, options)
    edge = options.edgeitems
    if summarise and a.shape[0] > 2 * edge:
        parts = [_block(a[i], indent + 1, summarise, write, options) for i in range(edge)] + ["..."]
        parts += [_block(a[i], indent + 1, summarise, write, options) for i in range(a.shape[0] - edge, a.shape[0])]
    else:
        parts = [_block(x, indent + 1, summarise, write, options) for x in a]
    return "[" + ("," + "\n" * (a.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _edges(a: Array, edge: int) -> Array:
    """Only what a summary shows, for choosing the format."""
    for dim in range(a.ndim):
        if a.shape[dim] > 2 * edge:
            first, last = np.arange(edge), np.arange(a.shape[dim] - edge, a.shape[dim])
            a = np.take(a, np.concatenate([first, last]), axis=dim)
    return a


def _grad_fn(t: Any) -> str | None:
    try:
        node = t.grad_fn
    except RuntimeError:  # a view whose base was written to, so that its history is not known
        return "Invalid"
    return None if node is None else node.name()



def format_tensor(t: Any, prefix: str = "tensor(") -> str:
    """The ``repr`` of a tensor."""
    options, indent = _Current.options, len(prefix)
    a = t._a
    notes = []
    default = a.dtype in (DEFAULT.float, DEFAULT.complex) or a.dtype.name in ("int64", "bool")
    if a.size == 0:
        text = "[]"
        if a.ndim != 1:
            notes.append(f"size={tuple(a.shape)}")
        default = a.dtype == DEFAULT.float
    else:
        summarise = a.size > options.threshold
        shown = _edges(a, options.edgeitems) if summarise else a
        write = (_ComplexFormatter if a.dtype.kind == "c" else _Formatter)(shown, options)
        text = _block(a, indent, summarise, write, options)
    if not default:
        notes.append(f"dtype={from_numpy(a.dtype)}")
    grad_fn = _grad_fn(t)
    if grad_fn is not None:
        notes.append(f"grad_fn=<{grad_fn}>")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    out, last = [prefix + text], len(text) - text.rfind("\n") + 1
    for note in notes:
        if last + len(note) + 2 > options.linewidth:
            out.append(",\n" + " " * indent + note)
            last = indent + len(note)
        else:
            out.append(", " + note)
            last += len(note) + 2
    return "".join(out) + ")"


def html_tensor(t: Any) -> str:
    """A table for notebooks: the last two dimensions as rows and columns, with type and shape above."""
    import html  # takes as long to import as the rest of this package's Python files together

    a = t._a
    caption = f"{from_numpy(a.dtype)} {list(a.shape)}"
    grad_fn = _grad_fn(t)
    if grad_fn is not None:
        caption += f", grad_fn={grad_fn}"
    elif t.requires_grad:
        caption += ", requires_grad"
    if a.ndim > 2 or a.size == 0:
        body = f"<pre>{html.escape(repr(t))}</pre>"
    else:
        edge = max(_Current.options.edgeitems, 1) * 4
        grid = a.reshape(1, -1) if a.ndim < 2 else a
        rows = _with_gap(range(grid.shape[0]), edge)
        columns = _with_gap(range(grid.shape[1]), edge)
        write = (_ComplexFormatter if a.dtype.kind == "c" else _Formatter)(_edges(grid, edge), _Current.options)
        cells = [[("&hellip;" if r is None or c is None else html.escape(write(grid[r, c].item()).strip()))
                  for c in columns] for r in rows]
        body = "<table>" + "".join(
            "<tr>" + "".join(f"<td style='text-align:right'>{c}</td>" for c in row) + "</tr>" for row in cells
        ) + "</table>"
    return f"<div><small>{html.escape(caption)}</small>{body}</div>"


def _with_gap(indices: range, edge: int) -> list[int | None]:
    if len(indices) <= 2 * edge:
        return list(indices)
    return [*indices[:edge], None, *indices[-edge:]]


RUNTIME.update(format_tensor=format_tensor, html_tensor=html_tensor)
