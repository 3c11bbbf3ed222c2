# Newton's method, a gradient penalty, and LBFGS with a closure.
import torch
from torch.autograd import functional as AF, grad
from torch.autograd.functional import hessian
import torch.linalg as LA, torch.fft

torch.set_default_dtype(torch.double)
torch.manual_seed(0)


def rosenbrock(x):
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


x = torch.tensor([1.2, 1.1, 1.3])
for i in range(8):
    g = AF.jacobian(rosenbrock, x)
    x = x - LA.solve(hessian(rosenbrock, x), g)
    print(i, f"{rosenbrock(x).item():.9f}")

critic = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Softplus(), torch.nn.Linear(8, 1))
opt = torch.optim.RMSprop(critic.parameters(), lr=0.01)
for i in range(10):
    z = torch.randn(16, 3).requires_grad_()
    gradients, = grad(critic(z).sum(), z, create_graph=True)
    penalty = ((LA.norm(gradients, dim=1) - 1) ** 2).mean()
    opt.zero_grad(); penalty.backward(); opt.step()
    print(i, f"{penalty.item():.9f}")

w = torch.zeros(6, requires_grad=True)
target = torch.fft.rfft(torch.arange(6.)).abs()
lbfgs = torch.optim.LBFGS([w], lr=0.5, line_search_fn="strong_wolfe")


def closure():
    lbfgs.zero_grad()
    loss = (torch.fft.rfft(w + 1).abs() - target).pow(2).sum() + torch.special.expit(w).sum() * 1e-2
    loss.backward()
    return loss


for i in range(3):
    print(i, f"{lbfgs.step(closure).item():.7f}")
