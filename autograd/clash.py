"""Notices another distribution whose package is called ``autograd`` too, such as HIPS autograd."""

from __future__ import annotations

import os
import sys
import warnings

# A file of HIPS autograd that this package does not have.
_FOREIGN = "wrap_util.py"


def check() -> None:
    """Raise where both were installed into this folder; warn where the other one is hidden behind this one.

    Raises:
        ImportError: files of both lie in this folder, so that neither can be relied on.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    if os.path.exists(os.path.join(here, _FOREIGN)):
        raise ImportError(
            f"two distributions installed a package 'autograd' into {here}: tapegrad and HIPS autograd, which now "
            "overwrite each other. Keep one of them: pip uninstall autograd tapegrad, then pip install tapegrad; or "
            "give each a virtual environment of its own")
    for entry in sys.path:
        other = os.path.join(entry or os.curdir, "autograd")
        if os.path.exists(os.path.join(other, _FOREIGN)) and os.path.abspath(other) != here:
            warnings.warn(
                f"'import autograd' gave tapegrad's package, from {here}; it hides HIPS autograd in {other}. If you "
                "meant that one, put its folder first on sys.path, or use a virtual environment without tapegrad",
                stacklevel=3)
            return
