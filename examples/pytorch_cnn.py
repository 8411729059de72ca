"""A convolutional network in PyTorch, and its film: convolutions and norms as blocks, the last layers neuron by neuron.

    python examples/pytorch_cnn.py        # writes cnn.mp4

Needs `pip install torch scikit-learn`. It learns digits of 8 x 8 pixels; what is watched is an ordinary module.
"""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import netviz

pictures, labels = load_digits(return_X_y=True)
X, y = torch.tensor(pictures / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.conv2, self.norm2 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)

    def forward(self, x):
        inner = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(inner)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.pool = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.MaxPool2d(4)
        self.residual, self.fc1, self.fc2 = Residual(8), nn.Linear(32, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = self.residual(F.relu(self.norm(self.conv(x))))
        return self.fc2(F.relu(self.fc1(self.pool(x).flatten(1))))


torch.manual_seed(3)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
shown = [int((y == digit).nonzero()[3]) for digit in range(10)]  # one of each
watched = netviz.watch(model, X[shown], y[shown], loss=F.cross_entropy, classes=[*"0123456789"])

batches = [batch for _ in range(15) for batch in torch.randperm(len(X)).split(64)]
for step, batch in enumerate(batches, 1):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(X[batch]), y[batch])
    loss.backward()
    optimizer.step()
    watched.snap(loss, keep=step == len(batches))

if __name__ == "__main__":
    netviz.render(watched, "cnn.mp4", look={"title": "Convolutions learn digits", "duration": 50}, overwrite=True)
