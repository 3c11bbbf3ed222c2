"""Shapes, indexing, gathering and scattering in the forms that callers write, against PyTorch: values, types, what
requires grad, first and second gradients.
"""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import autograd
from autograd.ops.padding import pad

torch = pytest.importorskip("torch")

#: Of x (2 x 3 x 4), m (3 x 4), v (5) and s (0-d); L is the library.
SHAPES = [
    "x.reshape(6, 4)", "x.reshape(-1)", "x.view(2, 12)", "x.transpose(0, 2).reshape(4, 6)", "x.flatten(1)",
    "s.flatten()", "x.unflatten(2, (2, 2))", "x.unflatten(-1, (-1, 2))", "x[:1].squeeze()", "x[:1].squeeze(0)",
    "x.squeeze((0, 1))", "x.unsqueeze(-1)", "x.unsqueeze(1)", "s.unsqueeze(0)", "x.transpose(0, -1)",
    "s.transpose(0, -1)", "x.swapaxes(0, 1)", "x.swapdims(0, 1)", "x.permute(2, 0, 1)", "x.permute((-1, 0, 1))",
    "x.movedim(0, 2)", "x.movedim((0, 1), (2, 0))", "L.moveaxis(x, 0, 1)", "m.t()", "v.t()", "m.T", "x.mT", "m.H",
    "x.mH", "x.adjoint()", "s.H", "m.expand(2, 3, 4)", "v.expand(2, -1)", "s.expand(2, 3)", "v.expand_as(m)",
    "s.broadcast_to((2,))", "x.sum_to_size(1, 4)", "x.sum_to_size(3, 4)", "x.sum_to_size(2, 3, 4)",
    "L.broadcast_tensors(m, x)", "L.broadcast_tensors(m, v)", "x.view_as(x)", "m.reshape_as(x)", "x.ravel()",
    "x.mT.ravel()", "m.clone()", "m.contiguous()", "m.T.contiguous()", "m.to(L.float32)", "m.float()",
    "m.to(L.complex128)", "m.double()", "m.to(L.int64)", "m.bool()", "m.half().float()", "m.type(L.float32)",
    "m.type_as(L.ones(1))", 'm.to("cpu", L.float32)', "m.to(L.ones(1))", "m.to(dtype=L.float32, copy=True)",
    "m.cfloat()", "L.cat([m, m[:1]])", "L.cat([m, m.float()])", "L.cat([m, m], -1)", "L.cat([m, L.zeros(0)])",
    "L.concat([m, m], dim=1)", "L.stack([m, m])", "L.stack([m, m], -1)", "L.stack([s, s])", "L.hstack([v, v])",
    "L.hstack([m, m])", "L.vstack([v, v])", "L.dstack([m, m])", "L.dstack([v, v])",
    "L.column_stack([v, L.stack([v, v], 1)])", "L.atleast_1d(s)", "L.atleast_2d(s, v)", "L.atleast_3d(v, m, s)",
    "L.atleast_3d([v, m])", "x.split(2, 2)", "x.split([1, 2], 1)", "x.split([1, 1], 1)", "x.split(3, 1)[0]",
    "v.split(2)[1]", "v.chunk(2)", "v.chunk(7)", "v.tensor_split(3)", "v.tensor_split((1, 3))",
    "v.tensor_split((3, 1))", "v.tensor_split((-2, 9))", "m.hsplit(2)", "m.hsplit(3)", "m.vsplit(3)", "x.dsplit(2)",
    "v.hsplit((1,))", "x.unbind(1)", "x.unbind(-1)[1]", "m.unbind()[0]", "x.select(1, 2)", "x.select(-1, -1)",
    "x.narrow(1, 1, 2)", "x.narrow(1, -2, 1)", "x.narrow_copy(2, 0, 1)", "s.clone()", "v[2]", "v[-1]", "v[1:3]",
    "v[::2]", "v[4:1]", "x[0]", "x[0, 1]", "x[0, 1, 2]", "x[..., 0]", "x[:, None]", "x[None, ..., None]",
    "x[0, ..., 1:3]", "x[:, [0, 2]]", "x[[0, 1], [1, 2]]", "x[[0, 1], :, [1, 2]]", "x[0, :, [1, 2]]", "x[[0, 1], 1]",
    "x[:, 1, [0, 1]]", "x[:, [0, 1], 1]", "x[..., [0, 0]]", "x[[[0, 1], [1, 0]]]",
    "x[[[0, 1], [1, 0]], [[0, 1], [1, 2]]]", "x[True]", "x[False]", "x[L.tensor(True)]", "x[0, True]",
    "x[[True, False]]", "x[x.detach()>0]", "x[m.detach()>0]", "x[:, m.detach()>0]", "m[m.detach()>0]",
    "x[:, L.tensor([True, False, True])]", "x[:, L.tensor([True, False, True]), L.tensor([0, 1])]", "x[L.tensor(1)]",
    "x[L.tensor([1])]", "x[L.tensor([[1, 0]])]", "x[L.tensor([-1, 0, -1])]", "x[1:, L.tensor([0, 0, 2])]",
    "x[None, L.tensor([0, 1])]", "x[L.tensor([0, 1]), None]", "x[L.tensor([0, 1]), ..., L.tensor([0, 1])]",
    "x[L.tensor([0, 1]), None, L.tensor([0, 1])]", "v[L.tensor([0, 0, 0, 4])]", "x[L.tensor([], dtype=L.int64)]",
    "x[[]]", "s[...]", "s[None]", "s[()]", "x[()]", "s[True]", "s[L.tensor(False)]",
    "x[L.tensor([0, 1], dtype=L.int32)]", "x[range(2)]", "x[np.array([0, 1])]", "x[np.int64(1)]", "x[5]",
    "x[L.tensor([5])]", "x[0, 0, 0, 0]", "x[[0, 1], [0, 1, 2]]", "x[1.5]", "x[::-1]", 'x["a"]', "x[L.tensor([1.])]",
    "x[..., ...]", "x[:, m.detach()[:2]>0]", "x[{0}]", "x[1, L.tensor([0, 2]), L.tensor(1)]",
    "x[:, :, L.tensor([1, 2])][:, 0]", "s[0]", "m[0][1][None]", "x[(0,)]", "x[(0, 1),]", "x[[0, 1], ...]",
    "x[0:2, [0, 1], :][..., 1]", "m[L.tensor([[0], [1]]), L.tensor([[0, 1, 2]])]",
    "x[L.tensor([True, True]), :, L.tensor([0, 3])]",
]

