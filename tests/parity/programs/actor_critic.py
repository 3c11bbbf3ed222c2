"""Actor-critic on CartPole: the environment in plain Python, returns to go, entropy bonus, one update an episode."""

import math
import random

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class CartPole:
    """The cart and pole of Barto, Sutton and Anderson (1983), with Euler steps of 0.02 s and a limit of 60 steps."""

    gravity, mass_cart, mass_pole, half_length, force, tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02

    def __init__(self, seed):
        self.random = random.Random(seed)

    def reset(self):
        self.state = [self.random.uniform(-0.05, 0.05) for _ in range(4)]
        self.steps = 0
        return list(self.state)

    def step(self, action):
        x, v, angle, spin = self.state
        force = self.force if action == 1 else -self.force
        total = self.mass_cart + self.mass_pole
        cos, sin = math.cos(angle), math.sin(angle)
        temp = (force + self.mass_pole * self.half_length * spin ** 2 * sin) / total
        spin_rate = (self.gravity * sin - cos * temp) / (
            self.half_length * (4.0 / 3.0 - self.mass_pole * cos ** 2 / total))
        acceleration = temp - self.mass_pole * self.half_length * spin_rate * cos / total
        self.state = [x + self.tau * v, v + self.tau * acceleration, angle + self.tau * spin, spin + self.tau * spin_rate]
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * 2 * math.pi / 360
        return list(self.state), 1.0, fallen or self.steps >= 60


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(4, 64)
        self.action_head = nn.Linear(64, 2)
        self.value_head = nn.Linear(64, 1)
        self.saved_actions = []
        self.rewards = []

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.log_softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state):
    log_probs, state_value = model(torch.tensor(state))
    action = torch.multinomial(log_probs.detach().exp(), 1)
    entropy = -(log_probs * log_probs.exp()).sum()
    model.saved_actions.append((log_probs[action].squeeze(), state_value, entropy))
    return action.item()


def finish_episode(model, optimizer, gamma=0.99):
    R, returns = 0.0, []
    for r in model.rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + torch.finfo(torch.float32).eps)
    policy_losses, value_losses, entropies = [], [], []
    for (log_prob, value, entropy), R in zip(model.saved_actions, returns):
        advantage = R - value.item()
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
        entropies.append(entropy)
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * torch.stack(entropies).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:]
    del model.saved_actions[:]
    return loss.item()


def main():
    torch.manual_seed(543)
    env = CartPole(seed=543)
    model = Policy()
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    losses, running_rewards, running = [], [], 10.0
    for _ in range(50):
        state, done, reward_sum = env.reset(), False, 0.0
        while not done:
            state, reward, done = env.step(select_action(model, state))
            model.rewards.append(reward)
            reward_sum += reward
        running = 0.05 * reward_sum + 0.95 * running
        losses.append(finish_episode(model, optimizer))
        running_rewards.append(running)
    return losses + running_rewards
