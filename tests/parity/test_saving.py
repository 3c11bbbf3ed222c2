"""Files in PyTorch's format and in safetensors: what PyTorch writes is read here, and what is written here PyTorch reads."""

from __future__ import annotations

import io
from collections import Counter, OrderedDict

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch")


DTYPES = [d.name for d in autograd.dtypes.ALL]


def to_ours(obj, **options):
    file = io.BytesIO()
    torch.save(obj, file, **options)
    file.seek(0)
    return autograd.load(file)


def to_torch(obj):
    file = io.BytesIO()
    autograd.save(obj, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def alike(ours, theirs):
    """Whether two objects are the same containers of equal tensors and values."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, autograd.Tensor)
        assert isinstance(ours, nn.Parameter) == isinstance(theirs, torch.nn.Parameter)
        assert ours.requires_grad == theirs.requires_grad
        assert ours.stride() == theirs.stride() or not theirs.numel()
        a, b = ours.detach().numpy(), theirs.detach().numpy()
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(theirs, torch.dtype):
        return f"torch.{ours.name}" == str(theirs)
    if isinstance(theirs, torch.Size):
        return type(ours) is autograd.Size and tuple(ours) == tuple(theirs)
    if isinstance(theirs, torch.device):
        return type(ours) is autograd.device and str(ours) == str(theirs)
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, dict):
        return (len(ours) == len(theirs) and all(alike(*pair) for pair in zip(ours.items(), theirs.items(), strict=True))
                and (type(ours) is dict or alike(vars(ours), vars(theirs))))
    if isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(alike(*pair) for pair in zip(ours, theirs, strict=True))
    return repr(ours) == repr(theirs)


def both(make):
    """What ``make(torch, torch.nn)`` and ``make(autograd, nn)`` give."""
    return make(autograd, nn), make(torch, torch.nn)


MODELS = {
    "mlp": lambda t, n: n.Sequential(n.Linear(4, 3), n.ReLU(), n.Linear(3, 2)),
    "norms": lambda t, n: n.Sequential(n.Conv2d(2, 3, 3), n.BatchNorm2d(3), n.GroupNorm(1, 3), n.PReLU()),
    "lstm": lambda t, n: n.LSTM(3, 4, num_layers=2, bidirectional=True),
    "transformer": lambda t, n: n.TransformerEncoder(n.TransformerEncoderLayer(8, 2, 16), 2, enable_nested_tensor=False),
    "embedding": lambda t, n: n.ModuleDict({"e": n.Embedding(5, 3), "l": n.ModuleList([n.Linear(3, 3, bias=False)])}),
}


@pytest.mark.parametrize("name", MODELS)
def test_state_dicts_of_modules(name):
    torch.manual_seed(0)
    autograd.manual_seed(0)
    ours, theirs = both(MODELS[name])
    assert alike(ours.state_dict(), to_torch(ours.state_dict()))
    assert alike(to_ours(theirs.state_dict()), theirs.state_dict())
    with autograd.no_grad():
        for p in ours.parameters():
            p.zero_()
    ours.load_state_dict(to_ours(theirs.state_dict()))
    assert alike(ours.state_dict(), theirs.state_dict())
    theirs.load_state_dict(to_torch(ours.state_dict()))


OPTIMIZERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9}, "Adam": {"amsgrad": True}, "AdamW": {}, "RMSprop": {"centered": True}, "Adagrad": {},
    "Adadelta": {}, "NAdam": {}, "RAdam": {}, "Adamax": {}, "Rprop": {}, "ASGD": {}, "LBFGS": {"max_iter": 2},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_dicts_of_optimizers(name):
    def make(t, n):
        t.manual_seed(0)
        model = n.Linear(3, 2)
        optimizer = getattr(optim if t is autograd else torch.optim, name)(model.parameters(), **OPTIMIZERS[name])
        x = t.ones(4, 3)

        def closure():
            optimizer.zero_grad()
            loss = (model(x) ** 2).sum()
            loss.backward()
            return loss
        return model, optimizer, closure
    (ours, our_optimizer, our_closure), (theirs, their_optimizer, their_closure) = both(make)
    for _ in range(2):
        our_optimizer.step(our_closure)
        their_optimizer.step(their_closure)
    assert alike(our_optimizer.state_dict(), to_torch(our_optimizer.state_dict()))
    assert alike(to_ours(their_optimizer.state_dict()), their_optimizer.state_dict())
    # Each goes on from the state of the other, as it would from its own.
    for _ in range(2):
        ours.load_state_dict(to_ours(theirs.state_dict()))
        our_optimizer.load_state_dict(to_ours(their_optimizer.state_dict()))
        our_optimizer.step(our_closure)
        their_optimizer.step(their_closure)
        np.testing.assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=1e-5)
        theirs.load_state_dict(to_torch(ours.state_dict()))
        their_optimizer.load_state_dict(to_torch(our_optimizer.state_dict()))


def schedulers(t, n):
    o = (optim if t is autograd else torch.optim)
    schedule = o.lr_scheduler

    def optimizer():
        return o.SGD([n.Parameter(t.ones(1))], lr=0.1, momentum=0.9)
    made = [
        schedule.StepLR(optimizer(), 2), schedule.MultiStepLR(optimizer(), [1, 3]), schedule.ExponentialLR(optimizer(), 0.9),
        schedule.CosineAnnealingLR(optimizer(), 5), schedule.ReduceLROnPlateau(optimizer()), schedule.PolynomialLR(optimizer()),
        schedule.CosineAnnealingWarmRestarts(optimizer(), 3), schedule.OneCycleLR(optimizer(), 1.0, total_steps=9),
        schedule.CyclicLR(optimizer(), 0.1, 1.0), schedule.LambdaLR(optimizer(), lambda n: 1.0),
    ]
    both = optimizer()
    return [*made, schedule.SequentialLR(both, [schedule.ConstantLR(both), schedule.ExponentialLR(both, 0.9)], [2]),
            schedule.ChainedScheduler([schedule.LinearLR(both), schedule.StepLR(both, 2)])]


def test_state_dicts_of_schedulers():
    for ours in schedulers(autograd, nn):
        back = to_torch(ours.state_dict())
        assert repr(back) == repr(ours.state_dict()), type(ours)
        ours.load_state_dict(back)
    for theirs in schedulers(torch, torch.nn):
        state = theirs.state_dict()
        if not any(map(callable, state.values())):
            assert repr(to_ours(state)) == repr(state), type(theirs)


def containers(t, n):
    base = t.arange(12.0)
    return {
        "plain": [None, True, -1, 255, 256, 70000, -2**40, 10**30, 0.1, float("inf"), 1j, "text é", b"\0\xff", b"", bytearray(b"x")],
        "nested": {"a": [(1, (2, [])), {}], 3: (), (1, "x"): {"y": {1, 2}}, None: 0}, "counter": Counter("abca"),
        "ordered": OrderedDict([("b", 1), ("a", OrderedDict())]), "size": t.Size([2, 3]), "dtype": t.float16,
        "device": t.device("cpu"), "base": base, "view": base[2:10:3], "turned": base.reshape(3, 4).T,
        "wide": base[:1].expand(4), "empty": t.zeros(2, 0), "number": t.tensor(3), "again": [base, base],
        "grad": t.ones(2, requires_grad=True), "parameter": n.Parameter(base[:3]),
        "frozen": n.Parameter(t.ones(1), requires_grad=False),
        **{name: t.tensor([0, 1, 1]).to(getattr(t, name)) for name in DTYPES},
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_nested_containers_from_torch(protocol):
    ours, theirs = both(containers)
    found = to_ours(theirs, pickle_protocol=protocol)
    assert alike(found, theirs) and alike(ours, theirs)
    shares(found)


def test_nested_containers_to_torch():
    ours = containers(autograd, nn)
    found = to_torch(ours)
    assert alike(ours, found)
    shares(found)


def shares(found):
    """Whether what shared memory in `containers` does."""
    assert found["again"][0] is found["again"][1] is found["base"]
    with autograd.no_grad(), torch.no_grad():
        found["base"].fill_(7)
        for name in ("view", "turned", "wide", "parameter"):
            assert set(np.ravel(found[name].detach().numpy())) == {7.0}


def test_tied_weights_stay_tied():
    def make(t, n):
        model = n.Sequential(n.Linear(3, 3), n.Linear(3, 3))
        model[1].weight = model[0].weight
        return model
    ours, theirs = both(make)
    for state in (to_torch(ours.state_dict()), to_ours(theirs.state_dict())):
        assert state["0.weight"].data_ptr() == state["1.weight"].data_ptr()


def test_files_and_mapped_files(tmp_path):
    state = {"a": torch.arange(1000.0), "b": torch.arange(10)[2:5]}
    torch.save(state, tmp_path / "theirs.pt")
    assert alike(autograd.load(tmp_path / "theirs.pt"), state)
    assert alike(autograd.load(tmp_path / "theirs.pt", mmap=True), state)
    state = {"a": autograd.arange(1000.0), "b": autograd.arange(10)[2:5]}
    autograd.save(state, tmp_path / "ours.pt")
    for mmap in (False, True):
        assert alike(state, torch.load(tmp_path / "ours.pt", mmap=mmap, weights_only=True))
    assert alike(state, torch.load(tmp_path / "ours.pt", weights_only=False))


def test_bfloat16_becomes_float32():
    t = torch.tensor([1.5, -2.25, float("nan"), 1e30]).to(torch.bfloat16)
    found = to_ours({"t": t, "view": t[1:3]})
    np.testing.assert_array_equal(found["t"].numpy(), t.float().numpy())
    assert found["view"].data_ptr() == found["t"].data_ptr() + 4


def test_attributes_of_tensors():
    t, p = torch.ones(2), torch.nn.Parameter(torch.ones(2))
    t.note, p.note = "hi", [1, 2]
    found = to_ours([t, p])
    assert found[0].note == "hi" and found[1].note == [1, 2] and type(found[1]) is nn.Parameter


@pytest.mark.parametrize(("make", "words"), [
    (lambda: torch.eye(2).to_sparse(), "_rebuild_sparse_tensor"), (lambda: torch.zeros(2, dtype=torch.uint16), "_rebuild_tensor_v3|uint16"),
    (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "_rebuild_qtensor|QInt8Storage"),
    (lambda: torch.nn.Linear(2, 2), r"torch\.nn\.modules\.linear\.Linear"), (lambda: np.zeros(2), "numpy"),
    (lambda: torch.bfloat16, r"torch\.bfloat16"), (lambda: torch.ones(2).untyped_storage(), "Storage"),
])
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_read_is_named(make, words):
    with pytest.raises(RuntimeError, match=words):
        to_ours({"x": make()})


@pytest.mark.filterwarnings("ignore")
def test_other_formats_of_torch_are_named(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "legacy.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match=r"before version 1\.6"):
        autograd.load(tmp_path / "legacy.pt")
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(tmp_path / "script.pt"))
    with pytest.raises(RuntimeError, match="TorchScript"):
        autograd.load(tmp_path / "script.pt")


def test_large_numbers_of_tensors():
    state = {f"layer.{i}": torch.full((i % 5,), float(i)) for i in range(2000)}
    ours = to_ours(state)
    assert alike(ours, state) and alike(ours, to_torch(ours))


def test_safetensors(tmp_path):
    library = pytest.importorskip("safetensors.torch")
    state = {name: torch.tensor([[0, 1, 1]]).to(getattr(torch, name)) for name in DTYPES if name != "complex128"}
    library.save_file(state, tmp_path / "theirs.safetensors")
    ours = autograd.load(tmp_path / "theirs.safetensors")
    assert alike(ours, dict(sorted(state.items())))
    autograd.save(ours, tmp_path / "ours.safetensors")
    assert alike(ours, dict(sorted(library.load_file(tmp_path / "ours.safetensors").items())))
    library.save_file({"x": torch.tensor([1.5]).bfloat16()}, tmp_path / "b.safetensors")
    assert autograd.load(tmp_path / "b.safetensors")["x"].tolist() == [1.5]
