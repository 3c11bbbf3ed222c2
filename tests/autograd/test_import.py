"""The families of operations that are imported on first use; see ``autograd/ops/__init__.py``."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Tensor, first_use, methods, ops
from autograd.primitive import COMPOSITES, REGISTRY

ROOT = Path(autograd.__file__).parents[1]


def fresh(program: str) -> Any:
    """What ``program`` prints as JSON, in an interpreter that has imported nothing yet."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-W", "error", "-c", f"import json\n{program}"], env=environment, timeout=120,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_of(family: str, value: Any) -> bool:
    home = inspect.unwrap(value).__module__
    return home == f"autograd.ops.{family}" or home.startswith(f"autograd.ops.{family}.")


# --- the table says what the families define --------------------------------------------------------------


def test_table_names_the_families_of_functions() -> None:
    wrong = [name for name, family in ops.FUNCTIONS.items() if not is_of(family, getattr(autograd, name))]
    assert not wrong, f"these stand under the wrong family in ops.DEFERRED: {wrong}"


def test_table_names_the_families_of_methods() -> None:
    wrong = [name for name, family in ops.METHODS.items() if not is_of(family, getattr(Tensor, name))]
    assert not wrong, f"these stand under the wrong family in ops.DEFERRED: {wrong}"


def test_table_has_every_method() -> None:
    ops.load_all()
    missing = sorted(methods.table().keys() - vars(Tensor).keys())
    assert not missing, f"operations of deferred families have methods that ops.DEFERRED does not name: {missing}"


def test_table_has_only_what_is_declared_a_method() -> None:
    ops.load_all()
    for name in ops.METHODS:
        op = REGISTRY.get(name) or COMPOSITES.get(name)
        if op is not None:
            assert op.method, name
        else:
            assert (REGISTRY.get(name[:-1]) or COMPOSITES[name[:-1]]).inplace, name


def test_type_checkers_see_what_is_imported_on_first_use() -> None:
    tree = ast.parse((ROOT / "autograd" / "first_use.py").read_text())
    [block] = [n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    seen: dict[str, str] = {}
    for statement in block.body:
        assert isinstance(statement, ast.ImportFrom) and statement.module is not None
        family = statement.module.removeprefix("ops.")
        place = family if family == statement.module else family.split(".")[0]
        seen.update({name.asname or name.name: place for name in statement.names})
    assert seen == {**ops.FUNCTIONS, **first_use.NAMES}


def test_every_file_of_operations_is_imported_somehow() -> None:
    ops.load_all()
    files = {p.stem for p in Path(ops.__file__).parent.glob("*.py")} - {"__init__"}
    assert files <= {name.split(".")[2] for name in sys.modules if name.startswith("autograd.ops.")}


# --- importing loads no more than it should ---------------------------------------------------------------


def test_import_loads_neither_deferred_families_nor_heavy_packages() -> None:
    loaded = fresh("import sys, autograd; print(json.dumps(sorted(sys.modules)))")
    heavy = {"numba", "scipy", "graphviz", *(f"autograd.ops.{family}" for family in ops.DEFERRED)}
    assert not heavy & set(loaded)


def test_layers_and_optimizers_load_nothing_that_a_first_step_does_not_need() -> None:
    loaded = fresh("import sys, nn, optim; print(json.dumps(sorted(sys.modules)))")
    unneeded = {"numba", "scipy", "graphviz", "zipfile", "difflib", "tempfile", "autograd.io", "autograd.data",
                "autograd.ops.linalg.solve", "autograd.kernels.compiled.cache"}
    assert not unneeded & set(loaded)


# --- nobody notices ---------------------------------------------------------------------------------------


def test_names_are_the_same_before_and_after() -> None:
    before, after, star = fresh("""
import autograd
before = [dir(autograd), dir(autograd.Tensor)]
autograd.ops.load_all()
scope = {}
exec("from autograd import *", scope)
print(json.dumps([before, [dir(autograd), dir(autograd.Tensor)], sorted(scope)]))
""")
    # Importing a module makes its name an attribute of the package.
    assert set(after[0]) - set(before[0]) <= {p.stem for p in (ROOT / "autograd").iterdir()}
    assert set(before[0]) <= set(after[0]) and before[1] == after[1]
    assert {"det", "conv2d", "einsum", "add", "Tensor", "pi", "functional"} <= set(star)


@pytest.mark.parametrize(("first", "value"), [
    ("autograd.det(x).item()", 6.0),
    ("x.det().item()", 6.0),
    ("autograd.Tensor.det(x).item()", 6.0),
    ("autograd.linalg.det(x).item()", 6.0),
    ("__import__('numpy').linalg.det(x).item()", 6.0),
    ("__import__('numpy').trace(x).item()", 5.0),
    ("x.renorm_(1, 0, 1).sum().item()", 2.0),
    ("autograd.renorm_(x, 1, 0, 1).sum().item()", 2.0),
    ("x.median().item()", 0.0),
    ("hasattr(autograd.Tensor, 'svd')", True),
    ("autograd.ops.einsum.einsum('ii', x).item()", 5.0),
    ("autograd.Tensor.histc.__name__", "histc"),
    ("str(__import__('inspect').signature(autograd.Tensor.cholesky))", "(input, upper=False)"),
    ("__import__('pickle').loads(__import__('pickle').dumps(autograd.dist)) is autograd.dist", True),
])
def test_first_use(first: str, value: Any) -> None:
    assert fresh(f"import autograd; x = autograd.tensor([[2., 0.], [0., 3.]]); print(json.dumps({first}))") == value


def test_subclass_calls_the_method_it_overrides() -> None:
    assert fresh("""
import autograd
class Mine(autograd.Tensor):
    def trace(self):
        return super().trace() + 1
print(json.dumps(Mine([[1., 0.], [0., 2.]]).trace().item()))
""") == 4.0


def test_method_replaced_before_its_first_use_stays_replaced() -> None:
    assert fresh("""
import autograd
autograd.Tensor.det = lambda self: 7
x = autograd.eye(2)
x.inverse()
print(json.dumps(x.det()))
""") == 7


def test_threads_meet_at_the_first_use() -> None:
    assert fresh("""
import threading
import autograd
x, barrier, found = autograd.eye(3) * 2, threading.Barrier(8), []
def work(i):
    barrier.wait()
    found.append((x.det if i % 2 else autograd.det(x).clone if i % 4 else x.logdet().exp)().item())
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(json.dumps([round(v, 4) for v in found]))
""") == [8.0] * 8


def test_unknown_names_are_errors() -> None:
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        autograd.nothing_of_this_name  # noqa: B018
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        ops.nothing_of_this_name  # noqa: B018
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        autograd.tensor(1.0).nothing_of_this_name  # noqa: B018


@pytest.mark.parametrize(("module", "name", "meant"), [
    ("autograd", "softmaxx", "softmax"), ("autograd", "tenser", "tensor"), ("nn", "Linaer", "Linear"),
    ("nn.functional", "leaky_rellu", "leaky_relu"), ("optim", "AdmaW", "AdamW"),
])
def test_a_misspelled_name_is_told_the_right_one(module, name, meant):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute '{name}'; did you mean {meant}[?]$"):
        getattr(importlib.import_module(module), name)
    assert not hasattr(importlib.import_module(module), "quite_another")