#: Of x, y and z (3 x 4; z has zeros), v (5) and s (0-d).
INDICES = [
    "x[[[0, 1], [1, 0]]]", "x[[slice(0, 1), 1]]", "x.bool()", "x.int()",
    "x.gather(1, L.tensor([[0, 0, 3], [1, 1, 1]]))", "x.gather(0, L.tensor([[2, 0, 1, 1]]))",
    "s.gather(0, L.tensor([0, 0]))", "s.gather(0, L.tensor(0))", "v.gather(0, L.tensor(2))",
    "x.gather(1, L.tensor([], dtype=L.int64).reshape(0, 0))", "x.gather(0, L.tensor([[0, 1]], dtype=L.int32))",
    "x.scatter(1, L.tensor([[3, 1], [0, 1], [1, 2]]), y[:, :2])",
    "x.scatter(1, L.tensor([[3, 1], [0, 1], [1, 2]]), 2.5)",
    'x.detach().scatter(0, L.tensor([[0, 1]]), 2., reduce="multiply")', "s.scatter(0, L.tensor([0]), v[:1])",
    "x.scatter_add(0, L.tensor([[0, 0, 0], [0, 1, 0]]), y[:2, :3])",
    "x.scatter_add(1, L.tensor([[0, 0, 0], [0, 1, 0]]), y[:2, :3])",
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "sum", include_self=True)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "sum", include_self=False)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "prod", include_self=True)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "prod", include_self=False)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "mean", include_self=True)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "mean", include_self=False)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "amax", include_self=True)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "amax", include_self=False)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "amin", include_self=True)',
    'x.scatter_reduce(0, L.tensor([[0, 0, 1, 2], [0, 1, 1, 2]]), y[:2], "amin", include_self=False)',
    'x.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), z[:2, :3], "sum", include_self=True)',
    'x.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), z[:2, :3], "prod", include_self=True)',
    'x.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), z[:2, :3], "mean", include_self=True)',
    'x.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), z[:2, :3], "amax", include_self=True)',
    'x.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), z[:2, :3], "amin", include_self=True)',
    'z.scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), x[:2, :3], "prod")',
    'x.round().scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), y.round()[:2, :3], "amax")',
    '(x*0+1).scatter_reduce(1, L.tensor([[0, 0, 1], [1, 2, 3]]), y[:2, :3]*0+1, "amin")',
    'L.arange(4).scatter_reduce(0, L.tensor([0, 0, 1, 1]), L.tensor([5, 8, 3, -8]), "mean")',
    'L.arange(4).scatter_reduce(0, L.tensor([0, 0, 1, 1]), L.tensor([5, 8, 3, -8]), "amax", include_self=False)',
    "x.index_add(0, L.tensor([0, 0, 2]), y)", "x.index_add(1, L.tensor([0, 3]), y[:, :2], alpha=2)",
    "x.index_add(-1, L.tensor(1), y[:, :1])", "s.index_add(0, L.tensor([0]), s*3)",
    "x.index_add(0, L.tensor([0, 0, 2], dtype=L.int32), y)",
    "L.zeros(3, dtype=L.int64).index_add(0, L.tensor([0, 0]), L.tensor([1, 2]))",
    "x.index_copy(0, L.tensor([2, 0]), y[:2])", "x.index_copy(1, L.tensor([2]), y[:, :1])",
    "x.index_fill(1, L.tensor([0, 2]), 3.)", "x.index_fill(0, L.tensor(0), s)",
    "x.index_select(1, L.tensor([0, 0, 3]))", "x.index_select(0, L.tensor(2))", "s.index_select(0, L.tensor([0]))",
    "x.index_select(0, L.tensor([], dtype=L.int64))", "x.index_select(0, L.tensor([-1]))",
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "prod", include_self=True)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "prod", include_self=False)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "mean", include_self=True)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "mean", include_self=False)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "amax", include_self=True)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "amax", include_self=False)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "amin", include_self=True)',
    'x.index_reduce(0, L.tensor([0, 0, 2]), y, "amin", include_self=False)', "x.take(L.tensor([[0, 5], [-1, 5]]))",
    "x.put(L.tensor([0, 5]), y[0, :2])", "x.put(L.tensor([[0, 0]]), y[:1, :2], accumulate=True)",
    "L.take_along_dim(x, L.tensor([[0], [1], [3]]), 1)", "L.take_along_dim(x, L.tensor([[0, 1]]), 1)",
    "L.take_along_dim(x, L.tensor([0, 7]))", "x.take_along_dim(L.tensor([[0, 1]]), 0)", "x.masked_fill(x>0, 1.5)",
    "x.masked_fill(L.tensor([True, False, True, False]), s)", "x[0].masked_fill(x>0, 0)",
    'x.masked_fill(L.tensor(True), float("-inf"))', "x.masked_select(x>0)", "x[0].masked_select(x>0)",
    "x.masked_select(L.tensor([True, False, True, False]))", "s.masked_select(L.tensor(True))",
    "x.masked_scatter(x>0, y)", "x.masked_scatter(L.tensor([True, False, True, False]), y)",
    "s.masked_fill(s>100, 1.)", "x.masked_fill(x>0, 2)", "L.arange(3).masked_fill(L.arange(3)>1, 7)",
    "x.index_put((L.tensor([0, 0]), L.tensor([1, 1])), v[:2])",
    "x.index_put((L.tensor([0, 0]), L.tensor([1, 1])), v[:2], accumulate=True)",
    "x.index_put((L.tensor([0, 2]),), v[:4])", "x.index_put((x>0,), s)", "x.index_put((L.tensor(0),), s)",
    "x.index_put((L.tensor([True, False, True]),), v[:4])", "x.index_put((L.tensor([0, -1]),), s, accumulate=True)",
    "x.select_scatter(v[:4], 0, 1)", "x.slice_scatter(y[:, :2], 1, 0, 4, 2)", "x.slice_scatter(y[1:], 0, 1)",
    "x.diagonal_scatter(v[:3])", "x.diagonal_scatter(v[:3], 1)", "x.as_strided((2, 2), (1, 2))",
    "x.as_strided((2, 2), (1, 2), 3)", "x.t().as_strided((2, 2), (1, 2))", "x[1:].as_strided((2, 2), (1, 2))",
    "x.as_strided((3, 3), (1, 1))", "s.expand(3).as_strided((2,), (0,))", "x.diagonal()", "x.diagonal(1)",
    "x.diagonal(-2)", "x.diagonal(9)", "L.stack([x, y]).diagonal(0, 0, 2)", "L.stack([x, y]).diagonal(1, -1, -2)",
    "v.diag()", "v.diag(1)", "v.diag(-2)", "x.diag()", "x.diag(-1)", "x.diag_embed()", "x.diag_embed(1)",
    "x.diag_embed(-1, 0, 1)", "x.diag_embed(0, 0, -1)", "x.diag_embed(0, 2, 0)", "s.diagflat()", "x.diagflat(1)",
    "x.unfold(1, 2, 1)", "x.unfold(1, 2, 2)", "x.unfold(0, 3, 1)", "x.unfold(1, 2, 3)", "x.unfold(-1, 1, 1)",
    "x.t().unfold(0, 2, 1)", "s.unfold(0, 1, 1)", "v.unfold(0, 0, 1)", "x.unfold(1, 3, 2).unfold(0, 2, 1)",
    "x.roll(1)", "x.roll(-1, 0)", "x.roll((1, -2), (0, 1))", "x.roll((1, 2), (1, 1))", "s.roll(1)", "x.flip(0)",
    "x.flip(0, 1)", "x.flip((-1,))", "x.fliplr()", "x.flipud()", "s.flip(0)", "x.rot90()", "x.rot90(2)",
    "x.rot90(-1)", "x.rot90(3, (1, 0))", "x.rot90(4)", "x.repeat(2, 1)", "x.repeat(2, 1, 3)", "s.repeat(2)",
    "s.repeat(())", "x.repeat(0, 2)", "x.tile(2)", "x.tile((2, 1, 2))", "v.repeat_interleave(2)",
    "x.repeat_interleave(2, 0)", "x.repeat_interleave(L.tensor([1, 0, 2]), 0)",
    "x.repeat_interleave(L.tensor([2]), 1)", "L.repeat_interleave(L.tensor([1, 0, 2]))", "x.repeat_interleave(3)",
    "s.repeat_interleave(2)", "x.tril()", "x.tril(1)", "x.triu(-1)", "L.stack([x, y]).triu()",
    "L.ones(2, 2, dtype=L.bool).tril()", "L.arange(4).reshape(2, 2).triu()", 'L.meshgrid(v, x[0], indexing="ij")',
    'L.meshgrid(v, x[0], indexing="xy")', 'L.meshgrid([v, s], indexing="xy")',
    'L.meshgrid(v, x[0], x[1], indexing="xy")', "L.cartesian_prod(v, x[0])", "L.cartesian_prod(v, v, x[0])",
    "L.combinations(v)", "L.combinations(v, 3)", "L.combinations(v, 2, True)", "L.combinations(v, 1)",
    "L.combinations(v, 6)", "L.combinations(v, 0)", "L.block_diag(x, v, s)", "L.block_diag(x, L.tensor([1]))",
    "L.block_diag(x)", "L.unravel_index(L.tensor([[3, 4], [1, 0]]), (2, 3))", "L.unravel_index(L.tensor([3, 4]), 6)",
    "L.tril_indices(3, 4, -1)", "L.triu_indices(3, 4, 1)", "L.triu_indices(3, 4, -5)",
    "L.tril_indices(3, 2, 5, dtype=L.int32)", "L.constant_pad_nd(x, (1, 2), 3.)",
    "L.constant_pad_nd(x, (1, -2, -1, 1))", "L.constant_pad_nd(x, ())", "L.fill(x, 2.)", "L.fill(x, s)",
    "L.tril_indices(0, 2)", "L.cat([x, y.t().t()], 1)[:, 3:6]",
]

