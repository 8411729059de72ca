"""A run of Lightning's Trainer, and its film: two moons, mini-batches, dropout, and points that are held out.

    python examples/lightning_moons.py        # writes moons.mp4

Needs `pip install lightning`. The callback records; the module and the trainer are as they would be without it.
"""

import lightning as L
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import netviz
from netviz.integrations.lightning import FilmCallback

rng = np.random.default_rng(6)
turn = rng.uniform(0, np.pi, 320)
upper = np.arange(320) % 2 == 0
moons = np.where(upper, [np.cos(turn) - 0.5, np.sin(turn) - 0.25], [0.5 - np.cos(turn), 0.25 - np.sin(turn)]).T
X = torch.tensor(moons + rng.normal(0, 0.1, moons.shape), dtype=torch.float32)
y = torch.tensor(~upper).float()[:, None]
train, held_out, shown = slice(0, 240), slice(240, 320), slice(240, 288)


class Moons(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.05), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 1)
        )
        self.criterion = nn.BCEWithLogitsLoss()

    def training_step(self, batch, batch_idx):
        x, right = batch
        return self.criterion(self.net(x), right)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


L.seed_everything(3)
model = Moons()
film = FilmCallback(X[shown], y[shown], loss=model.criterion)
film.test(X[held_out], y[held_out])
trainer = L.Trainer(max_epochs=200, callbacks=[film], logger=False, enable_checkpointing=False)
trainer.fit(model, DataLoader(TensorDataset(X[train], y[train]), batch_size=60, shuffle=True))

look = {
    "title": "Two moons",
    "palette": "blue-orange",
    "shots": [{"shot": "title"}, {"shot": "learning", "examples": "together"}, {"shot": "rest"}],
    "duration": 45,
}

if __name__ == "__main__":
    netviz.render(film, "moons.mp4", look=look, overwrite=True)
