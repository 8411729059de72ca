"""How long each shot of a film is, in exact seconds."""

from __future__ import annotations

from fractions import Fraction

from netviz.film.script import natural_seconds
from netviz.scene.shots import AnyShot, LearningShot, RestShot, ThinkShot, TitleShot, WalkShot
from netviz.scene.spec import Scene

MOST_WALKED = Fraction(65, 100)
"""Of a film that also has a learning shot: walks take no more, unless they are given it."""
LEAST_LEARNED = Fraction(11, 20)
"""Of what walks and given shares leave: in a short film learning keeps it."""


def natural_lengths(scene: Scene, learning: Fraction) -> list[Fraction]:
    """Seconds of each shot where nothing says how long the film is. learning: those of the learning shot."""
    natural = {TitleShot: Fraction(3), RestShot: Fraction(5, 2), ThinkShot: Fraction(5), LearningShot: learning}
    lengths = [
        Fraction(0) if _is_empty(scene, shot) else natural_seconds(scene, shot) if isinstance(shot, WalkShot)
        else natural[type(shot)]
        for shot in scene.shots
    ]  # fmt: skip
    if any(shot.share is not None for shot in scene.shots):
        return shared_lengths(scene, sum(lengths, Fraction(0)))
    return lengths


def shared_lengths(scene: Scene, seconds: Fraction) -> list[Fraction]:
    """Seconds of each shot of a film of `seconds`: its share, or what suits a film of that length."""
    shots = scene.shots
    shares = [None if shot.share is None else Fraction(str(shot.share)) * seconds for shot in shots]
    lengths = [Fraction(0) if share is None else share for share in shares]
    given = sum(lengths, Fraction(0))
    left = seconds - given
    free = [index for index, share in enumerate(shares) if share is None]
    if not free:
        return [length * seconds / given for length in lengths]
    learning = [index for index in free if isinstance(shots[index], LearningShot)]
    walks = {index: natural_seconds(scene, shot) for index in free if isinstance(shot := shots[index], WalkShot)}
    others = {index: _wanted(scene, shots[index], seconds) for index in free if index not in (*learning, *walks)}
    if learning:
        walked = sum(length for length, shot in zip(lengths, shots, strict=True) if isinstance(shot, WalkShot))
        walks = _within(walks, min(max(Fraction(0), MOST_WALKED * seconds - walked), MOST_WALKED * left))
        rest = left - sum(walks.values())
        others = _within(others, rest * (1 - LEAST_LEARNED))
        lengths[learning[0]] = rest - sum(others.values())
    elif walks:
        others = _within(others, left * (1 - MOST_WALKED))
        walks = _filling(walks, left - sum(others.values()))
    else:
        others = _filling(others, left)
    for index, length in (*walks.items(), *others.items()):
        lengths[index] = length
    return lengths


def _wanted(scene: Scene, shot: AnyShot, seconds: Fraction) -> Fraction:
    if _is_empty(scene, shot):
        return Fraction(0)
    part, shortest, longest = {
        TitleShot: (Fraction(35, 1000), Fraction(3, 2), Fraction(4)),
        RestShot: (Fraction(30, 1000), Fraction(4, 5), Fraction(4)),
        ThinkShot: (Fraction(70, 1000), Fraction(5, 2), Fraction(8)),
    }[type(shot)]
    return min(longest, max(shortest, part * seconds))


def _is_empty(scene: Scene, shot: AnyShot) -> bool:
    """A title card of a scene without words, to which nobody gave a share of the film."""
    return isinstance(shot, TitleShot) and not (scene.title or scene.subtitle) and shot.share is None


def _within(lengths: dict[int, Fraction], most: Fraction) -> dict[int, Fraction]:
    """The lengths, shortened in proportion where together they are more than `most`."""
    return _filling(lengths, most) if sum(lengths.values()) > most else lengths


def _filling(lengths: dict[int, Fraction], seconds: Fraction) -> dict[int, Fraction]:
    """The lengths, stretched in proportion to fill `seconds`."""
    total = sum(lengths.values())
    return {index: length * seconds / total for index, length in lengths.items()} if total else lengths
