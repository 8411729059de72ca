"""Estimate of what a film takes: time, memory and disk; and the refusal of films for which this machine has too little.

Memory follows from the sizes of pictures and the encoders, disk and time from a sample of the film's frames, which are
drawn and encoded here and now. Where there is no time for a sample - before every render - disk and time are reckoned
roughly, and a sample is only taken of a film that may last very long, or not find its room.
"""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from netviz.errors import NetvizWarning
from netviz.pipeline.api import finished_film, recorded
from netviz.pipeline.jobs import Targets, encode_settings, file_problems, targets_of
from netviz.pipeline.looks import Filmed, Source, resolved
from netviz.pipeline.memory import memory_of
from netviz.pipeline.prepare import Prepared, finish, prepare
from netviz.pipeline.sample import Sample, take_sample
from netviz.pipeline.tasks import LARGE
from netviz.pipeline.validation import film_timeline, scene_of
from netviz.pipeline.workers import default_jobs, usable_cpus
from netviz.recording.comparison import Comparison
from netviz.recording.recording import Recording
from netviz.scene.learned_cycles import learning_shots, shots_in_proportion
from netviz.scene.look_file import LookSource
from netviz.scene.model import Schedule
from netviz.scene.overrides import run_scenes
from netviz.scene.scene import Look, Scene
from netviz.scene.schedule import shown_count
from netviz.scene.shots import WalkShot
from netviz.timeline.plan import Plan, make_plan
from netviz.training.cache import recording_cache, recording_size
from netviz.training.divergence import TrainingDiverged
from netviz.training.problem import training_problem
from netviz.training.trainer import SECONDS_AT_ONCE, engine_for, reference_seconds
from netviz.training.training_recorder import size_of_recording
from netviz.video.encoder import segments_of
from netviz.video.formats import Encoding, FrameStream, OutputFile, frame_streams, is_picture, outputs_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Estimate:
    """Time, memory and disk of a film on this machine, as far as they can be known before.

    frames: of the film. seconds: until it is there. memory: most bytes of all processes together. files: bytes of each
    file. temporary: bytes, by folder, of what lies there until the film is made. jobs: processes that share the work.
    is_measured: whether frames were drawn and encoded for it; without that, time and files are reckoned roughly.
    largest_process: most bytes of one process.
    """

    frames: int
    seconds: float
    memory: int
    files: Mapping[Path, int]
    temporary: Mapping[Path, int]
    jobs: int
    is_measured: bool = True
    largest_process: int = 0

    @property
    def disk(self) -> int:
        """Bytes of all files, those that go again among them."""
        return sum(self.files.values()) + sum(self.temporary.values())


def estimate(
    source: Source,
    output: Targets | None = None,
    *,
    look: LookSource | None = None,
    frames: int | None = None,
    jobs: int | None = None,
    cache: bool = False,
) -> Estimate:
    """Estimate what the film of a scene or recording takes: time, memory and disk. Nothing is made.

    Some of its frames are drawn and encoded to know it, of a scene after training, or a part of it; that takes a few
    seconds. output, look, frames, jobs, cache: as in `render`. Raises InputError as `render` does, but files may exist.
    """
    began = time.perf_counter()
    film_of = resolved(source, look, frames)
    scene = scene_of(film_of)
    targets = targets_of(output) if output is not None else (Path(f"{scene.name}.mp4"),)
    prepared = prepare(film_of)
    prepared.refuse(file_problems(prepared, targets, True))
    return measured_estimate(prepared, targets, jobs, cache=cache, spent=time.perf_counter() - began)


def measured_estimate(
    prepared: Prepared, targets: Sequence[Path], jobs: int | None, *, cache: bool = False, spent: float = 0.0
) -> Estimate:
    """The estimate of a prepared film from a sample of it, or a rough one where none can be had.

    jobs: None for what helps on this machine. spent: seconds that have gone by already, as they will in `render`.
    """
    film = _Film.of(prepared, targets, jobs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NetvizWarning)  # they are given when the film is made
            trial = _trial(prepared, cache)
            costs = None if trial is None else [_sampled(film, trial, stream) for stream in film.streams]
    except Exception as fault:  # an estimate is no reason for a film not to be made
        _log.info("no sample could be taken: %r", fault, exc_info=True)
        trial = costs = None
    if trial is None or costs is None:
        return rough_estimate(prepared, targets, jobs, spent=spent)
    return _estimate(film, costs, spent + trial.training, is_measured=True)


