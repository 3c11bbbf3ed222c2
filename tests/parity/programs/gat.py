"""Graph attention (Velickovic et al. 2018) on a dense adjacency: masked softmax over neighbours, several heads, ELU."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class GraphAttentionLayer(nn.Module):
    def __init__(self, in_features, out_features, dropout, alpha, concat=True):
        super().__init__()
        self.dropout, self.out_features, self.concat = dropout, out_features, concat
        self.W = nn.Parameter(torch.empty(size=(in_features, out_features)))
        nn.init.xavier_uniform_(self.W.data, gain=1.414)
        self.a = nn.Parameter(torch.empty(size=(2 * out_features, 1)))
        nn.init.xavier_uniform_(self.a.data, gain=1.414)
        self.leakyrelu = nn.LeakyReLU(alpha)

    def forward(self, h, adj):
        Wh = torch.mm(h, self.W)
        e = self._prepare_attentional_mechanism_input(Wh)
        zero_vec = -9e15 * torch.ones_like(e)
        attention = torch.where(adj > 0, e, zero_vec)
        attention = F.softmax(attention, dim=1)
        attention = F.dropout(attention, self.dropout, training=self.training)
        h_prime = torch.matmul(attention, Wh)
        return F.elu(h_prime) if self.concat else h_prime

    def _prepare_attentional_mechanism_input(self, Wh):
        Wh1 = torch.matmul(Wh, self.a[:self.out_features, :])
        Wh2 = torch.matmul(Wh, self.a[self.out_features:, :])
        return self.leakyrelu(Wh1 + Wh2.T)


class GAT(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout, alpha, nheads):
        super().__init__()
        self.dropout = dropout
        self.attentions = [GraphAttentionLayer(nfeat, nhid, dropout, alpha) for _ in range(nheads)]
        for i, attention in enumerate(self.attentions):
            self.add_module(f"attention_{i}", attention)
        self.out_att = GraphAttentionLayer(nhid * nheads, nclass, dropout, alpha, concat=False)

    def forward(self, x, adj):
        x = F.dropout(x, self.dropout, training=self.training)
        x = torch.cat([att(x, adj) for att in self.attentions], dim=1)
        x = F.dropout(x, self.dropout, training=self.training)
        x = F.elu(self.out_att(x, adj))
        return F.log_softmax(x, dim=1)


def ring_of_cliques(cliques=8, size=8, classes=4):
    """Cliques joined in a ring; a node's class is its clique's, its features are noisy."""
    nodes = cliques * size
    adjacency = torch.block_diag(*[torch.ones(size, size) for _ in range(cliques)])
    for c in range(cliques):
        i, j = c * size, ((c + 1) % cliques) * size + 1
        adjacency[i, j] = adjacency[j, i] = 1
    labels = (torch.arange(nodes) // size) % classes
    return F.one_hot(labels, classes).float() + torch.randn(nodes, classes), adjacency, labels


def main():
    torch.manual_seed(72)
    x, adj, labels = ring_of_cliques()
    train = torch.rand(len(labels)) < 0.6
    model = GAT(x.size(1), 8, 4, dropout=0.3, alpha=0.2, nheads=3)
    optimizer = optim.Adam(model.parameters(), lr=0.005, weight_decay=5e-4)
    losses = []
    for _ in range(50):
        model.train()
        optimizer.zero_grad()
        output = model(x, adj)
        loss = F.nll_loss(output[train], labels[train])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            losses.append(F.nll_loss(model(x, adj)[~train], labels[~train]).item())
    return losses
