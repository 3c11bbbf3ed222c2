"""A variational autoencoder (Kingma and Welling 2014): the reparametrisation trick and the KL term in closed form."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(16, 32), nn.SiLU())
        self.mean, self.log_variance = nn.Linear(32, 3), nn.Linear(32, 3)
        self.decode = nn.Sequential(nn.Linear(3, 32), nn.LeakyReLU(0.1), nn.Linear(32, 16))

    def forward(self, x):
        h = self.encode(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decode(z), mean, log_variance


def main():
    torch.manual_seed(3)
    x = torch.bernoulli(torch.rand(48, 16))
    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=5e-3, amsgrad=True)
    losses = []
    for _ in range(50):
        logits, mean, log_variance = model(x)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        loss = (reconstruction + divergence) / len(x)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
