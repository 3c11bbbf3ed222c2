"""A mixture density network (Bishop 1994) on an inverse problem: the likelihood of a Gaussian mixture, then sampling."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.utils.data import DataLoader, TensorDataset, random_split


class MixtureDensityNetwork(nn.Module):
    def __init__(self, dim_in, dim_out, components, hidden=32):
        super().__init__()
        self.components, self.dim_out = components, dim_out
        self.body = nn.Sequential(nn.Linear(dim_in, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.ELU())
        self.logits = nn.Linear(hidden, components)
        self.mean = nn.Linear(hidden, components * dim_out)
        self.log_scale = nn.Linear(hidden, components * dim_out)

    def forward(self, x):
        h = self.body(x)
        shape = (-1, self.components, self.dim_out)
        log_weight = F.log_softmax(self.logits(h), dim=-1)
        return log_weight, self.mean(h).view(shape), self.log_scale(h).view(shape).clamp(min=-5.0, max=2.0)

    def log_prob(self, x, y):
        log_weight, mean, log_scale = self(x)
        z = (y.unsqueeze(1) - mean) / log_scale.exp()
        log_normal = (-0.5 * z ** 2 - log_scale - 0.5 * math.log(2 * math.pi)).sum(-1)
        return torch.logsumexp(log_weight + log_normal, dim=-1)

    @torch.no_grad()
    def sample(self, x):
        log_weight, mean, log_scale = self(x)
        chosen = torch.multinomial(log_weight.exp(), 1).unsqueeze(-1).expand(-1, 1, self.dim_out)
        mean, scale = mean.gather(1, chosen).squeeze(1), log_scale.exp().gather(1, chosen).squeeze(1)
        return torch.normal(mean, scale)


def inverse_problem(n):
    """x = y + 0.3 sin(2 pi y) + noise is a function of y; y is not one of x."""
    y = torch.rand(n, 1)
    x = y + 0.3 * torch.sin(2 * math.pi * y) + 0.05 * (2 * torch.rand(n, 1) - 1)
    return x, y


def main():
    torch.manual_seed(94)
    data = TensorDataset(*inverse_problem(400))
    train, valid = random_split(data, [320, 80])
    loader = DataLoader(train, batch_size=32, shuffle=True)
    model = MixtureDensityNetwork(1, 1, components=5)
    optimizer = optim.NAdam(model.parameters(), lr=2e-3, weight_decay=1e-4)
    scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=20, T_mult=2)
    losses, validation = [], []
    for _ in range(6):
        model.train()
        for x, y in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = -model.log_prob(x, y).mean()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            x, y = zip(*[valid[i] for i in range(len(valid))])
            validation.append(-model.log_prob(torch.stack(x), torch.stack(y)).mean().item())
    samples = model.sample(torch.linspace(0, 1, 64).unsqueeze(1))
    return losses + validation + [samples.mean().item(), samples.std().item()]
