import torch
import torch.nn as tnn
import torch.optim
from torch.optim import Adam, SGD, lr_scheduler
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,  # down, along a cosine
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,  # the odd one: it wants the loss
    SequentialLR,
)


def run(make):
    torch.manual_seed(0)
    model = tnn.Linear(4, 1)
    optimizer, scheduler = make(model.parameters())
    x, y = torch.randn(32, 4), torch.randn(32, 1)
    for step in range(12):
        optimizer.zero_grad()
        loss = tnn.functional.smooth_l1_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(loss.detach())
        else:
            scheduler.step()
        if step % 4 == 3:
            print(type(scheduler).__name__, step, f"{loss.item():.7f}", f"{optimizer.param_groups[0]['lr']:.7f}")


def warmup(parameters):
    o = torch.optim.AdamW(parameters, lr=0.05)
    return o, SequentialLR(o, [LinearLR(o, 0.1, total_iters=4), CosineAnnealingLR(o, 8)], milestones=[4])


def simple(kind, **options):
    def make(parameters):
        o = SGD(parameters, lr=0.1, momentum=0.9, nesterov=True)
        return o, kind(o, **options)
    return make


run(warmup)
run(simple(lr_scheduler.StepLR, step_size=3))
run(simple(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9))
run(simple(OneCycleLR, max_lr=0.2, total_steps=12))
run(simple(ReduceLROnPlateau, patience=1, threshold=0.5))
run(simple(lr_scheduler.LambdaLR, lr_lambda=lambda n: 0.95 ** n))