def rough_estimate(prepared: Prepared, targets: Sequence[Path], jobs: int | None, *, spent: float = 0.0) -> Estimate:
    """An estimate without a sample: memory as good as ever, time and disk within a factor of some three."""
    film = _Film.of(prepared, targets, jobs)
    training = sum(map(_training_seconds, _runs_of(prepared.source)))
    return _estimate(film, [_rough(film, stream) for stream in film.streams], spent + training, is_measured=False)


@dataclass(frozen=True, eq=False)
class _Film:
    """A film as it will be made: its files, the streams these need, and the number of processes that share the work."""

    prepared: Prepared
    targets: tuple[Path, ...]
    outputs: tuple[OutputFile, ...]
    streams: tuple[FrameStream, ...]
    segments: tuple[range, ...]
    jobs: int

    @classmethod
    def of(cls, prepared: Prepared, targets: Sequence[Path], jobs: int | None) -> _Film:
        settings = encode_settings(prepared.scene.output)
        outputs = outputs_of([target for target in targets if not is_picture(target)], settings)
        streams = tuple(frame_streams(outputs, settings))
        assert prepared.plan is not None, "a film with problems is not estimated"
        segments = tuple(segments_of(prepared.plan.frame_count, settings.fps)) if streams else ()
        pieces = len(segments) * len(streams)
        workers = default_jobs(usable_cpus(), pieces) if jobs is None else jobs
        return cls(prepared, tuple(targets), outputs, streams, segments, max(1, min(workers, pieces)))

    @property
    def scene(self) -> Look:
        return self.prepared.scene

    @property
    def plan(self) -> Plan:
        assert self.prepared.plan is not None
        return self.prepared.plan

    @property
    def pixels(self) -> int:
        width, height = self.scene.output.size
        return width * height

    @property
    def has_sound(self) -> bool:
        return self.scene.audio is not None

    def of_stream(self, stream: FrameStream) -> list[OutputFile]:
        """The files that are made of a stream."""
        return [output for output in self.outputs if output.is_transparent == stream.is_transparent]


@dataclass(frozen=True)
class _StreamCost:
    """Cost of a stream of frames: seconds until the first, core seconds of drawing and of encoding all, and bytes.

    encodings: bytes of each. files: of each file its bytes, without sound, and seconds of its own after the encoding.
    """

    setting_up: float
    drawing: float
    encoding: float
    encodings: Mapping[Encoding, float]
    files: Mapping[OutputFile, tuple[float, float]]


# Time and disk from a sample.

TRIED = 1.0
"""Seconds of training, as reckoned, up to which a scene is trained for its sample; of a longer training only a part."""
SAMPLED_PIXELS = 1920 * 1080
"""Most pixels of a sample's pictures: larger films are sampled smaller."""
MOST_TOLD = 20_000
"""Most frames of a film whose sample shows what is told of its run."""
GROWTH = {"prores": 1.0, "lossless": 0.8}
"""Power of the number of pixels with which a picture's bytes grow in an encoding; of the others `USUAL_GROWTH`."""
USUAL_GROWTH = 0.55


@dataclass(frozen=True, eq=False)
class _Trial:
    """A recorded run to take samples of, whole or in parts. training: seconds that the whole training takes."""

    plan: Plan
    film: Filmed
    training: float


