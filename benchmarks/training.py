"""How fast the bundled xor scene trains, and how fast netviz starts: python benchmarks/training.py [rounds]

Four ways through the same 420,000 steps, in turn within one process, so that the ratios hold on a busy machine too:
the engine netviz chooses, its readable NumPy reference, the shortest plain NumPy for this one network, and an object
for each neuron, as the film of 2015 had it. The slow ways take fewer cycles, and their time is multiplied. Then
TensorFlow Playground's first run, to the last bit, by both engines that can; the whole of `record(scene)` in fresh
processes, with nothing compiled or cached, against the object for each neuron; and `netviz --help` in fresh processes.
How training grows is in growth.py.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from netviz.recording.layers import Floats, Parameters
from netviz.scene.loader import load_scene
from netviz.scene.scene import Scene
from netviz.training.initializers import initial_parameters
from netviz.training.problem import TrainingProblem, TrainingState, training_problem
from netviz.training.sgd import TrainResult, run_reference
from netviz.training.trainer import choose_engine

CYCLES = 60_000
SLOW_CYCLES = 3_000

EPOCHS = 300
PLAYGROUND = {
    "network": {"layers": [2, 4, 2, 1], "activation": "tanh", "bias": True},
    "data": {"dataset": "xor"},
    "training": {
        "cycles": EPOCHS,
        "learning_rate": 0.03,
        "batch": 10,
        "last_batch": "carry",
        "seed": "0.59704",
        "initial_weights": "playground",
    },
}

RECORD_ONCE = """
import time
started = time.perf_counter()
from netviz.training.trainer import train
from netviz.scene.loader import load_scene
scene = load_scene("xor")
ready = time.perf_counter()
train(scene)
print(ready - started, time.perf_counter() - ready)
"""


class Neuron:
    """A sigmoid neuron that keeps its own weights, inputs and output, and learns by itself."""

    def __init__(self, weights: list[float]) -> None:
        self.weights = weights
        self.inputs: list[float] = []
        self.output = 0.0

    def think(self, inputs: list[float]) -> float:
        self.inputs = inputs
        total = sum(weight * value for weight, value in zip(self.weights, inputs, strict=True))
        self.output = 1.0 / (1.0 + math.exp(-total))
        return self.output

    def learn(self, error: float) -> list[float]:
        """Returns the error of each input, by the weights from before."""
        delta = error * self.output * (1.0 - self.output)
        errors = [delta * weight for weight in self.weights]
        self.weights = [weight + delta * value for weight, value in zip(self.weights, self.inputs, strict=True)]
        return errors


def train_objects(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
    """An object for each neuron. Returns the first layer's weights."""
    layers = [[Neuron(column) for column in weights.T.tolist()] for weights in parameters.weights]
    examples = list(zip(problem.inputs.tolist(), problem.targets.tolist(), strict=True))
    for _ in range(cycles):
        for values, target in examples:
            for layer in layers:
                values = [neuron.think(values) for neuron in layer]
            errors = [t - o for t, o in zip(target, values, strict=True)]
            for layer in reversed(layers):
                back = [neuron.learn(error) for neuron, error in zip(layer, errors, strict=True)]
                errors = [sum(column) for column in zip(*back, strict=True)]
    return np.array([neuron.weights for neuron in layers[0]]).T


def train_plain(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
    """The shortest NumPy for two sigmoid layers; no error, loss or bias is kept. Returns the first layer's weights."""
    hidden, output = parameters.weights[0].T.copy(), parameters.weights[1].T.copy()
    for _ in range(cycles):
        for inputs, target in zip(problem.inputs, problem.targets, strict=True):
            a = 1.0 / (1.0 + np.exp(-hidden.dot(inputs)))
            o = 1.0 / (1.0 + np.exp(-output.dot(a)))
            delta = (target - o) * o * (1.0 - o)
            hidden_delta = delta.dot(output) * a * (1.0 - a)
            output += delta[:, None] * a
            hidden += hidden_delta[:, None] * inputs
    return hidden.T


def run_playground(rounds: int) -> None:
    """Three hundred epochs of 250 points in batches of 10, as netviz chooses and as NumPy takes them."""
    scene = Scene.model_validate(PLAYGROUND)
    problem, state = training_problem(scene), TrainingState(initial_parameters(scene))
    engine = choose_engine(problem, EPOCHS)
    ways: dict[str, Callable[[], TrainResult]] = {
        f"netviz's choice ({engine.name})": lambda: engine.run(state, EPOCHS, 1),
        "the NumPy reference": lambda: run_reference(problem, state, EPOCHS),
    }
    print(f"Playground's first run, {EPOCHS} epochs, median of {rounds} rounds")
    for name, way in ways.items():
        seconds = []
        for _ in range(rounds):
            started = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - started)
        print(f"  {name:<40} {statistics.median(seconds):8.3f} s")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    scene = load_scene("xor")
    problem, parameters = training_problem(scene), initial_parameters(scene)

    def chosen(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
        return choose_engine(problem, cycles).run(TrainingState(parameters), cycles, 1).parameters.weights[0]

    def reference(problem: TrainingProblem, parameters: Parameters, cycles: int) -> Floats:
        return run_reference(problem, TrainingState(parameters), cycles).parameters.weights[0]

    ways: dict[str, tuple[Callable[[TrainingProblem, Parameters, int], Floats], int]] = {
        f"netviz's choice ({choose_engine(problem, CYCLES).name})": (chosen, CYCLES),
        "the NumPy reference": (reference, SLOW_CYCLES),
        "plain NumPy, this network only": (train_plain, SLOW_CYCLES),
        "an object for each neuron": (train_objects, SLOW_CYCLES),
    }
    results = [way(problem, parameters, 100) for way, _ in ways.values()]
    assert all(np.allclose(result, results[0], rtol=0, atol=1e-12) for result in results)

    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (way, cycles) in ways.items():
            started = time.perf_counter()
            way(problem, parameters, cycles)
            seconds[name].append((time.perf_counter() - started) * CYCLES / cycles)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    fastest = next(iter(medians.values()))
    print(f"{CYCLES * len(problem.inputs):,} steps of a 3-4-1 network, median of {rounds} rounds")
    for name, median in medians.items():
        print(f"  {name:<40} {median:8.3f} s  {median / fastest:6.1f} x")

    run_playground(rounds)

    fresh = []
    for _ in range(rounds):
        finished = subprocess.run([sys.executable, "-c", RECORD_ONCE], check=True, capture_output=True, text=True)
        fresh.append([float(number) for number in finished.stdout.split()])
    imports, recording = (statistics.median(column) for column in zip(*fresh, strict=True))
    print("in a fresh process, nothing compiled or cached before")
    print(f"  {'import and read the scene':<40} {imports:8.3f} s")
    objects = medians["an object for each neuron"]
    print(f"  {'train(scene)':<40} {recording:8.3f} s  {objects / recording:6.1f} x as fast as the objects")

    starts = []
    for _ in range(2 * rounds):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "netviz", "--help"], check=True, capture_output=True)
        starts.append(time.perf_counter() - started)
    print(f"  {'netviz --help':<40} {statistics.median(starts):8.3f} s")


if __name__ == "__main__":
    main()