#: Of a complex c and a real m (3 x 4).
COMPLEX = [
    "c.H", "c.mT", "c.T", "c.real", "c.to(L.complex64)", "c.to(L.float64)", "c.adjoint()", "c[0]", "c[[0, 0]]",
    "L.cat([c, m])", "L.stack([c, c])", "c.sum_to_size(1, 4)", "c.expand(2, 3, 4)", "c.reshape(-1)", "c.bool()",
    "c.gather(0, L.tensor([[0, 0]]))", "c.index_add(0, L.tensor([0, 0]), c[:2])", "c.masked_fill(m.detach()>0, 1j)",
    "c.tril()", "c.flip(0)", "c.repeat(2, 1)", "c.diag()", "c.index_select(0, L.tensor([0, 0]))",
    "c.take(L.tensor([0, 0]))", "c.index_fill(0, L.tensor([0]), 1j)", "c.unfold(0, 2, 1)", "c.roll(1, 0)",
    "c.scatter_add(0, L.tensor([[0, 0]]), c[:1, :2])",
]


#: Input shape, widths, mode.
PADS = [((2, 3), widths, mode) for mode in ("reflect", "replicate", "circular")
        for widths in [(1, 2), (2, 0), (-1, 1), (0, 0), (1, -2), (-1, -1), (3, 1), (4, 1), (-3, 0), (1, 1, 1, 1)]]