def _trial(prepared: Prepared, cache: bool) -> _Trial | None:
    """The run itself where it is recorded, in the cache or trained soon; of a long training its beginning.

    None where even a single cycle takes too long.
    """
    began = time.perf_counter()

    def spent() -> float:
        return time.perf_counter() - began

    if isinstance(prepared.source, Filmed):
        return _trial_of(prepared, prepared.source.recorded, spent)
    runs, kept = _runs_of(prepared.source), recording_cache() if cache else None
    if kept is not None and prepared.source.compare is None:
        scene = prepared.scene
        assert isinstance(scene, Scene)
        found = kept.find(scene)
        if found is not None:
            return _trial_of(prepared, found, spent)
    reckoned = sum(map(_training_seconds, runs))
    if reckoned <= TRIED:
        return _trained(prepared, spent)
    scene = prepared.scene
    assert isinstance(scene, Scene) and prepared.plan is not None
    short = _shortened(scene, reckoned)
    part = sum(map(_training_seconds, [short] if short.compare is None else run_scenes(short)))
    if part > 2 * TRIED:
        return None
    of = replace(prepared, source=short, scene=short, plan=make_plan(short, prepared.plan.seconds))
    trial = _trained(of, spent)
    return trial and replace(trial, training=trial.training * reckoned / part)


def _trial_of(prepared: Prepared, recording: Recording | Comparison, spent: Callable[[], float]) -> _Trial:
    """The trial of a recording; a very long film is tried without its story, which takes long to find its places."""
    assert prepared.plan is not None
    if prepared.plan.frame_count > MOST_TOLD:
        return _Trial(prepared.plan, Filmed(recording, prepared.scene), spent())
    finished = finish(prepared, recording)
    return _Trial(finished.plan, finished.film, spent())


def _trained(prepared: Prepared, spent: Callable[[], float]) -> _Trial | None:
    """The trial of a scene that is trained for it; None of a run that diverges before it has shown anything."""
    assert prepared.plan is not None
    try:
        if prepared.plan.frame_count > MOST_TOLD:
            return _trial_of(prepared, recorded(prepared), spent)
        finished = finished_film(prepared)
    except TrainingDiverged:
        return None
    return _Trial(finished.plan, finished.film, spent())


def _shortened(scene: Scene, seconds: float) -> Scene:
    """The scene with only the beginning of its training, a part that is done in less than `TRIED`."""
    fewest = max(2, len(learning_shots(scene.shots)))
    cycles = max(fewest, min(scene.training.cycles, int(scene.training.cycles * TRIED / 2 / seconds)))
    shots = tuple(
        shot.model_copy(update={"cycle": None}) if isinstance(shot, WalkShot) else shot
        for shot in shots_in_proportion(scene.shots, cycles)
    )
    return scene.model_copy(
        update={
            "training": scene.training.model_copy(update={"cycles": cycles}),
            "schedule": Schedule(frames=min(cycles, 4)),
            "shots": shots,
            "captions": (),
            "sync": None,
        }
    )


def _runs_of(source: Scene | Filmed) -> list[Scene]:
    """The scenes that are to be trained."""
    if isinstance(source, Filmed):
        return []
    return [source] if source.compare is None else [*run_scenes(source)]


def _training_seconds(scene: Scene) -> float:
    """Seconds of the scene's training, as the trainer reckons them to choose its engine."""
    if scene.schedule.frames == "beats":
        scene = scene.model_copy(update={"schedule": Schedule(frames=scene.usual_shown)})
    problem, shown = training_problem(scene), shown_count(scene)
    each = SECONDS_AT_ONCE / engine_for(scene, problem).cycles_at_once
    return (scene.training.cycles - shown) * each + shown * reference_seconds(problem)


def _sampled(film: _Film, trial: _Trial, stream: FrameStream) -> _StreamCost:
    """The cost of a stream, from a sample: of pictures as they will be, or smaller ones where those are very large."""
    outputs = film.of_stream(stream)
    width, height = stream.size
    part = min(1.0, (SAMPLED_PIXELS / (width * height)) ** 0.5)
    if part == 1:
        return _cost_of(film, stream, outputs, take_sample(film_timeline(trial.plan, trial.film), stream, outputs), 1.0)
    small = tuple(max(128, 2 * round(side * part / 2)) for side in stream.size)
    output = film.scene.output.model_copy(update={"size": small})
    settings = encode_settings(output)
    smaller = outputs_of([each.path for each in outputs], settings)
    of = next(each for each in frame_streams(smaller, settings) if each.is_transparent == stream.is_transparent)
    reduced = Filmed(trial.film.recorded, trial.film.scene.model_copy(update={"output": output}))
    sample = take_sample(film_timeline(trial.plan, reduced), of, smaller)
    as_asked = dict(zip(smaller, outputs, strict=True))
    encodings = {mine.encoding: theirs.encoding for mine, theirs in as_asked.items()}
    sample = replace(
        sample,
        encodings={encodings[each]: cost for each, cost in sample.encodings.items()},
        files={as_asked[each]: cost for each, cost in sample.files.items()},
    )
    return _cost_of(film, stream, outputs, sample, width * height / (small[0] * small[1]))


