"""Switches of PyTorch's backends, which programs set at their start. There are no such backends, so nothing changes.

>>> import autograd
>>> autograd.backends.cudnn.benchmark = False
>>> autograd.backends.mps.is_available()
False
"""

from __future__ import annotations

from . import cuda as cuda, cudnn as cudnn, mkl as mkl, mkldnn as mkldnn, mps as mps, openmp as openmp
