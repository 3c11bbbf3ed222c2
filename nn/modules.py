"""The layers under the module names that PyTorch has for them, as in ``nn.modules.batchnorm._BatchNorm``."""

from __future__ import annotations

from . import (
    activation as activation,
    adaptive as adaptive,
    container as container,
    conv as conv,
    distance as distance,
    dropout as dropout,
    lazy as lazy,
    linear as linear,
    loss as loss,
    module as module,
    norm as norm,
    padding as padding,
    pooling as pooling,
    rearrange as rearrange,
    rnn as rnn,
    sparse as sparse,
    transformer as transformer,
)
from .module import Module as Module

batchnorm = instancenorm = normalization = norm
channelshuffle = flatten = fold = pixelshuffle = upsampling = rearrange
