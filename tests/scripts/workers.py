import random

import numpy
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info, random_split


class Noisy(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, index):
        assert get_worker_info().num_workers == 2
        return torch.full((3,), float(index)) + torch.rand(3), index % 2


def seed_worker(worker_id):
    worker_seed = torch.initial_seed() % 2**32
    numpy.random.seed(worker_seed)
    random.seed(worker_seed)


def main():
    g = torch.Generator()
    g.manual_seed(0)
    train, rest = random_split(Noisy(), [16, 8], generator=g)
    loader = DataLoader(train, batch_size=4, shuffle=True, num_workers=2, worker_init_fn=seed_worker, generator=g)
    torch.manual_seed(1)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.ASGD(model.parameters(), lr=0.001)
    for epoch in range(2):
        for x, y in loader:
            loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            print(epoch, f"{loss.item():.6f}", f"{x.sum().item():.5f}", y.tolist())


if __name__ == "__main__":
    main()
