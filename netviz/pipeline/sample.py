"""Sample of a film: some of its frames, drawn and encoded to know how long the whole takes and how large it becomes.

What a frame costs depends on the machine, on the style and on all that is drawn, so it is measured and not reckoned:
runs of consecutive frames, spread over the film, go the way that all of its frames will go. Many frames look like the
one before; how many do is known from their keys, and they are accounted for apart.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from netviz.timeline.side_by_side import SideBySide
from netviz.timeline.timeline import Timeline
from netviz.video.encoder import Encoder, encoding_arguments, group_of_pictures, segments_of
from netviz.video.formats import Encoding, FrameStream, OutputFile
from netviz.video.metadata_images import picture_sizes
from netviz.video.mp4 import split
from netviz.video.transcode import transcode
from netviz.video.verify import decode, played

MOST_RUNS, FEWEST_RUNS = 24, 6
"""Most and fewest runs of frames in a sample."""
RUN = 16
"""Frames in a run: enough for an encoder to show what it makes of them (it looks some frames ahead)."""
LEAD = 2
"""Frames of a run before the changed one that it is chosen for."""
SECONDS = 1.5
"""Seconds after which there are no further runs, once there are the fewest."""
MOST_KEYS = 1500
"""Most places in a film at which it is looked up whether a frame looks like the one before."""
_STALL = 30.0


@dataclass(frozen=True)
class EncodingCost:
    """Cost of one encoding: core seconds a picture, seconds a picture to decode it again; bytes of the pictures.

    key, changed, still: bytes of a picture that stands by itself, of one that differs from the one before, and of one
    that does not.
    """

    seconds: float
    key: float
    changed: float
    still: float = 0.0

    def bytes_of(self, encoding: Encoding, frame_count: int, fps: Fraction, changed: float) -> float:
        """Bytes of all of a film's pictures. changed: share of its frames that differ from the one before."""
        pictures = keys = 0
        group = group_of_pictures(fps / encoding.every)
        for segment in segments_of(frame_count, fps):
            count = len(encoding.selected(segment))
            pictures, keys = pictures + count, keys + -(-count // group)
        share = min(1.0, changed * encoding.every)
        return keys * self.key + (pictures - keys) * (share * self.changed + (1 - share) * self.still)


@dataclass(frozen=True)
class FileCost:
    """Cost of a file after its pictures are encoded, for each of them: to convert it, and to decode it again.

    seconds: of one core. shared: of all cores, which share that work. first, changed: bytes of its first picture and of
    one that differs from the one before; None where the file is as large as its encoding.
    """

    seconds: float
    shared: float
    first: float | None = None
    changed: float | None = None


@dataclass(frozen=True)
class Sample:
    """Costs of a stream of frames, as measured here and now.

    setting_up: seconds until the first frame is drawn. drawing: core seconds for a frame, on average. changed: share of
    the frames that differ from the one before. encodings, files: what each costs.
    """

    setting_up: float
    drawing: float
    changed: float
    encodings: Mapping[Encoding, EncodingCost]
    files: Mapping[OutputFile, FileCost]


def take_sample(
    timeline: Timeline | SideBySide, stream: FrameStream, outputs: Sequence[OutputFile], seconds: float = SECONDS
) -> Sample:
    """Draw and encode some frames of a stream. outputs: the files that are made of it. seconds: see `SECONDS`.

    Raises NetvizError if they cannot be.
    """
    from netviz.drawing.renderer import make_renderer

    changed, places = _changes(timeline)
    length = RUN * max((encoding.every for encoding in stream.encodings), default=1)
    runs = _runs(timeline.frame_count, places, length)
    length = len(runs[0])
    began = time.perf_counter()
    with threadpool_limits(1), _Encoders(stream, length) as encoders:
        renderer = make_renderer(timeline, stream.is_transparent)
        renderer.draw(timeline.frame(runs[0].start))
        setting_up = time.perf_counter() - began
        costs = 0.0
        is_changed: list[bool] = []
        for number, run in enumerate(runs):
            last = timeline.key(run.start - 1) if run.start else None
            picture = None
            for index in run:
                key = timeline.key(index)
                start = time.thread_time()
                if picture is None or key != last:
                    picture = renderer.draw(timeline.frame(index))
                took = time.thread_time() - start
                # The first of a run follows on one that was another moment: much more has to be drawn anew.
                costs += took if index > run.start and key != last else 0.0
                is_changed.append(key != last)
                last = key
                encoders.write(picture, index - run.start)
            if number + 1 >= FEWEST_RUNS and time.perf_counter() - began - setting_up > seconds:
                break
        drawn = len(is_changed)
        flags = np.array(is_changed).reshape(-1, length)
        encoded = encoders.finish()
    drawing = changed * costs / max(1, int(flags[:, 1:].sum()))
    encodings = {encoding: _cost(encoding, data, seconds, flags) for encoding, (data, seconds) in encoded.items()}
    files = {output: _file_cost(output, encoded[output.encoding][0], stream, drawn, flags) for output in outputs}
    return Sample(setting_up, drawing, changed, encodings, files)


def _changes(timeline: Timeline | SideBySide) -> tuple[float, NDArray[np.int64]]:
    """Share of frames that differ from the one before, and places of such frames all over the film."""
    count = timeline.frame_count
    places = np.unique(np.linspace(0, count - 1, min(count, MOST_KEYS)).round().astype(np.int64))
    differs = np.array([place == 0 or timeline.key(int(place)) != timeline.key(int(place) - 1) for place in places])
    return float(differs.mean()), places[differs]


def _runs(count: int, places: NDArray[np.int64], length: int) -> list[range]:
    """Runs of frames, each around one of the places; the whole film where they would be as much.

    Their order is such that the first few are spread over the film, however many follow.
    """
    if count <= MOST_RUNS * length // 2:
        length = min(length, count)
        return [range(start, start + length) for start in range(0, count - length + 1, length)]
    number = min(MOST_RUNS, len(places))
    chosen = places[((np.arange(number) + 0.5) / number * len(places)).astype(np.int64)]
    starts = [int(min(max(0, place - LEAD), count - length)) for place in chosen]
    order = sorted(range(number), key=lambda each: (each * 0.6180339887498949) % 1)
    return [range(starts[each], starts[each] + length) for each in order]


class _Encoders:
    """The encoders of a sample, one for each encoding, with a group of pictures for each run of `length` frames."""

    def __init__(self, stream: FrameStream, length: int) -> None:
        self._encodings = stream.encodings
        self._arguments = [
            encoding_arguments(encoding, stream, max(1, -(-length // encoding.every))) for encoding in stream.encodings
        ]
        self._running: list[Encoder] = []
        self._before = 0.0

    def __enter__(self) -> _Encoders:
        self._before = _seconds_of_children()
        self._running = [Encoder(arguments, _STALL) for arguments in self._arguments]
        return self

    def __exit__(self, *_: object) -> None:
        for encoder in self._running:
            encoder.close()

    def write(self, picture: NDArray[np.uint8], place: int) -> None:
        """Feed a picture. place: its number in its run."""
        for encoding, encoder in zip(self._encodings, self._running, strict=True):
            if place % encoding.every == 0:
                encoder.write(picture.data.cast("B"))

    def finish(self) -> dict[Encoding, tuple[bytes, float]]:
        """Output of each encoder, and the seconds of a core that it took."""
        found = {}
        for encoding, encoder in zip(self._encodings, self._running, strict=True):
            data = encoder.finish()
            now = _seconds_of_children()
            found[encoding] = data, now - self._before
            self._before = now
        return found


def _seconds_of_children() -> float:
    """Seconds that processes of ours which have ended were at work; of the clock where the system does not say."""
    if sys.platform == "win32":
        return time.perf_counter()
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _cost(encoding: Encoding, data: bytes, seconds: float, flags: NDArray[np.bool_]) -> EncodingCost:
    """Cost of an encoding from the fragments of a sample. flags (runs, frames): which frames differ from the last."""
    _, samples = split(data)
    order = np.argsort(samples.time, kind="stable")
    sizes, is_key = samples.size[order], samples.key[order]
    # A picture differs from the last one if any of the frames that it stands for does.
    padded = np.pad(flags, ((0, 0), (0, -flags.shape[1] % encoding.every)))
    differs = padded.reshape(len(flags), -1, encoding.every).any(2).ravel()
    if is_key.all():  # as in ProRes
        each = float(sizes.mean())
        return EncodingCost(seconds / len(sizes), each, each, each)
    # An encoder may put what a change needs into pictures near it, so all is put down to the changes.
    changes = max(1, int(differs[~is_key].sum()))
    return EncodingCost(seconds / len(sizes), float(sizes[is_key].mean()), float(sizes[~is_key].sum()) / changes)


def _file_cost(output: OutputFile, data: bytes, stream: FrameStream, drawn: int, flags: NDArray[np.bool_]) -> FileCost:
    """Cost of a file: the sample is converted into one of its kind, and that decoded again."""
    pictures = max(1, round(drawn / output.encoding.every))
    with tempfile.TemporaryDirectory(prefix="netviz-") as folder:
        joined, part = Path(folder) / "joined.mp4", Path(folder) / f"sample.{output.kind}"
        joined.write_bytes(data)
        is_converted = not output.has_sound or (output.kind == "webm" and output.is_transparent)
        began, before = time.thread_time(), _seconds_of_children()
        if is_converted:
            part.touch()
            sample = replace(output, path=part)
            transcode(
                *(sample, joined, part), fps=stream.fps, frame_count=drawn, audio=None, about=None, stall_limit=_STALL
            )
        if output.has_sound:
            decode(part if is_converted else joined, sound=False, stall_limit=_STALL)
        else:
            played(part)
        seconds = (time.thread_time() - began) / pictures
        shared = (_seconds_of_children() - before) / pictures
        if not output.has_sound:  # made by one thread
            seconds, shared = seconds + shared, 0.0
        if not is_converted:
            return FileCost(seconds, shared)
        if output.has_sound:
            each = part.stat().st_size / pictures
            return FileCost(seconds, shared, each, each)
        sizes = np.sort(picture_sizes(part.read_bytes()))
    # The first of each run shows something else than the one before, wherever it differs: it is among the largest.
    firsts = len(flags)
    changes = max(1.0, flags[:, 1:].sum() / output.encoding.every)
    return FileCost(seconds, shared, float(sizes[-firsts:].mean()), float(sizes[:-firsts].sum() / changes))
