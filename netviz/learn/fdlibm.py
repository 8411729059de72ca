"""exp, tanh and log to the last bit as JavaScript has them in Chrome and Node: by the algorithms of fdlibm.

Sun's "Freely Distributable LIBM" (K. C. Ng, 1993) is what V8's Math functions are made from; NumPy's and the C
library's round differently once in a while, and some trainings let such a difference grow until it is seen. Sine and
cosine are not the same in all versions of V8, so that there is nothing to be had from writing them anew.
"""

from __future__ import annotations

import math
import struct

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_INVERSE_LN2 = 1.44269504088896338700
_HALF_LN2 = 0.34657382965087890625  # rounded up, as fdlibm compares only the upper halves of numbers
_TINY = 2.0**-28
_EXP_IS_ZERO, _EXP_IS_INFINITE = -7.45133219101941108420e02, 7.09782712893383973096e02
_TANH_IS_ONE = 22.0
_P1, _P2, _P3, _P4, _P5 = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_Q1, _Q2, _Q3, _Q4, _Q5 = (
    -3.33333333333331316428e-02,
    1.58730158725481460165e-03,
    -7.93650757867487942473e-05,
    4.00821782732936239552e-06,
    -2.01099218183624371326e-07,
)
_L1, _L2, _L3, _L4, _L5, _L6, _L7 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)


def exp(x: float) -> float:
    """e to the power of x."""
    size = abs(x)
    if size < _TINY:
        return 1.0 + x
    if x == 1.0:
        return math.e
    if not _EXP_IS_ZERO <= x <= _EXP_IS_INFINITE:
        return 0.0 if x < 0.0 else x * math.inf
    k = 0 if size < _HALF_LN2 else int(_INVERSE_LN2 * x + math.copysign(0.5, x))
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (_P1 + t * (_P2 + t * (_P3 + t * (_P4 + t * _P5))))
    return math.ldexp(1.0 - ((low - (r * c) / (2.0 - c)) - high), k)


def tanh(x: float) -> float:
    """The hyperbolic tangent of x."""
    size = abs(x)
    if size < 1.0:
        if size < _TINY:
            return x
        t = _expm1(-2.0 * size)
        z = -t / (t + 2.0)
    elif size < _TANH_IS_ONE:
        z = 1.0 - 2.0 / (_expm1(2.0 * size) + 2.0)
    else:
        return x if x != x else math.copysign(1.0, x)
    return z if x > 0.0 else -z


def _expm1(x: float) -> float:
    """e to the power of x, minus 1, for -2 < x <= 0 and 2 <= x <= 44."""
    k = 0 if -_HALF_LN2 < x <= 0.0 else int(_INVERSE_LN2 * x + (0.5 if x > 0.0 else -0.5))
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    c = (high - r) - low
    half = 0.5 * r
    s = r * half
    r1 = 1.0 + s * (_Q1 + s * (_Q2 + s * (_Q3 + s * (_Q4 + s * _Q5))))
    t = 3.0 - r1 * half
    e = s * ((r1 - t) / (6.0 - r * t))
    e = (r * (e - c) - c) - s
    if k == 0:
        return r - e
    power = 2.0**k
    if k <= -2 or k > 56:
        return (1.0 - (e - r)) * power - 1.0
    if k < 20:
        return ((1.0 - 1.0 / power) - (e - r)) * power
    return ((r - (e + 1.0 / power)) + 1.0) * power


def log(x: float) -> float:
    """The natural logarithm of x, a number above 2^-1022."""
    upper = _upper_half(x) & 0xFFFFF
    is_beyond = (upper + 0x95F64) >> 20  # whether x is more than about sqrt(2) times a power of two
    mantissa, exponent = math.frexp(x)
    f, k = math.ldexp(mantissa, 1 - is_beyond) - 1.0, exponent - 1 + is_beyond
    high, low = k * _LN2_HIGH, k * _LN2_LOW
    if (upper + 2) & 0xFFFFF < 3:  # |f| < 2^-20
        rest = f * f * (0.5 - 0.33333333333333333 * f)
        return high + low if f == 0.0 else high - ((rest - low) - f)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    rest = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7))) + w * (_L2 + w * (_L4 + w * _L6))
    if (upper - 0x6147A) | (0x6B851 - upper) > 0:
        half = 0.5 * f * f
        return high - ((half - (s * (half + rest) + low)) - f)
    return high - ((s * (f - rest) - low) - f)


def _upper_half(x: float) -> int:
    upper: int = struct.unpack(">II", struct.pack(">d", x))[0]
    return upper
