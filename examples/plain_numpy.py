"""A training loop of plain NumPy, and its film: three arms of a spiral, a network of its own making, Adam.

    python examples/plain_numpy.py        # writes spiral.mp4

netviz sees nothing of the loop but what `snap` is given: the weights, the loss, the accuracy.
"""

import numpy as np

import netviz

rng = np.random.default_rng(7)
turn = np.linspace(0.1, 1, 70)
angles = [2.1 * arm + 3.6 * turn + rng.normal(0, 0.12, 70) for arm in range(3)]
points = np.concatenate([np.stack([turn * np.sin(angle), turn * np.cos(angle)], axis=1) for angle in angles])
labels = np.repeat(np.arange(3), 70)
wanted = np.eye(3)[labels]

sizes = [2, 10, 8, 3]
weights = [rng.normal(0, 1 / np.sqrt(a), (a, b)) for a, b in zip(sizes, sizes[1:])]
biases = [np.zeros(b) for b in sizes[1:]]
moving = [[np.zeros_like(each) for each in weights + biases] for _ in range(2)]

probes = np.arange(4, 210, 18)  # twelve points that the film follows; all others are drawn in the plane
others = np.setdiff1d(np.arange(210), probes)
recorder = netviz.Recorder(
    sizes, ["tanh", "tanh", "softmax"], points[probes], labels[probes], loss="cross_entropy",
    classes=["first arm", "second arm", "third arm"], points=points[others], point_targets=labels[others],
)  # fmt: skip

for step in range(3001):
    layers = [points]
    for w, b in zip(weights, biases):
        sums = layers[-1] @ w + b
        layers.append(np.tanh(sums) if len(layers) < 3 else np.exp(sums) / np.exp(sums).sum(1, keepdims=True))
    loss = -np.log(layers[-1][np.arange(210), labels]).mean()
    right = (layers[-1].argmax(1) == labels).mean()
    recorder.snap(loss, weights=weights, biases=biases, accuracy=right, keep=step == 3000)
    error, slopes = (layers[-1] - wanted) / 210, []
    for index in (2, 1, 0):
        slopes.insert(0, (layers[index].T @ error, error.sum(0)))
        error = error @ weights[index].T * (1 - layers[index] ** 2)
    for at, (each, slope) in enumerate(zip(weights + biases, [w for w, _ in slopes] + [b for _, b in slopes])):
        moving[0][at] = 0.9 * moving[0][at] + 0.1 * slope
        moving[1][at] = 0.999 * moving[1][at] + 0.001 * slope**2
        steady = 1 - 0.9 ** (step + 1), 1 - 0.999 ** (step + 1)
        each -= 0.01 * moving[0][at] / steady[0] / (np.sqrt(moving[1][at] / steady[1]) + 1e-8)

if __name__ == "__main__":
    netviz.render(recorder, "spiral.mp4", look={"title": "Three arms of a spiral", "duration": 40}, overwrite=True)
