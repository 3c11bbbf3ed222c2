"""Versions, under the names by which programs ask PyTorch for them; ``None`` for what is not there.

>>> import autograd
>>> autograd.version.cuda is None
True
"""

from __future__ import annotations

from . import __version__ as __version__

cuda = hip = xpu = None
debug = False
