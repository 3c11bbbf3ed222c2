import torch
from torch.autograd import Function, gradcheck, Variable
import torch.autograd as autograd


class LegendrePolynomial3(torch.autograd.Function):
    """P3(x) = (5 x^3 - 3 x) / 2"""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input ** 3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input ** 2 - 1)


class Clip(Function):
    @staticmethod
    def forward(ctx, x, low, high):
        ctx.save_for_backward((x > low) & (x < high))
        ctx.mark_non_differentiable()
        return x.clamp(low, high)

    @staticmethod
    @autograd.function.once_differentiable
    def backward(ctx, g):
        (inside,) = ctx.saved_tensors
        return g * inside, None, None


dtype = torch.float64
x = torch.linspace(-3, 3, 100, dtype=dtype)
y = torch.sin(x)
a, b, c, d = (torch.full((), v, dtype=dtype, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))

P3 = LegendrePolynomial3.apply
for t in range(50):
    y_pred = a + b * P3(c + d * x)
    loss = (y_pred - y).pow(2).mean()
    if t % 10 == 0:
        print("step", t, "loss", f"{loss.item():.10f}")
    loss.backward()
    with torch.no_grad():
        for q in (a, b, c, d):
            q -= 5e-3 * q.grad
            q.grad = None

v = Variable(torch.randn(4, dtype=dtype, generator=torch.Generator().manual_seed(3)), requires_grad=True)
print(gradcheck(P3, (v,)), isinstance(v, Variable))
(g,) = autograd.grad(Clip.apply(v * 2, -1.0, 1.0).sum(), v)
print(g.tolist())
