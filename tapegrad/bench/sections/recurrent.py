"""Recurrent layers, forward with gradients, and attention of one query to what came before."""

from __future__ import annotations

from typing import Any

from ..case import Case, Work, forward, normal
from ..libraries import Library


def _layers(kind: str, time: int, batch: int, inputs: int, hidden: int, what: str = "", **options: Any) -> Case:
    """Layers that begin with equal weights; the cotangent is that of the outputs."""
    def make(lib: Library) -> Work:
        lib.t.manual_seed(0)
        net = getattr(lib.nn, kind)(inputs, hidden, **options)
        x = lib.tensor(normal(time, batch, inputs))
        leaves = [x, *net.parameters()]
        with lib.t.no_grad():
            shape = tuple(net(x)[0].shape)
        cotangent = lib.tensor(normal(*shape, seed=99), grad=False)

        def run() -> Any:
            for leaf in leaves:
                leaf.grad = None
            out, _ = net(x)
            out.backward(cotangent)
            return out
        return Work(run, lambda: [run(), *(leaf.grad for leaf in leaves)])
    return Case(f"{kind} {inputs} -> {hidden}{what}, {time} x {batch}", make, time * (batch + inputs + hidden))


def _decoding(batch: int, heads: int, keys: int, width: int) -> Case:
    arrays = [normal(batch, heads, n, width, seed=at) for at, n in enumerate((1, keys, keys))]
    return Case(f"attention of one query to {keys} keys, {batch} x {heads} x {width}, forward",
                lambda lib: forward(lib, lambda lib, q, k, v: lib.F.scaled_dot_product_attention(q, k, v), arrays),
                keys * width)


def cases(tiny: bool = False) -> list[Case]:
    """The layers at several sizes, in both directions and on each other; decoding."""
    time, batch, inputs, hidden = (3, 2, 3, 5) if tiny else (64, 32, 32, 128)
    found = [_layers(kind, time, batch, inputs, hidden) for kind in ("LSTM", "GRU", "RNN")]
    for kind in ("LSTM", "GRU", "RNN"):
        found += [_layers(kind, time, batch, inputs, hidden, ", both directions", bidirectional=True),
                  _layers(kind, time, batch, inputs, hidden, ", 2 layers", num_layers=2)]
    found += [_layers(kind, time, batch, hidden, 2 * hidden) for kind in ("LSTM", "GRU", "RNN")]
    found.append(_layers("LSTM", time // 2 or 1, batch, 2 * hidden, 4 * hidden))
    return found + [_decoding(*sizes) for sizes in (((1, 2, 3, 4),) if tiny else (
        (1, 12, 64, 64), (1, 12, 256, 64), (1, 12, 1024, 64), (8, 12, 512, 64)))]
