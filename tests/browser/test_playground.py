"""TensorFlow Playground's training as a page runs it, beside ours: the same losses, epoch after epoch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from netviz.training.initializers import initial_parameters
from netviz.training.seedrandom import SeedRandom
from netviz.training.trainer import train
from tests.training.scenes import playground

EPOCHS = 300
# Written for the page alone: tanh everywhere, batches of ten, no regularization, one output.
TRAIN = """
({ weights, biases, sets, rate, epochs }) => {
  const zeros = layer => layer.map(row => Array.isArray(row) ? row.map(() => 0) : 0);
  const forSynapse = weights.map(zeros), forNeuron = biases.map(zeros);
  const forward = inputs => weights.reduce((outputs, layer, k) => {
    outputs.push(biases[k].map((bias, j) => {
      let sum = bias;
      layer.forEach((row, i) => { sum += row[j] * outputs[k][i]; });
      return Math.tanh(sum);
    }));
    return outputs;
  }, [inputs]);
  const loss = ([inputs, targets]) => {
    let sum = 0;
    inputs.forEach((point, n) => { sum += 0.5 * Math.pow(forward(point).at(-1)[0] - targets[n][0], 2); });
    return sum / inputs.length;
  };
  const losses = [sets.map(loss)];
  for (let epoch = 0, count = 0; epoch < epochs; epoch++) {
    sets[0][0].forEach((point, n) => {
      const outputs = forward(point);
      let slopes = outputs.at(-1).map((output, j) => output - sets[0][1][n][j]);
      for (let k = weights.length - 1; k >= 0; k--) {
        const deltas = slopes.map((slope, j) => slope * (1 - outputs[k + 1][j] * outputs[k + 1][j]));
        slopes = outputs[k].map((output, i) => {
          let sum = 0;
          deltas.forEach((delta, j) => { sum += weights[k][i][j] * delta; forSynapse[k][i][j] += delta * output; });
          return sum;
        });
        deltas.forEach((delta, j) => { forNeuron[k][j] += delta; });
      }
      if (++count % 10 === 0) {
        weights.forEach((layer, k) => layer.forEach((row, i) => row.forEach((_, j) => {
          row[j] -= (rate / count) * forSynapse[k][i][j];
          forSynapse[k][i][j] = 0;
        })));
        biases.forEach((layer, k) => layer.forEach((_, j) => {
          layer[j] -= rate * forNeuron[k][j] / count;
          forNeuron[k][j] = 0;
        }));
        count = 0;
      }
    });
    losses.push(sets.map(loss));
  }
  return losses;
}
"""


@pytest.fixture
def page(browser: Browser) -> Any:
    """A page whose browser takes its mathematics from the C library, as Chromium does today."""
    stream = SeedRandom("0.59704")
    values = [8 * (stream.random() - 0.5) for _ in range(2000)]
    page = browser.new_page()
    for name in ("tanh", "exp"):
        if page.evaluate(f"values => values.map(Math.{name})", values) != list(map(getattr(math, name), values)):
            pytest.skip(f"Chromium {browser.version} has another Math.{name} than this machine's C library")
    yield page
    page.close()


@pytest.mark.parametrize("dataset", ["circle", "xor", "gauss"])
def test_a_page_comes_to_the_same_losses(page: Any, dataset: str) -> None:
    scene = playground(dataset, cycles=EPOCHS)
    recording, start = train(scene), initial_parameters(scene)
    examples = recording.examples
    sets = [(examples.inputs, examples.targets), (examples.test_inputs, examples.test_targets)]
    losses = page.evaluate(
        TRAIN,
        {
            "weights": [layer.tolist() for layer in start.weights],
            "biases": [layer.tolist() for layer in start.biases],
            "sets": [[inputs.tolist(), targets.tolist()] for inputs, targets in sets],  # type: ignore[union-attr]
            "rate": scene.training.learning_rate,
            "epochs": EPOCHS,
        },
    )
    ours = np.column_stack([recording.train_loss, recording.test_loss])  # type: ignore[arg-type]
    np.testing.assert_allclose(ours, losses, rtol=0, atol=1e-14)
