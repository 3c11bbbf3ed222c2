"""The mixed-precision boilerplate; without a GPU all of it passes through."""
import warnings
from contextlib import nullcontext

import torch
from torch import nn
from torch.cuda.amp import GradScaler as OldScaler, autocast as old_autocast

warnings.simplefilter("ignore")
torch.manual_seed(0)
torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = True
torch.set_float32_matmul_precision("high")

device_type = 'cuda' if torch.cuda.is_available() else 'cpu'
ptdtype = {'float32': torch.float32, 'float16': torch.float16}['float32']
ctx = nullcontext() if device_type == 'cpu' else torch.amp.autocast(device_type=device_type, dtype=ptdtype)
net = torch.compile(nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 1)), backend="eager")
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, fused=False)
scaler = torch.amp.GradScaler("cuda", enabled=device_type == 'cuda')
old = OldScaler()
data, target = torch.randn(64, 8), torch.randn(64, 1)
for epoch in range(10):
    for use in (scaler, old):
        with ctx, old_autocast(), torch.autocast("cuda", dtype=torch.float16), torch.autocast("cpu", enabled=False):
            loss = nn.functional.mse_loss(net(data), target)
        use.scale(loss).backward()
        use.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        use.step(optimizer)
        use.update()
        optimizer.zero_grad(set_to_none=True)
    print(epoch, f"{loss.item():.7f}", use.get_scale(), use.state_dict())

real = torch.amp.GradScaler("cpu", init_scale=1024., growth_interval=2)
for i in range(5):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(data), target) * (float("inf") if i == 3 else 1)
    real.scale(loss).backward()
    real.step(optimizer)
    real.update()
    print(f"{loss.item():.7f}", real.get_scale(), real.is_enabled())
