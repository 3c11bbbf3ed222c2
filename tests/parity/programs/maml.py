"""Model-agnostic meta-learning (Finn et al. 2017): the outer gradient runs through the steps of the inner optimisation."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import grad


class Learner(nn.Module):
    """A regression network whose forward can run on parameters that are not its own."""

    def __init__(self, hidden=32):
        super().__init__()
        self.vars = nn.ParameterList()
        for inputs, outputs in ((1, hidden), (hidden, hidden), (hidden, 1)):
            weight = nn.Parameter(torch.ones(outputs, inputs))
            nn.init.kaiming_normal_(weight)
            self.vars.append(weight)
            self.vars.append(nn.Parameter(torch.zeros(outputs)))
        self.log_rates = nn.ParameterList([nn.Parameter(torch.full((), math.log(0.01))) for _ in self.vars])

    def forward(self, x, vars=None):
        w1, b1, w2, b2, w3, b3 = self.vars if vars is None else vars
        h = torch.tanh(F.linear(x, w1, b1))
        h = F.layer_norm(F.linear(h, w2, b2), (w2.size(0),))
        return F.linear(F.softplus(h), w3, b3)


class SineTask:
    def __init__(self):
        self.amplitude = 0.5 + 2 * torch.rand(1)
        self.phase = math.pi * torch.rand(1)

    def sample(self, k):
        x = 6 * torch.rand(k, 1) - 3
        return x, self.amplitude * torch.sin(x + self.phase)


class Meta:
    def __init__(self, net, meta_lr, inner_steps):
        self.net, self.inner_steps = net, inner_steps
        self.optimizer = optim.Adam(net.parameters(), lr=meta_lr)

    def adapt(self, x, y, create_graph):
        fast = list(self.net.vars)
        for _ in range(self.inner_steps):
            loss = F.mse_loss(self.net(x, fast), y)
            slopes = grad(loss, fast, create_graph=create_graph)
            fast = [p - rate.exp() * g for p, rate, g in zip(fast, self.net.log_rates, slopes)]
        return fast

    def train_step(self, tasks):
        before, after = 0.0, 0.0
        for task in tasks:
            (x_spt, y_spt), (x_qry, y_qry) = task.sample(10), task.sample(10)
            fast = self.adapt(x_spt, y_spt, create_graph=True)
            with torch.no_grad():
                before += F.mse_loss(self.net(x_qry), y_qry).item()
            after = after + F.mse_loss(self.net(x_qry, fast), y_qry)
        after = after / len(tasks)
        self.optimizer.zero_grad()
        after.backward()
        self.optimizer.step()
        return before / len(tasks), after.item()

    def finetune(self, task):
        (x_spt, y_spt), (x_qry, y_qry) = task.sample(10), task.sample(50)
        fast = self.adapt(x_spt, y_spt, create_graph=False)
        with torch.no_grad():
            return F.mse_loss(self.net(x_qry, fast), y_qry).item()


def main():
    torch.manual_seed(222)
    meta = Meta(Learner(), meta_lr=1e-3, inner_steps=2)
    losses = []
    for _ in range(50):
        losses += meta.train_step([SineTask() for _ in range(4)])
    losses.append(meta.finetune(SineTask()))
    return losses
