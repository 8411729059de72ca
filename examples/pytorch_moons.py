"""A training loop of PyTorch, and its film: two moons, a network with dropout, three lines for netviz.

    python examples/pytorch_moons.py        # writes moons.mp4

Needs `pip install torch`. As there are two inputs, the film shows all points in their plane, and what the network
answers everywhere in it.
"""

import numpy as np
import torch
from torch import nn

import netviz

rng = np.random.default_rng(4)
turn = rng.uniform(0, np.pi, 200)
upper = np.arange(200) < 100
moons = np.where(upper, [np.cos(turn) - 0.5, np.sin(turn) - 0.25], [0.5 - np.cos(turn), 0.25 - np.sin(turn)]).T
X = torch.tensor(moons + rng.normal(0, 0.1, moons.shape), dtype=torch.float32)
y = torch.tensor(~upper).float()[:, None]

torch.manual_seed(1)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
watched = netviz.watch(model, X, y, loss=criterion)

for step in range(1, 1501):
    optimizer.zero_grad()
    loss = criterion(model(X), y)
    loss.backward()
    optimizer.step()
    watched.snap(loss, keep=step == 1500)

look = {
    "title": "Two moons",
    "subtitle": "A network of PyTorch finds the way between them",
    "style": "playground",
    "theme": "night",
    "palette": "blue-orange",
    "duration": 40,
    "audio": "sonify",
}

if __name__ == "__main__":
    netviz.render(watched, "moons.mp4", look=look, overwrite=True)
