"""WGAN with gradient penalty (Gulrajani et al. 2017) on eight Gaussians and on pictures: a loss that holds a gradient."""

import math

import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import grad


class Generator(nn.Module):
    def __init__(self, noise=8, width=32):
        super().__init__()
        self.preprocess = nn.Sequential(nn.Linear(noise, 4 * 4 * width), nn.ReLU(True))
        self.block = nn.Sequential(nn.ConvTranspose2d(width, width // 2, 2, stride=2), nn.ReLU(True),
                                   nn.ConvTranspose2d(width // 2, 1, 2, stride=2), nn.Sigmoid())
        self.width = width

    def forward(self, z):
        return self.block(self.preprocess(z).view(-1, self.width, 4, 4))


class Critic(nn.Module):
    """No batch normalisation: the penalty is on each sample's own gradient."""

    def __init__(self, width=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * width, affine=True),
            nn.LeakyReLU(0.2))
        self.output = nn.Linear(2 * width * 4 * 4, 1)

    def forward(self, x):
        return self.output(self.main(x).flatten(1)).view(-1)


def mlp(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.Softplus(),
                         nn.Linear(32, outputs))


def calc_gradient_penalty(critic, real, fake, weight=10.0):
    alpha = torch.rand(real.size(0), *[1] * (real.dim() - 1)).expand_as(real)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(interpolates)
    gradients = grad(outputs=scores, inputs=interpolates, grad_outputs=torch.ones(scores.size()),
                     create_graph=True, retain_graph=True, only_inputs=True)[0]
    gradients = gradients.reshape(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * weight


def gaussians(n):
    angle = 2 * math.pi / 8 * torch.randint(0, 8, (n,))
    return torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(n, 2)


def squares(n):
    images = torch.zeros(n, 1, 16, 16)
    for image, corner in zip(images, torch.randint(0, 9, (n, 2)).tolist()):
        image[0, corner[0]:corner[0] + 7, corner[1]:corner[1] + 7] = 1.0
    return images


def train(generator, critic, data, noise, steps, batch, critic_iterations, lr):
    optimizer_d = optim.Adam(critic.parameters(), lr=lr, betas=(0.5, 0.9))
    optimizer_g = optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.9))
    losses = []
    for _ in range(steps):
        for p in critic.parameters():
            p.requires_grad = True
        for _ in range(critic_iterations):
            real = data(batch)
            with torch.no_grad():
                fake = generator(torch.randn(batch, noise))
            critic.zero_grad()
            wasserstein = critic(real).mean() - critic(fake).mean()
            penalty = calc_gradient_penalty(critic, real, fake)
            (penalty - wasserstein).backward()
            optimizer_d.step()
            losses += [wasserstein.item(), penalty.item()]
        for p in critic.parameters():
            p.requires_grad = False
        generator.zero_grad()
        loss = -critic(generator(torch.randn(batch, noise))).mean()
        loss.backward()
        optimizer_g.step()
        losses.append(loss.item())
    return losses


def main():
    torch.manual_seed(5)
    toy = train(mlp(4, 2), mlp(2, 1), gaussians, 4, steps=50, batch=32, critic_iterations=2, lr=1e-3)
    images = train(Generator(), Critic(), squares, 8, steps=25, batch=8, critic_iterations=2, lr=2e-4)
    return toy + images