PADS += [(shape, widths, mode) for mode in ("constant", "reflect", "replicate", "circular")
         for shape, widths in [((3,), (1, 2)), ((2, 3, 4), (1, 2, 1, 0)), ((1, 2, 3, 4), (1, 2, 1, 0)), ((2, 3), ()),
                               ((1, 2, 3, 4), (1, 2, 1, 0, 1, 1)), ((2, 3), (1, -1, 2, 0)), ((2, 3), (1,))]]


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape)


def evaluate(library, function, arrays):
    """The results, their gradients for fixed cotangents, and the gradients of those; or the exception."""
    grad = torch.autograd.grad if library is torch else autograd.grad
    leaves = {k: library.tensor(a, requires_grad=True) for k, a in arrays.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = function(library, **leaves)
            outs = list(found) if isinstance(found, (tuple, list)) else [found]
            results = [[t.detach().resolve_conj().numpy() for t in outs], [t.requires_grad for t in outs]]
            roots = [t for t in outs if t.requires_grad]
            if roots:
                seeds = [library.tensor(cotangent(t, i), requires_grad=True) for i, t in enumerate(roots)]
                first = grad(roots, list(leaves.values()), seeds, create_graph=True, allow_unused=True,
                             materialize_grads=True)
                results.append([g.detach().resolve_conj().numpy() for g in first])
                weighed = [(g * library.tensor(cotangent(g, 9))).sum() for g in first if g.requires_grad]
                total = sum((w.real if w.is_complex() else w for w in weighed), (seeds[0] * 0).sum().abs())
                second = grad(total, [*leaves.values(), *seeds], allow_unused=True, materialize_grads=True)
                results.append([g.resolve_conj().numpy() for g in second])
    except Exception as error:
        return error
    return results


def cotangent(t, number: int) -> np.ndarray:
    rng = np.random.default_rng(number)
    array = t.detach().resolve_conj().numpy()
    g = rng.normal(size=array.shape)
    return np.asarray(g + 1j * rng.normal(size=array.shape) if array.dtype.kind == "c" else g, array.dtype)


def check(function, arrays) -> None:
    ours, theirs = evaluate(autograd, function, arrays), evaluate(torch, function, arrays)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), (ours, theirs)
        return
    assert isinstance(ours, list), ours
    assert ours.pop(1) == theirs.pop(1)
    for a, b in zip(itertools.chain(*ours), itertools.chain(*theirs), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        tolerance = 3e-6 if b.dtype.name in ("float32", "complex64", "float16") else 1e-12
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def written(text: str, names: str):
    return eval(f"lambda L, {names}: {text}", {"np": np})


@pytest.mark.parametrize("text", SHAPES)
def test_shapes(text: str) -> None:
    check(written(text, "x, m, v, s"), {"x": values(2, 3, 4), "m": values(3, 4), "v": values(5), "s": values()})


@pytest.mark.parametrize("text", INDICES)
def test_indices(text: str) -> None:
    z = values(3, 4, 1)[..., 0]
    z[0] = z[1, 1] = 0
    check(written(text, "x, y, v, s, z"),
          {"x": values(3, 4), "y": values(3, 4, 1, 1)[..., 0, 0], "v": values(5), "s": values(), "z": z})


@pytest.mark.parametrize("text", COMPLEX)
def test_complex(text: str) -> None:
    check(written(text, "c, m"), {"c": values(3, 4) + 1j * values(3, 4, 1)[..., 0], "m": values(3, 4)})


@pytest.mark.parametrize(("shape", "widths", "mode"), PADS)
def test_pad(shape: tuple[int, ...], widths: tuple[int, ...], mode: str) -> None:
    pads = {torch: torch.nn.functional.pad, autograd: pad}
    check(lambda library, x: pads[library](x, widths, mode), {"x": values(*shape)})
