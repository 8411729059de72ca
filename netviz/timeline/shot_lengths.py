"""Lengths of the shots of a film, in exact seconds: what the scene says of them, and what suits the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log

from netviz.errors import InputError, Problem
from netviz.scene.learned_cycles import learned_cycles
from netviz.scene.scene import Look
from netviz.scene.shots import AnyShot, LearningShot, RestShot, ThinkShot, TitleShot, WalkShot
from netviz.timeline.learning_shot import is_even
from netviz.timeline.worked_example import natural_seconds

MOST_WALKED = Fraction(65, 100)
"""Largest part of a film that worked examples take beside a learning shot, unless they are given more."""
LEAST_LEARNED = Fraction(11, 20)
"""Smallest part that learning takes, in a short film, of the time that worked examples and given shares leave."""
_NOTHING = Fraction(0)

Seconds = dict[int, Fraction]
"""Seconds of some shots, by their index."""


@dataclass(frozen=True)
class ShotLengths:
    """Seconds of each shot of a film, and those of them in which its last picture stands still.

    fixed: indices of the shots whose seconds are given, and so never change. notes: for the user, on lengths that are
    not what the scene asks for.
    """

    seconds: tuple[Fraction, ...]
    holds: tuple[Fraction, ...]
    fixed: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Fraction:
        """Seconds of the whole film."""
        return sum(self.seconds, _NOTHING)

    @property
    def moving(self) -> tuple[Fraction, ...]:
        """Seconds of each shot before it stands still."""
        return tuple(length - hold for length, hold in zip(self.seconds, self.holds, strict=True))


def natural_lengths(scene: Look, learning: Mapping[int, Fraction]) -> ShotLengths:
    """Lengths of the shots of a film without a given length. learning: those of learning shots, by index.

    Raises InputError as `shared_lengths` does.
    """
    natural = {TitleShot: Fraction(3), RestShot: Fraction(5, 2), ThinkShot: Fraction(5)}
    told = {"after": Fraction(9, 2), "think": Fraction(7)}
    shots, even = scene.shots, is_even(scene)
    lengths = []
    for index, shot in enumerate(shots):
        if _is_empty(scene, shot):
            lengths.append(_NOTHING)
        elif isinstance(shot, LearningShot):
            lengths.append(learning[index])
        elif isinstance(shot, WalkShot):
            lengths.append(natural_seconds(scene, shot))
        else:
            role = None if even else _role(scene, index)
            lengths.append(told.get(role or "", natural[type(shot)]))
    if not any(shot.seconds or shot.speed or shot.hold for shot in shots):
        if any(shot.share is not None for shot in shots):
            return shared_lengths(scene, sum(lengths, _NOTHING), learning)
        return ShotLengths(tuple(lengths), (_NOTHING,) * len(shots))
    own = [_own_seconds(shot, length) for shot, length in zip(shots, lengths, strict=True) if shot.share is None]
    shares = sum((Fraction(str(shot.share)) for shot in shots if shot.share is not None), _NOTHING)
    if shares >= 1 or not own:  # nothing says how long a film of shares alone is
        return shared_lengths(scene, sum(lengths, _NOTHING), learning)
    total = sum(own, _NOTHING) / (1 - shares)
    seconds = [
        _own_seconds(shot, length) if shot.share is None else Fraction(str(shot.share)) * total
        for shot, length in zip(shots, lengths, strict=True)
    ]
    return _checked(scene, seconds, [shot.hold or _NOTHING for shot in shots])


def _own_seconds(shot: AnyShot, natural: Fraction) -> Fraction:
    """Seconds of a shot whose length does not depend on the film's. natural: those that suit it."""
    if shot.seconds is not None:
        return shot.seconds
    return natural / Fraction(str(shot.speed or 1)) + (shot.hold or 0)


