"""The transformations of functions against ``torch.func``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import autograd  # noqa: E402
import autograd.func  # noqa: E402

Program = Callable[[Any, Any], Any]


def _x(lib: Any, *shape: int) -> Any:
    n = int(np.prod(shape))
    return lib.tensor((np.sin(np.arange(n, dtype=np.float64) * 1.7) * 0.8).reshape(shape).tolist(), dtype=lib.float64)


def _tracked(lib: Any, f: Any) -> Any:
    """Through a transformation to what was recorded around it."""
    w = _x(lib, 3).requires_grad_()
    g = f.grad(lambda x: (w * x ** 3).sum())(_x(lib, 3))
    g.sum().backward()
    return g.detach(), w.grad


def _inner_loop(lib: Any, f: Any) -> Any:
    """A step of an inner optimizer, differentiated through."""
    def loss(w: Any) -> Any:
        inner = f.grad(lambda v: ((v * _x(lib, 3)).sum() - 1) ** 2)(w)
        return ((w - 0.1 * inner) ** 2).sum()
    return f.grad_and_value(loss)(_x(lib, 3))


PROGRAMS: dict[str, Program] = {
    "grad": lambda lib, f: f.grad(lambda x: lib.sin(x).sum())(_x(lib, 4)),
    "grad of grad": lambda lib, f: f.grad(f.grad(f.grad(lib.sin)))(_x(lib, 2)[1]),
    "grad with aux": lambda lib, f: f.grad(lambda x: ((x ** 2).sum(), x.exp()), has_aux=True)(_x(lib, 3)),
    "grad by several": lambda lib, f: f.grad(lambda x, y: (x * y ** 2).sum(), argnums=(0, 1))(_x(lib, 3), _x(lib, 3)),
    "grad by the second": lambda lib, f: f.grad(lambda x, y: (x * y ** 2).sum(), argnums=1)(_x(lib, 3), _x(lib, 3)),
    "grad by a dictionary": lambda lib, f: f.grad(lambda p: (p["w"] * p["b"][0]).sum())(
        {"w": _x(lib, 3), "b": [_x(lib, 3)]}),
    "grad of a constant": lambda lib, f: f.grad(lambda x: (x.detach() ** 2).sum() + 0 * x.sum())(_x(lib, 3)),
    "grad and value": lambda lib, f: f.grad_and_value(lambda x: (x ** 2).sum())(_x(lib, 3)),
    "grad inside no_grad": lambda lib, f: lib.no_grad()(lambda: f.grad(lambda x: (x ** 2).sum())(_x(lib, 3)))(),
    "what is recorded around": _tracked,
    "an inner loop": _inner_loop,
    "vjp": lambda lib, f: f.vjp(lambda x, y: x @ y, _x(lib, 2, 3), _x(lib, 3, 2))[1](_x(lib, 2, 2)),
    "vjp of a dictionary": lambda lib, f: f.vjp(lambda x: {"a": x ** 2, "b": (x, x.sin())}, _x(lib, 2))[1](
        {"a": _x(lib, 2), "b": (_x(lib, 2), _x(lib, 2))}),
    "vjp with aux": lambda lib, f: f.vjp(lambda x: (x ** 2, x), _x(lib, 2), has_aux=True)[2],
    "jvp": lambda lib, f: f.jvp(lambda x, y: lib.sin(x) * y, (_x(lib, 3), _x(lib, 3)), (_x(lib, 3), _x(lib, 3))),
    "grad of jvp": lambda lib, f: f.grad(lambda x: f.jvp(lib.sin, (x,), (x ** 2,))[1].sum())(_x(lib, 3)),
    "linearize": lambda lib, f: f.linearize(lambda x: x ** 3, _x(lib, 3))[1](_x(lib, 3)),
    "jacrev": lambda lib, f: f.jacrev(lambda x: lib.outer(x, x.sin()))(_x(lib, 3)),
    "jacfwd": lambda lib, f: f.jacfwd(lambda x: lib.outer(x, x.sin()))(_x(lib, 3)),
    "jacrev by several": lambda lib, f: f.jacrev(lambda x, y: x * y.sum(), argnums=(0, 1))(_x(lib, 2), _x(lib, 3)),
    "jacrev of a dictionary": lambda lib, f: f.jacrev(lambda x: {"a": x ** 2, "b": x.sum()})(_x(lib, 2)),
    "jacfwd of a dictionary": lambda lib, f: f.jacfwd(lambda x: {"a": x["u"] ** 2})({"u": _x(lib, 2)}),
    "jacrev with aux": lambda lib, f: f.jacrev(lambda x: (x ** 2, x), has_aux=True)(_x(lib, 2)),
    "hessian": lambda lib, f: f.hessian(lambda x: (x ** 2).prod() + x.exp().sum())(_x(lib, 3)),
    "hessian by several": lambda lib, f: f.hessian(lambda x, y: (x * y ** 2).sum(), argnums=(0, 1))(
        _x(lib, 2), _x(lib, 2)),
    "vmap": lambda lib, f: f.vmap(lib.dot)(_x(lib, 4, 3), _x(lib, 4, 3)),
    "vmap, one argument whole": lambda lib, f: f.vmap(lib.dot, in_dims=(0, None))(_x(lib, 4, 3), _x(lib, 3)),
    "vmap along other dimensions": lambda lib, f: f.vmap(lib.mv, in_dims=(2, 1), out_dims=1)(
        _x(lib, 2, 3, 4), _x(lib, 3, 4)),
    "vmap of containers": lambda lib, f: f.vmap(lambda d: {"s": d["a"] + d["b"], "n": d["a"].sum()},
                                                in_dims=({"a": 0, "b": None},))({"a": _x(lib, 3, 2), "b": _x(lib, 2)}),
    "vmap in vmap": lambda lib, f: f.vmap(f.vmap(lambda x, y: x * y, in_dims=(None, 0)), in_dims=(0, None))(
        _x(lib, 3), _x(lib, 4)),
    "gradients by example": lambda lib, f: f.vmap(f.grad(lambda w, x: ((w * x).sum() - 1) ** 2), in_dims=(None, 0))(
        _x(lib, 3), _x(lib, 5, 3)),
    "grad through vmap": lambda lib, f: f.grad(lambda w: f.vmap(lambda x: lib.tanh(x @ w))(_x(lib, 5, 3)).sum())(
        _x(lib, 3)),
    "vmap with several outputs": lambda lib, f: f.vmap(lambda x: (x.sum(), x), out_dims=(0, 1))(_x(lib, 3, 2)),
    # refused
    "grad of a vector": lambda lib, f: f.grad(lambda x: x ** 2)(_x(lib, 3)),
    "grad without that argument": lambda lib, f: f.grad(lambda x: x.sum(), argnums=2)(_x(lib, 3)),
    "aux that is none": lambda lib, f: f.grad(lambda x: x.sum(), has_aux=True)(_x(lib, 3)),
    "wrong cotangent": lambda lib, f: f.vjp(lambda x: x ** 2, _x(lib, 3))[1]((_x(lib, 2), _x(lib, 2))),
    "tangents that are no tuple": lambda lib, f: f.jvp(lib.sin, _x(lib, 3), _x(lib, 3)),
    "vmap of nothing": lambda lib, f: f.vmap(lambda: 1)(),
    "vmap of different sizes": lambda lib, f: f.vmap(lib.add)(_x(lib, 3), _x(lib, 4)),
    "vmap of whole arguments": lambda lib, f: f.vmap(lib.sin, in_dims=(None,))(_x(lib, 3)),
    "vmap of a number": lambda lib, f: f.vmap(lib.add)(_x(lib, 3), 2),
    "vmap of too many dimensions": lambda lib, f: f.vmap(lib.sin, in_dims=1)(_x(lib, 3)),
    "vmap that draws": lambda lib, f: f.vmap(lambda x: x + lib.rand(()))(_x(lib, 3)),
}


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [(k, *_leaves(v)) for k, v in tree.items()]
    if isinstance(tree, (list, tuple)):
        return [leaf for v in tree for leaf in _leaves(v)]
    assert not tree.requires_grad
    return [tree.numpy()]


def _compare(expected: Any, found: Any) -> None:
    if isinstance(expected, tuple) and isinstance(expected[0], str):
        assert expected[0] == found[0]
        expected, found = expected[1:], found[1:]
    if isinstance(expected, (list, tuple)):
        assert len(expected) == len(found)
        for a, b in zip(expected, found, strict=True):
            _compare(a, b)
    else:
        assert expected.shape == found.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    refused: Exception | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own use of what it deprecates
        try:
            expected = PROGRAMS[name](torch, torch.func)
        except Exception as error:
            refused = error
    if refused is not None:
        with pytest.raises(type(refused)):
            PROGRAMS[name](autograd, autograd.func)
    else:
        _compare(_leaves(expected), _leaves(PROGRAMS[name](autograd, autograd.func)))


def test_same_and_different_draws() -> None:
    autograd.manual_seed(0)
    same = autograd.vmap(lambda x: x + autograd.rand(2), randomness="same")(autograd.zeros(3))
    different = autograd.vmap(lambda x: x + autograd.rand(2), randomness="different")(autograd.zeros(3))
    assert (same[0] == same[1]).all() and (same[0] == same[2]).all()
    assert not (different[0] == different[1]).any()
