"""A word-level LSTM language model: tied weights, dropout, truncated backpropagation, SGD whose rate falls on a plateau."""

import math

import torch
from torch import nn, optim

SENTENCES = [
    "the cat sat on the mat", "the dog sat on the rug", "the cat chased the dog around the house",
    "a bird sang in the old tree", "the dog chased a bird in the garden", "an old cat slept under the tree",
    "the bird flew over the house and the garden", "a dog and a cat slept on the old rug",
]


class Corpus:
    def __init__(self, sentences, repeats):
        self.word2idx = {}
        ids = []
        for line in sentences * repeats:
            for word in [*line.split(), "<eos>"]:
                ids.append(self.word2idx.setdefault(word, len(self.word2idx)))
        self.ids = torch.tensor(ids)

    def batchify(self, bsz):
        nbatch = self.ids.size(0) // bsz
        return self.ids.narrow(0, 0, nbatch * bsz).view(bsz, -1).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self, ntoken, ninp, nhid, nlayers, dropout=0.2):
        super().__init__()
        self.ntoken, self.nhid, self.nlayers = ntoken, nhid, nlayers
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid, nlayers, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        self.decoder.weight = self.encoder.weight
        self.init_weights()

    def init_weights(self):
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
        decoded = self.decoder(self.drop(output))
        return nn.functional.log_softmax(decoded.view(-1, self.ntoken), dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return weight.new_zeros(self.nlayers, bsz, self.nhid), weight.new_zeros(self.nlayers, bsz, self.nhid)


def repackage_hidden(h):
    """Detaches hidden states from their history."""
    if isinstance(h, torch.Tensor):
        return h.detach()
    return tuple(repackage_hidden(v) for v in h)


def get_batch(source, i, bptt):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i:i + seq_len], source[i + 1:i + 1 + seq_len].view(-1)


def evaluate(model, source, criterion, bptt):
    model.eval()
    total = 0.0
    hidden = model.init_hidden(source.size(1))
    with torch.no_grad():
        for i in range(0, source.size(0) - 1, bptt):
            data, targets = get_batch(source, i, bptt)
            output, hidden = model(data, hidden)
            hidden = repackage_hidden(hidden)
            total += len(data) * criterion(output, targets).item()
    return total / (len(source) - 1)


def main():
    torch.manual_seed(1111)
    corpus = Corpus(SENTENCES, repeats=20)
    train, valid = corpus.batchify(10), Corpus(SENTENCES[::-1], repeats=2).batchify(4)
    model = RNNModel(len(corpus.word2idx), 32, 32, 2)
    criterion = nn.NLLLoss()
    optimizer = optim.SGD(model.parameters(), lr=5.0)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.25, patience=0)
    bptt, losses, validation = 12, [], []
    while len(losses) < 50:
        model.train()
        hidden = model.init_hidden(10)
        for i in range(0, train.size(0) - 1, bptt):
            data, targets = get_batch(train, i, bptt)
            model.zero_grad()
            hidden = repackage_hidden(hidden)
            output, hidden = model(data, hidden)
            loss = criterion(output, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            optimizer.step()
            losses.append(loss.item())
        validation.append(math.exp(evaluate(model, valid, criterion, bptt)))
        scheduler.step(validation[-1])
    return losses + validation
