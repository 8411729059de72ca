"""What ffmpeg makes of a soundtrack: a chain of filters, exactly as long as the film, to the sample."""

from __future__ import annotations

from netviz.sound.audio import SAMPLE_RATE, input_arguments
from netviz.sound.track import Soundtrack

_FROM_NOUGHT = "asetpts=N/SR/TB"
"""Times that begin with 0: a trimmed part, and the sound of a video file, have others."""


def mix_arguments(track: Soundtrack, samples: int, then: str = "") -> list[str]:
    """ffmpeg's arguments that open a track and make it into the film's sound, `[a]`: see `mix_graph`."""
    graph = mix_graph(track, samples, then)
    return [*input_arguments(track.path), "-filter_complex", graph, "-map", "[a]"]


def mix_graph(track: Soundtrack, samples: int, then: str = "", number: int = 0) -> str:
    """The filters that make a track into the film's sound, `[a]`: 48 kHz, stereo.

    samples: the length of the film's sound. It is padded with silence or cut to that; never with -shortest, which means
    something else in every version. then: filters for the whole at the end of the chain. number: which of ffmpeg's
    inputs the track is.
    """
    played = _repeated(track, number) if track.overlap else _once(track, number)
    return f"{played},{_whole(track, samples)}{then and f',{then}'}[a]"


def _once(track: Soundtrack, number: int) -> str:
    begin = [f"atrim=start_sample={track.start}"] if track.start else []
    return ",".join([f"[{number}:a:0]aresample={SAMPLE_RATE}", *begin, _FROM_NOUGHT, "aformat=channel_layouts=stereo"])


def _repeated(track: Soundtrack, number: int) -> str:
    """The track over and over: each time its end goes while its beginning comes, at a constant power.

    It is first heard from its beginning up to there; what follows it is one such seam and all that is between two of
    them, kept in memory as 16 bits.
    """
    assert track.stop is not None, "what is repeated has an end"
    between = track.stop - track.start - track.overlap
    fade = f"start_sample=0:nb_samples={track.overlap}:curve=qsin"
    return ";".join(
        [
            f"[{number}:a:0]aresample={SAMPLE_RATE},atrim=start_sample={track.start}:end_sample={track.stop},{_FROM_NOUGHT},"
            "aformat=sample_fmts=s16:channel_layouts=stereo,asplit=3[first][second][last]",
            f"[first]atrim=end_sample={between}[begin]",
            f"[second]atrim=end_sample={between},afade=t=in:{fade}[coming]",
            f"[last]atrim=start_sample={between},{_FROM_NOUGHT},afade=t=out:{fade},apad,atrim=end_sample={between}[going]",
            # Not acrossfade and amix: ffmpeg 4 to 7 lose what is no longer than the fade, and share out the level.
            f"[coming][going]amerge,pan=stereo|c0=c0+c2|c1=c1+c3,aloop=loop=-1:size={between}[again]",
            f"[begin][again]concat=n=2:v=0:a=1,{_FROM_NOUGHT}",
        ]
    )


def _whole(track: Soundtrack, samples: int) -> str:
    filters = [f"volume={track.gain:.6f}dB"] if track.gain else []
    filters += ["apad", f"atrim=end_sample={samples}"]
    if track.fade_in:
        filters.append(f"afade=t=in:start_sample=0:nb_samples={track.fade_in}")
    if track.fade_out:
        start = max(0, samples - track.fade_out)
        filters.append(f"afade=t=out:start_sample={start}:nb_samples={track.fade_out}")
    return ",".join(filters)
