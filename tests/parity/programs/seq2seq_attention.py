"""Translation of digit strings to reversed words by a GRU encoder and decoder with additive attention (Bahdanau et al. 2015)."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

PAD, SOS, EOS = 0, 1, 2
MAX_LENGTH = 8


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size, padding_idx=PAD)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.reduce = nn.Linear(2 * hidden_size, hidden_size)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input, lengths):
        embedded = self.dropout(self.embedding(input))
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        output, hidden = self.gru(packed)
        output, _ = pad_packed_sequence(output, batch_first=True)
        return self.reduce(output), torch.tanh(self.reduce(torch.cat((hidden[0], hidden[1]), dim=1))).unsqueeze(0)


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        scores = scores.squeeze(2).unsqueeze(1).masked_fill(mask.unsqueeze(1), float("-inf"))
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, encoder_outputs, hidden, mask, steps, target=None):
        input = torch.empty(encoder_outputs.size(0), 1, dtype=torch.long).fill_(SOS)
        outputs = []
        for i in range(steps):
            output, hidden = self.forward_step(input, hidden, encoder_outputs, mask)
            outputs.append(output)
            if target is not None:
                input = target[:, i].unsqueeze(1)  # teacher forcing
            else:
                _, topi = output.topk(1)
                input = topi.squeeze(-1).detach()
        return F.log_softmax(torch.cat(outputs, dim=1), dim=-1)

    def forward_step(self, input, hidden, encoder_outputs, mask):
        embedded = self.dropout(self.embedding(input))
        context, _ = self.attention(hidden.permute(1, 0, 2), encoder_outputs, mask)
        output, hidden = self.gru(torch.cat((embedded, context), dim=2), hidden)
        return self.out(output), hidden


def make_batch(rng, size):
    """A source is a string of digits; its target is the string reversed, with each digit raised by one."""
    sources, targets = [], []
    for _ in range(size):
        digits = [rng.randrange(8) for _ in range(rng.randint(3, MAX_LENGTH - 1))]
        sources.append(torch.tensor([d + 3 for d in digits] + [EOS]))
        targets.append(torch.tensor([(d + 1) % 8 + 3 for d in reversed(digits)] + [EOS]))
    lengths = torch.tensor([len(s) for s in sources])
    return pad_sequence(sources, batch_first=True), lengths, pad_sequence(targets, batch_first=True, padding_value=PAD)


def main():
    torch.manual_seed(17)
    rng = random.Random(17)
    encoder, decoder = EncoderRNN(11, 32), AttnDecoderRNN(32, 11)
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=5e-3)
    decoder_optimizer = optim.Adam(decoder.parameters(), lr=5e-3)
    criterion = nn.NLLLoss(ignore_index=PAD)
    losses = []
    for step in range(50):
        source, lengths, target = make_batch(rng, 16)
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        outputs, hidden = encoder(source, lengths)
        teacher = target if step % 5 else None
        log_probs = decoder(outputs, hidden, source == PAD, target.size(1), teacher)
        loss = criterion(log_probs.view(-1, log_probs.size(-1)), target.view(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(list(encoder.parameters()) + list(decoder.parameters()), 5.0)
        encoder_optimizer.step()
        decoder_optimizer.step()
        losses.append(loss.item())
    return losses
