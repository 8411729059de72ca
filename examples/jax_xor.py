"""A training loop of JAX, and its film: XOR, learned from nothing but jax.grad.

    python examples/jax_xor.py        # writes xor.mp4

Needs `pip install jax`. netviz takes JAX's arrays as they are.
"""

import jax
import jax.numpy as jnp

import netviz

X = jnp.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = jnp.array([[0.0], [1.0], [1.0], [0.0]])


def answer(parameters, x):
    (w1, b1), (w2, b2) = parameters
    return jax.nn.sigmoid(jnp.tanh(x @ w1 + b1) @ w2 + b2)


def cross_entropy(parameters):
    p = answer(parameters, X)
    return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()


@jax.jit
def step(parameters):
    """The loss, and the parameters one step down its slope."""
    loss, slopes = jax.value_and_grad(cross_entropy)(parameters)
    return loss, jax.tree.map(lambda each, slope: each - 0.5 * slope, parameters, slopes)


keys = jax.random.split(jax.random.key(5), 2)
parameters = [(jax.random.normal(keys[0], (2, 3)), jnp.zeros(3)), (jax.random.normal(keys[1], (3, 1)), jnp.zeros(1))]
recorder = netviz.Recorder([2, 3, 1], ["tanh", "sigmoid"], X, y, loss="cross_entropy", inputs=["A", "B"])

for number in range(601):
    (w1, b1), (w2, b2) = parameters
    loss, following = step(parameters)
    recorder.snap(loss, weights=[w1, w2], biases=[b1, b2], keep=number == 600)
    parameters = following

look = {
    "title": "XOR",
    "subtitle": "One or the other, not both: no straight line will do",
    "panels": [{"panel": name} for name in ("title", "caption", "table", "network", "boundary", "numbers", "curve")],
    "duration": 45,
}

if __name__ == "__main__":
    netviz.render(recorder, "xor.mp4", look=look, overwrite=True)
