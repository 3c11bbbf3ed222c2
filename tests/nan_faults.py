"""Programs with an injected fault each, and what explains it; for `test_nan_origin`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import nn
import nn.functional as F

inf, nan = float("inf"), float("nan")


def leaf(*data: Any) -> Any:
    return autograd.tensor(data[0] if len(data) == 1 else list(data), requires_grad=True)


class Block(nn.Module):
    """A model of three layers with something of its own in the middle."""

    def __init__(self, middle: Callable[[Any], Any]) -> None:
        super().__init__()
        autograd.manual_seed(0)
        self.first, self.last, self.middle = nn.Linear(3, 3), nn.Linear(3, 1), Middle(middle)

    def forward(self, x: Any) -> Any:
        return self.last(self.middle(self.first(x)))


class Middle(nn.Module):
    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def in_block(middle: Callable[[Any], Any], x: Any = None) -> Any:
    return Block(middle)(autograd.ones(2, 3) if x is None else x).sum()


#: name, function (the faulty line ends in "# here"), phase, operation, element, part of the module's name.
FAULTS: list[tuple[Any, str, str, tuple[int, ...], str]] = []


def fault(phase: str, op: str, element: tuple[int, ...], module: str = "") -> Any:
    def add(function: Any) -> Any:
        FAULTS.append((function, phase, op, element, module))
        return function
    return add


@fault("forward", "log", (1,))
def log_of_negative() -> Any:
    x = leaf(1.0, -1.0, 2.0)
    return x.log().sum()  # here


@fault("forward", "log", (0, 2))
def log_of_zero_times_zero() -> Any:
    x = leaf([[1.0, 3.0, 0.0]])
    y = x.log()  # here
    return (y * x).sum()


@fault("forward", "true_divide", (2,))
def division_by_zero() -> Any:
    x = leaf(1.0, 2.0, 3.0)
    y = x / autograd.tensor([1.0, 2.0, 0.0])  # here
    return y.sum()


@fault("forward", "true_divide", (1,))
def zero_by_zero() -> Any:
    x = leaf(1.0, 0.0)
    return (x / x).sum()  # here


@fault("forward", "exp", (1,))
def overflow_of_exp() -> Any:
    x = leaf(1.0, 100.0)
    y = x.exp()  # here
    return (y / y.sum()).sum()


@fault("backward", "sqrt", (1,))
def slope_of_sqrt_at_zero() -> Any:
    x = leaf(4.0, 0.0)
    return x.sqrt().sum()  # here


@fault("backward", "sqrt", (0,))
def nan_by_zero_times_infinite_slope() -> Any:
    x = leaf(0.0, 1.0)
    y = (x * 0.0).sqrt()  # here
    return (y * 2).sum()


@fault("forward", "mul", (0,))
def zero_times_infinity() -> Any:
    x = leaf(0.0, 1.0)
    return (x * autograd.tensor([inf, 1.0])).sum()  # here


@fault("forward", "acos", (1,))
def acos_out_of_range() -> Any:
    x = leaf(0.5, 1.5)
    return x.acos().sum()  # here


@fault("backward", "acos", (0,))
def acos_at_one() -> Any:
    x = leaf(1.0, 0.5)
    return x.acos().sum()  # here


@fault("forward", "asin", (0,))
def asin_out_of_range() -> Any:
    return leaf(-2.0, 0.5).asin().sum()  # here


@fault("backward", "sqrt", ())
def norm_by_hand_at_zero() -> Any:
    x = leaf(0.0, 0.0)
    return x.square().sum().sqrt()  # here


@fault("forward", "softmax", (1, 0))
def softmax_of_all_masked() -> Any:
    scores = leaf([[1.0, 2.0], [3.0, 4.0]])
    masked = scores.masked_fill(autograd.tensor([[False, False], [True, True]]), -inf)
    return F.softmax(masked, 1).sum()  # here


@fault("forward", "log_softmax", (0, 0))
def log_softmax_of_all_masked() -> Any:
    scores = leaf([[1.0, 2.0], [3.0, 4.0]])
    masked = scores.masked_fill(autograd.tensor([[True, True], [False, False]]), -inf)
    return F.log_softmax(masked, 1).sum()  # here


@fault("backward", "log", (1,))
def cross_entropy_by_hand_of_zero() -> Any:
    p = leaf(0.5, 1e-39)
    return (-p.log() * autograd.tensor([0.0, 1.0])).sum()  # here


@fault("forward", "log", (1,))
def binary_cross_entropy_by_hand_of_a_sure_answer() -> Any:
    p, target = leaf(0.5, 1.0), autograd.tensor([0.0, 1.0])
    rest = (1 - p).log()  # here
    return -(target * p.log() + (1 - target) * rest).mean()


@fault("forward", "pow_number", (1,))
def negative_power_of_zero() -> Any:
    return (leaf(1.0, 0.0) ** -1.5).sum()  # here


@fault("forward", "pow_number", (0,))
def root_of_negative_by_power() -> Any:
    return (leaf(-1.0, 1.0) ** 0.5).sum()  # here


@fault("backward", "pow_number", (1,))
def slope_of_power_at_zero() -> Any:
    return (leaf(1.0, 0.0) ** 0.5).sum()  # here


@fault("forward", "sub", (1,))
def infinity_minus_infinity() -> Any:
    x = leaf(1.0, 1.0)
    other = autograd.tensor([1.0, inf])
    y = x - other  # here
    return (y + other).sum()


@fault("forward", "mul", (0,))
def overflow_of_product() -> Any:
    x = leaf(1e30, 1.0)
    return (x * x).sum()  # here


@fault("forward", "square", (1,))
def overflow_of_square() -> Any:
    return leaf(1.0, 1e20).square().mean()  # here


@fault("forward", "cosh", (0,))
def overflow_of_cosh() -> Any:
    return leaf(100.0, 1.0).cosh().sum()  # here


@fault("forward", "reciprocal", (1,))
def reciprocal_of_zero() -> Any:
    return leaf(2.0, 0.0).reciprocal().sum()  # here


@fault("forward", "rsqrt", (0,))
def rsqrt_of_zero() -> Any:
    return leaf(0.0, 1.0).rsqrt().sum()  # here


@fault("forward", "log1p", (1,))
def log1p_of_minus_one() -> Any:
    return leaf(1.0, -1.0).log1p().sum()  # here


@fault("forward", "atanh", (0,))
def atanh_at_one() -> Any:
    return leaf(1.0, 0.0).atanh().sum()  # here


@fault("forward", "acosh", (0,))
def acosh_below_one() -> Any:
    return leaf(0.5, 2.0).acosh().sum()  # here


@fault("forward", "var_over", ())
def variance_of_one() -> Any:
    return (leaf([3.0]) * 2).var()  # here


@fault("forward", "mean", ())
def mean_of_nothing() -> Any:
    x = leaf(1.0, 2.0)
    return x[2:].mean() + x.sum()  # here


@fault("forward", "linear", (0, 1), "")
def nan_in_the_data() -> Any:
    x = autograd.ones(2, 3)
    x[0, 1] = nan
    w = leaf([[0.1, 0.2, 0.3]])
    return F.linear(x, w).sum()  # here


@fault("forward", "linear", (1, 2), "layers.1 (Linear 3->3) of Model")
def nan_in_a_parameter() -> Any:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))

        def forward(self, x: Any) -> Any:
            return self.layers(x)  # here

    model = Model()
    with autograd.no_grad():
        model.layers[1].weight[1, 2] = nan
    return model(autograd.ones(1, 3)).sum()


@fault("forward", "linear", (0, 0), "first (Linear 3->3) of Block")
def infinity_in_the_data_of_a_model() -> Any:
    x = autograd.ones(2, 3)
    x[0, 0] = inf
    model = Block(lambda h: h.tanh())
    model.forward = lambda x: model.first(x)  # here
    return model(x).sum()


@fault("forward", "mul", (0,))
def uninitialised_parameter() -> Any:
    w = autograd.empty(3)
    w.fill_(nan)  # what was in the memory
    w.requires_grad_()
    return (w * 2.0).sum()  # here


@fault("forward", "log", (0, 0), "middle (Middle) of Block")
def log_of_relu_in_a_module() -> Any:
    return in_block(lambda h: (h * 0).relu().log())  # here


@fault("backward", "sqrt", (0, 0), "middle (Middle) of Block")
def slope_of_sqrt_in_a_module() -> Any:
    return in_block(lambda h: (h * 0).sqrt())  # here


@fault("forward", "true_divide", (0, 0), "middle (Middle) of Block")
def normalised_by_zero_in_a_module() -> Any:
    return in_block(lambda h: h / (h - h).sum(1, keepdim=True))  # here


@fault("forward", "exp", (0, 0), "middle (Middle) of Block")
def softmax_by_hand_in_a_module() -> Any:
    def softmax(h: Any) -> Any:
        e = (h * 0 + 200).exp()  # here
        return e / e.sum(1, keepdim=True)
    return in_block(softmax)


@fault("backward", "sqrt", (1,))
def where_lets_the_nan_through() -> Any:
    x = leaf(4.0, -1.0)
    y = x.sqrt()  # here
    return autograd.where(x > 0, y, 0.0).sum()


@fault("backward", "true_divide", (1,))
def where_after_division() -> Any:
    x = leaf(1.0, 0.0)
    y = 1.0 / x  # here
    return autograd.where(x > 0, y, 0.0).sum()


@fault("backward", "log", (0,))
def where_after_log_of_zero() -> Any:
    x = leaf(0.0, 2.0)
    y = (x * 1.0).log()  # here
    return autograd.where(x > 0, y, x).sum()


@fault("forward", "mul", (0,))
def exploding_chain() -> Any:
    x = leaf([10.0])
    for _ in range(10):
        x = x * x  # here
    return x.sum()


@fault("forward", "logit", (1,))
def logit_of_one() -> Any:
    return leaf(0.5, 1.0).logit().sum()  # here


@fault("forward", "true_divide", (0, 1))
def batch_statistics_without_eps() -> Any:
    x = leaf([[1.0, 5.0], [2.0, 5.0]])
    y = (x - x.mean(0)) / x.std(0)  # here
    return y.sum()


@fault("forward", "matmul", (0, 0))
def overflow_of_a_matrix_product() -> Any:
    x = leaf([[1e30, 1e30]])
    return (x @ x.T).sum()  # here
