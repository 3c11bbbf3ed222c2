"""Every example in a docstring runs and prints what it says; every public function and class has one."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import autograd
from autograd import ops
from autograd.primitive import REGISTRY

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("autograd", "nn", "optim")
#: Where users look things up. Names in them that begin with an underscore, or come from elsewhere, are not meant.
PLACES = (
    "autograd", "autograd.data", "autograd.fft", "autograd.func", "autograd.functional", "autograd.io", "autograd.linalg",
    "autograd.random", "autograd.signal", "autograd.signal.windows", "autograd.special", "autograd.testing",
    "autograd.viz", "nn", "nn.functional", "nn.init",
    "nn.func", "nn.utils", "nn.utils.parametrizations", "nn.utils.parametrize", "nn.utils.prune", "nn.utils.rnn",
    "nn.utils.stateless", "optim", "optim.lr_scheduler",
)
#: Public names without an example, each with the reason.
WITHOUT_EXAMPLE: dict[str, str] = {}
OPTIONS = doctest.ELLIPSIS


def exists(name: str) -> bool:
    """Whether there is a module of this name, without running it."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def places() -> Iterator[ModuleType]:
    for name in filter(exists, PLACES):
        # One that does not load fails test_place_loads, and not the collection of all the others.
        with contextlib.suppress(ImportError):
            yield importlib.import_module(name)


def public() -> dict[str, Any]:
    """Public functions and classes by the first name they are found under."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for module in places():
        names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
        for name in sorted(names):
            value = getattr(module, name)
            home = getattr(value, "__module__", None) or ""
            if not (inspect.isclass(value) or callable(value)) or home.split(".")[0] not in PACKAGES:
                continue
            if id(value) not in seen and not isinstance(value, ModuleType):
                seen.add(id(value))
                found[f"{module.__name__}.{name}"] = value
    return found


PUBLIC = public()


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] == "__main__":
                continue
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def examples_of(value: Any, name: str) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True, recurse=inspect.isclass(value))
    # The finder leaves out what it does not take for a function of the module; a plain text never is.
    if not inspect.isclass(value):
        made = doctest.DocTestParser().get_doctest(inspect.getdoc(value) or "", {}, name, None, 0)
        return [made] if made.examples else []
    tests = finder.find(value, name, module=False, globs={})
    return [t for t in tests if t.examples]


def run(test: doctest.DocTest) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples may write files and change defaults."""
    monkeypatch.chdir(tmp_path)
    default = autograd.get_default_dtype()
    ops.load_all()
    registered = dict(REGISTRY)
    yield
    for name in REGISTRY.keys() - registered.keys():  # operations that an example declared
        del REGISTRY[name]
    autograd.set_default_dtype(default)
    assert autograd.is_grad_enabled()


@pytest.mark.parametrize("name", PLACES)
def test_place_loads(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", [n for n, v in PUBLIC.items() if examples_of(v, n)])
def test_examples(name: str) -> None:
    for test in examples_of(PUBLIC[name], name):
        run(test)


@pytest.mark.parametrize("name", modules())
def test_examples_of_module(name: str) -> None:
    """Also what is not public: modules, helpers, and functions that are only reached in another way."""
    module = importlib.import_module(name)
    shown = {id(inspect.unwrap(v)) for v in PUBLIC.values()} | {id(v) for v in PUBLIC.values()}
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, name):
        value: Any = module
        for part in test.name.removeprefix(name).strip(".").split("."):
            value = getattr(value, part, None) if part else value
        owner = getattr(module, test.name.removeprefix(f"{name}.").split(".")[0], None)
        if test.examples and not {id(value), id(owner)} & shown:
            run(test)


def test_everything_public_has_an_example() -> None:
    lacking = [n for n, v in PUBLIC.items() if n not in WITHOUT_EXAMPLE and ">>> " not in (_own_docstring(v) or "")]
    assert not lacking, f"{len(lacking)} public names without an example: {' '.join(sorted(lacking))}"


def test_everything_public_has_a_docstring() -> None:
    lacking = [n for n, v in PUBLIC.items() if not _own_docstring(v)]
    assert not lacking, f"{len(lacking)} public names without a docstring: {' '.join(sorted(lacking))}"


def test_no_public_text_sends_to_what_is_not_public() -> None:
    sending = [n for n, v in PUBLIC.items() if re.search(r"`_[A-Za-z]", _own_docstring(v) or "")]
    assert not sending, f"these texts name what users do not see: {' '.join(sorted(sending))}"


def _own_docstring(value: Any) -> str | None:
    return vars(value).get("__doc__") if inspect.isclass(value) else inspect.getdoc(value)


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [(page, number, m[1]) for page in PAGES
          for number, m in enumerate(re.finditer(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S), 1)]


@pytest.mark.parametrize(("page", "number", "code"), BLOCKS, ids=[f"{p.name}-{n}" for p, n, _ in BLOCKS])
def test_blocks_of_pages(page: Path, number: int, code: str) -> None:
    """Each block runs on its own, as a reader would paste it, in an empty folder (`settings`)."""
    name = f"{page.name} block {number}"
    if code.startswith(">>>"):
        run(doctest.DocTestParser().get_doctest(code, {}, name, page.name, 0))
    else:
        exec(compile(code, f"<{name}>", "exec"), {"__name__": "__main__"})
