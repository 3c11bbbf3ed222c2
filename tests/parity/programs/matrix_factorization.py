"""Recommendation by matrix factorisation with biases: embeddings, index_add, Adagrad, and a parameter group each."""

import torch
import torch.nn as nn
import torch.optim as optim


class Factors(nn.Module):
    def __init__(self, users, items, rank):
        super().__init__()
        self.users, self.items = nn.Embedding(users, rank), nn.Embedding(items, rank)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.mean = nn.Parameter(torch.zeros(()))
        nn.init.xavier_uniform_(self.users.weight)
        nn.init.xavier_uniform_(self.items.weight)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, user, item):
        product = (self.users(user) * self.items(item)).sum(-1)
        return product + self.user_bias(user).squeeze(-1) + self.item_bias(item).squeeze(-1) + self.mean


def main():
    torch.manual_seed(7)
    users, items = 30, 20
    truth = torch.randn(users, 3) @ torch.randn(3, items)
    user, item = torch.randint(0, users, (400,)), torch.randint(0, items, (400,))
    rating = truth[user, item].clamp(-3, 3) + 0.1 * torch.randn(400)
    model = Factors(users, items, 4)
    optimizer = optim.Adagrad([
        {"params": [model.users.weight, model.items.weight]},
        {"params": [model.user_bias.weight, model.item_bias.weight, model.mean], "lr": 0.05},
    ], lr=0.1)
    criterion = nn.SmoothL1Loss()
    losses = []
    for _ in range(50):
        rows = torch.randperm(400)[:100]
        optimizer.zero_grad()
        loss = criterion(model(user[rows], item[rows]), rating[rows])
        loss = loss + 1e-3 * sum(p.square().sum() for p in model.parameters())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    counts = torch.zeros(users).index_add_(0, user, torch.ones(400))
    losses.append(counts.max().item())
    return losses
