"""Masks kept for when they are wanted again, within so many bytes: a film has more texts the longer it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

BYTES_A_PIXEL = 9
"""Of a mask: four of its coverage, and as many again for where a canvas puts the quarter of its pixels that has any."""


class _Covering(Protocol):
    @property
    def alpha(self) -> NDArray[np.float32]: ...


Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn", bound=_Covering)


def kept(most: int) -> Callable[[Callable[Arguments, Drawn]], Callable[Arguments, Drawn]]:
    """A decorator: what the function drew last is not drawn again, as long as that all fits into `most` bytes.

    What was used least recently goes first; the last one stays, whatever its size. Arguments must be hashable.
    """

    def decorate(function: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
        masks: OrderedDict[Hashable, Drawn] = OrderedDict()
        size = 0

        @wraps(function)
        def drawn(*arguments: Arguments.args, **named: Arguments.kwargs) -> Drawn:
            nonlocal size
            asked = (arguments, *sorted(named.items()))
            found = masks.get(asked)
            if found is not None:
                masks.move_to_end(asked)
                return found
            made = function(*arguments, **named)
            masks[asked] = made
            size += _bytes(made)
            while size > most and len(masks) > 1:
                size -= _bytes(masks.popitem(last=False)[1])
            return made

        return drawn

    return decorate


def _bytes(mask: _Covering) -> int:
    return BYTES_A_PIXEL * mask.alpha.size
