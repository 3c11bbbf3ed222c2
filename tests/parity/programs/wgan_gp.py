"""WGAN with gradient penalty (Gulrajani et al. 2017): the critic's loss holds a gradient, so it needs the second."""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.autograd import grad


def mlp(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.Softplus(),
                         nn.Linear(32, outputs))


def penalty(critic, real, fake):
    mix = torch.rand(real.size(0), 1)
    between = (mix * real + (1 - mix) * fake).requires_grad_(True)
    scores = critic(between)
    slopes, = grad(scores, between, grad_outputs=torch.ones_like(scores), create_graph=True)
    return ((slopes.norm(2, dim=1) - 1) ** 2).mean()


def main():
    torch.manual_seed(5)
    generator, critic = mlp(4, 2), mlp(2, 1)
    for_generator = optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.9))
    for_critic = optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.9))
    losses = []
    for step in range(50):
        angle = 6.2831853 * torch.rand(32)
        real = torch.stack([angle.cos(), angle.sin()], dim=1)
        fake = generator(torch.randn(32, 4)).detach()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty(critic, real, fake)
        for_critic.zero_grad()
        loss.backward()
        for_critic.step()
        losses.append(loss.item())
        if step % 5 == 4:
            loss = -critic(generator(torch.randn(32, 4))).mean()
            for_generator.zero_grad()
            loss.backward()
            for_generator.step()
            losses.append(loss.item())
    return losses
