"""Graph convolution (Kipf and Welling 2017) on a dense normalised adjacency: semi-supervised classes of a block model."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.nn.parameter import Parameter


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(torch.empty(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.empty(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input, adj):
        support = torch.mm(input, self.weight)
        output = torch.mm(adj, support)
        if self.bias is not None:
            return output + self.bias
        return output

    def __repr__(self):
        return f"{self.__class__.__name__} ({self.in_features} -> {self.out_features})"


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        x = self.gc2(x, adj)
        return F.log_softmax(x, dim=1)


def block_model(nodes=120, classes=4, features=24):
    """A stochastic block model: edges are likely within a class, and features hint at it."""
    labels = torch.arange(nodes) % classes
    likely = torch.where(labels[:, None] == labels[None, :], 0.2, 0.02)
    upper = torch.triu(torch.bernoulli(likely), diagonal=1)
    adjacency = upper + upper.t() + torch.eye(nodes)
    x = torch.randn(nodes, features)
    x.scatter_add_(1, labels.unsqueeze(1), torch.full((nodes, 1), 1.0))
    degree = adjacency.sum(1).pow(-0.5)
    degree[torch.isinf(degree)] = 0.0
    return x, torch.diag(degree) @ adjacency @ torch.diag(degree), labels


def accuracy(output, labels):
    preds = output.max(1)[1].type_as(labels)
    return (preds.eq(labels).double().sum() / len(labels)).item()


def main():
    torch.manual_seed(42)
    features, adj, labels = block_model()
    order = torch.randperm(len(labels))
    idx_train, idx_val = order[:40], order[40:]
    model = GCN(features.shape[1], 16, int(labels.max()) + 1, dropout=0.5)
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    losses, accuracies = [], []
    for _ in range(50):
        model.train()
        optimizer.zero_grad()
        output = model(features, adj)
        loss_train = F.nll_loss(output[idx_train], labels[idx_train])
        loss_train.backward()
        optimizer.step()
        losses.append(loss_train.item())
        model.eval()
        output = model(features, adj)
        losses.append(F.nll_loss(output[idx_val], labels[idx_val]).item())
        accuracies.append(accuracy(output[idx_val], labels[idx_val]))
    return losses + accuracies
