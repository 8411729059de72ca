"""netviz.watch in two processes that train a model together: the first records, and both train as without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; make test-frameworks installs it")
if not torch.distributed.is_available():
    pytest.skip("PyTorch has no torch.distributed here", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os
import sys
from pathlib import Path
import torch, netviz
from torch import distributed, nn

rank, folder, watching = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "watching"
distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
torch.manual_seed(rank)
model = nn.parallel.DistributedDataParallel(
    nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3))
)
X, y = torch.rand(16, 2), torch.arange(16) % 3
optimizer = torch.optim.Adam(model.parameters(), 0.05)
if watching:
    watched = netviz.watch(model, X, y, loss="cross_entropy")
for step in range(12):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(X), y)
    loss.backward()
    optimizer.step()
    if watching:
        watched.snap(loss)
torch.save(model.module.state_dict(), folder / f"weights_{rank}.pt")
if watching and rank == 0:
    watched.save(folder / "run.npz")
if watching and rank == 1:
    assert watched.steps == () and not watched.wants(100)
    try:
        watched.recording()
    except netviz.InputError as wrong:
        assert "rank 1 records nothing" in str(wrong), wrong
    else:
        raise AssertionError("there is a recording")
distributed.destroy_process_group()
sys.stderr.flush()
os._exit(0)  # threads of gloo may abort a process that takes itself apart at leisure; all that is tested is done
"""


def train(folder: Path, how: str) -> list[dict[str, torch.Tensor]]:
    """The weights that both processes end with."""
    folder.mkdir()
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM]
    runs = [
        subprocess.Popen([*command, str(rank), str(folder), how], env=environment, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    try:
        for run in runs:
            _, errors = run.communicate(timeout=200)
            assert run.returncode == 0, errors
    finally:
        for run in runs:
            run.kill()
            run.communicate()
    return [torch.load(folder / f"weights_{rank}.pt") for rank in range(2)]


@pytest.mark.skipif(sys.platform == "win32", reason="gloo is told to use the loopback device by its name on Linux")
def test_the_first_of_two_processes_records_and_both_train_as_ever(tmp_path: Path) -> None:
    import numpy as np

    import netviz

    watching, plainly = train(tmp_path / "one", "watching"), train(tmp_path / "two", "plainly")
    for one, two in zip(watching, plainly, strict=True):
        assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
    recording = netviz.Recording.load(tmp_path / "one" / "run.npz")
    assert recording.step.tolist() == list(range(13))
    assert np.array_equal(recording.weights[1][-1], watching[0]["3.weight"].numpy().T)
    assert [block.label for block in recording.network.layers[1].blocks] == ["BatchNorm1d"]
