"""From a number between 0 and 1 to the bell-curve value that has that share of outcomes below it.

The method is algorithm AS 241, routine PPND16: M. J. Wichura, "The Percentage Points of the Normal
Distribution", Applied Statistics 37 (1988), 477-484. It has three ratios of polynomials of degree seven: one
for the middle 85% of outcomes, one for the tails, one for tails so far out that hardly any path gets there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIDDLE = 0.425
FAR = 5.0

# Highest power first. MIDDLE_RATIO is in 0.425^2 - (u - 1/2)^2; the others are in r = sqrt(-log(tail)).
MIDDLE_RATIO = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
TAIL_RATIO = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
FAR_RATIO = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)

# A piece of this many numbers and its three work arrays stay in a core's cache.
PIECE = 16384


def inverse_normal(u: NDArray[np.float64], out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """The standard normal quantile of each `u`, in the shape of `u`, to about 1e-15 of its size.

    0 gives -inf, 1 gives inf; what lies outside [0, 1], and NaN, gives NaN. `out` takes the result where
    it is given: a C-ordered float64 array of the same shape, which may be `u`. Any other is a ValueError.
    """
    u = np.asarray(u, dtype=np.float64, order="C")
    if out is None:
        out = np.empty_like(u)
    elif out.shape != u.shape or out.dtype != np.float64 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-ordered float64 array of shape {u.shape}")
    source, target = u.reshape(-1), out.reshape(-1)
    work = np.empty((3, min(PIECE, max(1, u.size))))
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, u.size, PIECE):
            _piece(source[start : start + PIECE], target[start : start + PIECE], work)
    return out


def _piece(u: NDArray[np.float64], out: NDArray[np.float64], work: NDArray[np.float64]) -> None:
    """The quantiles of one flat piece. All are taken to be in the middle; then the tails are replaced."""
    offset, square, bottom = work[:, : u.size]
    np.subtract(u, 0.5, out=offset)
    tail = np.flatnonzero(~((u >= 0.5 - MIDDLE) & (u <= 0.5 + MIDDLE)))
    tail_u = u[tail]
    np.multiply(offset, offset, out=square)
    np.subtract(MIDDLE * MIDDLE, square, out=square)
    _ratio(MIDDLE_RATIO, square, out, bottom)
    out *= offset
    if tail.size:
        out[tail] = _tails(tail_u)


def _tails(u: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quantiles of what lies outside the middle."""
    r = np.sqrt(-np.log(np.minimum(u, 1.0 - u)))
    z = np.empty_like(r)
    _ratio(TAIL_RATIO, r - 1.6, z, np.empty_like(r))
    far = np.flatnonzero(~(r <= FAR))
    if far.size:
        r_far = r[far]
        z_far = np.empty_like(r_far)
        _ratio(FAR_RATIO, r_far - FAR, z_far, np.empty_like(r_far))
        z[far] = np.where(np.isposinf(r_far), np.inf, z_far)
    return np.copysign(z, u - 0.5)


def _ratio(
    ratio: tuple[tuple[float, ...], tuple[float, ...]],
    x: NDArray[np.float64],
    out: NDArray[np.float64],
    bottom: NDArray[np.float64],
) -> None:
    """Two polynomials in `x`, one over the other, into `out`; `bottom` is scratch."""
    for coefficients, sums in zip(ratio, (out, bottom), strict=True):
        np.multiply(x, coefficients[0], out=sums)
        np.add(sums, coefficients[1], out=sums)
        for coefficient in coefficients[2:]:
            np.multiply(sums, x, out=sums)
            np.add(sums, coefficient, out=sums)
    out /= bottom
