"""The layers under the module names that PyTorch has for them, as in ``nn.modules.batchnorm._BatchNorm``."""

from __future__ import annotations

import sys

from . import (
    activation as activation,
    adaptive as adaptive,
    attention as attention,
    container as container,
    conv as conv,
    distance as distance,
    dropout as dropout,
    lazy as lazy,
    linear as linear,
    loss as loss,
    module as module,
    module_utils,
    norm as norm,
    padding as padding,
    pooling as pooling,
    rearrange as rearrange,
    rnn as rnn,
    sparse as sparse,
    transformer as transformer,
)
from .module import Module as Module

utils = module_utils
batchnorm = instancenorm = normalization = norm
channelshuffle = flatten = fold = pixelshuffle = upsampling = rearrange

# So that ``from nn.modules.conv import _ConvNd`` finds them.
sys.modules.update({f"{__name__}.{_name}": _found for _name, _found in list(globals().items())
                    if getattr(_found, "__name__", "").startswith("nn.")})
