"""Knowledge distillation (Hinton et al. 2015): a teacher is trained, then a student on its soft labels and inner features."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import CyclicLR, PolynomialLR
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


class Teacher(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(2, 32, 5, padding=2), nn.BatchNorm1d(32), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(32, 48, 3, padding=1, groups=2), nn.BatchNorm1d(48), nn.ReLU(), nn.AdaptiveMaxPool1d(4))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, classes))

    def forward(self, x):
        return self.classifier(self.features(x))


class Student(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(2, 12, 5, padding=2, stride=2), nn.SELU(), nn.AdaptiveAvgPool1d(4))
        self.classifier = nn.Linear(48, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def motions(n, length=24):
    """Two-channel motions: ellipses of six turning rates, with noise; the classes are unbalanced."""
    y = torch.multinomial(torch.tensor([4.0, 3.0, 3.0, 2.0, 2.0, 1.0]), n, replacement=True)
    t = torch.arange(length) / length
    phase = 6.2831853 * ((y.float() * 0.5 + 0.5).unsqueeze(1) * t + torch.rand(n, 1))
    x = torch.stack([torch.cos(phase), 0.6 * torch.sin(phase)], dim=1)
    return x + 0.15 * torch.randn(n, 2, length), y


def distillation_loss(student_logits, teacher_logits, labels, T=3.0, alpha=0.6):
    soft = F.kl_div(F.log_softmax(student_logits / T, dim=-1), F.log_softmax(teacher_logits / T, dim=-1),
                    reduction="batchmean", log_target=True) * T ** 2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


def main():
    torch.manual_seed(44)
    x, y = motions(240)
    weights = (1.0 / torch.bincount(y).float())[y]
    loader = DataLoader(TensorDataset(x, y), batch_size=24, sampler=WeightedRandomSampler(weights, 240))
    teacher = Teacher()
    optimizer = optim.SGD(teacher.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)
    scheduler = CyclicLR(optimizer, base_lr=0.005, max_lr=0.02, step_size_up=8, cycle_momentum=True)
    losses = []
    for _ in range(3):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = F.multi_margin_loss(teacher(xb), yb)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())

    for p in teacher.parameters():
        p.requires_grad_(False)
    teacher.eval()
    hint = {}
    teacher.features.register_forward_hook(lambda m, args, out: hint.update(features=out))
    student = Student()
    regressor = nn.Conv1d(12, 48, 1)
    optimizer = optim.Adadelta([{"params": student.parameters()}, {"params": regressor.parameters(), "lr": 0.3}], lr=0.7)
    scheduler = PolynomialLR(optimizer, total_iters=50, power=0.9)
    for _ in range(5):
        for xb, yb in loader:
            teacher_logits = teacher(xb)
            features = student.features(xb)
            loss = distillation_loss(student.classifier(features.flatten(1)), teacher_logits, yb)
            loss = loss + 0.1 * F.huber_loss(regressor(features), hint["features"], delta=0.5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    student.eval()
    with torch.no_grad():
        losses.append((student(x).argmax(1) == y).float().mean().item())
    return losses
