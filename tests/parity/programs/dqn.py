"""Deep Q-learning (Mnih et al. 2015) on a windy grid world: replay memory, epsilon-greedy, target network, Huber loss."""

import copy
import math
import random
from collections import deque, namedtuple

import numpy as np
import torch
from torch import nn, optim

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class WindyGrid:
    """Walk from the left edge to a goal at the right; columns in the middle blow upwards."""

    height, width = 5, 7
    wind = (0, 0, 0, 1, 1, 0, 0)
    moves = ((-1, 0), (1, 0), (0, -1), (0, 1))

    def reset(self):
        self.at, self.steps = (2, 0), 0
        return self.observe()

    def observe(self):
        board = np.zeros((self.height, self.width), dtype=np.float32)
        board[self.at] = 1.0
        return board.ravel()

    def step(self, action):
        row, column = self.at
        down, right = self.moves[action]
        row = min(max(row + down - self.wind[column], 0), self.height - 1)
        column = min(max(column + right, 0), self.width - 1)
        self.at, self.steps = (row, column), self.steps + 1
        if self.at == (2, 5):
            return self.observe(), 10.0, True
        return self.observe(), -1.0, self.steps >= 25


class ReplayMemory:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DuelingDQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_observations, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.advantage = nn.Linear(64, n_actions)
        self.value = nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        advantage = self.advantage(h)
        return self.value(h) + advantage - advantage.mean(dim=1, keepdim=True)


def optimize_model(policy_net, target_net, memory, optimizer, batch_size=32, gamma=0.95):
    batch = Transition(*zip(*memory.sample(batch_size)))
    non_final_mask = torch.tensor(tuple(s is not None for s in batch.next_state), dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch = torch.cat(batch.state), torch.cat(batch.action)
    reward_batch = torch.cat(batch.reward)

    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(batch_size)
    with torch.no_grad():  # double Q-learning: the policy chooses, the target network evaluates
        best = policy_net(non_final_next_states).argmax(1, keepdim=True)
        next_state_values[non_final_mask] = target_net(non_final_next_states).gather(1, best).squeeze(1)
    expected = (next_state_values * gamma) + reward_batch

    loss = nn.SmoothL1Loss()(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss.item()


def main():
    torch.manual_seed(11)
    random.seed(11)
    env, memory = WindyGrid(), ReplayMemory(500)
    policy_net = DuelingDQN(env.height * env.width, 4)
    target_net = copy.deepcopy(policy_net)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-3, amsgrad=True)
    losses, returns, steps_done = [], [], 0
    while len(losses) < 150:
        state, total, done = torch.from_numpy(env.reset()).unsqueeze(0), 0.0, False
        while not done:
            epsilon = 0.05 + 0.85 * math.exp(-1.0 * steps_done / 100)
            steps_done += 1
            if random.random() > epsilon:
                with torch.no_grad():
                    action = policy_net(state).max(1).indices.view(1, 1)
            else:
                action = torch.tensor([[random.randrange(4)]], dtype=torch.long)
            observation, reward, done = env.step(action.item())
            total += reward
            next_state = None if done else torch.tensor(observation, dtype=torch.float32).unsqueeze(0)
            memory.push(state, action, next_state, torch.tensor([reward]))
            state = next_state
            if len(memory) >= 64:
                losses.append(optimize_model(policy_net, target_net, memory, optimizer))
                target_state, policy_state = target_net.state_dict(), policy_net.state_dict()
                for key in policy_state:
                    target_state[key] = policy_state[key] * 0.05 + target_state[key] * 0.95
                target_net.load_state_dict(target_state)
        returns.append(total)
    return losses + returns
