"""A convolutional classifier with mixup (Zhang et al. 2018), label smoothing, OneCycleLR and an average of its weights."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset


class Textures(Dataset):
    """Gratings of four spatial frequencies with random contrast; augmented by flips and shifts."""

    def __init__(self, size, seed):
        rng = np.random.default_rng(seed)
        axis = np.arange(20, dtype=np.float32)
        self.labels = rng.integers(0, 4, size)
        angles = rng.uniform(0, np.pi, size).astype(np.float32)
        self.images = np.empty((size, 1, 20, 20), np.float32)
        for i, (k, a) in enumerate(zip(self.labels, angles)):
            wave = (0.4 + 0.4 * k) * (np.cos(a) * axis[:, None] + np.sin(a) * axis[None, :])
            self.images[i, 0] = rng.uniform(0.5, 1.0) * np.sin(wave) + rng.normal(0, 0.4, (20, 20))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.from_numpy(self.images[i])
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        return torch.roll(image, shifts=int(torch.randint(-2, 3, ())), dims=-2), int(self.labels[i])


class ConvNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        widths = [1, 12, 24, 32]
        self.stages = nn.ModuleList()
        for a, b in zip(widths, widths[1:]):
            self.stages.append(nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b),
                                             nn.GELU(), nn.AvgPool2d(2, ceil_mode=True)))
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(self.dropout(x.mean(dim=(2, 3))))


def mixup_data(x, y, rng, alpha=0.4):
    lam = rng.beta(alpha, alpha)
    index = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[index, :], y, y[index], lam


def main():
    torch.manual_seed(20)
    rng = np.random.default_rng(20)
    loader = DataLoader(Textures(160, 0), batch_size=16, shuffle=True)
    test = DataLoader(Textures(32, 1), batch_size=32)
    model = ConvNet()
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, epochs=5, steps_per_epoch=len(loader), pct_start=0.3)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    losses, rates = [], []
    for _ in range(5):
        for x, y in loader:
            inputs, targets_a, targets_b, lam = mixup_data(x, y, rng)
            output = model(inputs)
            loss = lam * criterion(output, targets_a) + (1 - lam) * criterion(output, targets_b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            averaged.update_parameters(model)
            rates.append(scheduler.get_last_lr()[0])
            scheduler.step()
            losses.append(loss.item())
    with torch.no_grad():
        for network in (model.eval(), averaged.eval()):
            for x, y in test:
                losses.append(F.cross_entropy(network(x), y).item())
    return losses + rates
