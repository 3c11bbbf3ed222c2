"""Sorting classification with nn.TransformerEncoder, padding mask, weight norm of the head, OneCycleLR."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import OneCycleLR


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 16, padding_idx=0)
        layer = nn.TransformerEncoderLayer(16, nhead=2, dim_feedforward=32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 3)

    def forward(self, tokens):
        empty = tokens == 0
        h = self.encoder(self.embed(tokens), src_key_padding_mask=empty)
        keep = (~empty).unsqueeze(-1).float()
        return self.head((h * keep).sum(1) / keep.sum(1))


def main():
    torch.manual_seed(9)
    model = Classifier()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = OneCycleLR(optimizer, max_lr=1e-2, total_steps=50)
    losses = []
    for _ in range(50):
        tokens = torch.randint(1, 11, (16, 6))
        length = torch.randint(3, 7, (16, 1))
        tokens = torch.where(torch.arange(6) < length, tokens, torch.zeros_like(tokens))
        target = (tokens.sum(1) // 12).clamp(max=2)
        loss = F.cross_entropy(model(tokens), target, weight=torch.tensor([1.0, 2.0, 0.5]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
