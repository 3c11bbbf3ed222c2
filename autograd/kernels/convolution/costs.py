"""What computing a convolution costs by each method, and so which one to take.

A cost is predicted from counts of work, by a table of what each takes. The table below was measured on one core of an
Intel Xeon with AVX-512; `tapegrad bench --tune` measures one for the processor it runs on. A choice depends on shapes
and on the table alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .plans import BAND, CHUNK, Geometry

if TYPE_CHECKING:
    from pathlib import Path  # which takes a twentieth of what importing this package does, as do json and logging

#: Nanoseconds for each thousand of the counts of `work`, by kind and method.
Costs = dict[str, dict[str, list[float]]]

SHIPPED: Costs = {
    "forward": {
        "direct": [12.2, 336.0, 638.0, 366.0],
        "grouped": [27.7, 382.0, 0.0, 0.0],
        "implicit": [13.4, 362.0, 104.0, 128.0],
        "planes": [25.7, 148.0, 82.3, 0.0],
        "pointwise": [14.6, 139.0, 0.0, 0.0],
        "rows": [13.1, 345.0, 0.0, 0.0],
        "winograd2": [17.4, 0.0, 75.9, 580.0],
        "winograd4": [21.4, 0.0, 129.0, 799.0],
    },
    "input": {
        "direct": [10.5, 565.0, 105.0, 214.0],
        "grouped": [12.4, 607.0, 0.0, 0.0],
        "implicit": [13.1, 384.0, 80.4, 197.0],
        "planes": [28.8, 184.0, 0.0, 0.0],
        "pointwise": [12.4, 246.0, 0.0, 0.0],
        "rows": [11.0, 300.0, 0.0, 0.0],
        "thin": [9.63, 341.0, 491.0, 0.0],
        "turned": [11.9, 502.0, 475.0, 371.0],
        "winograd2": [15.7, 0.0, 137.0, 947.0],
        "winograd4": [18.3, 459.0, 0.0, 1150.0],
    },
    "weight": {
        "direct": [14.9, 149.0, 703.0, 506.0],
        "grouped": [30.7, 360.0, 0.0, 186.0],
        "planes": [31.9, 185.0, 0.0, 0.0],
        "pointwise": [13.0, 272.0, 0.0, 0.0],
        "winograd2": [17.6, 0.0, 80.5, 1090.0],
        "winograd4": [23.2, 0.0, 59.3, 792.0],
    },
}

#: Elements that the second-level cache holds.
_FITS = 1 << 18


def _round(n: int, to: int) -> int:
    return -(-n // to) * to


def _across(n: int, lanes: int) -> int:
    """Lanes for n columns of a tile; a single vector leaves the processor waiting for sums."""
    return lanes * 5 // 4 if n <= lanes else _round(n, lanes)


def work(method: str, kind: str, g: Geometry, lanes: int, rows: int) -> tuple[int, int, int, int]:
    """What a method does: multiplications, elements copied once, elements copied for each use, weights transformed.

    Lanes without use count.
    """
    window, positions, pixels = g.KD * g.KH * g.KW, g.OD * g.OH * g.OW, g.D * g.H * g.W
    samples, pairs = g.N * g.G, g.C * g.O
    whole_c, whole_o = _across(g.C, lanes), _across(g.O, lanes)
    if method.startswith("winograd"):
        m = int(method[8:])
        h, w = (g.H, g.W) if kind == "input" else (g.OH, g.OW)
        squares, elements = g.N * -(-h // m) * -(-w // m), (m + 2) ** 2
        return squares * elements * pairs, samples * (g.C * pixels + g.O * positions), \
            squares * elements * (g.C + g.O), elements * pairs
    if method == "grouped":
        whole = _round(g.G, lanes)
        return (g.N * whole * pairs * window * positions, g.N * whole * (g.C * pixels + g.O * positions), 0,
                whole * pairs * window)
    if method == "planes":
        high, wide = (g.H, g.W) if kind == "input" else (g.OH, g.OW)
        taps = _round(window, 9) if kind == "weight" else window
        return (samples * taps * (high if kind == "weight" else _round(high, rows)) * _round(wide, lanes),
                samples * (pixels + positions), samples * high * _round(wide, lanes), g.G * window)
    if method == "thin":
        return (samples * _round(window * g.C, lanes) * g.O * positions, samples * (g.C * pixels + g.O * positions),
                samples * window * g.C * positions, g.G * pairs * window)
    if method == "pointwise":
        if kind == "weight":
            return (samples * max(g.C, g.O) * _across(min(g.C, g.O), lanes) * positions,
                    samples * positions * (g.C + g.O), samples * pairs * -(-positions // BAND), 0)
        o = g.C if kind == "input" else g.O
        return (samples * pairs // o * _round(o, rows // 2) * _round(positions, lanes),
                samples * positions * (g.C + g.O), 0, 0)
    if method == "rows":
        c, o, places, wide = (g.O, g.C, pixels, g.W) if kind == "input" else (g.C, g.O, positions, g.OW)
        weights = g.G * pairs * window
        images = samples * c * pixels
        return (samples * c * _round(o, rows // 2) * window * (places // wide * _round(wide, lanes)), images,
                0, weights)
    if method == "implicit":
        c, o, places = (g.O, g.C, pixels) if kind == "input" else (g.C, g.O, positions)
        weights = g.G * pairs * window
        if pairs * window > _FITS:  # read again for each few columns
            weights *= g.N * -(-places // (3 * lanes))
        return (samples * c * _round(o, rows // 2) * window * _round(places, lanes),
                samples * c * pixels, samples * c * window * places, weights)
    images, weights = g.C * pixels + g.O * positions, g.G * pairs * window
    # What does not fit the second-level cache is read again from the next.
    again = samples * images if images > _FITS else 0
    if pairs * window > _FITS:
        weights += weights * -(-g.N * images * 4 // CHUNK)
    if kind == "forward":
        multiplied = g.C * whole_o * positions
    elif method == "turned":
        multiplied = g.O * whole_c * pixels
    elif kind == "input":
        multiplied, again = g.O * whole_c * positions, again + samples * whole_c * window * positions
    else:
        multiplied = whole_o * _round(g.C * window, rows) // window * positions
    return samples * window * multiplied, samples * images, again, weights


def predicted(table: Costs, method: str, kind: str, g: Geometry, lanes: int, rows: int) -> float:
    """Seconds."""
    return 1e-12 * sum(x * n for x, n in zip(table[kind][method], work(method, kind, g, lanes, rows)))


def checked(table: Any) -> Costs:
    """The table, if it is one.

    Raises:
        ValueError: it is not.
    """
    if not (isinstance(table, dict) and table.keys() == SHIPPED.keys()):
        raise ValueError("kinds are missing")
    for kind, by_method in SHIPPED.items():
        if not (isinstance(table[kind], dict) and table[kind].keys() == by_method.keys()):
            raise ValueError(f"methods of {kind} are missing")
        for row in table[kind].values():
            if not (isinstance(row, list) and len(row) == 4 and all(
                    isinstance(x, (int, float)) and 0 <= x < 1e9 for x in row) and any(row)):
                raise ValueError(f"{row} is not four times")
    return table


def read(path: Path, processor: str) -> Costs | None:
    """The table of a processor in a file that `write` wrote; None where there is none, or a damaged one."""
    import json

    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
        return checked(tables[processor]) if processor in tables else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        import logging

        logging.getLogger("autograd").warning("the costs of convolutions in %s are not used: %s", path, error)
        return None


def write(path: Path, processor: str, table: Costs) -> None:
    """Add the table of a processor to a file, or replace it there."""
    import json
    import uuid

    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(tables, dict):
            tables = {}
    except (OSError, ValueError, RecursionError):
        tables = {}
    tables[processor] = checked(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        draft.write_text(json.dumps(tables, indent=1), encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
