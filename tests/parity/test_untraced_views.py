"""Views whose history cannot follow writes, made under no_grad or by a custom Function, against PyTorch: what is refused
there is refused here, what is not gives the same numbers; and what saved-tensor hooks do with a custom Function.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch")

#: One program each, of the leaf ``leaf`` (4) and ``x = leaf * 1``; ``F(forward, backward)`` applies a custom Function,
#: ``seen`` is compared. The forward of the Functions is the identity up to the shape unless it says otherwise.
FUNCTIONS = r"""
y=view(x); x.mul_(2); seen=y.sum()
y=view(x); x.mul_(2); y.sum().backward(); seen=leaf.grad
y=view(x); y.mul_(2)
y=view(x); y[0].mul_(2)
y=view(x); y[0]=1.
y=view(x); y.zero_()
y=view(x); y.copy_(L.ones(2,2))
y=view(x); y.t_()
y=view(x); z=y.view(4); x.mul_(2); seen=z.sum()
y=view(x); s=y*3; x.mul_(2); s.sum().backward(); seen=leaf.grad
y=view(x); z=y.clone(); z.mul_(2); z.sum().backward(); seen=leaf.grad
y=view(x); z=y.detach(); z.mul_(2); seen=x
y=view(x); z=y*2; z.mul_(2); z.sum().backward(); seen=leaf.grad
y=view(x)\nwith L.no_grad(): x.mul_(2)\ny.sum().backward()
y=view(x)\nwith L.no_grad(): y.mul_(2)\ny.sum().backward()
y=view(x)\nwith L.no_grad(): y.mul_(2)\nseen=x
y=view(leaf)\nwith L.no_grad(): leaf.mul_(2)\ny.sum().backward()
y=view(leaf); y.mul_(2)
c=L.arange(4.); y=view(c); c.mul_(2); y.mul_(3); seen=y
y=same(x); y.mul_(2)
y=same(x); x.mul_(2); y.sum().backward(); seen=leaf.grad
y=same(x); seen=[y._base is x, y.is_leaf, y._version]
y=same(x); y.sum().backward(); seen=leaf.grad
y=same(leaf); y.sum().backward(); seen=leaf.grad
y=same(leaf); y.add_(1)
y=detached(x); y.mul_(2); y.sum().backward(); seen=leaf.grad
y=detached(x); x.mul_(2); y.sum().backward(); seen=leaf.grad
y=fresh(x); y.mul_(2)
y=fresh(x); y[0].mul_(2)
y=fresh(x); y.sum().backward(); seen=leaf.grad
y,z=two(x); y.mul_(2)
y,z=two(x); z.mul_(2); z.sum().backward(); seen=leaf.grad
y,z=two(x); x.mul_(2); seen=y.sum()
y,z=two(x); x.mul_(2); z.sum().backward(); seen=leaf.grad
y=dirty(x); y.add_(1); y.sum().backward(); seen=leaf.grad
v=x.view(2,2); y=dirty(v); y.add_(1); x.sum().backward(); seen=leaf.grad
v=x.view(2,2); y=dirty(v); v.sum().backward(); seen=leaf.grad
with L.no_grad(): y=view(x)\ny.mul_(2)
with L.no_grad(): y=view(leaf*1)\ny.mul_(2); seen=y
y=enabled(x); y.mul_(2)
y,i=marked(x); x.mul_(2); seen=[i.requires_grad, y.requires_grad]
y=view(x); y.relu_()
y=view(x); y.detach_()
y=same(x); y.detach_()
"""

NO_GRAD = r"""
with L.no_grad(): v=x.view(2,2)\nv.mul_(2)
with L.no_grad(): v=x.view(2,2)\nv[0].mul_(2)
with L.no_grad(): v=x.view(2,2)\nv[0][1:].mul_(2)
with L.no_grad(): v=x.view(2,2)\nv[0]=1.
with L.no_grad(): v=x.view(2,2)\nw=v[0]; w.zero_()
with L.no_grad(): v=x.view(2,2)\nw=v[0]; w.copy_(L.ones(2))
with L.no_grad(): v=x.view(2,2)\nw=v[0]; x.mul_(2); seen=w.sum()
with L.no_grad(): v=x.view(2,2)\nx.mul_(2); seen=v.sum()
with L.no_grad(): v=x.view(2,2)\nx.mul_(2); seen=v[0].sum()
with L.no_grad(): v=x.view(2,2)\nx.mul_(2); seen=v.requires_grad
with L.no_grad(): v=x.view(2,2)\nx.mul_(2); seen=v.detach()
with L.no_grad(): v=x.view(2,2)\nx.mul_(2); seen="Invalid" in repr(v)
with L.no_grad(): v=x.view(2,2)\nx.mul_(2)\nwith L.no_grad(): seen=v*1
with L.no_grad(): v=x.view(2,2)\nx.sum().backward(); seen=leaf.grad
with L.no_grad(): v=x.view(2,2); v.mul_(2)\nx.sum().backward(); seen=leaf.grad
with L.no_grad(): v=x.view(2,2); v.mul_(2)\nseen=v+1
with L.no_grad(): v=leaf.view(2,2); v.mul_(2)\nseen=v+1
with L.no_grad(): v=leaf.view(2,2)\nw=v[0]\nwith L.no_grad(): w.mul_(2)\nseen=w+1
w=x.view(2,2)\nwith L.no_grad(): v=w[0]\nw.mul_(2); seen=v.sum()
w=x.view(2,2)\nwith L.no_grad(): v=w[0]\nw.mul_(2); w.sum().backward(); seen=leaf.grad
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nv.mul_(2); v[0].mul_(3); seen=c
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nv.mul_(x.view(2,2))
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nv[0].mul_(x[:2])
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nv[0]=x[:2]
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nc.mul_(x); seen=v.requires_grad
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nw=v[0]; c.mul_(x); seen=w.requires_grad
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nc.mul_(x); seen=v.sum()
c=L.arange(4.)\nwith L.no_grad(): v=c.view(2,2)\nc.mul_(x); c.sum().backward(); seen=leaf.grad
"""

HOOKS = r"""
with hooks(lambda t: t.clone(), lambda t: t): y=square(x)\nx.mul_(5); y.sum().backward(); seen=leaf.grad
with hooks(lambda t: t, lambda t: t): y=square(x)\nx.mul_(5); y.sum().backward(); seen=leaf.grad
with hooks(lambda t: t, lambda t: t): y=exponential(x)\ny.detach().mul_(5); y.sum().backward(); seen=leaf.grad
y=square(x); x.mul_(5); y.sum().backward()
y=exponential(x); y.detach().mul_(5); y.sum().backward()
with hooks(lambda t: t.clone(), lambda t: t): y=square(x)\ng,=grad(y.sum(),leaf,create_graph=True); seen=grad(g.sum(),leaf)[0]
with hooks(lambda t: t.clone(), lambda t: t): y=exponential(x)\ng,=grad(y.sum(),leaf,create_graph=True); seen=grad(g.sum(),leaf)[0]
with hooks(lambda t: t*2, lambda t: t/2): y=square(x)\ny.sum().backward(); seen=leaf.grad
with hooks(lambda t: t.mul_(2), lambda t: t): y=square(x)
with hooks(lambda t: t.mul_(2), lambda t: t): y=x.exp()
with hooks(lambda t: 1, lambda t: 5): y=square(x)\ny.sum().backward()
"""


def functions(L: Any) -> dict[str, Any]:
    base = L.Function if L is autograd else L.autograd.Function

    def make(forward: Any, backward: Any) -> Any:
        return type("Own", (base,), {"forward": staticmethod(forward), "backward": staticmethod(backward)}).apply

    def enabled(ctx: Any, x: Any) -> Any:
        with L.enable_grad():
            return x.view(2, 2)

    def dirty(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(2)

    def marked(ctx: Any, x: Any) -> Any:
        ctx.mark_non_differentiable(x)
        return x * 1, x

    def saved(f: Any, of_output: bool) -> Any:
        def forward(ctx: Any, x: Any) -> Any:
            y = f(x)
            ctx.save_for_backward(y if of_output else x)
            return y
        return forward

    def flat(ctx: Any, g: Any) -> Any:
        return g.reshape(4)

    return {
        "view": make(lambda ctx, x: x.view(2, 2), flat), "same": make(lambda ctx, x: x, lambda ctx, g: g),
        "detached": make(lambda ctx, x: x.detach(), lambda ctx, g: g),
        "fresh": make(lambda ctx, x: (x * 1).view(2, 2), flat),
        "two": make(lambda ctx, x: (x.view(2, 2), x * 2), lambda ctx, g, h: g.reshape(4) + 2 * h),
        "dirty": make(dirty, lambda ctx, g: g * 2), "enabled": make(enabled, flat),
        "marked": make(marked, lambda ctx, g, h: g),
        "square": make(saved(lambda x: x * x, False), lambda ctx, g: g * 2 * ctx.saved_tensors[0]),
        "exponential": make(saved(lambda x: x.exp(), True), lambda ctx, g: g * ctx.saved_tensors[0]),
        "grad": L.grad if L is autograd else L.autograd.grad,
        "hooks": L.saved_tensors_hooks if L is autograd else L.autograd.graph.saved_tensors_hooks,
    }


def plain(value: Any) -> Any:
    return value.detach().numpy() if hasattr(value, "detach") else value


def outcome(L: Any, program: str) -> Any:
    leaf = L.arange(4.0).requires_grad_()
    names = {"L": L, "leaf": leaf, "x": leaf * 1, "seen": None, **functions(L)}
    try:
        exec(program.replace("\\n", "\n"), names)
    except (RuntimeError, TypeError) as error:
        return type(error)
    return plain(names["seen"])


@pytest.mark.parametrize("program", [p for p in (FUNCTIONS + NO_GRAD + HOOKS).splitlines() if p])
def test_as_pytorch(program: str) -> None:
    ours, theirs = outcome(autograd, program), outcome(torch, program)
    if isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(ours, theirs, rtol=4 * np.finfo(np.float32).eps)
    else:
        assert ours == theirs
