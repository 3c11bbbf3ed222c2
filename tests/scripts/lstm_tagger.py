import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence, pack_padded_sequence, pad_packed_sequence

torch.manual_seed(1)


def prepare_sequence(seq, to_ix):
    idxs = [to_ix[w] for w in seq]
    return torch.tensor(idxs, dtype=torch.long)


training_data = [
    ("The dog ate the apple".split(), ["DET", "NN", "V", "DET", "NN"]),
    ("Everybody read that book".split(), ["NN", "V", "DET", "NN"])
]
word_to_ix = {}
for sent, tags in training_data:
    for word in sent:
        if word not in word_to_ix:
            word_to_ix[word] = len(word_to_ix)
tag_to_ix = {"DET": 0, "NN": 1, "V": 2}

EMBEDDING_DIM = 6
HIDDEN_DIM = 6


class LSTMTagger(nn.Module):

    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super(LSTMTagger, self).__init__()
        self.hidden_dim = hidden_dim
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentences, lengths):
        embeds = self.word_embeddings(sentences)
        packed, _ = self.lstm(pack_padded_sequence(embeds, lengths, enforce_sorted=False))
        lstm_out, _ = pad_packed_sequence(packed)
        tag_space = self.hidden2tag(lstm_out)
        return F.log_softmax(tag_space, dim=-1)


model = LSTMTagger(EMBEDDING_DIM, HIDDEN_DIM, len(word_to_ix), len(tag_to_ix))
loss_function = nn.NLLLoss(ignore_index=-1)
optimizer = optim.SGD(model.parameters(), lr=0.5)

sentences = pad_sequence([prepare_sequence(s, word_to_ix) for s, _ in training_data])
targets = pad_sequence([prepare_sequence(t, tag_to_ix) for _, t in training_data], padding_value=-1)
lengths = [len(s) for s, _ in training_data]
for epoch in range(40):
    model.zero_grad()
    tag_scores = model(sentences, lengths)
    loss = loss_function(tag_scores.view(-1, 3), targets.view(-1))
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if epoch % 8 == 0:
        print(epoch, f"{loss:.6f} {float(norm):.6f}")

with torch.no_grad():
    print(model(sentences, lengths).argmax(-1).t().tolist())
