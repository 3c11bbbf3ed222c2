"""A Vision Transformer (Dosovitskiy et al. 2021): patches by a convolution, class token, stochastic depth, pre-norm blocks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


class PatchEmbedding(nn.Module):
    def __init__(self, image, patch, channels, width):
        super().__init__()
        self.count = (image // patch) ** 2
        self.proj = nn.Conv2d(channels, width, kernel_size=patch, stride=patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class DropPath(nn.Module):
    """Drops the whole residual branch of some samples."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if self.p == 0.0 or not self.training:
            return x
        keep = 1 - self.p
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * mask.div_(keep)


class Block(nn.Module):
    def __init__(self, width, heads, drop_path):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = nn.MultiheadAttention(width, heads, dropout=0.1, batch_first=True)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * width, width))
        self.drop_path = DropPath(drop_path)

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.drop_path(self.attn(h, h, h, need_weights=False)[0])
        return x + self.drop_path(self.mlp(self.norm2(x)))


class VisionTransformer(nn.Module):
    def __init__(self, image=24, patch=4, channels=3, classes=5, width=48, depth=4, heads=4):
        super().__init__()
        self.patch_embed = PatchEmbedding(image, patch, channels, width)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, self.patch_embed.count + 1, width))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        rates = [r.item() for r in torch.linspace(0, 0.2, depth)]
        self.blocks = nn.Sequential(*[Block(width, heads, rate) for rate in rates])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, classes)
        self.apply(self._init)

    def _init(self, m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=0.02)
            if m.bias is not None:
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return self.head(x[:, 0])


def stripes(n, size=24):
    """A class is an orientation of stripes; phase, colour and noise are random."""
    labels = torch.randint(0, 5, (n,))
    angle = labels * (3.14159265 / 5)
    axis = torch.arange(size) * 0.8
    wave = (torch.cos(angle)[:, None, None] * axis[None, :, None] + torch.sin(angle)[:, None, None] * axis[None, None, :])
    wave = torch.sin(wave + 6.28 * torch.rand(n, 1, 1))
    return torch.rand(n, 3, 1, 1) * wave.unsqueeze(1) + 0.2 * torch.randn(n, 3, size, size), labels


def main():
    torch.manual_seed(2021)
    model = VisionTransformer()
    no_decay = {id(p) for n, p in model.named_parameters() if p.ndim == 1 or n in ("cls_token", "pos_embed")}
    optimizer = optim.AdamW([
        {"params": [p for p in model.parameters() if id(p) not in no_decay]},
        {"params": [p for p in model.parameters() if id(p) in no_decay], "weight_decay": 0.0},
    ], lr=2e-3, weight_decay=0.05)
    scheduler = SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10),
                                         CosineAnnealingLR(optimizer, T_max=40)], milestones=[10])
    losses = []
    for _ in range(50):
        images, labels = stripes(8)
        loss = F.cross_entropy(model(images), labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    model.eval()
    with torch.inference_mode():
        images, labels = stripes(32)
        losses.append(F.cross_entropy(model(images), labels).item())
    return losses
