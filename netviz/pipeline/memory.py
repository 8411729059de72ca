"""Memory of a film's making, reckoned from the sizes of its pictures, its network and its encoders.

The figures are measured: sums of the proportional set sizes of a command and its children while they made films of
the bundled scenes (`python -m benchmarks.estimates`), and of encoders alone. They hold on any machine, because encoders
have a fixed number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netviz.pipeline.tasks import LARGE
from netviz.scene.scene import Look
from netviz.video.formats import Encoding, FrameStream

MB = 1_000_000
_COMMAND = 78 * MB
"""Of the command itself, before anything is drawn."""
_WORKER = 60 * MB
"""Of a worker process, which shares programs and libraries with the command."""
_DRAWS = 12 * MB
"""More of a process that draws: matplotlib, fonts."""
_A_PIXEL = {"glow": 45, "classic": 24}
"""Bytes of a renderer for each pixel."""
_A_LIGHT, _A_LIGHT_AND_PIXEL, _MOST_LIGHTS = 125_000, 0.075, 600
"""Bytes of a renderer for each neuron and synapse that shines, and for each of them and each pixel."""
_TRANSPARENT = 2.8
"""Factor on the memory of a transparent film, which is drawn on black and on white."""
_ENCODERS = {
    ("h264", "draft"): (36, 70, 1.1), ("h264", "good"): (34, 153, 1.2), ("h264", "best"): (46, 288, 1.35),
    ("av1", "draft"): (103, 264, 1.3), ("av1", "good"): (148, 299, 1.35), ("av1", "best"): (112, 546, 1.35),
    ("vp9", "draft"): (63, 138, 2.0), ("vp9", "good"): (63, 145, 2.0), ("vp9", "best"): (70, 145, 2.0),
}  # fmt: skip
"""MB of an encoder, bytes for each pixel, and how many times as much its successors and predecessors are with it."""
_PRORES, _LOSSLESS = (35, 113, 1.0), (24, 30, 1.3)
_IDLE = 15 * MB
"""Of an encoder that waits for its first picture."""
_TRANSPARENT_WEBM = (95 * MB, 300)
"""Of the conversion to a transparent WebM, and for each pixel."""
_COPIES = 2
"""Copies of a segment's bytes in the process that joins them."""
_A_FRAME = 16
"""Bytes of the film's timeline for each frame."""
_TRAINING = 3
"""Memory of a recording while it is made, in its own sizes."""


@dataclass(frozen=True)
class Memory:
    """Most bytes of all processes together, and of the largest of them."""

    together: int
    largest: int


def memory_of(
    scene: Look, frame_count: int, segments: int, jobs: int, streams: Mapping[FrameStream, float], recording: int
) -> Memory:
    """The memory that a film takes. streams: bytes of all encodings of each. recording: bytes of all it shows."""
    most, largest = float(_COMMAND + _TRAINING * recording), float(_COMMAND)
    width, height = scene.output.size
    for stream, encoded in streams.items():
        drawing = _drawing_bytes(scene, stream) + _A_FRAME * frame_count
        segment = encoded / max(1, segments)
        encoders = [_encoder_bytes(encoding, stream) for encoding in stream.encodings]
        if jobs == 1:
            own = _COMMAND + drawing + recording + _COPIES * segment
            together = own
            for size, factor in encoders:
                together += size * factor + _IDLE if segments > 1 else size
            largest = max(largest, own)
        else:
            worker = _WORKER + drawing + min(recording, LARGE) + segment
            own = _COMMAND + recording + (jobs + _COPIES) * segment
            together = own + jobs * (worker + sum(size for size, _ in encoders))
            largest = max(largest, own, worker)
        most, largest = max(most, together), max([largest, *(size for size, _ in encoders)])
        if stream.is_transparent and any(
            each.codec == "lossless" and each.size == stream.size for each in stream.encodings
        ):
            fixed, each = _TRANSPARENT_WEBM
            most = max(most, own + fixed + each * width * height)
    return Memory(round(most), round(largest))


def _drawing_bytes(scene: Look, stream: FrameStream) -> float:
    """Bytes of a renderer."""
    outline, is_classic = scene.outline, scene.style == "classic"
    width, height = stream.size
    lights = min(_MOST_LIGHTS, sum(outline.layers) + outline.synapses) * max(1, len(scene.runs)) * (not is_classic)
    each = _A_PIXEL["classic" if is_classic else "glow"] + _A_LIGHT_AND_PIXEL * lights
    return (_DRAWS + _A_LIGHT * lights + each * width * height) * (_TRANSPARENT if stream.is_transparent else 1)


def _encoder_bytes(encoding: Encoding, stream: FrameStream) -> tuple[float, float]:
    """Bytes of one encoder, and how many times as much those before and after it are with it."""
    if encoding.codec == "prores":
        fixed, each, factor = _PRORES
    elif encoding.codec == "lossless":
        fixed, each, factor = _LOSSLESS
        if not stream.is_transparent and encoding.size != stream.size:
            each = 8
    else:
        fixed, each, factor = _ENCODERS[encoding.codec, encoding.quality]
    width, height = stream.size
    return fixed * MB + each * width * height, factor
