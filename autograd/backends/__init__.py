"""Switches of PyTorch's backends, which programs set at their start.

Only those of `cpu` change anything: the other backends are not there.

>>> import autograd
>>> autograd.backends.cudnn.benchmark = False
>>> autograd.backends.mps.is_available()
False
"""

from __future__ import annotations

from . import cpu as cpu, cuda as cuda, cudnn as cudnn, mkl as mkl, mkldnn as mkldnn, mps as mps, openmp as openmp
