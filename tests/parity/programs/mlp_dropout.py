"""A classifier of several layers with dropout and Adam, on mini-batches from a shuffled loader."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 32), nn.Tanh())
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        return self.out(self.layers(x))


def main():
    torch.manual_seed(0)
    x = torch.randn(200, 20)
    y = (x[:, :4] + 0.5 * x[:, 4:8]).argmax(dim=1)
    loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=True)
    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-4)
    losses = []
    for _ in range(5):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(xb), yb, label_smoothing=0.1)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        losses.append(F.cross_entropy(model(x), y).item())
        losses.append((model(x).argmax(1) == y).float().mean().item())
    return losses
