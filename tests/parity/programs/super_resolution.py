"""Sub-pixel convolution (Shi et al. 2016): a picture of stripes and edges enlarged three times, judged by PSNR."""

import math

import torch
import torch.nn as nn
import torch.nn.init as init
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, upscale_factor):
        super().__init__()
        self.tanh = nn.Tanh()
        self.conv1 = nn.Conv2d(1, 32, (5, 5), (1, 1), (2, 2), padding_mode="reflect")
        self.conv2 = nn.Conv2d(32, 32, (3, 3), (1, 1), (1, 1))
        self.conv3 = nn.Conv2d(32, 16, (3, 3), (1, 1), "same")
        self.conv4 = nn.Conv2d(16, upscale_factor ** 2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        self._initialize_weights()

    def forward(self, x):
        x = self.tanh(self.conv1(x))
        x = self.tanh(self.conv2(x))
        x = self.tanh(self.conv3(x))
        return self.pixel_shuffle(self.conv4(x))

    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain("tanh"))
        init.orthogonal_(self.conv2.weight, init.calculate_gain("tanh"))
        init.orthogonal_(self.conv3.weight, init.calculate_gain("tanh"))
        init.orthogonal_(self.conv4.weight)


def pictures(n, size=36):
    """Sums of two random waves and a random straight edge, scaled to 0..1."""
    axis = torch.linspace(-math.pi, math.pi, size)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    direction, phase = 4 * torch.randn(n, 2, 2), 6.28 * torch.rand(n, 2)
    waves = sum(torch.sin(direction[:, k, 0, None, None] * x + direction[:, k, 1, None, None] * y
                          + phase[:, k, None, None]) for k in range(2))
    slope = torch.randn(n, 2, 1, 1)
    edge = (slope[:, 0] * x + slope[:, 1] * y > 0).float()
    image = waves / 4 + edge
    low, high = image.amin(dim=(1, 2), keepdim=True), image.amax(dim=(1, 2), keepdim=True)
    return ((image - low) / (high - low)).unsqueeze(1)


def main():
    torch.manual_seed(123)
    sharp = pictures(48)
    small = nn.functional.interpolate(sharp, scale_factor=1 / 3, mode="bicubic", align_corners=False, antialias=True)
    train = DataLoader(TensorDataset(small[:40], sharp[:40]), batch_size=8, shuffle=True)
    test = DataLoader(TensorDataset(small[40:], sharp[40:]), batch_size=4)
    model = Net(upscale_factor=3)
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses, quality = [], []
    for _ in range(10):
        for input, target in train:
            optimizer.zero_grad()
            loss = criterion(model(input), target)
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
        avg_psnr = 0.0
        with torch.no_grad():
            for input, target in test:
                mse = criterion(model(input), target)
                avg_psnr += 10 * math.log10(1 / mse.item())
        quality.append(avg_psnr / len(test))
    return losses + quality
