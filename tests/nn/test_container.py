"""Sequential, lists and dictionaries of modules and parameters."""

from collections import OrderedDict

import pytest

import autograd
import nn


def relus(n):
    return [nn.ReLU() for _ in range(n)]


def test_sequential_runs_in_order_and_is_a_list():
    a, b, c = nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)
    s = nn.Sequential(a, b, c)
    x = autograd.ones(4, 2)
    assert autograd.equal(s(x), c(b(a(x))))
    assert len(s) == 3 and list(s) == [a, b, c] and s[-1] is c and list(s[1:]) == [b, c]
    s[1] = d = nn.ReLU()
    assert s[1] is d
    del s[0]
    assert list(s._modules) == ["0", "1"] and s[0] is d
    s.append(b).insert(0, a)
    assert list(s) == [a, d, c, b] and list(s._modules) == list("0123")
    assert s.pop(0) is a and list(s) == [d, c, b]
    assert list(s.extend([a])) == [d, c, b, a]
    assert list(s + nn.Sequential(c)) == [d, c, b, a, c]
    assert list(nn.Sequential(a, b) * 2) == [a, b, a, b] == list(2 * nn.Sequential(a, b))
    t = nn.Sequential(a, b)
    t *= 2
    assert list(t) == [a, b, a, b]


def test_sequential_with_names():
    s = nn.Sequential(OrderedDict([("first", nn.Linear(1, 1)), ("second", nn.ReLU())]))
    assert list(s._modules) == ["first", "second"] and s.first is s[0]
    assert list(s[:1]._modules) == ["first"]


@pytest.mark.parametrize(("do", "error"), [
    (lambda s: s[5], IndexError), (lambda s: s + 3, ValueError), (lambda s: s * 0, ValueError),
    (lambda s: s * "x", TypeError),
    (lambda s: s.insert(9, nn.ReLU()), IndexError), (lambda s: s.insert(0, 3), AssertionError),
    (lambda s: nn.Sequential(3), TypeError),
    (lambda s: nn.ModuleList(relus(2))[2], IndexError), (lambda s: nn.ModuleList([3]), TypeError),
    (lambda s: nn.ModuleList().extend(3), TypeError), (lambda s: nn.ModuleList()(1), NotImplementedError),
    (lambda s: nn.ModuleDict([("a", nn.ReLU(), 1)]), ValueError), (lambda s: nn.ModuleDict(3), TypeError),
    (lambda s: nn.ModuleDict([1]), TypeError), (lambda s: nn.ModuleDict({"forward": nn.ReLU()}), KeyError),
    (lambda s: nn.ParameterList()[0], IndexError), (lambda s: nn.ParameterList(autograd.ones(1)), TypeError),
    (lambda s: nn.ParameterList()(1), RuntimeError), (lambda s: nn.ParameterDict({})(1), RuntimeError),
    (lambda s: nn.ParameterDict()[1], TypeError), (lambda s: nn.ParameterDict({"forward": autograd.ones(1)}), KeyError),
])
def test_errors(do, error):
    with pytest.raises(error):
        do(nn.Sequential(*relus(2)))


def test_module_list():
    a, b, c = relus(3)
    m = nn.ModuleList([a, b])
    assert m.append(c) is m and list(m) == [a, b, c] and m[-1] is c and isinstance(m[:2], nn.ModuleList)
    m.insert(0, c)
    assert list(m) == [c, a, b, c] and m.pop(0) is c
    del m[0:2]
    assert list(m) == [c] and list(m + [a]) == [c, a]
    m += [a, b]
    m[0] = b
    assert list(m) == [b, a, b] and len(m) == 3
    assert repr(nn.ModuleList([nn.ReLU(), nn.ReLU(),
                               nn.Tanh()])) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict():
    a, b = relus(2)
    m = nn.ModuleDict({"a": a})
    m["b"] = b
    m.update([("c", a)])
    assert list(m) == ["a", "b", "c"] and m["b"] is b and "b" in m and len(m) == 3
    assert list(m.items()) == [("a", a), ("b", b), ("c", a)] and list(m.values()) == [a, b, a]
    assert m.pop("b") is b and list(m.keys()) == ["a", "c"]
    del m["c"]
    m.clear()
    assert len(m) == 0


def test_parameter_list():
    p = nn.ParameterList([autograd.ones(2), nn.Parameter(autograd.zeros(3)), "text"])
    assert [n for n, _ in p.named_parameters()] == ["0", "1"] and p[2] == "text" and len(p) == 3
    assert isinstance(p[0], nn.Parameter) and len(p[:2]) == 2
    p[0] = autograd.zeros(1)
    p += [autograd.ones(4)]
    assert [tuple(v.shape) for v in p.parameters()] == [(1,), (3,), (4,)]
    assert "(0): Parameter containing: [autograd.float32 of size 1]" in repr(p) and "(2): Object of type: str" in repr(p)


def test_parameter_dict():
    p = nn.ParameterDict({"b": autograd.ones(2), "a": autograd.zeros(1)})
    assert list(p) == ["a", "b"]  # a plain dictionary is taken in the order of its names
    assert list(nn.ParameterDict(OrderedDict(b=autograd.ones(1), a=autograd.ones(1)))) == ["b", "a"]
    p["c"] = autograd.ones(3)
    assert isinstance(p["c"], nn.Parameter) and "c" in p and len(p) == 3 and p.get("x", 5) == 5
    assert [k for k, _ in p.items()] == ["a", "b", "c"] == list(p.keys()) and len(list(p.values())) == 3
    assert p.setdefault("a", 1) is p["a"] and list(reversed(p)) == ["c", "b", "a"]
    q = p.copy()
    assert q["a"] is p["a"] and q.popitem()[0] == "c" and len(p) == 3
    assert list(p | nn.ParameterDict({"z": autograd.ones(1)})) == ["a", "b", "c", "z"]
    p.pop("b")
    p |= {"y": autograd.ones(1)}
    assert list(p.state_dict()) == ["a", "c", "y"]
    assert list(p.fromkeys(["k"], autograd.ones(1))) == ["k"]
    p.clear()
    assert len(p) == 0 and not list(p.parameters())
