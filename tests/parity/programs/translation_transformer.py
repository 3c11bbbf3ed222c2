"""A translation toy with nn.Transformer: sinusoidal positions, causal and padding masks, the Noam schedule, greedy decoding."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

PAD, BOS, EOS = 0, 1, 2
VOCABULARY = 14


class PositionalEncoding(nn.Module):
    def __init__(self, emb_size, dropout, maxlen=64):
        super().__init__()
        den = torch.exp(-torch.arange(0, emb_size, 2) * math.log(10000) / emb_size)
        pos = torch.arange(0, maxlen).reshape(maxlen, 1)
        pos_embedding = torch.zeros((maxlen, emb_size))
        pos_embedding[:, 0::2] = torch.sin(pos * den)
        pos_embedding[:, 1::2] = torch.cos(pos * den)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("pos_embedding", pos_embedding.unsqueeze(-2), persistent=False)

    def forward(self, token_embedding):
        return self.dropout(token_embedding + self.pos_embedding[:token_embedding.size(0), :])


class Seq2SeqTransformer(nn.Module):
    def __init__(self, emb_size=32, nhead=4, layers=2, dropout=0.1):
        super().__init__()
        self.transformer = nn.Transformer(d_model=emb_size, nhead=nhead, num_encoder_layers=layers,
                                          num_decoder_layers=layers, dim_feedforward=64, dropout=dropout, norm_first=True)
        self.generator = nn.Linear(emb_size, VOCABULARY)
        self.src_tok_emb = nn.Embedding(VOCABULARY, emb_size, padding_idx=PAD)
        self.tgt_tok_emb = nn.Embedding(VOCABULARY, emb_size, padding_idx=PAD)
        self.positional_encoding = PositionalEncoding(emb_size, dropout)
        self.emb_size = emb_size
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)

    def embed(self, table, tokens):
        return self.positional_encoding(table(tokens.long()) * math.sqrt(self.emb_size))

    def forward(self, src, tgt):
        tgt_mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(0))
        src_padding, tgt_padding = (src == PAD).transpose(0, 1), (tgt == PAD).transpose(0, 1)
        tgt_padding = torch.zeros(tgt_padding.shape).masked_fill(tgt_padding, float("-inf"))
        src_padding = torch.zeros(src_padding.shape).masked_fill(src_padding, float("-inf"))
        outs = self.transformer(self.embed(self.src_tok_emb, src), self.embed(self.tgt_tok_emb, tgt), tgt_mask=tgt_mask,
                                src_key_padding_mask=src_padding, tgt_key_padding_mask=tgt_padding,
                                memory_key_padding_mask=src_padding)
        return self.generator(outs)

    def encode(self, src):
        return self.transformer.encoder(self.embed(self.src_tok_emb, src))

    def decode(self, tgt, memory):
        mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(0))
        return self.transformer.decoder(self.embed(self.tgt_tok_emb, tgt), memory, mask)


def make_batch(size):
    """The translation of a sentence is the same words backwards, each one further in the alphabet."""
    lengths = torch.randint(3, 8, (size,))
    src, tgt = torch.full((8, size), PAD), torch.full((9, size), PAD)
    for i, n in enumerate(lengths.tolist()):
        words = torch.randint(3, VOCABULARY, (n,))
        src[:n, i], src[n, i] = words, EOS
        tgt[0, i], tgt[n + 1, i] = BOS, EOS
        tgt[1:n + 1, i] = (words.flip(0) - 3 + 1) % (VOCABULARY - 3) + 3
    return src, tgt


@torch.no_grad()
def greedy_decode(model, src, max_len):
    memory = model.encode(src)
    ys = torch.ones(1, 1).fill_(BOS).type(torch.long)
    for _ in range(max_len - 1):
        out = model.decode(ys, memory).transpose(0, 1)
        _, next_word = torch.max(model.generator(out[:, -1]), dim=1)
        ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(next_word.item())], dim=0)
        if next_word.item() == EOS:
            break
    return ys.flatten()


def main():
    torch.manual_seed(30)
    model = Seq2SeqTransformer()
    loss_fn = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=0.1)
    optimizer = optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    warmup = 20
    scheduler = optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 32 ** -0.5 * 0.15 * min((step + 1) ** -0.5, (step + 1) * warmup ** -1.5))
    losses = []
    for _ in range(50):
        model.train()
        src, tgt = make_batch(16)
        logits = model(src, tgt[:-1, :])
        optimizer.zero_grad()
        loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt[1:, :].reshape(-1))
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    model.eval()
    src, tgt = make_batch(16)
    with torch.no_grad():
        losses.append(F.cross_entropy(model(src, tgt[:-1]).flatten(0, 1), tgt[1:].flatten(), ignore_index=PAD).item())
    return losses + [float(t) for t in greedy_decode(model, src[:4, :1], 8)]
