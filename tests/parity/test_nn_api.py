"""Public names and signatures of nn beside PyTorch's: what is there has the same arguments, what is not has a reason."""

from __future__ import annotations

import importlib
import inspect
import re
import types
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import nn  # noqa: E402

DEVICES = "there is one device, the CPU"
QUANTIZED = "quantized tensors are not supported"
IMPORTED = "an import of PyTorch's own file, or one of its internal helpers"
#: Names that are left out, by namespace, with the reason.
LEFT_OUT: dict[str, dict[str, str]] = {
    "nn": {**dict.fromkeys(("intrinsic", "qat", "quantizable", "quantized"), QUANTIZED)},
    "nn.functional": {
        **dict.fromkeys(("grouped_mm", "scaled_grouped_mm", "scaled_mm", "ScalingType", "SwizzleType"),
                        "for bfloat16 and float8, which NumPy does not have"),
        **dict.fromkeys(("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic", "handle_torch_function"),
                        "subclasses of Tensor do not take over operations"),
        **dict.fromkeys(("BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "GRID_SAMPLE_INTERPOLATION_MODES",
                         "GRID_SAMPLE_PADDING_MODES", "Tensor", "assert_int_or_pair", "boolean_dispatch", "grad",
                         "reproducibility_notes", "sparse_support_notes", "tf32_notes"), IMPORTED)},
    "nn.init": {},
    "nn.parameter": {},
    "nn.Module": {
        **dict.fromkeys(("ipu", "xpu", "mtia"), DEVICES),
        "bfloat16": "NumPy does not have the type", "T_destination": IMPORTED, "dump_patches": IMPORTED},
    "nn.utils": {},
    "nn.utils.clip_grad": {}, "nn.utils.convert_parameters": {}, "nn.utils.fusion": {}, "nn.utils.init": {}, "nn.utils.memory_format": {},
    "nn.utils.parametrizations": {}, "nn.utils.parametrize": {}, "nn.utils.prune": {}, "nn.utils.stateless": {},
    "nn.utils.rnn": {},
    "nn.grad": {},
    "nn.modules.utils": {},
    "nn.common_types": {},
}
#: Signatures that differ, with the reason. PyTorch's are ``(*args, **kwargs)`` in many more places; those are skipped.
DIFFERENT: dict[str, str] = {"nn.functional.normalize": "there is no out="}


def both(place: str) -> tuple[Any, Any]:
    if place == "nn.Module":
        return torch.nn.Module, nn.Module
    return importlib.import_module(f"torch.{place}"), importlib.import_module(place)


def from_library(value: Any) -> bool:
    return not isinstance(value, types.ModuleType) or value.__name__.startswith("torch.nn")


def is_public(owner: Any, name: str) -> bool:
    value = getattr(owner, name)
    home = getattr(value, "__module__", None) or ""
    return not name.startswith("_") and from_library(value) and not home.startswith(("typing", "collections", "enum", "copy", "abc"))


@pytest.mark.parametrize("place", LEFT_OUT)
def test_names(place: str) -> None:
    theirs, ours = both(place)
    declared = getattr(theirs, "__all__", None) if place not in ("nn", "nn.functional") else None
    names = {n for n in (declared or dir(theirs)) if is_public(theirs, n)}
    missing = {n for n in names - set(dir(ours)) if (getattr(getattr(theirs, n), "__module__", None) or "torch.nn").startswith("torch")}
    assert missing - {"TYPE_CHECKING"} == set(LEFT_OUT[place])
    assert all(LEFT_OUT[place].values())


def parameters(function: Any) -> list[tuple[str, str, str]] | None:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    plain = re.compile(r"torch\.|autograd\.|<function (\w+) at \w+>")
    return [(p.name, p.kind.name, plain.sub(r"\1", str(p.default))) for p in found]


def anything(found: list[tuple[str, str, str]]) -> bool:
    return {"VAR_POSITIONAL", "VAR_KEYWORD"} <= {kind for _, kind, _ in found}


def callables() -> list[tuple[str, Any, Any]]:
    found = []
    for place in LEFT_OUT:
        theirs, ours = both(place)
        for name in sorted(set(dir(theirs)) & set(dir(ours))):
            value = getattr(theirs, name)
            if not callable(value) or name.startswith("_") or (getattr(value, "__module__", None) or "torch").split(".")[0] != "torch":
                continue
            found.append((f"{place}.{name}", value, getattr(ours, name)))
            if isinstance(value, type) and issubclass(value, torch.nn.Module):
                found += [(f"{place}.{name}.{method}", getattr(value, method), getattr(getattr(ours, name), method))
                          for method in ("forward", "reset_parameters") if hasattr(value, method)]
    return found


def test_signatures() -> None:
    different = {}
    compared = 0
    for name, theirs, ours in callables():
        a, b = parameters(theirs), parameters(ours)
        if a is None or b is None or anything(a):
            continue
        compared += 1
        if a != b and not (name.endswith(".forward") and [n for n, _, _ in a] == ["self", "input"] and "VAR_POSITIONAL" in a[1]):
            different[name] = (a, b)
    assert compared > 500
    assert set(different) == set(DIFFERENT), different
    assert all(DIFFERENT.values())


def test_modules_of_layers_can_be_imported_from() -> None:
    for path in ("batchnorm", "conv", "linear", "rnn", "activation", "container", "loss", "pooling", "normalization", "utils"):
        theirs, ours = importlib.import_module(f"torch.nn.modules.{path}"), importlib.import_module(f"nn.modules.{path}")
        missing = [n for n in getattr(theirs, "__all__", []) if not hasattr(ours, n)]
        assert not [n for n in missing if not hasattr(nn, n)], (path, missing)
    for path, name in (("batchnorm", "_BatchNorm"), ("conv", "_ConvNd"), ("utils", "_pair"), ("module", "Module"), ("loss", "_Loss")):
        assert hasattr(importlib.import_module(f"nn.modules.{path}"), name)
