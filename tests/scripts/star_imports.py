from torch import *
from torch.nn import *
from torch.nn.functional import *
from torch.optim import *

manual_seed(3)


class Conv(Module):
    def __init__(self):
        Module.__init__(self)
        self.c1 = Conv1d(2, 4, 3, padding=1)
        self.p = Parameter(zeros(4, 1))
        self.out = Linear(4, 3)

    def forward(self, x):
        x = relu(self.c1(x) + self.p)
        return self.out(max(x, dim=2).values)


model = Conv()
x = randn(30, 2, 10)
y = sum(x[:, 0], 1).sign().long() + 1
optimizer = Adam(model.parameters(), lr=0.02)
for i in arange(30).tolist():  # the star of torch hides Python's range
    loss = cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if i % 6 == 0:
        print(i, "%.6f" % loss.item(), abs(model.p.grad).sum().item() > 0)
init.constant_(model.p, 2)
print(model.p.flatten().tolist(), all(tensor([True, True])).item())
