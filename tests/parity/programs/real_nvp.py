"""RealNVP (Dinh et al. 2017): affine couplings with the exact density of two moons, and its inverse to draw samples."""

import math

import torch
import torch.nn as nn
import torch.optim as optim


class CouplingLayer(nn.Module):
    def __init__(self, dimension, hidden, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.scale = nn.Sequential(nn.Linear(dimension, hidden), nn.LeakyReLU(), nn.Linear(hidden, hidden),
                                   nn.LeakyReLU(), nn.Linear(hidden, dimension), nn.Tanh())
        self.shift = nn.Sequential(nn.Linear(dimension, hidden), nn.LeakyReLU(), nn.Linear(hidden, hidden),
                                   nn.LeakyReLU(), nn.Linear(hidden, dimension))

    def forward(self, x):
        kept = x * self.mask
        s, t = self.scale(kept) * (1 - self.mask), self.shift(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * (x * torch.exp(s) + t), s.sum(dim=1)

    def inverse(self, z):
        kept = z * self.mask
        s, t = self.scale(kept) * (1 - self.mask), self.shift(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * (z - t) * torch.exp(-s)


class ActNorm(nn.Module):
    """Scales and shifts so that its first batch comes out standardised (Kingma and Dhariwal 2018)."""

    def __init__(self, dimension):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(dimension))
        self.bias = nn.Parameter(torch.zeros(dimension))
        self.register_buffer("initialized", torch.tensor(False))

    def forward(self, x):
        if not self.initialized:
            with torch.no_grad():
                self.bias.copy_(-x.mean(0))
                self.log_scale.copy_(-torch.log(x.std(0, unbiased=False) + 1e-6))
                self.initialized.fill_(True)
        return (x + self.bias) * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, z):
        return z * torch.exp(-self.log_scale) - self.bias


class RealNVP(nn.Module):
    def __init__(self, couplings=4, hidden=32):
        super().__init__()
        layers = []
        for i in range(couplings):
            mask = torch.tensor([1.0, 0.0]) if i % 2 == 0 else torch.tensor([0.0, 1.0])
            layers += [ActNorm(2), CouplingLayer(2, hidden, mask)]
        self.layers = nn.ModuleList(layers)

    def log_prob(self, x):
        log_det = torch.zeros(x.shape[0])
        for layer in self.layers:
            x, ld = layer(x)
            log_det = log_det + ld
        prior = -0.5 * (x.pow(2) + math.log(2 * math.pi)).sum(dim=1)
        return prior + log_det

    @torch.no_grad()
    def sample(self, n):
        z = torch.randn(n, 2)
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


def two_moons(n, noise=0.08):
    theta = math.pi * torch.rand(n)
    outer = torch.rand(n) < 0.5
    x = torch.where(outer, torch.cos(theta), 1 - torch.cos(theta))
    y = torch.where(outer, torch.sin(theta), 0.5 - torch.sin(theta))
    return torch.stack([x, y], dim=-1) + noise * torch.randn(n, 2)


def main():
    torch.manual_seed(61)
    flow = RealNVP()
    optimizer = optim.Adamax(flow.parameters(), lr=5e-3, weight_decay=1e-5)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = -flow.log_prob(two_moons(128)).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    samples = flow.sample(64)
    with torch.no_grad():
        losses.append(flow.log_prob(samples).mean().item())
    return losses + samples.mean(0).tolist() + samples.std(0).tolist()
