"""Functional forms of layers and losses: the same computations without state.

Most are the operations of `autograd` themselves; the few functions written out here differ from them in signature.
"""

from __future__ import annotations

import typing as _typing

from autograd.errors import no_attribute as _no_attribute
from autograd.forms import publish as _publish
from autograd.ops.activation import (
    gelu as gelu,
    glu as glu,
    logsigmoid as logsigmoid,
    prelu as prelu,
    softplus as softplus,
    softsign as softsign,
    tanhshrink as tanhshrink,
)
from autograd.ops.adaptive_pool import (
    adaptive_avg_pool1d as adaptive_avg_pool1d,
    adaptive_avg_pool2d as adaptive_avg_pool2d,
    adaptive_avg_pool3d as adaptive_avg_pool3d,
    adaptive_max_pool1d as adaptive_max_pool1d,
    adaptive_max_pool2d as adaptive_max_pool2d,
    adaptive_max_pool3d as adaptive_max_pool3d,
)
from autograd.ops.attention import (
    multi_head_attention_forward as multi_head_attention_forward,
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from autograd.ops.average_pool import (
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
    avg_pool3d as avg_pool3d,
    lp_pool1d as lp_pool1d,
    lp_pool2d as lp_pool2d,
    lp_pool3d as lp_pool3d,
)
from autograd.ops.batch_norm import batch_norm as batch_norm, instance_norm as instance_norm
from autograd.ops.binary_cross_entropy import (
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from autograd.ops.conv import (
    conv1d as conv1d,
    conv2d as conv2d,
    conv3d as conv3d,
    conv_tbc as conv_tbc,
    conv_transpose1d as conv_transpose1d,
    conv_transpose2d as conv_transpose2d,
    conv_transpose3d as conv_transpose3d,
)
from autograd.ops.cross_entropy import (
    cross_entropy as cross_entropy,
    linear_cross_entropy as linear_cross_entropy,
    nll_loss as nll_loss,
)
from autograd.ops.ctc import ctc_loss as ctc_loss
from autograd.ops.distance import pdist as pdist
from autograd.ops.dropout import (
    alpha_dropout as alpha_dropout,
    dropout as dropout,
    dropout1d as dropout1d,
    dropout2d as dropout2d,
    dropout3d as dropout3d,
    feature_alpha_dropout as feature_alpha_dropout,
)
from autograd.ops.elementwise import sigmoid as sigmoid, tanh as tanh
from autograd.ops.embedding import embedding as embedding, embedding_bag as embedding_bag, one_hot as one_hot
from autograd.ops.fold import (
    channel_shuffle as channel_shuffle,
    fold as fold,
    native_channel_shuffle as native_channel_shuffle,
    pixel_shuffle as pixel_shuffle,
    pixel_unshuffle as pixel_unshuffle,
    unfold as unfold,
)
from autograd.ops.grid_sample import affine_grid as affine_grid, grid_sample as grid_sample
from autograd.ops.linear import bilinear as bilinear, linear as linear
from autograd.ops.loss import (
    gaussian_nll_loss as gaussian_nll_loss,
    huber_loss as huber_loss,
    kl_div as kl_div,
    l1_loss as l1_loss,
    mse_loss as mse_loss,
    poisson_nll_loss as poisson_nll_loss,
    smooth_l1_loss as smooth_l1_loss,
)
from autograd.ops.margin_loss import (
    cosine_embedding_loss as cosine_embedding_loss,
    hinge_embedding_loss as hinge_embedding_loss,
    margin_ranking_loss as margin_ranking_loss,
    multi_margin_loss as multi_margin_loss,
    multilabel_margin_loss as multilabel_margin_loss,
    multilabel_soft_margin_loss as multilabel_soft_margin_loss,
    soft_margin_loss as soft_margin_loss,
    triplet_margin_loss as triplet_margin_loss,
    triplet_margin_with_distance_loss as triplet_margin_with_distance_loss,
)
from autograd.ops.norm import (
    group_norm as group_norm,
    layer_norm as layer_norm,
    local_response_norm as local_response_norm,
    normalize as normalize,
    rms_norm as rms_norm,
)
from autograd.ops.padding import pad as pad
from autograd.ops.piecewise import hardshrink as hardshrink, softshrink as softshrink
from autograd.ops.pool import max_pool1d as max_pool1d, max_pool2d as max_pool2d, max_pool3d as max_pool3d
from autograd.ops.resize import (
    interpolate as interpolate,
    upsample as upsample,
    upsample_bilinear as upsample_bilinear,
    upsample_nearest as upsample_nearest,
)
from autograd.ops.similarity import cosine_similarity as cosine_similarity, pairwise_distance as pairwise_distance
from autograd.ops.softmax import gumbel_softmax as gumbel_softmax
from autograd.ops.unpool import (
    fractional_max_pool2d as fractional_max_pool2d,
    fractional_max_pool3d as fractional_max_pool3d,
    max_unpool1d as max_unpool1d,
    max_unpool2d as max_unpool2d,
    max_unpool3d as max_unpool3d,
)

from .default_dim import log_softmax as log_softmax, softmax as softmax, softmin as softmin
from .inplace import (
    celu as celu,
    celu_ as celu_,
    elu as elu,
    elu_ as elu_,
    hardsigmoid as hardsigmoid,
    hardswish as hardswish,
    hardtanh as hardtanh,
    hardtanh_ as hardtanh_,
    leaky_relu as leaky_relu,
    leaky_relu_ as leaky_relu_,
    mish as mish,
    relu as relu,
    relu6 as relu6,
    relu_ as relu_,
    rrelu as rrelu,
    rrelu_ as rrelu_,
    selu as selu,
    selu_ as selu_,
    silu as silu,
    threshold as threshold,
    threshold_ as threshold_,
)
from .with_indices import (
    adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices,
    fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices,
    fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices,
    max_pool1d_with_indices as max_pool1d_with_indices,
    max_pool2d_with_indices as max_pool2d_with_indices,
    max_pool3d_with_indices as max_pool3d_with_indices,
)

_publish(globals())

if not _typing.TYPE_CHECKING:
    def __getattr__(name):
        raise _no_attribute(__name__, name)
