import torch
import torch as th
import torch.nn as nn
from functools import partial

th.manual_seed(5)
net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
activation = {}


def get_activation(name):
    def hook(model, input, output):
        activation[name] = output.detach()
    return hook


def scale(module, grad_input, grad_output, factor):
    return tuple(g * factor if g is not None else None for g in grad_input)


handles = [m.register_forward_hook(get_activation(n)) for n, m in net.named_modules() if n]
handles.append(net[0].register_full_backward_hook(partial(scale, factor=0.5)))
handles.append(net[2].register_forward_pre_hook(lambda m, i: (i[0] * 2,)))
x = torch.randn(6, 3, requires_grad=True)
opt = th.optim.Adagrad(net.parameters(), lr=.1)
opt.register_step_post_hook(lambda o, a, k: print("stepped", len(o.param_groups)))
for i in range(4):
    opt.zero_grad()
    out = net(x)
    out.register_hook(lambda g: g.clamp(-.1, .1))
    loss = out.square().mean()
    loss.backward()
    opt.step()
    print(f"{loss.item():.7f}", *(f"{k}={v.abs().mean():.6f}" for k, v in sorted(activation.items())),
          f"{x.grad.norm().item():.6f}")
for h in handles:
    h.remove()
activation.clear()
net(x)
print(activation, sorted(net.state_dict()), th.is_grad_enabled())
