"""Model-agnostic meta-learning (Finn et al. 2017): the outer gradient runs through the inner gradient step."""

import math

import torch
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import grad


def model(x, parameters):
    w1, b1, w2, b2 = parameters
    return F.linear(torch.tanh(F.linear(x, w1, b1)), w2, b2)


def task():
    amplitude, phase = 0.5 + 2 * torch.rand(1), math.pi * torch.rand(1)

    def batch():
        x = 6 * torch.rand(10, 1) - 3
        return x, amplitude * torch.sin(x + phase)

    return batch(), batch()


def main():
    torch.manual_seed(8)
    parameters = [torch.randn(16, 1), torch.randn(16), torch.randn(1, 16) / 4, torch.zeros(1)]
    for p in parameters:
        p.requires_grad_(True)
    optimizer = optim.Adam(parameters, lr=5e-3)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        outer = 0.0
        for _ in range(3):
            (x, y), (x_new, y_new) = task()
            fast = parameters
            for _ in range(2):
                slopes = grad(F.mse_loss(model(x, fast), y), fast, create_graph=True)
                fast = [p - 0.05 * g for p, g in zip(fast, slopes)]
            outer = outer + F.mse_loss(model(x_new, fast), y_new)
        outer.backward()
        optimizer.step()
        losses.append(outer.item())
    return losses