def shared_lengths(scene: Look, seconds: Fraction, learning: Mapping[int, Fraction] | None = None) -> ShotLengths:
    """Lengths of the shots of a film of `seconds`: what each is given, or a length that suits such a film.

    learning: seconds that suit learning shots, by index, in proportion to which they share their time; None: they are
    not known yet. Raises InputError where the given lengths leave too little time, or are more than the film has.
    """
    shots = scene.shots
    given: Seconds = {}
    for index, shot in enumerate(shots):
        if shot.seconds is not None:
            given[index] = shot.seconds
        elif shot.share is not None:
            given[index] = Fraction(str(shot.share)) * seconds
    holds = [shot.hold or _NOTHING for shot in shots]
    free = [index for index in range(len(shots)) if index not in given]
    is_timed = any(shot.seconds or shot.hold for shot in shots)
    if is_timed and all(_is_empty(scene, shots[index]) for index in free):
        given |= dict.fromkeys(free, _NOTHING)
        free = []
    if not free:
        return _all_given(scene, seconds, given, holds)
    left = seconds - sum(given.values(), _NOTHING) - sum((holds[index] for index in free), _NOTHING)
    if is_timed and left <= 0:
        raise InputError([_no_time(scene, seconds, given, free)])
    suitable = _suitable(scene, seconds, left, free, given, learning)
    quick = {index: suitable[index] / Fraction(str(speed)) for index in free if (speed := shots[index].speed)}
    notes: tuple[str, ...] = ()
    if quick:
        others = [index for index in free if index not in quick]
        after = left - sum(quick.values(), _NOTHING)
        if after < 0 or (others and after == 0):
            raise InputError([_too_slow(quick, left)])
        if others:
            suitable = quick | _suitable(scene, seconds, after, others, given | quick, learning)
        else:
            suitable = _stretched(quick, left)
            if after:
                notes = ("all shots have a speed or a length; those with a speed are stretched to fill the film",)
    lengths = given | {index: suitable[index] + holds[index] for index in free}
    return _checked(scene, [lengths[index] for index in range(len(shots))], holds, notes)


def _all_given(scene: Look, seconds: Fraction, given: Seconds, holds: Sequence[Fraction]) -> ShotLengths:
    """Lengths where every shot has a share or seconds: shares are stretched to fill the film, seconds are kept."""
    shots = scene.shots
    shares = {index: length for index, length in given.items() if shots[index].share is not None}
    left = seconds - sum((length for index, length in given.items() if index not in shares), _NOTHING)
    notes: tuple[str, ...] = ()
    if shares:
        if left <= 0:
            raise InputError([_no_time(scene, seconds, given, [*shares])])
        if len(shares) < len(given) and abs(sum(shares.values()) - left) * scene.output.fps >= 1:
            notes = ("the shots with a share are stretched to fill what others leave of the film",)
        given = given | _stretched(shares, left)
    elif left < -1 / scene.output.fps:
        raise InputError([_too_many(seconds, seconds - left)])
    lengths, still = [given[index] for index in range(len(shots))], [*holds]
    if not shares:
        lengths[-1] += left
        still[-1] = max(_NOTHING, still[-1] + left)
        if left * scene.output.fps >= 1:
            shown, film = _text(seconds - left), _text(seconds)
            notes = (f"the shots last {shown} s and the film {film} s: the last picture stands still until its end",)
    return _checked(scene, lengths, still, notes)


def _checked(
    scene: Look, seconds: Sequence[Fraction], holds: Sequence[Fraction], notes: tuple[str, ...] = ()
) -> ShotLengths:
    """The lengths. Raises InputError with the shots whose holds leave them no time."""
    problems = [
        Problem(
            f"shots[{index}].hold",
            f"a hold of {_text(hold)} s leaves no time for what is shown in {_text(length)} s; give less",
        )
        for index, (length, hold) in enumerate(zip(seconds, holds, strict=True))
        if hold and hold >= length
    ]
    if problems:
        raise InputError(problems)
    fixed = frozenset(index for index, shot in enumerate(scene.shots) if shot.seconds is not None)
    return ShotLengths(tuple(seconds), tuple(holds), fixed, notes)


def _text(seconds: Fraction) -> str:
    return f"{float(seconds):.2f}".rstrip("0").rstrip(".")


def _too_many(seconds: Fraction, given: Fraction) -> Problem:
    message = f"the seconds of the shots add up to {_text(given)} s, and the film lasts {_text(seconds)} s"
    return Problem("shots", f"{message}; give less, or the film more time")


def _no_time(scene: Look, seconds: Fraction, given: Seconds, free: Sequence[int]) -> Problem:
    """Problem of given lengths and holds that leave no time for other shots. free: indices of those."""
    holds = sum((scene.shots[index].hold or _NOTHING for index in free), _NOTHING)
    fixed = sum((length for index, length in given.items() if index not in free), _NOTHING)
    parts = [f"{_text(fixed)} s of shots with a length"] * bool(fixed) + [f"{_text(holds)} s of holds"] * bool(holds)
    which = ", ".join(str(index + 1) for index in free[:6]) + (", ..." if len(free) > 6 else "")
    left = f"leave nothing of the film's {_text(seconds)} s for shot{'s' * (len(free) > 1)} {which}"
    return Problem("shots", f"{' and '.join(parts)} {left}; give less, or the film more time")


def _too_slow(quick: Seconds, left: Fraction) -> Problem:
    longest = max(quick, key=lambda index: quick[index])
    message = (
        f"at this speed the shot would last {_text(quick[longest])} s, and there are {_text(left)} s for it and all "
        "shots without a length; give a higher one, or the film more time"
    )
    return Problem(f"shots[{longest}].speed", message)


