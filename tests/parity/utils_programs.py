"""Programs that use nn.utils, written once for both libraries: `t` has the library's modules by short names."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")

import autograd  # noqa: E402
import nn  # noqa: E402
import optim  # noqa: E402

TORCH = SimpleNamespace(
    lib=torch, nn=torch.nn, F=torch.nn.functional, U=torch.nn.utils, P=torch.nn.utils.parametrize, optim=torch.optim,
    Z=torch.nn.utils.parametrizations, prune=torch.nn.utils.prune, functional_call=torch.func.functional_call)
OURS = SimpleNamespace(
    lib=autograd, nn=nn, F=nn.functional, U=nn.utils, P=nn.utils.parametrize, optim=optim, Z=nn.utils.parametrizations,
    prune=nn.utils.prune, functional_call=nn.func.functional_call)

Program = Callable[[Any], Any]


def described(value: Any) -> Any:
    """What a program returned, without its library: arrays for tensors, texts and names for modules."""
    if isinstance(value, (torch.Tensor, autograd.Tensor)):
        return value.detach().numpy()
    if isinstance(value, (torch.nn.Module, nn.Module)):
        parameters = {name: described(p) for name, p in value.named_parameters()}
        return [repr(value), type(value).__name__, {k: described(v) for k, v in value.state_dict().items()}, parameters,
                {name: described(p.grad) for name, p in value.named_parameters() if p.grad is not None}]
    if isinstance(value, dict):
        return {k: described(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(v) for v in value]
    if isinstance(value, type):
        return value.__name__
    return value


def trained(t: Any, model: Any, shape: tuple[int, ...], steps: int = 3) -> Any:
    """The model after some steps of SGD, with the gradients of the last."""
    optimizer = t.optim.SGD(model.parameters(), lr=0.1)
    x = t.lib.linspace(-1, 1, int(np.prod(shape)), dtype=next(model.parameters()).dtype).reshape(shape)
    for _ in range(steps):
        optimizer.zero_grad()
        (model(x) ** 2).mean().backward()
        optimizer.step()
    return model


def symmetric(t: Any, inverse: bool = True) -> Any:
    class Symmetric(t.nn.Module):
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).mT

    class Invertible(Symmetric):
        def right_inverse(self, x: Any) -> Any:
            return x.triu()

    return Invertible() if inverse else Symmetric()


def rank_one(t: Any) -> Any:
    class RankOne(t.nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return x.unsqueeze(-1) @ y.unsqueeze(-2)

        def right_inverse(self, z: Any) -> Any:
            u, s, vh = t.lib.linalg.svd(z, full_matrices=False)
            root = s[0].sqrt().unsqueeze(-1)
            sign = u[0, 0].sign()  # the vectors are unique up to a sign
            return sign * u[..., :, 0] * root, sign * vh[..., 0, :] * root

    return RankOne()


def exponential(t: Any) -> Any:
    class Exp(t.nn.Module):
        def forward(self, x: Any) -> Any:
            return x.exp()

        def right_inverse(self, x: Any) -> Any:
            return x.log()

    return Exp()


def parametrized_twice(t: Any) -> Any:
    m = t.nn.Linear(4, 4)
    t.P.register_parametrization(m, "weight", symmetric(t))
    t.P.register_parametrization(m, "weight", exponential(t))
    t.P.register_parametrization(m, "bias", exponential(t), unsafe=True)
    m.weight = t.lib.ones(4, 4) * 2
    before = described(m)
    t.P.remove_parametrizations(trained(t, m, (5, 4)), "weight")
    middle = described(m)
    return before, middle, t.P.remove_parametrizations(m, "bias", leave_parametrized=False)


def parametrized_by_several(t: Any) -> Any:
    m = t.P.register_parametrization(t.nn.Linear(4, 3), "weight", rank_one(t))
    m.weight = t.lib.arange(12.0).reshape(3, 4) + 1
    before = described(trained(t, m, (5, 4)))
    return before, t.P.remove_parametrizations(m, "weight"), m.weight.requires_grad


def parametrized_buffer(t: Any) -> Any:
    m = t.nn.BatchNorm1d(3)
    t.P.register_parametrization(m, "running_mean", exponential(t), unsafe=True)
    m.running_mean = t.lib.ones(3)
    return m, t.P.is_parametrized(m), t.P.is_parametrized(m, "weight"), t.P.type_before_parametrizations(m)


def copied(t: Any) -> Any:
    m = t.Z.spectral_norm(t.nn.Linear(4, 3))
    other = copy.deepcopy(m)
    other.load_state_dict({k: v + 1 for k, v in m.state_dict().items()})
    return m, other, trained(t, other, (2, 4))


def transferred(t: Any) -> Any:
    a, b = t.Z.weight_norm(t.nn.Linear(4, 4)), t.nn.Linear(4, 4)
    t.P.register_parametrization(a, "bias", exponential(t))
    c, d = t.P.register_parametrization(t.nn.Linear(4, 4), "weight", symmetric(t)), t.nn.Conv1d(1, 1, 1)
    return (t.P.transfer_parametrizations_and_params(c, d, "weight"), t.P.transfer_parametrizations_and_params(a, b),
            t.P.transfer_parametrizations_and_params(d, t.nn.Bilinear(2, 2, 4)))


def cached(t: Any) -> Any:
    m = t.P.register_parametrization(t.nn.Linear(4, 4), "weight", symmetric(t))
    with t.P.cached():
        with t.P.cached():
            first = m.weight
        inside = m.weight is first
    return inside, m.weight is first


def orthogonal(shape: tuple[int, ...], **options: Any) -> Program:
    def program(t: Any) -> Any:
        given = dict(options)
        dtype = getattr(t.lib, given.pop("dtype", "float64"))
        m = t.nn.Module()
        start = t.lib.randn(shape, dtype=dtype)
        if given.pop("from_orthogonal", False):
            start = t.lib.linalg.qr(start.mT)[0].mT
        m.weight = t.nn.Parameter(start)
        t.Z.orthogonal(m, **given)
        out = [m, m.weight]
        x = t.lib.linspace(-1, 1, int(np.prod(shape)), dtype=t.lib.float64).reshape(shape).to(dtype)
        optimizer = t.optim.SGD(m.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            ((m.weight - x).abs() ** 2).sum().backward()
            optimizer.step()
        out += [described(m), m.weight]
        if given.get("use_trivialization", True) or given.get("orthogonal_map") == "householder":
            m.weight = x + t.lib.eye(*shape[-2:], dtype=dtype) * 3
            out += [m, m.weight]
        return out

    return program


def normalized(how: str, layer: Program, shape: tuple[int, ...], **options: Any) -> Program:
    def program(t: Any) -> Any:
        functions = {"weight": t.Z.weight_norm, "spectral": t.Z.spectral_norm, "old weight": t.U.weight_norm,
                     "old spectral": t.U.spectral_norm}
        m = functions[how](layer(t), **options)
        out = [described(m), described(trained(t, m, shape)), m.eval()(t.lib.ones(shape)), m.train()]
        name = options.get("name", "weight")
        if how.startswith("old"):
            (t.U.remove_weight_norm if how == "old weight" else t.U.remove_spectral_norm)(m, name)
            out.append(len(m._forward_pre_hooks))
        else:
            t.P.remove_parametrizations(m, name)
        return [*out, m]

    return program


def old_state_in_new(t: Any) -> Any:
    net = t.nn.Sequential(t.U.weight_norm(t.nn.Linear(3, 2)))
    new = t.nn.Sequential(t.Z.weight_norm(t.nn.Linear(3, 2)))
    new.load_state_dict(net.state_dict())
    return new, new(t.lib.ones(1, 3)), net(t.lib.ones(1, 3))


def old_spectral_state(t: Any) -> Any:
    m = t.U.spectral_norm(t.nn.Linear(2, 3))
    m(t.lib.ones(1, 2))
    state = m.state_dict()
    metadata = state._metadata[""]["spectral_norm"]["weight.version"]
    state["weight"] = m.weight.detach()
    del state["weight_v"], state._metadata[""]["spectral_norm"]
    other = t.U.spectral_norm(t.nn.Linear(2, 3))
    other.load_state_dict(state)
    return metadata, other, other.eval()(t.lib.ones(1, 2))


def pruned(*calls: Callable[[Any, Any], Any]) -> Program:
    def program(t: Any) -> Any:
        m = t.nn.Conv2d(3, 4, 3)
        out = []
        for call in calls:
            call(t, m)
            out += [described(m), t.prune.is_pruned(m), [type(h) for h in m._forward_pre_hooks.values()]]
        trained(t, m, (2, 3, 4, 4))
        out += [described(m), m.weight]
        t.prune.remove(m, "weight")
        return [*out, m, t.prune.is_pruned(m)]

    return program


def pruned_together(method: str, again: bool = False, **options: Any) -> Program:
    def program(t: Any) -> Any:
        net = t.nn.Sequential(t.nn.Linear(6, 5), t.nn.ReLU(), t.nn.Linear(5, 2))
        pairs = [(net[0], "weight"), (net[2], "weight"), (net[0], "bias")]
        for _ in range(2 if again else 1):
            t.prune.global_unstructured(pairs, getattr(t.prune, method), **options)
        return described(net), trained(t, net, (3, 6)), [type(m) for m in net[0]._forward_pre_hooks.values()]

    return program


def pruned_by_scores(t: Any) -> Any:
    m = t.nn.Linear(4, 3)
    scores = t.lib.arange(12.0).reshape(3, 4)
    t.prune.l1_unstructured(m, "weight", 3, importance_scores=scores)
    t.prune.ln_structured(m, "weight", 1, n=1, dim=0, importance_scores=scores.flip(0))
    other = t.nn.Linear(4, 3)
    t.prune.global_unstructured([(other, "weight")], t.prune.L1Unstructured, {(other, "weight"): scores}, amount=0.5)
    method = t.prune.RandomStructured(0.5, dim=0)
    return m, other, method.prune(scores), t.prune.LnStructured(2, float("inf")).prune(scores, importance_scores=-scores)


def functional(t: Any) -> Any:
    net = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4), t.nn.Linear(4, 2))
    given = {k: (v.detach() * 2).requires_grad_(v.is_floating_point()) for k, v in net.named_parameters()}
    buffers = {k: v.clone() for k, v in net.named_buffers()}
    x = t.lib.linspace(-1, 1, 15).reshape(5, 3)
    y = t.functional_call(net, (given, buffers), x)
    grads = t.lib.autograd.grad(y.sum(), list(given.values())) if t is TORCH else autograd.grad(y.sum(), list(given.values()))
    part = t.functional_call(net, {"0.weight": given["0.weight"]}, (x,))
    old = t.U.stateless.functional_call(net, buffers, kwargs={"input": x})
    return y, grads, part, old, buffers, net, [p.requires_grad for p in net.parameters()]


def tied(t: Any) -> Any:
    net = t.nn.Sequential(t.nn.Linear(3, 3, bias=False), t.nn.Linear(3, 3, bias=False))
    net[1].weight = net[0].weight
    x, w = t.lib.ones(1, 3), t.lib.eye(3) * 2
    return (t.functional_call(net, {"0.weight": w}, x), t.functional_call(net, {"0.weight": w}, x, tie_weights=False),
            t.functional_call(net, {"0.weight": w, "1.weight": w}, x, strict=True))


def assigned_in_call(t: Any) -> Any:
    class Counter(t.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("n", t.lib.zeros(()))

        def forward(self, x: Any) -> Any:
            self.n = self.n + 1
            return self.n + x

    m, given = Counter(), {"n": t.lib.full((), 5.0)}
    return t.functional_call(m, given, t.lib.ones(())), m, given


def of_parametrized(t: Any) -> Any:
    m = t.P.register_parametrization(t.nn.Linear(2, 2), "weight", symmetric(t))
    original = t.lib.arange(4.0).reshape(2, 2)
    y = t.functional_call(m, {"parametrizations.weight.original": original, "bias": t.lib.zeros(2)}, t.lib.ones(1, 2))
    return y, m


def fused(t: Any) -> Any:
    out = []
    for conv, bn, transpose in (
            (t.nn.Conv2d(3, 4, 2), t.nn.BatchNorm2d(4), False), (t.nn.Conv1d(3, 4, 2, bias=False), t.nn.BatchNorm1d(4), False),
            (t.nn.ConvTranspose2d(3, 4, 2), t.nn.BatchNorm2d(4, affine=False), True)):
        bn.running_mean.uniform_()
        bn.running_var.uniform_(1, 2)
        out.append(t.U.fuse_conv_bn_eval(conv.eval(), bn.eval(), transpose))
    linear, bn = t.nn.Linear(3, 4).requires_grad_(False).eval(), t.nn.BatchNorm1d(4).eval()
    bn.running_var.uniform_(1, 2)
    bn.weight.data.uniform_()
    return [*out, t.U.fuse_linear_bn_eval(linear, bn), t.U.fuse_linear_bn_eval(linear, t.nn.BatchNorm1d(1).eval())]


def clipped(t: Any) -> Any:
    m = trained(t, t.nn.Linear(5, 4), (3, 5), 1)
    out = [t.U.get_total_norm([p.grad for p in m.parameters()], p) for p in (2, 1, 3.0, float("inf"))]
    t.U.clip_grads_with_norm_(m.parameters(), 0.7, out[0])
    out += [described(m), t.U.clip_grad_norm(m.parameters(), 0.5), described(m)]
    t.U.clip_grad_value_(list(m.parameters()), 0.01)
    vector = t.U.parameters_to_vector(m.parameters())
    t.U.vector_to_parameters(vector * 2, m.parameters())
    return [*out, vector, m, t.U.clip_grad_norm_([], 1.0)]


def skipped(t: Any) -> Any:
    m = t.U.skip_init(t.nn.Linear, 5, out_features=3)
    return repr(m), [(k, tuple(v.shape)) for k, v in m.state_dict().items()]


def conv(t: Any) -> Any:
    return t.nn.Conv2d(3, 4, 2)


def transposed(t: Any) -> Any:
    return t.nn.ConvTranspose2d(3, 4, 2)


def linear(t: Any) -> Any:
    return t.nn.Linear(5, 3)


PROGRAMS: dict[str, Program] = {f.__name__: f for f in (
    parametrized_twice, parametrized_by_several, parametrized_buffer, copied, transferred, cached, old_state_in_new,
    old_spectral_state, pruned_by_scores, functional, tied, assigned_in_call, of_parametrized, fused, clipped, skipped)}
PROGRAMS |= {f"orthogonal {shape} {options}": orthogonal(shape, **options) for shape, options in [
    *[(shape, {"orthogonal_map": name, "use_trivialization": trivial})
      for shape in ((4, 4), (5, 3), (3, 5), (2, 4, 3)) for name in ("matrix_exp", "cayley", "householder")
      for trivial in (True, False)],
    ((4, 4), {}), ((5, 3), {}), ((3, 5), {"from_orthogonal": True}), ((4, 4), {"from_orthogonal": True}),
    ((3, 3), {"dtype": "complex128"}), ((4, 2), {"dtype": "complex128", "orthogonal_map": "cayley"}),
]}
PROGRAMS |= {f"{how} norm {layer.__name__} {options}": normalized(how, layer, shape, **options) for how, layer, shape, options in [
    *[(how, layer, shape, {}) for how in ("weight", "spectral", "old weight", "old spectral")
      for layer, shape in ((conv, (2, 3, 4, 4)), (transposed, (2, 3, 4, 4)), (linear, (2, 5)))],
    *[(how, conv, (2, 3, 4, 4), {"dim": dim}) for how in ("weight", "old weight") for dim in (1, 3, -1, None)],
    ("spectral", linear, (2, 5), {"name": "bias"}), ("spectral", conv, (2, 3, 4, 4), {"dim": 1, "n_power_iterations": 3}),
    ("old spectral", conv, (2, 3, 4, 4), {"dim": 1, "n_power_iterations": 3}),
]}
PROGRAMS |= {
    "pruned: random": pruned(lambda t, m: t.prune.random_unstructured(m, "weight", 0.4),
                             lambda t, m: t.prune.random_unstructured(m, "weight", 7),
                             lambda t, m: t.prune.random_structured(m, "weight", 1, 0)),
    "pruned: by size": pruned(lambda t, m: t.prune.l1_unstructured(m, "weight", 0.3), lambda t, m: t.prune.l1_unstructured(m, "weight", 10),
                              lambda t, m: t.prune.ln_structured(m, "weight", 0.5, 2, -2)),
    "pruned: structured": pruned(lambda t, m: t.prune.ln_structured(m, "weight", 1, float("-inf"), 1),
                                 lambda t, m: t.prune.random_structured(m, "weight", 0.25, 0),
                                 lambda t, m: t.prune.ln_structured(m, "weight", 0, 1, 0),
                                 lambda t, m: t.prune.identity(m, "bias")),
    "pruned: mask": pruned(lambda t, m: t.prune.identity(m, "weight"),
                           lambda t, m: t.prune.custom_from_mask(m, "weight", t.lib.arange(108).reshape(4, 3, 3, 3) % 2),
                           lambda t, m: t.prune.custom_from_mask(m, "weight", t.lib.arange(108).reshape(4, 3, 3, 3) % 3)),
    "pruned together": pruned_together("L1Unstructured", amount=0.5),
    "pruned together again": pruned_together("L1Unstructured", True, amount=10),
    "pruned together at random": pruned_together("RandomUnstructured", True, amount=0.3),
}
