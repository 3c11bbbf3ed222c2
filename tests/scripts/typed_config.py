from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple, Union

import torch
from torch import Tensor, nn
from torch.nn import Module, ModuleList


@dataclass
class Config:
    widths: Tuple[int, ...] = (8, 8)
    dtype: torch.dtype = torch.float64
    device: Union[str, torch.device] = field(default_factory=lambda: torch.device("cpu"))
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.mse_loss
    optimizer: type[torch.optim.Optimizer] = torch.optim.NAdam
    schedule: Optional[Dict[str, float]] = None


class Block(Module):
    scale: Optional[torch.Tensor]

    def __init__(self, n_in: int, n_out: int, *, bias: bool = True) -> None:
        super().__init__()
        self.linear: nn.Linear = nn.Linear(n_in, n_out, bias=bias)
        self.register_buffer("scale", torch.tensor(1.5))

    def forward(self, x: torch.Tensor) -> "torch.Tensor":
        assert self.scale is not None
        return torch.tanh(self.linear(x)) * self.scale


class Network(Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        sizes: List[int] = [2, *config.widths]
        self.blocks = ModuleList(Block(a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = nn.Linear(sizes[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def main(config: Config = Config()) -> List[float]:
    torch.manual_seed(0)
    net = Network(config).to(config.device, config.dtype)
    x: Tensor = torch.rand(40, 2, dtype=config.dtype, device=config.device)
    y = (x[:, :1] * x[:, 1:]).to(x)
    optimizer = config.optimizer(net.parameters(), lr=0.02)
    losses: List[float] = []
    for _ in range(25):
        loss: torch.Tensor = config.loss(net(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    for i, value in enumerate(main(dataclasses.replace(Config(), widths=(8, 4)))):
        print(i, f"{value:.12f}")
