"""A neural ODE (Chen et al. 2018) that learns a spiral's dynamics through a fixed-step Runge-Kutta solver of order four."""

import torch
import torch.nn as nn
import torch.optim as optim


class Lambda(nn.Module):
    """The true dynamics: a cubic spiral."""

    def __init__(self):
        super().__init__()
        self.register_buffer("true_A", torch.tensor([[-0.1, 2.0], [-2.0, -0.1]]))

    def forward(self, t, y):
        return torch.mm(y ** 3, self.true_A)


class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)
        self.calls = 0

    def forward(self, t, y):
        self.calls += 1
        return self.net(y ** 3)


def rk4_step(func, t, dt, y):
    """The 3/8 rule of Kutta (1901)."""
    k1 = func(t, y)
    k2 = func(t + dt / 3, y + dt * k1 / 3)
    k3 = func(t + dt * 2 / 3, y + dt * (k2 - k1 / 3))
    k4 = func(t + dt, y + dt * (k1 - k2 + k3))
    return (k1 + 3 * (k2 + k3) + k4) * dt / 8


def odeint(func, y0, t):
    solution = [y0]
    for t0, t1 in zip(t[:-1], t[1:]):
        solution.append(solution[-1] + rk4_step(func, t0, t1 - t0, solution[-1]))
    return torch.stack(solution, dim=0)


def get_batch(true_y, t, batch_time=8, batch_size=16):
    s = torch.randperm(len(t) - batch_time)[:batch_size]
    batch_y0 = true_y[s]
    batch_y = torch.stack([true_y[s + i] for i in range(batch_time)], dim=0)
    return batch_y0.squeeze(1), t[:batch_time], batch_y.squeeze(2)


def main():
    torch.manual_seed(25)
    true_y0 = torch.tensor([[2.0, 0.0]])
    t = torch.linspace(0.0, 10.0, 200)
    with torch.no_grad():
        true_y = odeint(Lambda(), true_y0, t)
    func = ODEFunc()
    optimizer = optim.RMSprop(func.parameters(), lr=1e-3)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        batch_y0, batch_t, batch_y = get_batch(true_y, t)
        pred_y = odeint(func, batch_y0, batch_t)
        loss = torch.mean(torch.abs(pred_y - batch_y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        losses.append(torch.mean(torch.abs(odeint(func, true_y0, t[:50]) - true_y[:50])).item())
    return losses + [float(func.calls)]
