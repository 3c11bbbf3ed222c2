"""MobileNetV3-style classifier: depthwise convolutions, inverted residuals, squeeze-and-excitation, RMSprop."""

import torch
from torch import nn, optim
from torch.optim.lr_scheduler import ExponentialLR


def make_divisible(v, divisor=8):
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    return new_v + divisor if new_v < 0.9 * v else new_v


class ConvBNActivation(nn.Sequential):
    def __init__(self, in_planes, out_planes, kernel_size=3, stride=1, groups=1, activation_layer=nn.SiLU):
        super().__init__(
            nn.Conv2d(in_planes, out_planes, kernel_size, stride, (kernel_size - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(out_planes, eps=0.001, momentum=0.01),
            activation_layer(inplace=True) if activation_layer is not None else nn.Identity(),
        )
        self.out_channels = out_planes


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeeze_factor=4):
        super().__init__()
        squeezed = make_divisible(channels // squeeze_factor)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, input):
        scale = self.fc2(self.activation(self.fc1(self.avgpool(input))))
        return self.scale_activation(scale) * input


class InvertedResidual(nn.Module):
    def __init__(self, inp, expanded, oup, kernel, stride, use_se, activation):
        super().__init__()
        self.use_res_connect = stride == 1 and inp == oup
        layers = []
        if expanded != inp:
            layers.append(ConvBNActivation(inp, expanded, kernel_size=1, activation_layer=activation))
        layers.append(ConvBNActivation(expanded, expanded, kernel, stride, groups=expanded, activation_layer=activation))
        if use_se:
            layers.append(SqueezeExcitation(expanded))
        layers.append(ConvBNActivation(expanded, oup, kernel_size=1, activation_layer=None))
        self.block = nn.Sequential(*layers)

    def forward(self, x):
        result = self.block(x)
        if self.use_res_connect:
            result = result + x
        return result


class MobileNet(nn.Module):
    #: input, expanded, output channels, kernel, stride, squeeze-and-excitation, activation
    SETTINGS = [
        (8, 8, 8, 3, 1, True, nn.SiLU),
        (8, 32, 16, 3, 2, False, nn.SiLU),
        (16, 48, 16, 3, 1, False, nn.SiLU),
        (16, 64, 24, 5, 2, True, nn.SiLU),
        (24, 72, 24, 5, 1, True, nn.SiLU),
    ]

    def __init__(self, num_classes=6):
        super().__init__()
        layers = [ConvBNActivation(3, 8, stride=2, activation_layer=nn.SiLU)]
        layers += [InvertedResidual(*setting) for setting in self.SETTINGS]
        layers.append(ConvBNActivation(24, 96, kernel_size=1, activation_layer=nn.SiLU))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Linear(96, 64), nn.Hardswish(inplace=True), nn.Dropout(p=0.2, inplace=True),
                                        nn.Linear(64, num_classes))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.1)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


def main():
    torch.manual_seed(35)
    prototypes = torch.randn(6, 3, 32, 32)
    model = MobileNet()
    optimizer = optim.RMSprop(model.parameters(), lr=5e-4, alpha=0.9, eps=0.01, momentum=0.9, weight_decay=1e-5)
    scheduler = ExponentialLR(optimizer, gamma=0.98)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    losses = []
    for _ in range(50):
        y = torch.randint(6, (16,))
        x = prototypes[y] + 0.5 * torch.randn(16, 3, 32, 32)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
