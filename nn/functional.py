"""Functional forms of layers and losses: the same computations without state.

Most are the operations of `autograd` themselves; the few functions written out here differ from them in signature.
"""

from __future__ import annotations

from autograd.ops.conv import conv1d as conv1d
from autograd.ops.conv import conv2d as conv2d
from autograd.ops.conv import conv3d as conv3d
from autograd.ops.conv import conv_transpose1d as conv_transpose1d
from autograd.ops.conv import conv_transpose2d as conv_transpose2d
from autograd.ops.conv import conv_transpose3d as conv_transpose3d
from autograd.ops.cross_entropy import cross_entropy as cross_entropy
from autograd.ops.cross_entropy import nll_loss as nll_loss
from autograd.ops.linear import linear as linear
from autograd.ops.pool import max_pool1d as max_pool1d
from autograd.ops.pool import max_pool2d as max_pool2d
from autograd.ops.pool import max_pool3d as max_pool3d
from autograd.ops.softmax import log_softmax as log_softmax
from autograd.ops.softmax import softmax as softmax
from autograd.ops.softmax import softmin as softmin
