"""Mini-batches in PyTorch, and their film: digits of 8 x 8 pixels, held-out ones for testing, four curves.

    python examples/pytorch_digits.py        # writes digits.mp4

Needs `pip install torch scikit-learn`. The network is a class of its own, as they mostly are; netviz finds its layers,
and sees that the 64 inputs are a picture.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import netviz

pictures, labels = load_digits(return_X_y=True)
X, y = torch.tensor(pictures / 16, dtype=torch.float32), torch.tensor(labels)
order = torch.tensor(np.random.default_rng(1).permutation(len(X)))
train, test = order[:1347], order[1347:]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc2 = nn.Linear(32, 16)
        self.fc3 = nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def measured():
    """Loss and accuracy, of the digits for training and of those for testing."""
    with torch.no_grad():
        (trained, right), (tested, found) = [(model(X[part]), y[part]) for part in (train, test)]
    return {
        "loss": F.cross_entropy(trained, right),
        "test_loss": F.cross_entropy(tested, found),
        "accuracy": (trained.argmax(1) == right).double().mean(),
        "test_accuracy": (tested.argmax(1) == found).double().mean(),
    }


torch.manual_seed(2)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
shown = torch.stack([train[y[train] == digit][0] for digit in range(10)])  # one of each
watched = netviz.watch(model, X[shown], y[shown], loss=F.cross_entropy)
watched.snap(step=0, **measured())

batches = [batch for _ in range(30) for batch in train[torch.randperm(len(train))].split(64)]
for step, batch in enumerate(batches, 1):
    optimizer.zero_grad()
    F.cross_entropy(model(X[batch]), y[batch]).backward()
    optimizer.step()
    if watched.wants(step) or step == len(batches):
        watched.snap(step=step, keep=True, **measured())

if __name__ == "__main__":
    netviz.render(watched, "digits.mp4", look={"title": "Which digit is it?"}, overwrite=True)
