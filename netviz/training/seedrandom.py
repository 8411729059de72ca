"""Random numbers of TensorFlow Playground: the npm package seedrandom 2.4.4 for a seed of text.

The stream cipher RC4 with the seed as its key; its bytes are put together to numbers 0 <= x < 1 with 53 random bits.
David Bau, "Random Seeds, Coded Hints, and Quintillions", 2010, describes the method.
"""

from __future__ import annotations

_WIDTH = 256  # values of one byte of the cipher
_CHUNKS = 6  # bytes a number starts with
_DENOMINATOR = 2**48  # of a number with so many bytes
_ENOUGH, _TOO_MANY = 2**52, 2**53  # a number's numerator is at least the one and less than the other


class SeedRandom:
    """Stream of random numbers, with a state that each call of `random` advances."""

    def __init__(self, seed: str) -> None:
        key = _key(seed)
        state = list(range(_WIDTH))
        j = 0
        for i in range(_WIDTH):
            value = state[i]
            j = (j + key[i % len(key)] + value) % _WIDTH
            state[i], state[j] = state[j], value
        self._state, self._i, self._j = state, 0, 0
        self._bytes(_WIDTH)  # the first bytes of RC4 reveal too much of its key, and are discarded

    def copy(self) -> SeedRandom:
        """An independent stream with the same state."""
        other = object.__new__(SeedRandom)
        other._state, other._i, other._j = self._state[:], self._i, self._j
        return other

    def random(self) -> float:
        """The next number, 0 <= x < 1."""
        numerator, denominator, last = self._bytes(_CHUNKS), _DENOMINATOR, 0
        while numerator < _ENOUGH:
            numerator, denominator, last = (numerator + last) * _WIDTH, denominator * _WIDTH, self._bytes(1)
        while numerator >= _TOO_MANY:
            numerator, denominator, last = numerator // 2, denominator // 2, last // 2
        return (numerator + last) / denominator

    def _bytes(self, count: int) -> int:
        """The cipher's next bytes as one number, the first the most significant."""
        state, i, j, result = self._state, self._i, self._j, 0
        for _ in range(count):
            i = (i + 1) % _WIDTH
            value = state[i]
            j = (j + value) % _WIDTH
            other = state[j]
            state[i], state[j] = other, value
            result = result * _WIDTH + state[(other + value) % _WIDTH]
        self._i, self._j = i, j
        return result


def _key(seed: str) -> list[int]:
    """The cipher's key: the seed's UTF-16 units; those after the 256th are mixed into the first ones."""
    units = memoryview(seed.encode("utf-16-le", "surrogatepass")).cast("H")
    key, smear = [0] * min(len(units), _WIDTH), 0
    for index, unit in enumerate(units):
        smear ^= key[index % _WIDTH] * 19
        key[index % _WIDTH] = (smear + unit) % _WIDTH
    return key or [0]
