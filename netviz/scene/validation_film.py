"""Validation of the film: shots, worked examples, panels, captions, sound, sync and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from netviz.errors import MOST_PROBLEMS
from netviz.scene.captions import READ, Caption, reading_seconds, seconds_up
from netviz.scene.learned_cycles import bounds
from netviz.scene.messages import did_you_mean, printable, shown
from netviz.scene.model import (
    MOST_ANSWERED,
    MOST_BOUNDARIES,
    MOST_CLASSES,
    Data,
    Network,
    Schedule,
    Training,
    has_two_targets,
    is_planar,
)
from netviz.scene.palette import Palette
from netviz.scene.panels import (
    IN_CLASSIC,
    OWN,
    AnswersPanelSpec,
    BoundaryPanelSpec,
    EquationsPanelSpec,
    ListedPanelSpec,
    NetworkPanelSpec,
)
from netviz.scene.phrases import DECIMAL_MARKS, ENGLISH, blanks
from netviz.scene.shots import AnyShot, LearningShot, Shot, ThinkShot, WalkShot
from netviz.scene.sound import Sound, Sync
from netviz.scene.types import geometric_cycles
from netviz.scene.validation_training import ON_THE_PLANE, Mistake, Path, count, misfit

MOST_IN_EQUATIONS = 4
"""Largest number of neurons in one layer whose equations can be read in a picture."""
MOST_LAYERS_OF_EQUATIONS = 3
MOST_SUMS = 8
"""Largest number of neurons after the inputs, each of which has two lines of equations."""


def shots_alone(shots: Sequence[Shot]) -> Iterator[Mistake]:
    """Find shots whose length is given twice, or that stand still all the time, and shares that do not add up."""
    for index, shot in enumerate(shots):
        given = [key for key in ("share", "seconds", "speed") if getattr(shot, key) is not None]
        if len(given) > 1:
            yield ("shots", index), f"a shot has one of share, seconds and speed; got {' and '.join(given)}"
        if shot.hold is not None and shot.seconds is not None and shot.hold >= shot.seconds:
            hold, seconds = float(shot.hold), float(shot.seconds)
            message = f"a hold of {hold:g} s leaves no time for what is shown in {seconds:g} s; give less"
            yield ("shots", index, "hold"), message
    total = sum(shot.share or 0 for shot in shots)
    if total > 1 + 1e-9:
        yield ("shots",), f"the shares add up to {total:g}; together they can have at most 1"
    elif total > 1 - 1e-9 and any(shot.share is None for shot in shots):
        yield ("shots",), "the shares add up to 1 and leave no time for the shots without one"


def thoughts(shots: Sequence[Shot], network: Network, data: Data | None) -> Iterator[Mistake]:
    """Find think shots whose values do not fit the network, or the plane its inputs come from."""
    is_planar = data is not None and (data.dataset is not None or data.features is not None)
    for index, shot in enumerate(shots):
        if not isinstance(shot, ThinkShot):
            continue
        given = count(len(shot.inputs), "value")
        if is_planar and len(shot.inputs) != 2:
            yield ("shots", index, "inputs"), f"{given}, but {ON_THE_PLANE}"
        elif not is_planar and len(shot.inputs) != network.layers[0]:
            yield ("shots", index, "inputs"), misfit(given, network, 0)
        if shot.target is not None and len(shot.target) != network.layers[-1]:
            yield ("shots", index, "target"), misfit(count(len(shot.target), "value"), network, -1)


def walks(
    shots: Sequence[Shot], data: Data | None, training: Training | None, schedule: Schedule | None
) -> Iterator[Mistake]:
    """Find worked examples of missing examples or cycles, and backward passes that cannot be shown.

    Those need steps of one example each, and no regularization.
    """
    examples = data.train_count if data is not None else 0
    for index, shot in enumerate(shots):
        if not isinstance(shot, WalkShot):
            continue
        if examples and shot.example > examples:
            yield (
                ("shots", index, "example"),
                f"there is no training example {shot.example:,}; they are counted from 1 to {examples:,}",
            )
        if training is None:
            continue
        if (
            schedule is not None
            and shot.cycle is not None
            and not _is_shown(shot.cycle, schedule, training.cycles)
            and shot.cycle not in bounds(shots, 0, training.cycles, ()) - {training.cycles}
        ):
            yield ("shots", index, "cycle"), _not_shown(shot.cycle, schedule)
        if shot.backward:
            alone = examples == 1 and (training.batch == "full" or training.last_batch == "short")
            if training.batch != 1 and not alone:
                yield (
                    ("shots", index, "backward"),
                    f"with training.batch: {training.batch} a step is not one example's, and cannot be walked back; "
                    "batch: 1 can",
                )
            if training.regularization != "none" and training.regularization_rate > 0:
                yield (
                    ("shots", index, "backward"),
                    "the equations of a step have no regularization in them; leave training.regularization out",
                )


def _is_shown(cycle: int, schedule: Schedule, cycles: int) -> bool:
    if schedule.cycles is not None:
        return cycle in schedule.cycles
    if schedule.every is not None:
        return cycle <= cycles and cycle % schedule.every == 0
    if schedule.frames == "beats":
        return False
    frames = schedule.frames or 1
    return frames > cycles or cycle in geometric_cycles(frames, cycles)


def _not_shown(cycle: int, schedule: Schedule) -> str:
    if schedule.frames == "beats":
        return "which cycles are shown follows from the beats; list schedule.cycles to choose them"
    return f"cycle {cycle:,} is none of the shown cycles{_listed(schedule)}"


def _listed(schedule: Schedule) -> str:
    if schedule.every is not None:
        return f" (schedule.every: {schedule.every})"
    if schedule.cycles is None:
        return "; list schedule.cycles to choose them"
    several = schedule.cycles[:12]
    return f": {', '.join(map(str, several))}{' ...' if len(schedule.cycles) > len(several) else ''}"


def panels_and_style(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find panels that cannot show this network, and keys that the style classic does not support."""
    if any(parts.get(name) is None for name in ("network", "shots", "style")):
        return
    network, shots, panels = parts["network"], parts["shots"], parts.get("panels")
    if parts["style"] == "classic":
        yield from _classic(network, shots, panels)
        return
    data = parts.get("data")
    seen: set[str] = set()
    for index, panel in enumerate(panels or ()):
        path: Path = ("panels", index)
        if panel.panel in seen:
            yield path, f"there is a panel {panel.panel} already; each kind but picture and text stands once"
        seen |= {panel.panel} - {*OWN}
        if isinstance(panel, EquationsPanelSpec):
            if large := _too_large(network):
                yield path, large
            weights = sum(before * after for before, after in pairwise(network.layers))
            if panel.weight is not None and panel.weight > weights:
                yield (*path, "weight"), f"the network has {weights} weights; there is no w{panel.weight}"
        elif data is not None:
            yield from _on_the_plane(path, panel, network, data)
        if isinstance(panel, AnswersPanelSpec) and data is not None:
            yield from _answers(path, network, data)
    has_usual_equations = panels is None or ("auto" in seen and "equations" not in seen)
    if has_usual_equations and (large := _too_large(network)):
        for index, shot in enumerate(shots):
            if isinstance(shot, WalkShot):
                message = f"{large}; leave the walk out, or list panels without equations"
                yield ("shots", index), message


