"""A character model: embedding, LSTM, gradient clipping, RMSprop; the state is carried over and detached."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

TEXT = "the quick brown fox jumps over the lazy dog and runs away from the other quick dogs " * 8


class CharModel(nn.Module):
    def __init__(self, vocabulary, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, 12)
        self.lstm = nn.LSTM(12, hidden, num_layers=2, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, x, state=None):
        h, state = self.lstm(self.embed(x), state)
        return self.head(h), state


def main():
    torch.manual_seed(2)
    alphabet = sorted(set(TEXT))
    codes = torch.tensor([alphabet.index(c) for c in TEXT])
    model = CharModel(len(alphabet), 24)
    optimizer = optim.RMSprop(model.parameters(), lr=3e-3)
    losses, state, at = [], None, 0
    for _ in range(50):
        if at + 2 * 12 + 1 > len(codes):
            at, state = 0, None
        chunk = codes[at:at + 25]
        x, y = chunk[:24].view(2, 12), chunk[1:25].view(2, 12)
        at += 24
        if state is not None:
            state = tuple(s.detach() for s in state)
        logits, state = model(x, state)
        loss = F.cross_entropy(logits.reshape(-1, len(alphabet)), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses
