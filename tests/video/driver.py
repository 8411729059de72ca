"""A process of its own that writes a film of noise, as the command would: TARGET FRAMES [LIMIT ON A FILE'S BYTES].

Prints a line for each picture given to ffmpeg; ends with 0, 1 and the failure's words on standard error, 130 or 143.
"""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from netviz.errors import NetvizError
from netviz.video.writer import write_film
from tests.video.support import noise, request


def main() -> int:
    """What the command does with a film's errors and signals."""
    target, frames, *limit = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
    size = (320, 240)
    wanted = request(size=size, frame_count=int(frames))
    try:
        write_film(Path(target), noise(int(frames), size), on_frame=lambda n: print(n, flush=True), **wanted)
    except KeyboardInterrupt:
        return 130
    except NetvizError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
