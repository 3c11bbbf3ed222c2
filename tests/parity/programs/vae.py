"""A convolutional variational autoencoder (Kingma and Welling 2014) on drawn bars: reparametrisation, KL in closed form."""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Bars(Dataset):
    """Pictures of 16 x 16 with one to three horizontal or vertical bars."""

    def __init__(self, size):
        self.images = torch.zeros(size, 1, 16, 16)
        for image in self.images:
            for _ in range(int(torch.randint(1, 4, (1,)))):
                at, across = int(torch.randint(0, 15, (1,))), bool(torch.rand(1) < 0.5)
                if across:
                    image[0, at:at + 2, :] = 1.0
                else:
                    image[0, :, at:at + 2] = 1.0

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.SiLU(),
            nn.Flatten(), nn.Linear(32 * 4 * 4, 64), nn.SiLU())
        self.fc_mu = nn.Linear(64, latent)
        self.fc_logvar = nn.Linear(64, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, 32 * 4 * 4), nn.SiLU(), nn.Unflatten(1, (32, 4, 4)),
            nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1), nn.SiLU(),
            nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1))

    def encode(self, x):
        h = self.encoder(x)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decoder(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(logits, x, mu, logvar):
    BCE = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (BCE + KLD) / len(x)


def main():
    torch.manual_seed(3)
    data = Bars(160)
    loader = DataLoader(data, batch_size=16, shuffle=True, drop_last=True)
    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=2e-3, amsgrad=True)
    losses = []
    for _ in range(5):
        model.train()
        for x in loader:
            optimizer.zero_grad()
            recon, mu, logvar = model(x)
            loss = loss_function(recon, x, mu, logvar)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        mu, _ = model.encode(data.images)
        losses.append(F.mse_loss(torch.sigmoid(model.decoder(mu)), data.images).item())
        losses.append(torch.sigmoid(model.decoder(torch.randn(4, 8))).mean().item())
    return losses
