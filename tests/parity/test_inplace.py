"""Programs that write in place and through views, against PyTorch: values, version counters, what is a view and a leaf,
first and second gradients, and the type of what is raised.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch")

#: One program a line, of x and z (3 x 4); r is the result, L the library.
PROGRAMS = """
y=x*2; v=y[0]; v.mul_(3); r=y
y=x*2; v=y[0]; y.mul_(3); r=v*y.sum()
y=x*2; v=y[0]; u=y[:,0]; v.mul_(3); r=u*y.sum(); r=r*v.sum()
y=x*2; y[0]=z[1]; r=y*y
y=x*2; y[:,1]=5.; r=y*y
y=x*2; y[[0,0]]=z[:2]; r=y*y
y=x*2; y[y>0]=z[0,0]; r=y
y=x*2; y[...]=z; r=y
y=x*2; y[0,1:][1]=z[0,0]; r=y*y
y=x.exp(); y.mul_(2); r=y
y=x.tanh(); w=y*y; y.add_(1); r=w
y=x.tanh(); w=y+1; y.add_(1); r=w*y
y=x.exp(); y[0]=1.; r=y
y=x*2; w=y.detach(); w.zero_(); r=y*3
y=x*2; q=y*y; w=y.detach(); w.zero_(); r=q
y=x*2; q=y*y; w=y.data; w.zero_(); r=q
y=x*2; q=y.sin(); y.data.zero_(); r=q
x.add_(1); r=x
x[0].add_(1); r=x
x[0]=1.; r=x
x.view(-1)[0:2].mul_(2); r=x
y=x.clone(); y.t_(); y.mul_(2); r=y
y=x.clone(); v=y.t(); v.mul_(2); r=y*v.t()
y=x.clone(); v=y.view(-1); v[1]=z[0,0]; r=y*y
y=x*1; v=y.transpose(0,1); v[0].copy_(z[:,0]); r=y.sin()
y=x*1; v=y.unsqueeze(0); v.squeeze_(0); v.mul_(3); r=y*v
y=L.zeros(3,4,dtype=L.float64); y[1]=x[0]; r=y*y
y=L.zeros(3,4,dtype=L.float64); v=y[0]; y.copy_(x); r=v*2
y=L.zeros(3,4,dtype=L.float64); v=y[0]; v.copy_(x[1]); r=y*v
y=L.zeros(3,4,dtype=L.float64); v=y[0]; w=y[0,1:]; v.copy_(x[1]); r=w
y=L.zeros(3,4,dtype=L.float64); y.add_(x); r=y
y=L.zeros(3,4); y.add_(x); r=y
y=L.zeros(3,4); y.copy_(x); r=y
y=L.zeros(3,4,dtype=L.int64); y.copy_(x); r=x*y
y=L.zeros(3,4,dtype=L.int64); y.add_(x); r=y
y=x*2; y.expand(2,3,4).add_(1); r=y
y=x*2; y.add_(L.ones(2,3,4)); r=y
y=x*2; y.fill_(z[0,0]); r=y*x
y=x*2; y.zero_(); r=y+x
y=x*2; y[0].fill_(z[0,0]); r=y*x
y=x*2; y[0].zero_(); r=y*x
y=x*2; y.masked_fill_(x>0, 3.); r=y*y
y=x*2; y.masked_fill_(x>0, z[0,0]); r=y*y
y=x*2; y.index_add_(0,L.tensor([0,0]),z[:2]); r=y*y
y=x*2; y.index_copy_(0,L.tensor([0]),z[:1]); r=y*y
y=x*2; y.index_fill_(0,L.tensor([0]),3.); r=y*y
y=x*2; y.scatter_(1,L.tensor([[0],[1],[2]]),z[:,:1]); r=y*y
y=x*2; y.scatter_(1,L.tensor([[0],[1],[2]]),3.); r=y*y
y=x*2; y.scatter_add_(1,L.tensor([[0,0],[1,1],[2,3]]),z[:,:2].contiguous()); r=y
y=x*2; y.scatter_reduce_(1,L.tensor([[0,0],[1,1],[2,3]]),z[:,:2].contiguous(),"amax"); r=y
y=x*2; y.index_put_((L.tensor([0,0]),),z[0],accumulate=True); r=y*y
y=x*2; y.masked_scatter_(x>0,z); r=y*y
y=x*2; y.put_(L.tensor([0,3]),z[0,:2]); r=y*y
y=x*2; y.tril_(); r=y*y
y=x*2; y[0].tril_(); r=y
y=x*2; v=y.diagonal(); v.mul_(2); r=y*y
y=x*2; v=y.unfold(1,2,2); v.mul_(2); r=y*y
y=x*2; v=y.as_strided((2,2),(1,2)); v.mul_(2); r=y*y
y=x*2; v=y.T.as_strided((2,2),(1,2)); v.mul_(2); r=y*y
y=x*2; v=y[1:].as_strided((2,2),(4,1)); v.mul_(2); r=y*y
y=(x*2).T.contiguous().T; v=y.as_strided((2,2),(1,3)); v.mul_(2); r=y*y
y=x*2; v=y.reshape(4,3); v.mul_(2); r=y*v.sum()
y=x*2; v=y.t().reshape(-1); v.mul_(2); r=y*v.sum()
y=x*2; v=y.flatten(); v[0]=7.; r=y*y
y=x*2; v=y.detach_(); r=v*x
y=(x*2)[0]; y.detach_(); r=y
y=x*2; y.requires_grad_(False); r=y
y=x*2; y[0]+=z[0]; y[0]*=y[1]; r=y
y=x*2; y[:,[0,1]]+=z[:,:2]; r=y*y
y=x*2; y[0],y[1]=y[1].clone(),y[0].clone(); r=y*z
y=x.squeeze(); y=y*1; v=y.unsqueeze(1)[:,0]; v.add_(z); r=y*v
y=x*1; a,b=y.split(2,1); r=a*b
y=x*1; a=y.movedim(0,1); a[0]=z[:,0]; r=y*a.T
y=x*1; a=y.swapaxes(0,1); a.swapaxes_(0,1); a.add_(z); r=y*y
y=x*1; a=y.view_as(y); a.mul_(2); r=y
y=x*1; a=y.expand_as(y); a.mul_(2); r=y
y=x*1; a=y.narrow(1,1,2); b=a.select(0,1); b.mul_(2); c=y.view(-1); r=a.sum()*b.sum()*c
y=L.zeros(2,dtype=L.float64); o=y.view(2); o.copy_(x[0,:2]); y.mul_(2); r=o*y
w=L.empty(3,4,dtype=L.float64); w.copy_(x); v=w[0]; w.mul_(z); v.add_(1); r=w*w
y=x*2; q=y[0]*y[1]; y[2]=0.; r=q
y=x*2; q=y[0].clone(); y[0]=0.; r=q*y.sum()
""".strip().splitlines()

UNRECORDED = """
with L.no_grad(): x.add_(1)
r=x*x
---
with L.no_grad(): x[0]=1.
r=x*x
---
y=x*2
with L.no_grad(): y.add_(1)
r=y*y
---
y=x*2
q=y*y
with L.no_grad(): y.add_(1)
r=q
---
y=x*2
with L.no_grad(): v=y[0]
v.add_(1)
r=y
---
y=x*2
v=y[0]
with L.no_grad(): v.add_(1)
r=y*v.sum()
---
with L.no_grad(): x[0].mul_(2); x.view(-1)[3:].zero_()
r=x*x
""".strip().split("\n---\n")


def run(library, program: str):
    grad = torch.autograd.grad if library is torch else autograd.grad
    x = library.tensor(np.arange(12.0).reshape(3, 4) / 7 - 0.6, requires_grad=True)
    z = library.tensor(np.linspace(-1, 2, 12).reshape(4, 3).T.copy(), requires_grad=True)
    names = {"L": library, "x": x, "z": z}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(program, names)
            tensors = {k: t for k, t in names.items() if hasattr(t, "_version") and k != "r"}
            facts = {k: (t._version, t._base is not None, t.is_leaf, t.requires_grad) for k, t in tensors.items()}
            r = names["r"]
            arrays = [r.detach().numpy().copy()]
            if r.requires_grad:
                weight = library.tensor(np.random.default_rng(0).normal(size=tuple(r.shape)))
                first = grad((r * weight).sum(), [x, z], create_graph=True, allow_unused=True, materialize_grads=True)
                arrays += [g.detach().numpy() for g in first]
                again = sum(((g * g.detach()).sum() for g in first if g.requires_grad), (x * 0).sum())
                arrays += [g.numpy() for g in grad(again, [x, z], allow_unused=True, materialize_grads=True)]
    except Exception as error:
        return error, None
    return arrays, facts


@pytest.mark.parametrize("program", PROGRAMS + UNRECORDED)
def test_program(program: str) -> None:
    (ours, our_facts), (theirs, their_facts) = run(autograd, program), run(torch, program)
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), (ours, theirs)
        return
    assert not isinstance(ours, Exception), ours
    assert our_facts == their_facts
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
