"""``tapegrad run``: a script for PyTorch, run as ``python`` runs it, with our packages in PyTorch's place."""

from __future__ import annotations

import importlib
import io
import os
import re
import runpy
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType

from .lookup import missing
from .standin import CHILDREN, install

#: Our top packages, which hide modules of these names beside the script.
PACKAGES = ("autograd", "nn", "optim")


def run_script(path: str, arguments: Sequence[str]) -> int:
    """Run the file as ``__main__`` with these arguments; returns the status where the script does not exit itself."""
    try:
        with io.open_code(os.path.abspath(path)) as file:
            source = file.read()
    except OSError as error:
        print(f"tapegrad: can't open file {os.path.abspath(path)!r}: [Errno {error.errno}] {error.strerror}",
              file=sys.stderr)
        return 2
    _prepare(os.path.dirname(os.path.realpath(path)), [path, *arguments])
    main = ModuleType("__main__")
    vars(main).update(__file__=path, __builtins__=__builtins__, __cached__=None, __package__=None,
                      __loader__=SourceFileLoader("__main__", path))
    sys.modules["__main__"] = main
    return _guarded(lambda: exec(compile(source, path, "exec"), vars(main)))


def run_module(name: str, arguments: Sequence[str]) -> int:
    """Run the module as ``python -m`` does; returns the exit status where the module itself does not exit."""
    _prepare(os.getcwd(), [name, *arguments])
    return _guarded(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def _prepare(folder: str, argv: list[str]) -> None:
    """Set what a script finds in ``sys``, and put the stand-in in PyTorch's place."""
    for package in PACKAGES:
        ours = importlib.import_module(package)  # before the script's folder comes first
        for hidden in (Path(folder, f"{package}.py"), Path(folder, package, "__init__.py")):
            if hidden.exists() and not hidden.samefile(ours.__file__ or ""):
                print(f"tapegrad: {hidden} has the name of a package of Tapegrad, which hides it: 'import {package}' "
                      "gives Tapegrad's. Rename it if the script imports it", file=sys.stderr)
    sys.argv = argv
    root = str(Path(__file__).resolve().parents[2])
    # The second entry is for processes that the script starts, which get this path, and where ours must be found, too.
    sys.path[:1] = [folder, str(CHILDREN)]
    if root not in sys.path:
        sys.path.append(root)
    install()


def _guarded(run: Callable[[], object]) -> int:
    """Let what the script raises end it as it would end under ``python``: its own traceback, its own status."""
    try:
        run()
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, ImportError):
            _explain(error)
        error.__traceback__ = _of_script(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _explain(error: ImportError) -> None:
    """Python says that the name cannot be imported; add why."""
    found = re.match(r"cannot import name '(\w+)' from '(torch[\w.]*)'", str(error))
    if found:
        error.add_note(missing(f"{found[2]}.{found[1]}"))


def _of_script(traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins in the script."""
    while traceback is not None and (traceback.tb_frame.f_code.co_filename == __file__
                                     or traceback.tb_frame.f_globals.get("__name__") == "runpy"):
        traceback = traceback.tb_next
    return traceback
