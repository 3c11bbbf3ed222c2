"""Skip-gram with negative sampling (Mikolov et al. 2013): unigram table, subsampling, nearest words by cosine."""

import random
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

SUBJECTS = {"king": "crown", "queen": "crown", "farmer": "field", "sailor": "ship", "captain": "ship", "miller": "field"}
VERBS = ["sees", "wants", "keeps", "loses", "guards"]


def corpus(sentences):
    rng = random.Random(7)
    text = []
    for _ in range(sentences):
        subject = rng.choice(sorted(SUBJECTS))
        text += ["the", subject, rng.choice(VERBS), "the", SUBJECTS[subject], "."]
    return text


class Vocabulary:
    def __init__(self, text, t=1e-2):
        counts = Counter(text)
        self.words = [w for w, _ in counts.most_common()]
        self.index = {w: i for i, w in enumerate(self.words)}
        frequency = np.array([counts[w] for w in self.words], dtype=np.float64)
        frequency /= frequency.sum()
        self.keep = np.minimum(1.0, np.sqrt(t / frequency) + t / frequency)
        unigram = frequency ** 0.75
        self.noise = torch.from_numpy(unigram / unigram.sum()).float()

    def __len__(self):
        return len(self.words)


class SkipGram(nn.Module):
    def __init__(self, vocabulary, dimension):
        super().__init__()
        self.u_embeddings = nn.Embedding(vocabulary, dimension)
        self.v_embeddings = nn.Embedding(vocabulary, dimension)
        initrange = 0.5 / dimension
        self.u_embeddings.weight.data.uniform_(-initrange, initrange)
        self.v_embeddings.weight.data.uniform_(-0, 0)

    def forward(self, pos_u, pos_v, neg_v):
        emb_u, emb_v, neg_emb_v = self.u_embeddings(pos_u), self.v_embeddings(pos_v), self.v_embeddings(neg_v)
        score = torch.sum(torch.mul(emb_u, emb_v), dim=1)
        score = -F.logsigmoid(torch.clamp(score, max=10, min=-10))
        neg_score = torch.bmm(neg_emb_v, emb_u.unsqueeze(2)).squeeze(2)
        neg_score = -torch.sum(F.logsigmoid(-torch.clamp(neg_score, max=10, min=-10)), dim=1)
        return torch.mean(score + neg_score)


def pairs(text, vocabulary, window, rng):
    ids = [vocabulary.index[w] for w in text]
    ids = [i for i in ids if rng.random() < vocabulary.keep[i]]
    found = []
    for at, centre in enumerate(ids):
        reach = rng.randint(1, window)
        for other in range(max(0, at - reach), min(len(ids), at + reach + 1)):
            if other != at:
                found.append((centre, ids[other]))
    rng.shuffle(found)
    return torch.tensor(found)


def main():
    torch.manual_seed(13)
    rng = random.Random(13)
    text = corpus(400)
    vocabulary = Vocabulary(text)
    model = SkipGram(len(vocabulary), 16)
    optimizer = optim.Adam(model.parameters(), lr=2e-2)
    losses = []
    while len(losses) < 60:
        for batch in pairs(text, vocabulary, 3, rng).split(64)[:-1]:
            negatives = torch.multinomial(vocabulary.noise, len(batch) * 5, replacement=True).view(len(batch), 5)
            optimizer.zero_grad()
            loss = model(batch[:, 0], batch[:, 1], negatives)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    embeddings = F.normalize(model.u_embeddings.weight.detach(), dim=1)
    similarity = embeddings @ embeddings[vocabulary.index["king"]]
    return losses[:60] + similarity.tolist()
