"""How wrong a network is, as the film tells it: which numbers, under which names, in which form."""

from __future__ import annotations

from math import isfinite

from netviz.film.frame import Frame
from netviz.learn.recording import Recording
from netviz.scene.phrases import say


def is_share(recording: Recording) -> bool:
    """Whether errors can be told in per cent: every target and every possible output lies between 0 and 1."""
    bounded = recording.scene.network.activations[-1] in ("sigmoid", "softmax")
    targets = recording.examples.targets
    return bounded and bool(((targets >= 0) & (targets <= 1)).all())


def error_text(value: float, *, share: bool) -> str:
    """An average error as it is shown."""
    return f"{100 * value:.2f}%" if share else f"{value:.4f}"


def measures(recording: Recording, frame: Frame) -> list[tuple[str, str]]:
    """Name and value of what a frame says of how wrong the network is, as far as it is a number.

    The average error or, where there are examples for testing, the losses on both halves.
    """
    scene = recording.scene
    if recording.test_loss is None:
        share = is_share(recording)
        found = [("label-error", frame.error, error_text(frame.error, share=share))]
    else:
        losses = (("label-training-loss", frame.train_loss), ("label-test-loss", frame.test_loss or 0.0))
        found = [(name, loss, error_text(loss, share=False)) for name, loss in losses]
    return [(say(scene, name), text) for name, value, text in found if isfinite(value)]