def accuracy_shown(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find an accuracy that is asked for where there is none, or no panel that shows it."""
    if not parts.get("accuracy"):
        return
    data, panels = parts.get("data"), parts.get("panels")
    if parts.get("style") == "classic":
        yield ("accuracy",), "the style classic has its own picture, without it; leave accuracy out"
    elif parts.get("compare"):
        yield ("accuracy",), "runs side by side are compared by their loss; leave accuracy out"
    elif panels is not None and not any(panel.panel in ("numbers", "curve", "auto") for panel in panels):
        yield ("accuracy",), "the panels numbers and curve show it; list one of them, or leave accuracy out"
    if data is None or not (data.dataset or data.examples):
        return
    if not has_two_targets(data):
        message = "answers are right or wrong between two targets, which the examples do not have; leave accuracy out"
        yield ("accuracy",), message
    elif data.examples and len({example.target for example in data.examples}) == 1:
        yield ("accuracy",), "all examples have the same target, so there is nothing to tell apart; leave accuracy out"


def _answers(path: Path, network: Network, data: Data) -> Iterator[Mistake]:
    if not has_two_targets(data):
        yield path, "answers are drawn between two targets, but the examples have others; leave the panel out"
    elif data.train_count > MOST_ANSWERED or network.layers[-1] > MOST_CLASSES:
        has = f"there are {data.train_count:,} of {network.layers[-1]}"
        yield path, f"answers show at most {MOST_ANSWERED} training examples of {MOST_CLASSES} outputs; {has}"


def _classic(network: Network, shots: Sequence[Shot], panels: Sequence[ListedPanelSpec] | None) -> Iterator[Mistake]:
    for index, panel in enumerate(panels or ()):
        if panel.panel not in IN_CLASSIC:
            message = "the style classic has its own picture, to which panels add pictures and texts"
            yield ("panels", index), f"{message}: [auto, {{panel: picture, ...}}]"
    if network.bias_nodes:
        yield ("network", "bias_nodes"), "the style classic draws no bias nodes; choose another style"
    for index, shot in enumerate(shots):
        if isinstance(shot, WalkShot):
            yield ("shots", index), "the style classic has no walks; choose another style"
        if isinstance(shot, LearningShot) and shot.examples == "together":
            yield ("shots", index, "examples"), "the style classic presents each example; choose another style"


def _on_the_plane(path: Path, panel: ListedPanelSpec, network: Network, data: Data) -> Iterator[Mistake]:
    if isinstance(panel, BoundaryPanelSpec):
        if not is_planar(network, data):
            yield path, f"a boundary is drawn on the plane, but the network has {_inputs(network)}"
        elif network.layers[-1] > MOST_BOUNDARIES:
            yield (
                path,
                f"a boundary shows at most {MOST_BOUNDARIES} outputs; the network has {network.layers[-1]}",
            )
    if isinstance(panel, NetworkPanelSpec) and panel.neurons == "maps" and not is_planar(network, data):
        yield (*path, "neurons"), f"maps are drawn of the plane, but the network has {_inputs(network)}; use numbers"


def _inputs(network: Network) -> str:
    return f"{count(network.layers[0], 'input')} and not 2"


def _too_large(network: Network) -> str | None:
    """Return why a network's equations could not be read, or None if they can."""
    layers, sums = network.layers, sum(network.layers[1:])
    if max(layers) <= MOST_IN_EQUATIONS and len(layers) - 1 <= MOST_LAYERS_OF_EQUATIONS and sums <= MOST_SUMS:
        return None
    return (
        f"equations can be read of at most {MOST_IN_EQUATIONS} neurons in each layer, {MOST_LAYERS_OF_EQUATIONS} "
        f"layers after the inputs and {MOST_SUMS} neurons in those; {list(layers)} has up to {max(layers)}, "
        f"{count(len(layers) - 1, 'layer')} and {count(sums, 'neuron')}"
    )


# Captions: the mistakes in them that can be found without a film.


def captions(parts: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find captions that are too short to be read, or at moments that no film of this scene has."""
    shots, training = parts.get("shots"), parts.get("training")
    duration = parts.get("duration")
    given: Sequence[Caption] = parts.get("captions") or ()
    for index, caption in enumerate(given):
        needed = reading_seconds(caption.text)
        if caption.seconds is not None and caption.seconds < needed:
            yield (
                ("captions", index, "for"),
                f"{float(caption.seconds):g} s are too short for {count(len(caption.text), 'character')}; at {READ} a "
                f"second it takes {seconds_up(needed)} s to read them",
            )
        moment = caption.moment
        at = ("captions", index, "at")
        if moment.kind == "seconds" and duration is not None and moment.number >= duration and moment.offset is None:
            yield at, f"{caption.at} is past the end of the film, which lasts {float(duration):.2f} s"
        if moment.kind == "cycle" and training is not None and not 1 <= moment.number <= training.cycles:
            yield (
                at,
                f"there is no cycle {int(moment.number):,}; they are counted from 1 to {training.cycles:,} "
                "(training.cycles)",
            )
        if moment.kind == "shot" and shots is not None and (wrong := _no_shot(caption, shots)):
            yield at, wrong


def _no_shot(caption: Caption, shots: Sequence[AnyShot]) -> str | None:
    moment = caption.moment
    if not moment.name:
        return None if moment.number <= len(shots) else f"there is no shot {moment.number}; there are {len(shots)}"
    found = [number for number, shot in enumerate(shots, 1) if shot.shot == moment.name]
    if len(found) == 1 or (found and moment.name == "learning"):  # of several the first
        return None
    if not found:
        return f"there is no shot {moment.name} in this film"
    return f"there are {len(found)} shots {moment.name}; give {' or '.join(f'shot:{number}' for number in found)}"


# Sync: mistakes in the beats, and in the keys that depend on beats or music.


def sync_alone(sync: Sync, audio: Sound | None) -> Iterator[Mistake]:
    """Find beats that are given twice, that do not increase, or that cannot be detected for lack of music.

    audio: the scene's, None if it has none.
    """
    if sync.bpm is not None and sync.at is not None:
        yield ("sync",), "give bpm, or at with every beat, not both"
    if sync.offset is not None and sync.bpm is None:
        yield ("sync", "offset"), "when the first beat is belongs to bpm; give bpm, or leave offset out"
    if not sync.is_heard and sync.to != "beats":
        yield ("sync", "to"), "onsets are found in the music; give bpm or at, or to, not both"
    for index, (before, after) in enumerate(pairwise(sync.at or ())):
        # Where a moment is, is known with the length of the film: see `placed_beats`.
        if not isinstance(before, str) and not isinstance(after, str) and after <= before:
            yield ("sync", "at", index + 1), f"{after:g} comes after {before:g}; beats must increase"
            break
    if sync.is_heard and audio is None:
        yield ("sync",), f"there is no music to find {sync.to} in; give audio, or bpm, or at"
    if sync.is_heard and audio is not None and audio.is_sonified:
        yield ("sync",), f"the sound is made from the run, so there are no {sync.to} to find in it; give bpm, or at"


def background_and_theme(palette: Palette | None, theme: str | None) -> Iterator[Mistake]:
    """Find a background that is light where the theme is dark, or dark where it is light: nothing could be seen."""
    if palette is None or palette.background is None or theme is None or palette.is_light == (theme != "night"):
        return
    is_, other, instead = ("light", "dark", "paper") if palette.is_light else ("dark", "light", "night")
    centre = palette.background[0]
    message = f"{centre} is {is_}, and the theme {theme} {other}; leave theme out, or set it to {instead}"
    yield ("palette", "background"), message


def pulse_and_sound(pulse: float, audio: Sound | None) -> Iterator[Mistake]:
    """Find a glow that follows music in a scene without music."""
    if pulse > 0 and audio is None:
        yield ("pulse",), "there is no music for the glow to follow; give audio, or leave pulse out"
    elif pulse > 0 and audio is not None and audio.is_sonified:
        yield ("pulse",), "the glow follows music, not a sound made from the run; leave pulse out"


def schedule_and_sync(schedule: Schedule | None, sync: Sync | None) -> Iterator[Mistake]:
    """Find a schedule that follows beats in a scene without beats."""
    if schedule is not None and schedule.frames == "beats" and sync is None:
        yield ("schedule", "frames"), "there are no beats to follow; give sync, or a number"


# Sound: keys that do not fit each other, or the film's length.


def sound_and_length(sound: Sound | None, duration: Fraction | None) -> Iterator[Mistake]:
    """Find mistakes in the keys of the sound and in the film's length."""
    if sound is None:
        return
    if sound.is_sonified:
        if sound.start:
            yield ("audio", "start"), "sound made from the run begins with the film; leave start out"
        if sound.fit == "track":
            yield ("audio", "fit"), "sound made from the run is as long as the film in any case; leave fit out"
    elif sound.fit == "film" and duration is not None:
        yield (
            ("duration",),
            "the film is as long as its music: give audio or duration, not both, or fit the music to the film "
            "(audio: {file: ..., fit: track})",
        )
    if sound.loudness is not None and sound.gain:
        yield ("audio", "gain"), "loudness says by itself how loud the music is: give gain or loudness, not both"
    if (sound.fit == "track" or sound.is_sonified) and duration is not None:
        yield from too_long_fades(sound, duration)


def too_long_fades(sound: Sound, seconds: Fraction) -> Iterator[Mistake]:
    """Find fades that together are longer than a film of so many seconds."""
    fade_in, fade_out = sound.fade_in, sound.fade_out or Fraction(0)
    if fade_in + fade_out > seconds:
        key = "fade_in" if fade_in > fade_out else "fade_out"
        both = f"fade_in and fade_out together take {float(fade_in + fade_out):g} s"
        one = f"{float(max(fade_in, fade_out)):g} s are"
        subject = f"{both}, which is" if fade_in and fade_out else one
        yield ("audio", key), f"{subject} longer than the film, which lasts {float(seconds):.1f} s; give less"


# Words: a scene's phrases must be ones that netviz has, with blanks that it can fill in.


def phrases_alone(phrases: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """Find phrases that netviz does not have, or that could not be filled in, and marks that numbers cannot have."""
    mark = phrases.get("decimal", ENGLISH["decimal"])
    if mark not in DECIMAL_MARKS:
        yield ("words", "decimal"), f"expected one of the marks {' '.join(DECIMAL_MARKS)}, got {shown(mark)}"
    elif mark == phrases.get("thousands", ENGLISH["thousands"]) and "decimal" in phrases:
        message = f"{mark} stands between thousands already; give thousands too, such as a space"
        yield ("words", "decimal"), message
    foreign = 0
    for key, phrase in phrases.items():
        path = ("words", key)
        if key not in ENGLISH:
            hint = did_you_mean(key, ENGLISH) if foreign < MOST_PROBLEMS else ""  # the rest is only counted
            foreign += 1
            yield path, f"netviz says nothing of that name{hint}; `netviz words` lists all"
            continue
        try:
            unknown = sorted(blanks(phrase) - blanks(ENGLISH[key]))
        except ValueError as error:
            yield path, str(error)
            continue
        if unknown:
            known = sorted(blanks(ENGLISH[key]))
            may = f"it can hold {', '.join(f'{{{name}}}' for name in known)}" if known else "it holds nothing in braces"
            yield path, f"{{{printable(unknown[0])}}} is nothing that can be filled in here; {may}"
