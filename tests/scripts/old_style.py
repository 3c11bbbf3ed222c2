import os
import torch, numpy as np
import torch.nn.parallel
import torch.backends.cudnn as cudnn
import torch.nn.init as init
import torch.utils.data
import torch.utils.data.distributed
from torch.utils import data

cudnn.benchmark, cudnn.deterministic = False, True
torch.manual_seed(0); torch.cuda.manual_seed_all(0); np.random.seed(0)  # seeds
gpus = torch.cuda.device_count()


class Squares(data.Dataset):
    def __init__(self, n):
        self.x = np.random.rand(n, 3).astype(np.float32)
    def __len__(self): return len(self.x)
    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), torch.FloatTensor([(self.x[i] ** 2).sum()])


class Net(torch.nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(3, 12), torch.nn.PReLU(), \
                                          torch.nn.Linear(12, 1))
        for m in self.modules():
            if isinstance(m, torch.nn.Linear):
                init.xavier_uniform_(m.weight); init.zeros_(m.bias)

    def forward(self, x): return self.layers(x)


def accuracy(output, target):
    """torch.nn is only named here."""
    with torch.no_grad():
        return (output - target).abs().lt(0.1).float().mean(0, keepdim=True)


model = torch.nn.DataParallel(Net())
if gpus: model.cuda()
if torch.cuda.is_available(): torch.cuda.empty_cache()
sampler = torch.utils.data.RandomSampler(Squares(8)) if os.environ.get("NOT_SET") else None
loader = torch.utils.data.DataLoader(Squares(96), batch_size=24, shuffle=(sampler is None), sampler=sampler,
                                     num_workers=0, pin_memory=False, drop_last=True)
criterion = torch.nn.SmoothL1Loss()
optimizer = torch.optim.Adamax(model.parameters(), 0.05, weight_decay=1e-4)
for epoch in range(6):
    total = 0.
    for inputs, target in loader:
        inputs, target = torch.autograd.Variable(inputs), torch.autograd.Variable(target)
        output = model(inputs)
        loss = criterion(output, target)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        total += loss.data.item()
    print("epoch {0} loss {1:.7f} acc {acc:.2f}".format(epoch, total, acc=accuracy(output, target).item()))
print(list(model.state_dict()), model.module.__class__.__name__, torch.get_default_dtype() == torch.float32)
