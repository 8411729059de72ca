"""ffmpeg's argument list, as a list."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from netviz.audio.music_file import _FORMATS
from netviz.audio.soundtrack import Soundtrack
from netviz.video.encoder import QUALITIES, encoding_arguments
from netviz.video.formats import Encoding, FrameStream
from netviz.video.muxer import sound_arguments
from netviz.video.verify import verify_arguments


def test_a_segment() -> None:
    take = Encoding("h264", "good", (1920, 1080))
    arguments = encoding_arguments(take, FrameStream((1920, 1080), Fraction(30000, 1001), (take,)))
    assert arguments == [
        *("-v", "error"),
        *("-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", "1920x1080", "-framerate", "30000/1001"),
        *("-i", "pipe:0", "-map", "0:v"),
        "-vf",
        "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "25.7", "-profile:v", "high", "-x264-params"),
        "aq-mode=2:aq-strength=0.5:chroma-qp-offset=-3:no-dct-decimate=1:trellis=1:ref=2",
        *("-g", "60", "-bf", "2", "-flags:v", "+cgop+bitexact", "-threads", "4"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *("-chroma_sample_location", "center"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
        *("-f", "mp4", "pipe:1"),
    ]


def test_prores_is_quantised_evenly_with_alpha_in_ten_bits() -> None:
    take = Encoding("prores", "good", (3840, 2160))
    arguments = encoding_arguments(take, FrameStream((3840, 2160), Fraction(60), (take,), is_transparent=True))
    assert "format=yuva444p10le" in arguments[arguments.index("-vf") + 1]
    at = arguments.index("prores_ks")
    assert arguments[at + 1 : at + 9] == [
        *("-profile:v", "4444", "-alpha_bits", "8", "-q:v", "4", "-vendor", "apl0"),
    ]
    assert "-bits_per_mb" not in arguments, "a search for the quantiser takes minutes for a second of 4K"


def test_music() -> None:
    assert sound_arguments(Soundtrack(Path("concat:a.mp3")), Fraction(300 * 1001, 30000)) == [
        *("-v", "error"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", "file:concat:a.mp3"),
        *(
            "-filter_complex",
            "[0:a:0]aresample=48000,asetpts=N/SR/TB,aformat=channel_layouts=stereo,apad,atrim=end_sample=480480[a]",
        ),
        *("-map", "[a]"),
        *("-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2", "-flags:a", "+bitexact"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-movflags", "+empty_moov+default_base_moof", "-frag_duration", "1000000", "-f", "mp4", "pipe:1"),
    ]


def test_the_better_the_quality_the_lower_the_rate_factor() -> None:
    factors = [QUALITIES[name].rate_factor for name in ("draft", "good", "best")]
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize(("fps", "group"), [("30", "60"), ("24000/1001", "48"), ("1/10", "1")])
def test_a_group_of_pictures_lasts_two_seconds(fps: str, group: str) -> None:
    take = Encoding("h264", "best", (64, 48))
    arguments = encoding_arguments(take, FrameStream((64, 48), Fraction(fps), (take,)))
    assert arguments[arguments.index("-g") + 1] == group


def test_decoding_reads_every_frame_but_passes_on_a_corner() -> None:
    assert verify_arguments(Path("-a.mp4"), sound=True) == [
        *("-v", "error", "-xerror", "-protocol_whitelist", "file,pipe", "-i", "file:-a.mp4"),
        *("-map", "0:v:0", "-vf", "crop=2:2:0:0", "-c:v", "rawvideo"),
        *("-map", "0:a:0", "-ac", "1", "-c:a", "pcm_s16le"),
        *("-max_muxing_queue_size", "100000", "-f", "framecrc", "pipe:1"),
    ]
    assert "0:a:0" not in verify_arguments(Path("a.mp4"), sound=False)
