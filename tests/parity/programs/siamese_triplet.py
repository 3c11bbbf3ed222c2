"""Metric learning: a shared embedding trained with the triplet loss on the hardest negatives and a contrastive pair loss."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    """Noisy one-dimensional signals of six classes; an item is anchor, positive and negative."""

    def __init__(self, size, classes=6, length=32):
        t = torch.linspace(0, 1, length)
        frequency = torch.arange(1, classes + 1).float().unsqueeze(1)
        self.prototypes = torch.sin(6.2831853 * frequency * t)
        self.labels = torch.randint(0, classes, (size,))
        self.signals = self.prototypes[self.labels] + 0.3 * torch.randn(size, length)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        label = self.labels[index]
        same = torch.nonzero(self.labels == label).squeeze(1)
        other = torch.nonzero(self.labels != label).squeeze(1)
        positive = same[torch.randint(len(same), (1,))].item()
        negative = other[torch.randint(len(other), (1,))].item()
        return self.signals[index], self.signals[positive], self.signals[negative], label


class EmbeddingNet(nn.Module):
    def __init__(self, dimension=8):
        super().__init__()
        self.convnet = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.PReLU(), nn.MaxPool1d(2, stride=2),
            nn.Conv1d(16, 32, 5, padding=2), nn.PReLU(32), nn.MaxPool1d(2, stride=2))
        self.fc = nn.Sequential(nn.Linear(32 * 8, 64), nn.PReLU(), nn.Linear(64, dimension))

    def forward(self, x):
        output = self.convnet(x.unsqueeze(1))
        return F.normalize(self.fc(output.view(output.size(0), -1)), p=2, dim=1)


class SiameseNet(nn.Module):
    def __init__(self, embedding):
        super().__init__()
        self.embedding = embedding

    def forward(self, *views):
        return tuple(self.embedding(v) for v in views)


def hardest_negative(embeddings, labels, margin):
    """For each pair of a class the negative that is closest to its anchor (Hermans et al. 2017)."""
    distances = torch.cdist(embeddings, embeddings)
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    furthest = (distances * same.float()).max(dim=1)[0]
    closest = (distances + 10.0 * same.float()).min(dim=1).values
    return F.softplus(furthest - closest + margin).mean()


def main():
    torch.manual_seed(21)
    loader = DataLoader(Shapes(170), batch_size=17, shuffle=True)
    model = SiameseNet(EmbeddingNet())
    triplet = nn.TripletMarginLoss(margin=0.5, p=2)
    contrastive = nn.CosineEmbeddingLoss(margin=0.2)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(5):
        for anchor, positive, negative, label in loader:
            a, p, n = model(anchor, positive, negative)
            pair = contrastive(a, p, torch.ones(len(a))) + contrastive(a, n, -torch.ones(len(a)))
            loss = triplet(a, p, n) + 0.5 * pair + 0.1 * hardest_negative(a, label, 0.2)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
