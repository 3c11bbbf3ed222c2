"""Normalisation, softmax, losses, pooling, embedding, dropout and attention: forward with gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..case import Array, Case, both, normal


def _case(name: str, function: Callable[..., Any], arrays: Sequence[Array], length: int) -> Case:
    return Case(name, lambda lib: both(lib, function, arrays), length)


def norms(tiny: bool = False) -> list[Case]:
    """Batch, layer, group, instance and RMS norm; softmax; attention."""
    n, c, s = (2, 4, 3) if tiny else (32, 64, 16)
    image, row = normal(n, c, s, s), normal(4 if tiny else 1024, c)
    scale, shift = normal(c, seed=1) + 1, normal(c, seed=2)
    pixels, rows = n * s * s, len(row)
    wide = normal(3, 5) if tiny else normal(512, 1000)
    found = [
        _case(f"batch_norm, {n} x {c} x {s} x {s}", lambda lib, x, w, b: lib.F.batch_norm(
            x, None, None, w, b, training=True), [image, scale, shift], pixels),
        _case(f"batch_norm, {rows} x {c}", lambda lib, x, w, b: lib.F.batch_norm(
            x, None, None, w, b, training=True), [row, scale, shift], rows),
        _case(f"group_norm of 4, {n} x {c} x {s} x {s}", lambda lib, x, w, b: lib.F.group_norm(
            x, 4, w, b), [image, scale, shift], pixels * c),
        _case(f"instance_norm, {n} x {c} x {s} x {s}", lambda lib, x, w, b: lib.F.instance_norm(
            x, weight=w, bias=b), [image, scale, shift], pixels),
        _case(f"layer_norm, {rows} x {c}", lambda lib, x, w, b: lib.F.layer_norm(
            x, (c,), w, b), [row, scale, shift], rows),
        _case(f"rms_norm, {rows} x {c}", lambda lib, x, w: lib.F.rms_norm(x, (c,), w), [row, scale], rows),
        _case("softmax, {} x {}".format(*wide.shape), lambda lib, x: x.softmax(-1), [wide], wide.shape[1]),
        _case("log_softmax, {} x {}".format(*wide.shape), lambda lib, x: x.log_softmax(-1), [wide], wide.shape[1]),
        _case(f"softmax, {rows} x {c}", lambda lib, x: x.softmax(-1), [row], c),
    ]
    for b, h, t, d in ((1, 2, 3, 4),) if tiny else ((16, 4, 64, 16), (2, 4, 512, 32)):
        heads = [normal(b, h, t, d, seed=at) for at in range(3)]
        found.append(_case(f"causal attention, {b} x {h} x {t} x {d}", lambda lib, q, k, v:
                           lib.F.scaled_dot_product_attention(q, k, v, is_causal=True), heads, t * d))
    return found


def losses(tiny: bool = False) -> list[Case]:
    """From scores or values to the mean loss."""
    n, classes = (4, 3) if tiny else (128, 10)
    words = 5 if tiny else 8192
    rng = np.random.default_rng(0)
    index, scores = rng.integers(0, classes, n), normal(n, classes)
    many, of_many = normal(8 if tiny else 1024, 65), rng.integers(0, 65, 8 if tiny else 1024)
    x, y = normal(words), normal(words, seed=1)
    right = (y > 0).astype(np.float32)
    return [
        _case(f"cross_entropy, {n} x {classes}", lambda lib, x, t: lib.F.cross_entropy(x, t), [scores, index], n),
        _case(f"cross_entropy, {len(many)} x 65", lambda lib, x, t: lib.F.cross_entropy(x, t), [many, of_many], 1024),
        _case(f"cross_entropy smoothed, {len(many)} x 65", lambda lib, x, t: lib.F.cross_entropy(
            x, t, label_smoothing=0.1), [many, of_many], 1024),
        _case(f"nll_loss, {len(many)} x 65", lambda lib, x, t: lib.F.nll_loss(x.log_softmax(1), t), [many, of_many],
              1024),
        *(_case(f"{name}, {words:,}", lambda lib, x, y, name=name: getattr(lib.F, name)(x, y), [x, y], words)
          for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")),
        _case(f"binary_cross_entropy_with_logits, {words:,}", lambda lib, x:
              lib.F.binary_cross_entropy_with_logits(x, lib.tensor(right, grad=False)), [x], words),
        _case(f"kl_div, {len(many)} x 65", lambda lib, x, y: lib.F.kl_div(
            x.log_softmax(1), y.softmax(1), reduction="batchmean"), [many, normal(*many.shape, seed=3)], many.size),
        *_more_losses(words, many, of_many),
    ]


def _more_losses(words: int, many: Array, of_many: Array) -> list[Case]:
    """Those that are met less often."""
    x, y = normal(words), normal(words, seed=1)
    n, width = (4, 3) if words < 100 else (256, 128)
    a, b, c = (normal(n, width, seed=at) for at in range(3))
    share, chance = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    signs, row_signs = np.sign(y) + (y == 0), np.sign(normal(n, seed=7))
    mixed = np.exp(normal(*many.shape, seed=5)).astype(np.float32)
    mixed /= mixed.sum(1, keepdims=True)
    weights = np.exp(normal(many.shape[1], seed=6) / 4).astype(np.float32)
    rows = f"{n} x {width}"

    def fixed(lib: Any, array: Array) -> Any:
        return lib.tensor(array, grad=False)
    return [
        _case(f"cross_entropy weighted and smoothed, {len(many)} x 65", lambda lib, x, t: lib.F.cross_entropy(
            x, t, fixed(lib, weights), label_smoothing=0.1), [many, of_many], 1024),
        _case(f"cross_entropy of probabilities, {len(many)} x 65", lambda lib, x: lib.F.cross_entropy(
            x, fixed(lib, mixed)), [many], 1024),
        _case(f"binary_cross_entropy, {words:,}", lambda lib, x: lib.F.binary_cross_entropy(
            x, fixed(lib, chance)), [share], words),
        _case(f"poisson_nll_loss, {words:,}", lambda lib, x: lib.F.poisson_nll_loss(
            x, fixed(lib, np.floor(4 * chance))), [x], words),
        _case(f"gaussian_nll_loss, {words:,}", lambda lib, x, v: lib.F.gaussian_nll_loss(
            x, fixed(lib, y), v), [x, chance + 0.1], words),
        _case(f"soft_margin_loss, {words:,}", lambda lib, x: lib.F.soft_margin_loss(x, fixed(lib, signs)), [x], words),
        _case(f"hinge_embedding_loss, {words:,}", lambda lib, x: lib.F.hinge_embedding_loss(
            x, fixed(lib, signs)), [x], words),
        _case(f"margin_ranking_loss, {words:,}", lambda lib, x, y: lib.F.margin_ranking_loss(
            x, y, fixed(lib, signs), 0.1), [x, y], words),
        _case(f"multi_margin_loss, {len(many)} x 65", lambda lib, x, t: lib.F.multi_margin_loss(x, t), [many, of_many],
              1024),
        _case(f"cosine_embedding_loss, {rows}", lambda lib, a, b: lib.F.cosine_embedding_loss(
            a, b, fixed(lib, row_signs)), [a, b], width),
        _case(f"triplet_margin_loss, {rows}", lambda lib, a, b, c: lib.F.triplet_margin_loss(a, b, c), [a, b, c],
              width),
    ]


def pooling(tiny: bool = False) -> list[Case]:
    """Pooling, resizing, padding, embedding, dropout."""
    n, c, s = (2, 3, 8) if tiny else (32, 32, 26)
    image, line = normal(n, c, s, s), normal(n, c, s * 4)
    vocabulary, width, count = (11, 5, 7) if tiny else (1000, 64, 4096)
    codes = np.random.default_rng(0).integers(0, vocabulary, count)

    def dropout(lib: Any, x: Any) -> Any:
        lib.t.manual_seed(0)
        return lib.F.dropout(x, 0.2)
    size = f"{n} x {c} x {s} x {s}"
    return [
        _case(f"max_pool2d 2, {size}", lambda lib, x: lib.F.max_pool2d(x, 2), [image], 4),
        _case(f"max_pool2d 3, stride 2, padding 1, {size}", lambda lib, x: lib.F.max_pool2d(x, 3, 2, 1), [image], 9),
        _case(f"avg_pool2d 2, {size}", lambda lib, x: lib.F.avg_pool2d(x, 2), [image], 4),
        _case(f"adaptive_avg_pool2d 1, {size}", lambda lib, x: lib.F.adaptive_avg_pool2d(x, 1), [image], s * s),
        _case(f"adaptive_avg_pool2d 5, {size}", lambda lib, x: lib.F.adaptive_avg_pool2d(x, 5), [image], s * s),
        _case(f"max_pool1d 2, {n} x {c} x {s * 4}", lambda lib, x: lib.F.max_pool1d(x, 2), [line], 2),
        _case(f"pad by 1, {size}", lambda lib, x: lib.F.pad(x, (1, 1, 1, 1)), [image], 1),
        _case(f"interpolate to twice the size, {size}", lambda lib, x: lib.F.interpolate(
            x, scale_factor=2.0, mode="bilinear"), [image], 16),
        _case(f"embedding, {count} of {vocabulary} x {width}", lambda lib, w: lib.F.embedding(
            lib.tensor(codes), w), [normal(vocabulary, width)], count),
        _case(f"dropout with its seed, {size}", dropout, [image], 1),
    ]
