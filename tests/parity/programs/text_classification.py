"""News-like topics by an EmbeddingBag over words and hashed bigrams, offsets in the batches, SGD with StepLR; and a TextCNN."""

import random
import zlib
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader

TOPICS = {
    "sport": "team game goal season player coach match win league final ball score".split(),
    "money": "market bank price stock trade profit share growth rate dollar loss fund".split(),
    "science": "star cell energy theory planet gene light data study space test field".split(),
}
COMMON = "the a of in on and with for new after over from more at by".split()


def documents(n, rng):
    names, found = sorted(TOPICS), []
    for _ in range(n):
        label = rng.randrange(len(names))
        words = [rng.choice(TOPICS[names[label]] if rng.random() < 0.3 else COMMON) for _ in range(rng.randint(5, 14))]
        found.append((label, words))
    return found


class Collate:
    def __init__(self, data, buckets=64):
        counts = Counter(word for _, words in data for word in words)
        self.stoi = {w: i + 1 for i, (w, _) in enumerate(sorted(counts.items()))}
        self.buckets = buckets
        self.size = len(self.stoi) + 1 + buckets

    def tokens(self, words):
        ids = [self.stoi.get(w, 0) for w in words]
        pairs = [zlib.crc32(" ".join(p).encode()) % self.buckets + len(self.stoi) + 1 for p in zip(words, words[1:])]
        return ids + pairs

    def __call__(self, batch):
        labels, texts, offsets, padded = [], [], [0], []
        for label, words in batch:
            labels.append(label)
            ids = torch.tensor(self.tokens(words), dtype=torch.int64)
            texts.append(ids)
            offsets.append(ids.size(0))
            padded.append(torch.tensor([self.stoi.get(w, 0) for w in words]))
        offsets = torch.tensor(offsets[:-1]).cumsum(dim=0)
        return torch.tensor(labels), torch.cat(texts), offsets, nn.utils.rnn.pad_sequence(padded, batch_first=True)


class TextClassificationModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class, mode):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, mode=mode)
        self.fc = nn.Linear(embed_dim, num_class)
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


class TextCNN(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv2d(1, 8, (k, embed_dim), padding=(k - 1, 0)) for k in (2, 3, 4)])
        self.fc1 = nn.Linear(24, num_class)

    def forward(self, x):
        x = self.embed(x).unsqueeze(1)
        x = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        x = torch.cat([F.max_pool1d(i, i.size(2)).squeeze(2) for i in x], 1)
        return self.fc1(x)


def main():
    torch.manual_seed(52)
    data = documents(240, random.Random(52))
    collate = Collate(data)
    loader = DataLoader(data, batch_size=12, shuffle=True, collate_fn=collate)
    models = [TextClassificationModel(collate.size, 16, 3, mode) for mode in ("mean", "sum", "max")]
    cnn = TextCNN(len(collate.stoi) + 1, 12, 3)
    optimizers = [optim.SGD(model.parameters(), lr=lr) for model, lr in zip(models, (2.0, 0.2, 1.0))]
    optimizers.append(optim.Rprop(cnn.parameters(), lr=1e-3))
    schedulers = [optim.lr_scheduler.StepLR(o, 1, gamma=0.5) for o in optimizers]
    losses, correct = [], 0
    for _ in range(3):
        for label, text, offsets, padded in loader:
            for model, optimizer in zip([*models, cnn], optimizers):
                optimizer.zero_grad()
                output = model(padded) if model is cnn else model(text, offsets)
                loss = F.cross_entropy(output, label)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                optimizer.step()
                losses.append(loss.item())
                correct += (output.argmax(1) == label).sum().item()
        for scheduler in schedulers:
            scheduler.step()
    return losses + [float(correct)]
