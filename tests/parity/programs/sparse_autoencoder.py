"""A sparse autoencoder: custom Functions (top-k with straight-through estimate, L1 penalty), tied weights, hooks, SGD."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Function


class L1Penalty(Function):
    """Passes its input on and adds the gradient of an L1 penalty on the way back."""

    @staticmethod
    def forward(ctx, input, weight):
        ctx.save_for_backward(input)
        ctx.weight = weight
        return input.clone()

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output + ctx.weight * input.sign(), None


class TopK(Function):
    """Keeps the k largest units of each sample; the others get a tenth of the gradient."""

    @staticmethod
    def forward(ctx, input, k):
        threshold = input.topk(k, dim=1).values[:, -1:]
        mask = input >= threshold
        ctx.save_for_backward(mask)
        return input * mask

    @staticmethod
    def backward(ctx, grad_output):
        mask, = ctx.saved_tensors
        return torch.where(mask, grad_output, 0.1 * grad_output), None


class SparseAutoencoder(nn.Module):
    def __init__(self, inputs, hidden, k):
        super().__init__()
        self.encoder = nn.Linear(inputs, hidden)
        self.decoder_bias = nn.Parameter(torch.zeros(inputs))
        self.k = k
        self.register_buffer("usage", torch.zeros(hidden))

    def forward(self, x):
        h = F.relu(self.encoder(x - self.decoder_bias))
        h = TopK.apply(L1Penalty.apply(h, 1e-4), self.k)
        if self.training:
            self.usage.mul_(0.9).add_((h > 0).float().mean(0), alpha=0.1)
        return F.linear(h, self.encoder.weight.t(), self.decoder_bias), h


def kl_divergence(rho, activity):
    rho_hat = activity.clamp(1e-4, 1 - 1e-4)
    return (rho * torch.log(rho / rho_hat) + (1 - rho) * torch.log((1 - rho) / (1 - rho_hat))).sum()


def dictionary_data(n, atoms):
    """Sparse combinations of a few of the atoms."""
    codes = torch.rand(n, atoms.size(0)) * (torch.rand(n, atoms.size(0)) < 0.1)
    return codes @ atoms + 0.01 * torch.randn(n, atoms.size(1))


def main():
    torch.manual_seed(37)
    atoms = F.normalize(torch.randn(24, 32), dim=1)
    model = SparseAutoencoder(32, 48, k=8)
    norms = []
    model.encoder.weight.register_hook(lambda g: norms.append(g.norm().item()))
    seen = []
    handle = model.encoder.register_forward_hook(lambda module, args, out: seen.append(out.detach().abs().mean().item()))
    optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.8)
    losses = []
    for step in range(50):
        x = dictionary_data(64, atoms)
        reconstruction, hidden = model(x)
        loss = F.mse_loss(reconstruction, x, reduction="sum") / len(x)
        loss = loss + 1e-3 * kl_divergence(0.05, torch.sigmoid(hidden).mean(0) - 0.5)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.encoder.weight.div_(model.encoder.weight.norm(dim=1, keepdim=True).clamp(min=1.0))
        losses.append(loss.item())
        if step == 24:
            handle.remove()
    return losses + norms + seen + [model.usage.mean().item()]
