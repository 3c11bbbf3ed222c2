# A model with nn.Sequential, all at the top of the file.
import math

import torch

torch.manual_seed(0)
x = torch.linspace(-math.pi, math.pi, 200)
y = torch.sin(x)

p = torch.tensor([1, 2, 3])
xx = x.unsqueeze(-1).pow(p)  # (200, 3)

model = torch.nn.Sequential(
    torch.nn.Linear(3, 16), torch.nn.ReLU(),
    torch.nn.Linear(16, 1),
    torch.nn.Flatten(0, 1),
)
loss_fn = torch.nn.MSELoss(reduction='sum')
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)

for t in range(60):
    y_pred = model(xx)
    loss = loss_fn(y_pred, y)
    if t % 10 == 9:
        print(t, f"{loss.item():.4f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

linear_layer = model[0]
print(f'weights: {linear_layer.weight[0, 0].item():.5f}, bias: {linear_layer.bias[0].item():.5f}')