def _cost_of(
    film: _Film, stream: FrameStream, outputs: Sequence[OutputFile], sample: Sample, larger: float
) -> _StreamCost:
    """The cost of a stream from its sample. larger: how many times as many pixels the film's pictures have."""
    frames, fps, cores = film.plan.frame_count, stream.fps, usable_cpus()

    def pictures(encoding: Encoding) -> int:
        return len(encoding.selected(range(frames)))

    def growth(encoding: Encoding, power: float) -> float:
        is_smaller = encoding.codec == "lossless" and encoding.size != stream.size  # an animated picture
        return 1.0 if is_smaller else larger**power

    encodings = {
        encoding: cost.bytes_of(encoding, frames, fps, sample.changed)
        * growth(encoding, GROWTH.get(encoding.codec, USUAL_GROWTH))
        for encoding, cost in sample.encodings.items()
    }
    files = {}
    for output in outputs:
        cost, encoding = sample.files[output], output.encoding
        size = encodings[encoding]
        if cost.first is not None and cost.changed is not None:
            changed = min(1.0, sample.changed * encoding.every)
            size = (cost.first + pictures(encoding) * changed * cost.changed) * growth(encoding, USUAL_GROWTH)
        seconds = (cost.seconds + cost.shared / cores) * pictures(encoding) * growth(encoding, 1.0)
        files[output] = size, seconds
    work = sum(cost.seconds * pictures(each) * growth(each, 1.0) for each, cost in sample.encodings.items())
    return _StreamCost(sample.setting_up * larger, sample.drawing * frames * larger, work, encodings, files)


# Time and disk without a sample: from films of the bundled scenes, on a machine of 2026 with two cores.

_SECONDS_A_PIXEL = {"glow": 5e-9, "classic": 4e-10}
_BYTES_A_PICTURE, _THEIR_PIXELS = 1150, 854 * 480
"""Bytes of a picture of that many pixels in H.264 of quality good, key pictures among them; they grow with
`USUAL_GROWTH`."""
_RELATIVE = {"draft": (0.3, 1.2), "good": (1.0, 1.0), "best": (6.0, 2.2)}
"""Seconds and bytes of an encoder's qualities, against those of good."""
_CODECS = {
    "h264": (8e-9, 1.0),
    "av1": (1.5e-8, 0.5),
    "vp9": (4e-8, 0.8),
    "prores": (2.5e-8, 0.0),
    "lossless": (1e-8, 0.0),
}
"""Core seconds a pixel of each codec, and bytes against those of H.264."""
_BYTES_A_PIXEL = {"prores": 0.2, "lossless": 0.1}
_AS_FILE = {"gif": 0.03, "webp": 0.012, "apng": 0.08}
"""Bytes a pixel of each picture of an animated file."""


def _rough(film: _Film, stream: FrameStream) -> _StreamCost:
    """The cost of a stream without a sample."""
    frames = film.plan.frame_count
    drawing = _SECONDS_A_PIXEL["classic" if film.scene.style == "classic" else "glow"] * film.pixels * frames
    encodings, files, encoding_seconds = {}, {}, 0.0
    for encoding in stream.encodings:
        pictures, pixels = len(encoding.selected(range(frames))), encoding.size[0] * encoding.size[1]
        seconds, size = _CODECS[encoding.codec]
        slower, larger = _RELATIVE[encoding.quality]
        encoding_seconds += seconds * slower * pixels * pictures
        usual = _BYTES_A_PICTURE * (pixels / _THEIR_PIXELS) ** USUAL_GROWTH
        each = _BYTES_A_PIXEL[encoding.codec] * pixels if encoding.codec in _BYTES_A_PIXEL else size * larger * usual
        encodings[encoding] = pictures * each
    for output in film.of_stream(stream):
        encoding = output.encoding
        pictures, pixels = len(encoding.selected(range(frames))), encoding.size[0] * encoding.size[1]
        is_made = output.kind in _AS_FILE
        size = _AS_FILE[output.kind] * pixels * pictures if is_made else encodings[encoding]
        files[output] = size, (5e-8 if is_made else 2e-9) * pixels * pictures
    streams = 2 if stream.is_transparent else 1
    return _StreamCost(0.5, streams * drawing, encoding_seconds, encodings, files)


