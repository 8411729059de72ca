"""The recordings of this preview: going back to what was there a moment ago trains nothing, cache or not."""

from __future__ import annotations

from netviz.learn.cache import LARGEST_CACHE, size_of, training_key
from netviz.learn.recording import Recording
from netviz.scene.spec import Scene


class Memory:
    """The last recordings, by what they were trained from. largest: bytes of all of them, but the last always stays."""

    def __init__(self, largest: int = LARGEST_CACHE) -> None:
        self._largest = largest
        self._recordings: dict[str, Recording] = {}

    def find(self, scene: Scene) -> Recording | None:
        """The recording of the scene's training, for this very scene."""
        key = training_key(scene)
        if key not in self._recordings:
            return None
        self._recordings[key] = self._recordings.pop(key)  # the last used is the last
        return self._recordings[key].with_scene(scene)

    def keep(self, recording: Recording) -> None:
        """Keep a recording, and forget the least recently used ones where they are too much."""
        self._recordings[training_key(recording.scene)] = recording
        while len(self._recordings) > 1 and sum(map(size_of, self._recordings.values())) > self._largest:
            del self._recordings[next(iter(self._recordings))]