def _suitable(
    scene: Look,
    seconds: Fraction,
    left: Fraction,
    free: Sequence[int],
    given: Seconds,
    natural: Mapping[int, Fraction] | None,
) -> Seconds:
    """Seconds of shots without a length of their own, which together take what is left of a film of `seconds`.

    free: their indices. given: seconds of the others. natural: as in `shared_lengths`.
    """
    shots, even = scene.shots, is_even(scene)
    learning = [index for index in free if isinstance(shots[index], LearningShot)]
    walks = {index: natural_seconds(scene, shot) for index in free if isinstance(shot := shots[index], WalkShot)}
    others = {
        index: _suitable_seconds(scene, index, seconds, even) for index in free if index not in (*learning, *walks)
    }
    if learning:
        walked = sum(length for index, length in given.items() if isinstance(shots[index], WalkShot))
        walks = _shortened(walks, min(max(_NOTHING, MOST_WALKED * seconds - walked), MOST_WALKED * left))
        rest = left - sum(walks.values())
        others = _shortened(others, rest * (1 - LEAST_LEARNED))
        weights = _weights(scene, learning, natural)
        return walks | others | _stretched(weights, rest - sum(others.values()))
    if walks:
        others = _shortened(others, left * (1 - MOST_WALKED))
        return others | _stretched(walks, left - sum(others.values()))
    return _stretched(others, left)


def _weights(scene: Look, learning: Sequence[int], natural: Mapping[int, Fraction] | None) -> Seconds:
    """Lengths of learning shots to each other: those that suit them or, of cycles not known yet, by ln(cycle)."""
    if natural is not None:
        return {index: natural[index] for index in learning}
    learned = learned_cycles(scene.shots, scene.outline.first_step, scene.outline.last_step)
    ends = {index: learned[index] for index in learning}
    return {index: Fraction(log(max(stop, 1)) - log(max(start, 0.5))) for index, (start, stop) in ends.items()}


def _suitable_seconds(scene: Look, index: int, seconds: Fraction, even: bool) -> Fraction:
    """Seconds that suit a shot in a film of `seconds`, without what other shots take. even: as `is_even` says."""
    shot = scene.shots[index]
    if _is_empty(scene, shot):
        return _NOTHING
    part, shortest, longest = {
        TitleShot: (Fraction(35, 1000), Fraction(3, 2), Fraction(4)),
        RestShot: (Fraction(30, 1000), Fraction(4, 5), Fraction(4)),
        ThinkShot: (Fraction(70, 1000), Fraction(5, 2), Fraction(8)),
    }[type(shot)]
    role = None if even else _role(scene, index)
    if role is not None:
        # What is to be read and watched takes as long in a short film, but no more than so much of it.
        part, unhurried, most, longest = {
            "card": (Fraction(35, 1000), Fraction(5, 2), Fraction(80, 1000), Fraction(4)),
            "opening": (Fraction(40, 1000), Fraction(7, 2), Fraction(90, 1000), Fraction(9, 2)),
            "before": (Fraction(30, 1000), Fraction(5, 2), Fraction(60, 1000), Fraction(4)),
            "after": (Fraction(55, 1000), Fraction(4), Fraction(80, 1000), Fraction(5)),
            "think": (Fraction(90, 1000), Fraction(4), Fraction(120, 1000), Fraction(9)),
        }[role]
        shortest = max(shortest, min(unhurried, most * seconds))
    return min(longest, max(shortest, part * seconds))


def _role(scene: Look, index: int) -> str | None:
    """The part that a shot has in a film that is told; None for those that have none in particular.

    card: the title, while all else waits. opening: a title in which the network is drawn on as well, because no rest
    follows. before, after: the rests around the learning. think: a thought.
    """
    shots = scene.shots
    if isinstance(shots[index], TitleShot):
        return None if index else "card" if isinstance(shots[min(1, len(shots) - 1)], RestShot) else "opening"
    if isinstance(shots[index], ThinkShot):
        return "think"
    if not isinstance(shots[index], RestShot):
        return None
    if index and isinstance(shots[index - 1], LearningShot):
        return "after"
    return "before" if index == 0 or (index == 1 and isinstance(shots[0], TitleShot)) else None


def _is_empty(scene: Look, shot: AnyShot) -> bool:
    """True for a title card without words and without time of its own."""
    is_bare = isinstance(shot, TitleShot) and not (scene.title or scene.subtitle)
    return is_bare and not (shot.share or shot.seconds or shot.hold)


def _shortened(lengths: Seconds, most: Fraction) -> Seconds:
    """The lengths, shortened in proportion where together they are more than `most`."""
    return _stretched(lengths, most) if sum(lengths.values()) > most else lengths


def _stretched(lengths: Seconds, seconds: Fraction) -> Seconds:
    """The lengths, stretched in proportion to fill `seconds`."""
    total = sum(lengths.values())
    return {index: length * seconds / total for index, length in lengths.items()} if total else lengths
