"""The film of a made-up scene: shots, panels, sound, captions, words, looks and output that fit its network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, get_args

from netviz.scene.captions import EVENT_KINDS, StoryTopic
from netviz.scene.model import MOST_ANSWERED, MOST_BOUNDARIES, MOST_CLASSES, InitialWeights
from netviz.scene.output import PlatformName, Quality
from netviz.scene.palette import PaletteName
from netviz.scene.panels import Places
from netviz.scene.phrases import DECIMAL_MARKS, ENGLISH, blanks
from netviz.scene.scene import Motion, Style, ThemeName
from netviz.scene.types import SIZES, geometric_cycles
from tests.fuzz.beside import FONTS, MUSIC, PICTURES
from tests.fuzz.values import Plot, as_yaml, chance, numbers, text, words

WIDE = ("320x180", "128x128", "256x144", "130x128", "640x128", "1024x128", "320 × 200", [200, 128])
TALL = ("180x320", "128x256", "128x640", "144x180", "128x132")
_SIZES_FOR = dict.fromkeys(("shorts", "instagram"), ("180x320", "144x180", "180 x 180"))
FRAME_RATES = (30, 24, 10, 5, 2, 1, 0.5, 12.5, 60, 240, "30000/1001", "1/3", "24")
LENGTHS = (4, 2, 1, 0.5, 0.1, 8, 15, 40, "1001/300", 1e-3)
SPLITS = (0, 0.25, 0.5, 0.75, 1)


def film_part(rng: Random, scene: dict[str, Any], plot: Plot) -> None:
    """Add to a scene, which has its network, data and training, all that its film is made of."""
    style = rng.choice((*get_args(Style), "glow", "playground", None))
    if max(plot.layers[1:]) > 64 and style == "classic":
        style = "glow"
    compared = style != "classic" and chance(rng, 12)
    classic = style == "classic"
    if chance(rng, 50):
        scene["name"] = rng.choice(
            ("film", "a b", "漢字", "...", "-o", "$x$", "🙂", "n" * 200, "语" * 60, "con", "%d", "'")
        )
    for key in ("title", "subtitle"):
        if chance(rng, 50):
            scene[key] = text(rng)
    if style is not None:
        scene["style"] = style
    for key, options in (("theme", ThemeName), ("palette", PaletteName), ("motion", Motion)):
        if chance(rng, 35):
            scene[key] = rng.choice(get_args(options))
    if chance(rng, 15):
        scene["palette"] = _palette(rng, scene.get("theme"))
    if compared:
        scene["compare"] = _compared(rng, scene, plot)
    if classic and scene["network"].get("bias_nodes"):
        del scene["network"]["bias_nodes"]
    _sound_and_beats(rng, scene, compared)
    shown = _schedule(rng, scene, plot)
    panels = None if chance(rng, 60) else _panels(rng, plot, compared, classic)
    if panels is not None:
        scene["panels"] = panels
    shows = panels is None or any(_kind(panel) in ("numbers", "curve", "auto") for panel in panels)
    if chance(rng, 40):
        can_be_shown = shows and not compared and not classic and plot.told_apart
        scene["accuracy"] = rng.choice((True, False)) if can_be_shown else False
    if chance(rng, 80):
        scene["shots"] = _shots(rng, scene, plot, shown)
    if not compared and chance(rng, 40):
        scene["story"] = _story(rng)
    if chance(rng, 25):
        scene["captions"] = [_caption(rng, scene, plot) for _ in range(rng.choice((1, 1, 2, 3)))]
    if chance(rng, 20):
        _add_words(rng, scene, plot)
    if chance(rng, 10):
        scene["font"] = rng.choice(FONTS)
    if chance(rng, 10):
        scene["figures_font"] = rng.choice(FONTS)
    scene["output"] = _output(rng)
    if chance(rng, 10):
        _add_look(rng, scene, plot)


def too_large_for_equations(layers: list[int]) -> bool:
    """Return whether a network has more neurons than can be written out."""
    return max(layers) > 4 or len(layers) > 4 or sum(layers[1:]) > 8


def _palette(rng: Random, theme: str | None) -> dict[str, Any] | None:
    """Some colours of the maker's own, readable or not; with a theme a background that is dark or light as it is."""
    palette: dict[str, Any] = {"base": rng.choice((*get_args(PaletteName), None))} if chance(rng, 30) else {}
    for key in ("positive", "negative", "neuron", "error", "test_error", "text", "muted"):
        if chance(rng, 30):
            palette[key] = rng.choice(("#000", "#FFFFFF", "teal", "tab:orange", "gold", f"#{rng.randrange(16**6):06x}"))
    if chance(rng, 40):
        dark, light = ("#101018", "navy", "black"), ("white", "#fff8ee", "#ffdd00")
        grounds = light if theme in ("paper", "playground") else dark if theme == "night" else (*dark, *light)
        palette["background"] = rng.choice((rng.choice(grounds), [rng.choice(grounds), rng.choice(grounds)]))
    elif chance(rng, 10):
        palette["background"] = None
    return palette if chance(rng, 95) else None


