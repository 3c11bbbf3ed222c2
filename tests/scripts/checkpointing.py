import os
import sys
import tempfile
import torch
from torch import nn, optim
from torch.utils.checkpoint import checkpoint


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(5, 20), nn.Tanh())
        self.out = nn.Linear(20, 1)

    def forward(self, x):
        x = checkpoint(self.inner, x, use_reentrant=False)
        return self.out(x)


def train(model, optimizer, epochs):
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(data), labels)
        loss.backward()
        optimizer.step()
    return loss


torch.manual_seed(42)
data = torch.randn(50, 5)
labels = (data.sum(1, keepdim=True) > 0).float()
model, PATH = Model(), os.path.join(tempfile.mkdtemp(), "model.pt")
optimizer = optim.Adam(model.parameters(), lr=0.01)
loss = train(model, optimizer, 10)
torch.save({
    'epoch': 10,
    'model_state_dict': model.state_dict(),
    'optimizer_state_dict': optimizer.state_dict(),
    'loss': loss.detach(),
    'rng': torch.get_rng_state(),
}, PATH)
print(f"at 10: {loss.item():.7f}")
loss = train(model, optimizer, 10)
print(f"at 20: {loss.item():.7f}")

model = Model()
optimizer = optim.Adam(model.parameters(), lr=0.01)
saved = torch.load(PATH, map_location=torch.device("cpu"), weights_only=True)
print(model.load_state_dict(saved['model_state_dict']))
optimizer.load_state_dict(saved['optimizer_state_dict'])
torch.set_rng_state(saved['rng'])
print(f"resumed at {saved['epoch']}: {saved['loss'].item():.7f}, then {train(model, optimizer, 10).item():.7f}")
sys.exit(3)
