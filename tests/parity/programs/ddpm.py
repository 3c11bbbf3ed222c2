"""A denoising diffusion model (Ho et al. 2020) on points of a spiral: cosine betas, time embedding, EMA, ancestral sampling."""

import copy
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class SinusoidalEmbedding(nn.Module):
    def __init__(self, size, scale=1.0):
        super().__init__()
        self.size, self.scale = size, scale

    def forward(self, x):
        half = self.size // 2
        emb = torch.exp(-math.log(10000.0) / (half - 1) * torch.arange(half))
        emb = (x * self.scale).unsqueeze(-1) * emb.unsqueeze(0)
        return torch.cat((torch.sin(emb), torch.cos(emb)), dim=-1)


class ResidualBlock(nn.Module):
    def __init__(self, size, emb_size):
        super().__init__()
        self.norm = nn.RMSNorm(size)
        self.ff = nn.Linear(size, size)
        self.time = nn.Linear(emb_size, 2 * size)

    def forward(self, x, t_emb):
        scale, shift = self.time(F.silu(t_emb)).chunk(2, dim=1)
        return x + F.mish(self.ff(self.norm(x) * (1 + scale) + shift))


class Denoiser(nn.Module):
    def __init__(self, hidden=64, layers=3, emb_size=32):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalEmbedding(emb_size), nn.Linear(emb_size, emb_size), nn.SiLU())
        self.x_mlp = SinusoidalEmbedding(emb_size, scale=25.0)
        self.input = nn.Linear(2 * emb_size, hidden)
        self.blocks = nn.ModuleList([ResidualBlock(hidden, emb_size) for _ in range(layers)])
        self.output = nn.Linear(hidden, 2)
        nn.init.zeros_(self.output.weight)

    def forward(self, x, t):
        t_emb = self.time_mlp(t.float())
        h = self.input(self.x_mlp(x).flatten(1))
        for block in self.blocks:
            h = block(h, t_emb)
        return self.output(h)


class Diffusion(nn.Module):
    def __init__(self, timesteps=50, s=0.008):
        super().__init__()
        steps = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64)
        alphas_bar = torch.cos((steps / timesteps + s) / (1 + s) * math.pi / 2) ** 2
        alphas_bar = alphas_bar / alphas_bar[0]
        betas = torch.clip(1 - alphas_bar[1:] / alphas_bar[:-1], 0.0001, 0.2)
        alphas_bar = torch.cumprod(1 - betas, dim=0)
        self.timesteps = timesteps
        self.register_buffer("betas", betas.to(torch.float32))
        self.register_buffer("sqrt_bar", alphas_bar.sqrt().to(torch.float32))
        self.register_buffer("sqrt_one_minus_bar", (1.0 - alphas_bar).sqrt().to(torch.float32))

    def add_noise(self, x, noise, t):
        return self.sqrt_bar[t].unsqueeze(1) * x + self.sqrt_one_minus_bar[t].unsqueeze(1) * noise

    @torch.no_grad()
    def sample(self, model, n):
        x = torch.randn(n, 2)
        for t in reversed(range(self.timesteps)):
            noise = model(x, torch.full((n,), t))
            mean = (x - self.betas[t] / self.sqrt_one_minus_bar[t] * noise) / torch.sqrt(1 - self.betas[t])
            x = mean + torch.sqrt(self.betas[t]) * torch.randn_like(x) if t > 0 else mean
        return x


def spiral(n):
    theta = 3 * math.pi * torch.sqrt(torch.rand(n))
    points = torch.stack([theta * torch.cos(theta), theta * torch.sin(theta)], dim=1) / (3 * math.pi)
    return points + 0.02 * torch.randn(n, 2)


def main():
    torch.manual_seed(80)
    diffusion, model = Diffusion(), Denoiser()
    ema = copy.deepcopy(model).requires_grad_(False)
    optimizer = optim.RAdam(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(50):
        x = spiral(64)
        t = torch.randint(0, diffusion.timesteps, (len(x),))
        noise = torch.randn_like(x)
        loss = F.mse_loss(model(diffusion.add_noise(x, noise, t), t), noise)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        for p, q in zip(ema.parameters(), model.parameters()):
            p.lerp_(q.detach(), 0.1)
        losses.append(loss.item())
    samples = diffusion.sample(ema, 32)
    return losses + samples.abs().mean(0).tolist()
