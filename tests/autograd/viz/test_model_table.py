"""The summary of a model, and counts of operations, against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import viz


def test_resnet18_has_the_figures_that_torchinfo_gives() -> None:
    from resnet import resnet18
    found = viz.summary(resnet18(nn), (1, 3, 224, 224))
    assert (found.total_params, found.total_mult_adds, found.output_bytes) == (11_689_512, 1_814_083_944, 39_747_392)
    text = repr(found)
    for line in ("Total mult-adds (G): 1.81", "Forward/backward pass size (MB): 39.75", "Params size (MB): 46.76",
                 "Estimated Total Size (MB): 87.11", "├─Conv2d (conv1): 1-1", "│  │  ├─Sequential (downsample): 3-18"):
        assert line in text
    assert "(downsample)" in found._repr_html_()


def test_flops_by_hand() -> None:
    x = autograd.randn(4, 8, 10, 10)
    grouped = nn.Conv2d(8, 16, 3, groups=4, bias=False)(x)
    assert viz.flops(grouped.grad_fn) == viz.Flops(2 * 4 * 16 * 8 * 8 * 2 * 9, 2 * 4 * 16 * 8 * 8 * 2 * 9)
    assert viz.flops(nn.Linear(8, 3)(autograd.randn(5, 2, 8).requires_grad_())).total == 3 * 2 * 10 * 8 * 3
    assert viz.flops(autograd.randn(5, requires_grad=True) @ autograd.randn(5)) == (10, 10)
    assert viz.flops([autograd.ones(2), autograd.ones(2)]) == (0, 0)
    with pytest.raises(TypeError, match="int"):
        viz.flops(3)


def test_flops_count_every_product_of_a_recurrent_layer() -> None:
    out, _ = nn.LSTM(3, 5)(autograd.randn(7, 2, 3))
    assert viz.flops(out).forward == 2 * 7 * 2 * (3 * 20 + 5 * 20)


def test_a_summary_leaves_the_model_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    model[0].eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    autograd.manual_seed(3)
    wanted = autograd.rand(3)
    autograd.manual_seed(3)
    viz.summary(model, (8, 4))
    assert autograd.equal(autograd.rand(3), wanted)
    viz.summary(model, (8, 4), mode="train")
    assert all(autograd.equal(v, before[k]) for k, v in model.state_dict().items())
    assert [m.training for m in model] == [False, True, True]
    assert all(p.grad is None for p in model.parameters()) and not model[0]._forward_hooks


def test_inputs_repeated_layers_and_depth() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Embedding(10, 4), nn.Linear(4, 4)
            self.head = nn.Sequential(nn.Sequential(nn.Linear(4, 2)))

        def forward(self, words: Any, scale: Any = 1.0) -> Any:
            h = self.layer(self.layer(self.embed(words)).relu())
            return {"scores": self.head(h.mean(1)) * scale}

    found = viz.summary(Twice(), (3, 5), dtypes=[autograd.int64])
    assert [(x.kind, x.depth, x.index, x.output_size, x.repeated) for x in found.layers] == [
        ("Twice", 0, 1, [3, 2], False), ("Embedding", 1, 1, [3, 5, 4], False), ("Linear", 1, 2, [3, 5, 4], False),
        ("Linear", 1, 3, [3, 5, 4], True), ("Sequential", 1, 4, [3, 2], False), ("Sequential", 2, 1, [3, 2], False),
        ("Linear", 3, 1, [3, 2], False)]
    assert found.total_params == 40 + 20 + 10 and "(repeated)" in repr(found)
    shallow = viz.summary(Twice(), input_data={"words": autograd.zeros(3, 5, dtype=autograd.int64)}, depth=1, scale=2.0)
    assert "2-1" not in repr(shallow) and "Sequential (head): 1-4" in repr(shallow)
    assert shallow.flops.forward == 2 * (2 * 15 * 16 + 3 * 8)
    with pytest.raises(ValueError, match="either"):
        viz.summary(Twice())
    with pytest.raises(ValueError, match="mode"):
        viz.summary(Twice(), (3, 5), mode="evil")


def test_what_the_tape_keeps_is_counted_once() -> None:
    class Keep(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.exp().exp() + x.view(2, 8).sum()

    x = autograd.randn(4, 4, requires_grad=True)
    assert viz.summary(Keep(), input_data=x).kept_bytes == 2 * 16 * 4
    assert viz.summary(nn.Linear(4, 4), (2, 4)).kept_bytes == np.prod((2, 4)) * 4


def test_a_tensor_is_taken_as_the_input() -> None:
    model = nn.Linear(2, 3)
    assert repr(viz.summary(model, autograd.ones(4, 5, 2))) == repr(viz.summary(model, (4, 5, 2)))
    assert viz.summary(model, {"input": autograd.ones(4, 2)}).layers[0].output_size == [4, 3]
    text = repr(viz.summary(model, (4, 5, 2)))
    assert "240" in text  # FLOPs: 2 * 20 * 6, where torchinfo's multiply-adds are 4 * 9
    assert viz.summary(model, (4, 5, 2)).total_mult_adds == 36
