"""A physics-informed network (Raissi et al. 2019) for Burgers' equation: derivatives by the inputs inside the loss."""

import math

import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import grad
from torch.nn.utils.parametrizations import weight_norm


class FourierFeatures(nn.Module):
    def __init__(self, inputs, count, scale):
        super().__init__()
        self.register_buffer("B", scale * torch.randn(inputs, count))

    def forward(self, x):
        projected = 2 * math.pi * x @ self.B
        return torch.cat([torch.sin(projected), torch.cos(projected)], dim=-1)


class PINN(nn.Module):
    def __init__(self, width=24, depth=3):
        super().__init__()
        layers = [FourierFeatures(2, 8, 0.3), nn.Linear(16, width), nn.Tanh()]
        for _ in range(depth - 1):
            layers += [weight_norm(nn.Linear(width, width)), nn.Tanh()]
        layers.append(nn.Linear(width, 1))
        self.net = nn.Sequential(*layers)

    def forward(self, x, t):
        return self.net(torch.cat([x, t], dim=1))


def derivative(y, x):
    return grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True)[0]


class Burgers:
    """u_t + u u_x = nu u_xx on -1..1 with u(x, 0) = -sin(pi x) and u = 0 at both ends."""

    def __init__(self, model, nu=0.01 / math.pi):
        self.model, self.nu = model, nu

    def residual(self, n):
        x = (2 * torch.rand(n, 1) - 1).requires_grad_()
        t = torch.rand(n, 1).requires_grad_()
        u = self.model(x, t)
        u_t, u_x = derivative(u, t), derivative(u, x)
        return u_t + u * u_x - self.nu * derivative(u_x, x)

    def initial(self, n):
        x = torch.linspace(-1, 1, n).unsqueeze(1)
        return self.model(x, torch.zeros_like(x)) + torch.sin(math.pi * x)

    def boundary(self, n):
        t = torch.rand(n, 1)
        return torch.cat([self.model(torch.full_like(t, -1.0), t), self.model(torch.ones_like(t), t)])

    def loss(self):
        return self.residual(64).pow(2).mean() + 2 * self.initial(32).pow(2).mean() + self.boundary(16).pow(2).mean()


def main():
    torch.manual_seed(63)
    model = PINN()
    problem = Burgers(model)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = problem.loss()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    state = torch.get_rng_state()
    optimizer = optim.LBFGS(model.parameters(), lr=0.5, max_iter=4, history_size=10, line_search_fn="strong_wolfe")
    for _ in range(4):

        def closure():
            torch.set_rng_state(state)  # the same collocation points in each evaluation
            optimizer.zero_grad()
            loss = problem.loss()
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
    return losses
