"""The optimizers' rules against their formulas."""

import math

import numpy as np
import pytest
from optimizer_setup import gradients, parameters, values

import autograd
import optim


def sgd(p, gs, lr, momentum=0, dampening=0, nesterov=False):
    b = None
    for g in gs:
        b = g if b is None else momentum * b + (1 - dampening) * g
        p = p - lr * (g + momentum * b if nesterov else b if momentum else g)
    return p


def adam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, decay=0.0):
    m = v = largest = 0
    for t, g in enumerate(gs, 1):
        p = (1 - lr * decay) * p
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        largest = np.maximum(largest, v)
        u = largest if amsgrad else v
        p = p - lr * (m / (1 - beta1**t)) / (np.sqrt(u / (1 - beta2**t)) + eps)
    return p


def adamax(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = u = 0
    for t, g in enumerate(gs, 1):
        m, u = beta1 * m + (1 - beta1) * g, np.maximum(beta2 * u, np.abs(g) + eps)
        p = p - lr / (1 - beta1**t) * m / u
    return p


def adagrad(p, gs, lr, decay=0.0, eps=1e-10, start=0.0):
    s = start
    for t, g in enumerate(gs):
        s = s + g**2
        p = p - lr / (1 + t * decay) * g / (np.sqrt(s) + eps)
    return p


def adadelta(p, gs, lr, rho=0.9, eps=1e-6):
    v = u = 0
    for g in gs:
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        p = p - lr * d
    return p


def rmsprop(p, gs, lr, alpha=0.99, eps=1e-8, momentum=0, centered=False):
    v = mean = b = 0
    for g in gs:
        v, mean = alpha * v + (1 - alpha) * g**2, alpha * mean + (1 - alpha) * g
        b = momentum * b + g / (np.sqrt(v - mean**2 if centered else v) + eps)
        p = p - lr * b
    return p


def rprop(p, gs, lr, etas=(0.5, 1.2), sizes=(1e-6, 50)):
    previous, size = 0, np.full(np.shape(p), lr)
    for g in gs:
        s = np.sign(g * previous)
        size = np.clip(size * np.choose((s + 1).astype(int), [etas[0], 1, etas[1]]), *sizes)
        previous = np.where(s < 0, 0, g)
        p = p - size * np.sign(previous)
    return p


def radam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = v = 0
    longest = 2 / (1 - beta2) - 1
    for t, g in enumerate(gs, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        step = m / (1 - beta1**t)
        if length > 5:
            r = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
            step = step * r * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
        p = p - lr * step
    return p


def nadam(p, gs, lr, beta1=0.9, beta2=0.999, eps=1e-8, psi=4e-3):
    m = v = 0
    product = 1

    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * psi))

    for t, g in enumerate(gs, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        product *= mu(t)
        step = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        p = p - lr * step / (np.sqrt(v / (1 - beta2**t)) + eps)
    return p


def asgd(p, gs, lr, lambd=1e-4, alpha=0.75):
    eta = lr
    for t, g in enumerate(gs, 1):
        p = p * (1 - lambd * eta) - eta * g
        eta = lr / (1 + lambd * lr * t) ** alpha
    return p


RULES = [
    ("SGD", {}, sgd, {}), ("SGD", {"momentum": 0.9, "dampening": 0.3}, sgd, {"momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"momentum": 0.9, "nesterov": True}, sgd, {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}, adam, {}),
    ("Adam", {"amsgrad": True, "betas": (0.5, 0.6)}, adam, {"amsgrad": True, "beta1": 0.5, "beta2": 0.6}),
    ("AdamW", {"weight_decay": 0.2}, adam, {"decay": 0.2}), ("Adamax", {}, adamax, {}), ("NAdam", {}, nadam, {}),
    ("RAdam", {"betas": (0.9, 0.8)}, radam, {"beta2": 0.8}), ("RAdam", {}, radam, {}),
    ("Adagrad", {"lr_decay": 0.2, "initial_accumulator_value": 0.5}, adagrad, {"decay": 0.2, "start": 0.5}),
    ("Adadelta", {}, adadelta, {}), ("RMSprop", {}, rmsprop, {}), ("ASGD", {"lambd": 0.1}, asgd, {"lambd": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}, rmsprop, {"momentum": 0.9, "centered": True}),
    ("Rprop", {}, rprop, {}),
]


@pytest.fixture
def double():
    """State that is one number for each parameter has the default type."""
    autograd.set_default_dtype(autograd.float64)
    yield
    autograd.set_default_dtype(autograd.float32)


@pytest.mark.parametrize(("name", "options", "rule", "same"), RULES, ids=[f"{n}-{o}" for n, o, _, _ in RULES])
def test_rule(name, options, rule, same, double):
    ps = parameters()
    starts, history = values(ps), []
    optimizer = getattr(optim, name)(ps, lr=0.05, **options)
    for step in range(12):
        gradients(ps, step)
        history.append([p.grad.numpy().copy() for p in ps])
        optimizer.step()
    for i, p in enumerate(ps):
        expected = rule(starts[i], [g[i] for g in history], 0.05, **same)
        np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