# What is shown when.


def _schedule(rng: Random, scene: dict[str, Any], plot: Plot) -> tuple[int, ...]:
    """Choose the shown cycles, and return them as far as they are known; none where they follow from beats."""
    cycles = plot.cycles
    kind = rng.choice(("cycles", "every", "frames", "none", "none", "beats"))
    if kind == "cycles":
        shown = sorted(rng.sample(range(1, cycles + 1), rng.randint(1, min(cycles, 8))))
        scene["schedule"] = {"cycles": shown}
        return tuple(shown)
    if kind == "every":
        every = rng.choice([n for n in (1, 2, 3, 7, cycles) if n <= cycles])
        scene["schedule"] = {"every": every}
        return tuple(range(every, cycles + 1, every))
    if kind == "frames":
        count = rng.choice([n for n in (1, 2, 5, 13, cycles) if n <= cycles])
        scene["schedule"] = {"frames": count}
        return geometric_cycles(count, cycles)
    if kind == "beats" and scene.get("sync") is not None:
        scene["schedule"] = {"frames": "beats"}
    return ()


def _shots(rng: Random, scene: Mapping[str, Any], plot: Plot, shown: tuple[int, ...]) -> list[dict[str, Any]]:
    kinds = rng.choices(("title", "rest", "think", "learning", "walk"), k=rng.randint(1, 6))
    if chance(rng, 70) and "learning" not in kinds:
        kinds.insert(len(kinds) // 2, "learning")
    equations = any(_kind(panel) in ("auto", "equations") for panel in scene.get("panels", ["auto"]))
    no_walk = (
        "compare" in scene or scene.get("style") == "classic" or (equations and too_large_for_equations(plot.layers))
    )
    shots: list[dict[str, Any]] = []
    most = min(plot.cycles, 1 if chance(rng, 70) else 3)
    for kind in kinds:
        if kind == "learning" and sum(shot["shot"] == "learning" for shot in shots) >= most:
            continue
        shot: dict[str, Any] = {"shot": "rest" if kind == "walk" and no_walk else kind}
        if chance(rng, 35):
            key = rng.choice(("share", "share", "seconds", "speed"))
            shot[key] = rng.choice(_TIMES[key])
        if chance(rng, 15):
            shot["hold"] = rng.choice((0.2, "1/3", 1))
        if chance(rng, 25):
            shot["caption"] = text(rng)
        _SHOTS.get(shot["shot"], lambda *_: None)(rng, shot, scene, plot, shown)
        shots.append(shot)
    _bound(rng, [shot for shot in shots if shot["shot"] == "learning"], plot.cycles)
    return shots


_TIMES: Mapping[str, tuple[Any, ...]] = {
    "share": (0.05, 0.1, 0.15, 1e-9), "seconds": (0.5, "2/3", 1, 3), "speed": (0.5, 1, 2, 30),
}  # fmt: skip


def _bound(rng: Random, learning: list[dict[str, Any]], cycles: int) -> None:
    """Say of learning shots where they begin and end: of a single one seldom, of several between each two."""
    if not learning or (len(learning) == 1 and chance(rng, 70)):
        return
    for shot in learning[1:]:
        shot.pop("examples", None)
    ends = [0, *sorted(rng.sample(range(1, cycles), len(learning) - 1)), cycles]
    for number, shot in enumerate(learning):
        start, stop = ends[number : number + 2]
        is_said = number == 0 or "to" in learning[number - 1]
        if not is_said or chance(rng, 40):
            shot["from"] = rng.choice((start, start, stop - 1))
        if chance(rng, 60):
            shot["to"] = stop


def _kind(panel: Any) -> Any:
    """The kind of a panel, which may stand alone."""
    return panel if isinstance(panel, str) else panel["panel"]


def _think(rng: Random, shot: dict[str, Any], scene: Mapping[str, Any], plot: Plot, shown: tuple[int, ...]) -> None:
    shot["inputs"] = numbers(rng, plot.situation, wild="thoughts" in plot.wild)
    if plot.situation == 1 and chance(rng, 50):
        shot["inputs"] = shot["inputs"][0]
    if chance(rng, 50):
        shot["target"] = numbers(rng, plot.width, wild="thoughts" in plot.wild)
        if plot.width == 1 and chance(rng, 50):
            shot["target"] = shot["target"][0]


def _learning(rng: Random, shot: dict[str, Any], scene: Mapping[str, Any], plot: Plot, shown: tuple[int, ...]) -> None:
    if chance(rng, 50):
        ways = ("each", 1, 2, 3, 100) if scene.get("style") == "classic" else ("each", "together", 1, 2, 3, 100)
        shot["examples"] = rng.choice(ways)
    if chance(rng, 30):
        shot["pace"] = rng.choice(("story", "even"))


def _walk(rng: Random, shot: dict[str, Any], scene: Mapping[str, Any], plot: Plot, shown: tuple[int, ...]) -> None:
    if chance(rng, 50):
        shot["example"] = rng.choice((1, plot.learned, (plot.learned + 1) // 2))
    if chance(rng, 40) and shown:
        shot["cycle"] = rng.choice(shown)
    training = scene["training"]
    if training.get("batch", 1) == 1 and not training.get("regularization_rate"):
        shot["backward"] = chance(rng, 70)


_SHOTS: Mapping[str, Callable[..., None]] = {"think": _think, "learning": _learning, "walk": _walk}


def _compared(rng: Random, scene: Mapping[str, Any], plot: Plot) -> list[dict[str, Any]]:
    given = scene["training"]
    hidden = len(plot.layers) - 2
    sets: list[dict[str, Any]] = [
        {}, {"training.learning_rate": 0.2}, {"training.learning_rate": 5}, {"training.batch": "full"},
        {"training.reduction": "sum"}, {"training.last_batch": "carry", "training.batch": 2},
        {"training.regularization": "L2", "training.regularization_rate": 0.01},
    ]  # fmt: skip
    if isinstance(given.get("initial_weights", "glorot"), str):
        if not given.keys() & {"initial_scale", "initial_skip"} and not isinstance(given.get("seed"), str):
            sets += [{"training.initial_weights": name} for name in get_args(InitialWeights)]
        sets += [{"training.seed": 11}]
        if hidden == 1 and not isinstance(given.get("initial_biases"), list):
            sets += [{"network.layers": [plot.layers[0], 6, plot.layers[-1]]}]
    if isinstance(scene["network"].get("activation"), list) and hidden:
        sets += [{"network.activation.0": "relu"}]
    if "initial_biases" not in given and not scene["network"].get("bias_nodes"):
        sets += [{"network.bias": True}, {"network.bias": False}]
    if scene["data"].get("dataset"):
        sets += [{"data.noise": 25}]
    count = rng.choice((2, 2, 3, 4))
    chosen = rng.sample(range(len(sets)), count)
    runs: list[dict[str, Any]] = [{"set": sets[index]} if sets[index] else {} for index in chosen]
    for number, run in enumerate(runs):
        if chance(rng, 30):
            run["name"] = f"{number}{text(rng, 190)}"
    return runs


# Sound, beats and length.


def _sound_and_beats(rng: Random, scene: dict[str, Any], compared: bool) -> None:
    kind = rng.choice(("none", "none", "none", "sonify", "file", "file", "fitted"))
    if kind == "sonify" and compared:
        kind = "none"
    sound: dict[str, Any] = {}
    if kind == "none" or kind == "sonify":
        sound["file"] = "sonify"
    else:
        sound["file"] = rng.choice(MUSIC)
    if kind == "fitted":
        sound |= {"fit": "track", "file": rng.choice(MUSIC if chance(rng, 5) else MUSIC[:3])}
        if chance(rng, 10):
            sound["file"] = "bundled:track.mp3"
    elif kind == "file" and chance(rng, 30):
        sound["fit"] = "film"
    if kind in ("file", "fitted") and chance(rng, 25):
        sound["start"] = rng.choice((0, 0.25, "1/3", "0"))
    if chance(rng, 25):
        sound[rng.choice(("fade_in", "fade_out"))] = rng.choice((0, 0.05, "1/20"))
    if chance(rng, 30):
        key = rng.choice(("gain", "loudness"))
        sound[key] = rng.choice((-60, 24, 3.5, 0.0) if key == "gain" else (-40, -6, -14.0))
    if chance(rng, 20):
        sound["licence"] = text(rng)
    if kind != "none":
        scene["audio"] = sound["file"] if len(sound) == 1 and chance(rng, 50) else sound
    elif chance(rng, 20):
        scene["audio"] = None
    is_music = kind in ("file", "fitted")
    if kind != "file" and chance(rng, 75):
        scene["duration"] = rng.choice(LENGTHS)
    if is_music and chance(rng, 25):
        scene["pulse"] = rng.choice((0, 0.5, 1, 1.0))
    if chance(rng, 20):
        scene["sync"] = _beats(rng, is_music)


def _beats(rng: Random, is_music: bool) -> Any:
    if is_music and chance(rng, 8):  # which takes seconds
        to = rng.choice(("beats", "onsets"))
        return rng.choice((to, {"to": to}))
    sync: dict[str, Any] = {}
    if chance(rng, 50):
        sync["bpm"] = rng.choice((120, 60, 10, 600, 97.3))
        if chance(rng, 50):
            sync["offset"] = rng.choice((0, 0.5, 3.7, 86400))
    else:
        gaps = rng.choices((0.5, 0.1, 1.0, 0.001, 2.5), k=rng.randint(1, 12))
        sync["at"] = [round(sum(gaps[: number + 1]), 6) for number in range(len(gaps))]
        if chance(rng, 30):
            sync["at"] = rng.choice(
                (["start", "1s", "50%"], ["0.5s+0.5s", "end-0.1s"], [0.1, "90 % - 1 s"], ["start+1s"])
            )
    if chance(rng, 30):
        sync["bar"] = rng.choice((1, 3, 4, 64))
    if chance(rng, 10):
        sync["to"] = "beats"
    return sync


# Words.


def _story(rng: Random) -> Any:
    word = rng.choice(("auto", "default", None, "mapping", "mapping"))
    if word != "mapping":
        return word
    topics, story = get_args(StoryTopic), dict[str, Any]()
    if chance(rng, 70):
        story["tell"] = rng.choice(("auto", "default")) if chance(rng, 40) else rng.choices(topics, k=rng.randint(1, 6))
    if chance(rng, 40):
        story["drop"] = rng.choices(topics, k=rng.randint(0, 5))
    for key in ("slow", "spotlight"):
        if chance(rng, 30):
            story[key] = rng.choice((True, False))
    return story


def _caption(rng: Random, scene: Mapping[str, Any], plot: Plot) -> dict[str, Any]:
    said = words(rng, rng.choice((12, 40, 200)))
    moments = ["0s", "0.5 s", "1s", "10%", "50%", "100%", "0%", "start", "end", f"cycle:{plot.cycles}", "cycle: 1"]
    kinds = [shot["shot"] for shot in scene.get("shots", ())]
    moments += [f"shot:{kind}" for kind in kinds if kinds.count(kind) == 1]
    moments += ["shot:1"]
    if "compare" not in scene:
        moments += [f"event:{kind}" for kind in EVENT_KINDS[:: rng.choice((1, 2, 3))]] + ["event:sign:2"]
    at = rng.choice(moments)
    if chance(rng, 30):
        sign = {"start": "+", "end": "-"}.get(at, rng.choice("+-"))
        at += sign + rng.choice(("0s", "0.5s", "1 s", "3s"))
    caption = {"text": said, "at": at}
    if chance(rng, 30):
        caption["for"] = rng.choice((1.5, 3, "7/2", 14))
    return caption


def _add_look(rng: Random, scene: dict[str, Any], plot: Plot) -> None:
    """Move some keys of the scene into a look, and add some that lie under its own."""
    movable = [key for key in ("title", "theme", "palette", "motion", "font", "captions", "output") if key in scene]
    look = {key: scene.pop(key) for key in rng.sample(movable, rng.randint(0, len(movable)))}
    if chance(rng, 50):
        look.setdefault("theme", rng.choice(get_args(ThemeName)))
    if chance(rng, 30) and "output" not in look:
        look["output"] = {"fps": 5, "quality": rng.choice(get_args(Quality))}
    plot.files["look.yaml"] = as_yaml(look or {"pulse": 0})
    scene["look"] = rng.choice(("look.yaml", "./look.yaml"))


def _add_words(rng: Random, scene: dict[str, Any], plot: Plot) -> None:
    """Say some or all of netviz's phrases in other words, with some of their blanks."""
    keys = [*ENGLISH]
    many = rng.choice((1, 3, 12, 80, len(keys)))
    first = rng.randrange(len(keys))
    chosen = {}
    for number, key in enumerate([*keys[first:], *keys[:first]][:many]):
        said = text(rng, 60) if number < 12 else f"{number} é漢$"
        said = said.replace("{", "{{").replace("}", "}}")
        if chance(rng, 70) if number < 12 else True:
            said += "".join(f" {{{blank}}}" for blank in sorted(blanks(ENGLISH[key])))
        chosen[key] = said[:200]
    if "decimal" in chosen:
        chosen["decimal"] = rng.choice(DECIMAL_MARKS)
        chosen["thousands"] = rng.choice((" ", "'"))
    if chance(rng, 30):
        plot.files["words.yaml"] = as_yaml(chosen)
        scene["words"] = "words.yaml"
    else:
        scene["words"] = chosen


# The picture.


def _panels(rng: Random, plot: Plot, compared: bool, classic: bool) -> list[Any]:
    kinds = ["title", "caption", "network", "table", "numbers", "curve", "picture", "text", "gradients"]
    if not compared and plot.two_targets and plot.learned <= MOST_ANSWERED and plot.width <= MOST_CLASSES:
        kinds.append("answers")
    if plot.planar and plot.width <= MOST_BOUNDARIES:
        kinds.append("boundary")
    if not compared and not too_large_for_equations(plot.layers):
        kinds.append("equations")
    if chance(rng, 20):
        kinds.append("auto")
    if classic:
        kinds = ["auto", "picture", "text"]
    chosen = rng.sample(kinds, rng.randint(1, len(kinds)))
    if compared and not {"network", "boundary", "auto"} & {*chosen}:
        chosen.append("network")
    chosen += [kind for kind in ("picture", "text") if kind in chosen and chance(rng, 30)]
    panels: list[Any] = []
    for kind in chosen:
        if kind not in ("picture", "text") and chance(rng, 20):
            panels.append(kind)
            continue
        panel: dict[str, Any] = {"panel": kind}
        if kind != "auto" and chance(rng, 35) and not (compared and kind in ("network", "boundary", "gradients")):
            panel["at"] = _place(rng) if chance(rng, 45) else {
                shape: _place(rng) if chance(rng, 50) else None for shape in Places.model_fields if chance(rng, 60)
            }  # fmt: skip
        if kind == "picture":
            panel["file"] = rng.choice(PICTURES)
            panel |= {"fit": rng.choice(("contain", "cover"))} if chance(rng, 40) else {}
        if kind == "text":
            panel["text"] = text(rng) or "?"
            panel |= {"size": rng.choice((0.01, 0.05, 0.5, None))} if chance(rng, 40) else {}
            panel |= {"align": rng.choice(("left", "middle", "right"))} if chance(rng, 40) else {}
        if kind in ("picture", "text") and chance(rng, 40):
            panel["opacity"] = rng.choice((1, 0.5, 0.001))
        if kind == "network" and chance(rng, 50):
            panel["neurons"] = rng.choice(("numbers", "maps", None) if plot.planar else ("numbers", None))
        if kind == "equations" and chance(rng, 50):
            weights = sum(a * b for a, b in zip(plot.layers, plot.layers[1:], strict=False))
            panel["weight"] = rng.choice((1, weights, None))
        for key in {"curve": ("future",), "boundary": ("test_points", "discrete")}.get(kind, ()):
            if chance(rng, 50):
                panel[key] = rng.choice((True, False))
        panels.append(panel)
    return panels


def _place(rng: Random) -> list[float]:
    """A box inside the picture, from a single pixel or less to the whole of it."""
    box = []
    for _ in range(2):
        start, end = sorted((rng.choice(SPLITS), rng.choice(SPLITS)))
        if start == end:
            start, end = (0.5, 0.5 + rng.choice((1e-9, 0.001, 0.02)))
        box += [start, end - start]
    return [box[0], box[2], box[1], box[3]]


def _output(rng: Random) -> dict[str, Any]:
    output: dict[str, Any] = {}
    platform = rng.choice(get_args(PlatformName)) if chance(rng, 12) else None
    if platform is not None:
        output["platform"] = platform
    if platform is None or chance(rng, 70):
        output["size"] = rng.choice(_SIZES_FOR.get(platform, WIDE[:3]) if platform else rng.choice((WIDE, TALL)))
    if chance(rng, 2):
        output["size"] = rng.choice([*SIZES, "8192x128", "128x8192"])
        output.pop("platform", None)
    if chance(rng, 70):
        output["fps"] = rng.choice((30, 10, 5, "24") if platform else FRAME_RATES)
    if chance(rng, 20):
        output["quality"] = rng.choice(get_args(Quality))
    if chance(rng, 20):
        output["transparent"] = rng.choice((True, False))
    if chance(rng, 15):
        output["webm"] = rng.choice(("av1", "vp9", None))
    if chance(rng, 15):
        output["about"] = rng.choice((True, False))
    if chance(rng, 20):
        output["animated"] = {key: value for key, value in (
            ("side", rng.choice((64, 640, 8192, None))), ("fps", rng.choice((15, 1, 50, "25/2")))
        ) if chance(rng, 70)}  # fmt: skip
    return output