# All together.

WORKER_START = 1.0
"""Seconds in which a worker process starts, besides making its renderer."""
SOUND_BYTES = {"mp4": 24_000, "webm": 16_000, "mov": 192_000}
"""Bytes of a second of sound in each kind of file."""
SOUND_SECONDS = 0.02
"""Seconds that a second of sound takes: read, measured or composed, and encoded."""
WAVE_BYTES = 192_000
"""Bytes of a second of composed sound, which lies in the folder for temporary files until the film is there."""
INDEX_BYTES = 20
"""Bytes of a film's index for each picture."""
_STILL = {"png": 0.8, "jpg": 0.1}
"""Bytes a pixel of a poster."""
_HEAD = 6_000
"""Bytes of a file besides its pictures and sound: its own head, and what it says of its making."""


def _estimate(film: _Film, costs: Sequence[_StreamCost], spent: float, *, is_measured: bool) -> Estimate:
    """The estimate from the costs of the film's streams. spent: seconds before the first is begun."""
    frames, length, cores, jobs = film.plan.frame_count, float(film.plan.seconds), usable_cpus(), film.jobs
    seconds = spent + (SOUND_SECONDS * length if film.has_sound else 0.0)
    stills = [target for target in film.targets if is_picture(target)]
    each = {target: _STILL["png" if target.suffix.lower() == ".png" else "jpg"] for target in stills}
    sizes = {target: round(_HEAD + each[target] * film.pixels) for target in stills}
    temporary: dict[Path, int] = {}
    here = Path(tempfile.gettempdir())
    for stream, cost in zip(film.streams, costs, strict=True):
        # Segments are shared out whole.
        turns = ceil(len(film.segments) / jobs) * jobs / len(film.segments)
        drawn = max(turns * cost.drawing / jobs, (cost.drawing + cost.encoding) / cores)
        start = cost.setting_up if jobs == 1 else (cost.setting_up + WORKER_START) * max(1.0, jobs / cores)
        seconds += start + drawn + sum(each for _, each in cost.files.values())
        for output in film.of_stream(stream):
            size, _ = cost.files[output]
            sound = SOUND_BYTES.get(output.kind, 0) * length if film.has_sound else 0.0
            index = INDEX_BYTES * len(output.encoding.selected(range(frames))) if output.has_sound else 0
            sizes[output.path] = round(size + sound + index + _HEAD)
            if output.kind != "mp4":
                folder = output.path.absolute().parent
                temporary[folder] = temporary.get(folder, 0) + round(cost.encodings[output.encoding])
    if film.has_sound and film.scene.audio is not None and film.scene.audio.is_sonified:
        temporary[here] = temporary.get(here, 0) + round(WAVE_BYTES * length)
    recording = _recording_bytes(film.prepared)
    if jobs > 1 and recording >= LARGE:
        temporary[here] = temporary.get(here, 0) + recording
    encoded = {stream: sum(cost.encodings.values()) for stream, cost in zip(film.streams, costs, strict=True)}
    memory = memory_of(film.scene, frames, len(film.segments), jobs, encoded, recording)
    files = {target: sizes[target] for target in film.targets}
    return Estimate(frames, seconds, memory.together, files, temporary, jobs, is_measured, memory.largest)


def _recording_bytes(prepared: Prepared) -> int:
    """Bytes of the recordings that the film shows, at most."""
    if isinstance(prepared.source, Filmed):
        return sum(map(recording_size, prepared.source.recordings))
    return sum(size_of_recording(run) for run in _runs_of(prepared.source) if run.schedule.frames != "beats")
