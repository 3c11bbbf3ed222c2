"""Speech recognition in miniature: phonemes as chirps, a log spectrogram, convolutions, a bidirectional LSTM, CTC."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

PHONEMES = 6
RATE = 2000


def phoneme(k, duration):
    """Phoneme k is a chirp that starts at 150 k hertz."""
    t = torch.arange(duration) / RATE
    return torch.sin(2 * torch.pi * (150.0 * k * t + 300.0 * t ** 2)) * torch.hann_window(duration)


def utterance():
    labels = torch.randint(1, PHONEMES, (int(torch.randint(2, 5, ())),))
    pieces = []
    for k in labels.tolist():
        pieces += [phoneme(k, int(torch.randint(200, 320, ()))), torch.zeros(40)]
    sound = torch.cat(pieces)
    return sound + 0.05 * torch.randn_like(sound), labels


def features(sound, n_fft=64, hop=32):
    spectrum = torch.stft(sound, n_fft, hop_length=hop, window=torch.hann_window(n_fft), return_complex=True)
    return torch.log1p(spectrum.abs() ** 2)


def collate(batch):
    spectrograms = [features(sound).t() for sound, _ in batch]
    targets = [labels for _, labels in batch]
    frames = torch.tensor([len(s) for s in spectrograms])
    return (nn.utils.rnn.pad_sequence(spectrograms, batch_first=True), torch.cat(targets), frames,
            torch.tensor([len(t) for t in targets]))


class SpeechRecognition(nn.Module):
    def __init__(self, n_feats=33, rnn_dim=32):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 8, (3, 3), stride=(2, 2), padding=(1, 1)), nn.GroupNorm(2, 8), nn.GELU(),
            nn.Conv2d(8, 8, (3, 3), padding=(1, 1)), nn.GroupNorm(2, 8), nn.GELU())
        self.fully_connected = nn.Linear(8 * ((n_feats + 1) // 2), rnn_dim)
        self.rnn = nn.LSTM(rnn_dim, rnn_dim, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
        self.classifier = nn.Sequential(nn.Linear(2 * rnn_dim, rnn_dim), nn.GELU(), nn.Dropout(0.1),
                                        nn.Linear(rnn_dim, PHONEMES))

    def forward(self, x):
        x = self.cnn(x.unsqueeze(1))
        b, c, t, f = x.size()
        x = self.fully_connected(x.permute(0, 2, 1, 3).reshape(b, t, c * f))
        x, _ = self.rnn(x)
        return F.log_softmax(self.classifier(x), dim=2)


def greedy(log_probs, frames):
    """The most likely path with repeats merged and blanks removed."""
    decoded = []
    for path, length in zip(log_probs.argmax(2), frames):
        path = torch.unique_consecutive(path[:length])
        decoded.append(path[path != 0].tolist())
    return decoded


def main():
    torch.manual_seed(29)
    data = [utterance() for _ in range(24)]
    model = SpeechRecognition()
    criterion = nn.CTCLoss(blank=0, reduction="mean", zero_infinity=True)
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=50, anneal_strategy="linear")
    losses = []
    for step in range(50):
        batch = [data[(4 * step + i) % len(data)] for i in range(4)]
        spectrograms, targets, frames, target_lengths = collate(batch)
        output = model(spectrograms)
        frames = (frames + 1) // 2
        loss = criterion(output.transpose(0, 1), targets, frames, target_lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        spectrograms, _, frames, _ = collate(data[:4])
        decoded = greedy(model(spectrograms), (frames + 1) // 2)
    return losses + [float(len(d)) for d in decoded]
