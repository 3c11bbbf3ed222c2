"""Sequence labelling with a bidirectional GRU, packed sequences and CTC loss, Adadelta and ReduceLROnPlateau."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.optim.lr_scheduler import ReduceLROnPlateau


class Labeller(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 12, bidirectional=True)
        self.head = nn.Linear(24, 6)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.gru(packed)[0])
        return F.log_softmax(self.head(h), dim=-1)


def main():
    torch.manual_seed(10)
    x = torch.randn(14, 4, 5)
    lengths = torch.tensor([14, 10, 12, 9])
    target = torch.randint(1, 6, (4, 4))
    target_lengths = torch.tensor([4, 2, 3, 3])
    model = Labeller()
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = ReduceLROnPlateau(optimizer, patience=2)
    criterion = nn.CTCLoss(blank=0, zero_infinity=True)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = criterion(model(x, lengths), target, lengths, target_lengths)
        loss.backward()
        optimizer.step()
        scheduler.step(loss.item())
        losses.append(loss.item())
    return losses
