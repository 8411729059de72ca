"""Lightning's FilmCallback in two processes that train a module together: the first records."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netviz

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
pytest.importorskip("lightning", reason="Lightning is not installed; make test-frameworks installs it")

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, logging, warnings
from pathlib import Path
import torch
import lightning.pytorch as L
from torch.utils.data import DataLoader, TensorDataset
from netviz.integrations.lightning import FilmCallback

warnings.simplefilter("ignore")
folder, watching = Path(sys.argv[1]), sys.argv[2] == "watching"

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Dropout(0.2), torch.nn.Linear(6, 3))

    def training_step(self, batch, index):
        return torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.02)

    def on_train_end(self):
        torch.save(self.net.state_dict(), folder / f"weights_{self.global_rank}.pt")

L.seed_everything(3)
X, y = torch.rand(48, 4), torch.arange(48) % 3
film = FilmCallback(X[:5], y[:5], loss="cross_entropy", path=folder / "run.npz")
options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "max_epochs": 4}
trainer = L.Trainer(accelerator="cpu", devices=2, strategy="ddp_fork", callbacks=[film] * watching, **options)
trainer.fit(Module(), DataLoader(TensorDataset(X, y), batch_size=8))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are forked, and meet on Linux's loopback device")
def test_the_first_of_two_processes_records_and_both_train_as_ever(tmp_path: Path) -> None:
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    for how in ("watching", "plainly"):
        (tmp_path / how).mkdir()
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / how), how]
        run = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)
        assert run.returncode == 0, run.stderr[-2000:]
    states = [torch.load(path) for path in sorted(tmp_path.rglob("*.pt"))]
    assert len(states) == 4
    assert all(torch.equal(each, state[name]) for state in states for name, each in states[0].items())
    recording = netviz.Recording.load(tmp_path / "watching" / "run.npz")
    assert recording.step.tolist() == [*range(13)]
    assert np.array_equal(recording.weights[0][-1], states[0]["0.weight"].numpy().T)
