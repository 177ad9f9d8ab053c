"""Evenly spread numbers for the futures of a run, and plain random ones, each found from its name and place.

Sobol points cover the unit cube more evenly than random ones, so that an average over them settles sooner.
Their direction numbers are those of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better
two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), 2635-2654: the table new-joe-kuo-6, its first 32
dimensions.

One such sequence serves every stream of draws. A stream reads it in an order of its own and scrambles what it
reads, both by *nested uniform* (Owen) permutations: each bit of a number is flipped or not by a hash of the
bits above it. So the scrambled points stay as evenly spread as the plain ones, and under another key they are
others; and an aligned block of 2^m indices is read as another aligned block of 2^m. The technique is that of
B. Burley, "Practical Hash-based Owen Scrambling", JCGT 9 (2020), after S. Laine and T. Karras, "Stratified
Sampling for Stochastic Transparency" (2011). With Burley's own hash the flips of neighbouring numbers are
correlated. The hash here has the multipliers of N. Vegdahl, "Building a Better LK Hash" (2021), and two
rounds under a key of 64 bits: the flips of any two numbers are uncorrelated over keys.

Everything is a stateless operation on unsigned integers that wrap round: no draw depends on another, on the
size of the array that it is asked for with, or on the machine.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS: Final = 32
DIMENSIONS: Final = 32

# What a key is for; part of the key, so that no two uses of a stream share their bits.
SHUFFLE: Final = 1
SCRAMBLE: Final = 2
COUNT: Final = 3

# For each dimension after the first: its primitive polynomial, highest power in the highest bit, and its m.
POLYNOMIALS: Final = (
    (0b11, (1,)),
    (0b111, (1, 3)),
    (0b1011, (1, 3, 1)),
    (0b1101, (1, 1, 1)),
    (0b10011, (1, 1, 3, 3)),
    (0b11001, (1, 3, 5, 13)),
    (0b100101, (1, 1, 5, 5, 17)),
    (0b101001, (1, 1, 5, 5, 5)),
    (0b101111, (1, 1, 7, 11, 19)),
    (0b110111, (1, 1, 5, 1, 1)),
    (0b111011, (1, 1, 1, 3, 11)),
    (0b111101, (1, 3, 5, 5, 31)),
    (0b1000011, (1, 3, 3, 9, 7, 49)),
    (0b1011011, (1, 1, 1, 15, 21, 21)),
    (0b1100001, (1, 3, 1, 13, 27, 49)),
    (0b1100111, (1, 1, 1, 15, 7, 5)),
    (0b1101101, (1, 3, 1, 15, 13, 25)),
    (0b1110011, (1, 1, 5, 5, 19, 61)),
    (0b10000011, (1, 3, 7, 11, 23, 15, 103)),
    (0b10001001, (1, 3, 7, 13, 13, 15, 69)),
    (0b10001111, (1, 1, 3, 13, 7, 35, 63)),
    (0b10010001, (1, 3, 5, 9, 1, 25, 53)),
    (0b10011101, (1, 3, 1, 13, 9, 35, 107)),
    (0b10100111, (1, 3, 1, 5, 27, 61, 31)),
    (0b10101011, (1, 1, 5, 11, 19, 41, 61)),
    (0b10111001, (1, 3, 5, 3, 3, 13, 69)),
    (0b10111111, (1, 1, 7, 13, 1, 19, 1)),
    (0b11000001, (1, 3, 7, 5, 13, 19, 59)),
    (0b11001011, (1, 1, 3, 9, 25, 29, 41)),
    (0b11010011, (1, 3, 5, 13, 23, 1, 55)),
    (0b11010101, (1, 3, 7, 3, 13, 59, 17)),
)

WORD: Final = (1 << 64) - 1
GOLDEN: Final = 0x9E3779B97F4A7C15


def stream_key(seed: int, kind: str, name: str) -> int:
    """The 64-bit key of one stream of draws. Another seed, kind or name gives an unrelated key."""
    text = f"{seed}:{kind}:{name}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def keys(stream: int, purpose: int, randomisations: Sequence[int], dimensions: Sequence[int]) -> NDArray[np.uint64]:
    """One key for each dimension and randomisation of a stream: (dimension, randomisation)."""
    found: NDArray[np.uint64] = keys_of_all([stream], purpose, randomisations, dimensions)[0].T
    return found


def keys_of_all(
    streams: Sequence[int], purpose: int, randomisations: Sequence[int], dimensions: Sequence[int]
) -> NDArray[np.uint64]:
    """One key for each stream, randomisation and dimension: (stream, randomisation, dimension)."""
    root = np.array([(stream + GOLDEN * purpose) & WORD for stream in streams], dtype=np.uint64)
    steps = np.uint64(GOLDEN) * (np.array(randomisations, dtype=np.uint64) + np.uint64(1))
    by_randomisation = mix(mix(root)[:, None] + steps)
    steps = np.uint64(GOLDEN) * (np.array(dimensions, dtype=np.uint64) + np.uint64(1))
    return mix(by_randomisation[:, :, None] + steps)


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number mixed, in place: the finaliser of splitmix64, a permutation of the 64-bit numbers."""
    scratch = x >> np.uint64(30)
    x ^= scratch
    x *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(x, np.uint64(27), out=scratch)
    x ^= scratch
    x *= np.uint64(0x94D049BB133111EB)
    np.right_shift(x, np.uint64(31), out=scratch)
    x ^= scratch
    return x


@functools.cache
def directions() -> NDArray[np.uint32]:
    """The direction numbers: (bit of the index from the lowest, dimension)."""
    columns = [[1 << (BITS - 1 - bit) for bit in range(BITS)]]
    for polynomial, initial in POLYNOMIALS:
        degree = len(initial)
        column = [m << (BITS - 1 - bit) for bit, m in enumerate(initial)]
        for bit in range(degree, BITS):
            number = column[bit - degree] >> degree
            for back in range(1, degree + 1):
                if polynomial >> (degree - back) & 1:
                    number ^= column[bit - back]
            column.append(number)
        columns.append(column)
    return np.array(columns, dtype=np.uint32).T.copy()


def sobol_bits(index: NDArray[np.uint32], dimension: int | NDArray[np.intp]) -> NDArray[np.uint32]:
    """The Sobol points with these indices, as fractions of 2^32, in natural (not Gray-code) order.

    `index` has at least one axis. `dimension` counts from 0 to 31; an array of them broadcasts against
    `index`. A dimension past the table is an IndexError.
    """
    numbers: NDArray[np.uint32] = directions()[:, dimension]
    # A point is linear in the bits of its index: take the first point of the last axis, add what differs.
    first = index[..., :1]
    differs = index ^ first
    some = int(np.bitwise_or.reduce(differs, axis=None))
    one = np.uint32(1)
    start = np.zeros(np.broadcast_shapes(first.shape, numbers.shape[1:]), dtype=np.uint32)
    for bit in range(BITS):
        start ^= numbers[bit] * (first >> np.uint32(bit) & one)
    points = np.empty(np.broadcast_shapes(index.shape, numbers.shape[1:]), dtype=np.uint32)
    points[...] = start
    scratch = np.empty_like(points)
    for bit in range(some.bit_length()):
        np.multiply(numbers[bit], differs >> np.uint32(bit) & one, out=scratch)
        points ^= scratch
    return points


def scramble(bits: NDArray[np.uint32], key: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Owen scrambling of `bits` under `key`, which broadcasts against it: a new array in the shape of both.

    Numbers that agree in their first k bits, and not in the next, do so afterwards.
    """
    low = (key & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    high = (key >> np.uint64(32)).astype(np.uint32)
    x = np.array(np.broadcast_to(bits, np.broadcast_shapes(bits.shape, key.shape)), dtype=np.uint32)
    scratch = np.empty_like(x)
    reverse(x, scratch)
    # Sums and products carry upwards only: in the reversed number a bit hears only of those once above it.
    np.multiply(x, np.uint32(0x3D20ADEA), out=scratch)
    x ^= scratch
    x += low
    x *= high | np.uint32(1)
    np.multiply(x, np.uint32(0x05526C56), out=scratch)
    x ^= scratch
    x += _swap(low)
    x *= _swap(high) | np.uint32(1)
    np.multiply(x, np.uint32(0x53A22864), out=scratch)
    x ^= scratch
    reverse(x, scratch)
    return x


def shuffle(index: NDArray[np.uint32], key: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """The place in the sequence that each index reads: a permutation of the 32-bit numbers.

    It is the same nested permutation as `scramble`, of the index instead of the point.
    """
    return scramble(index, key)


def uniforms(index: NDArray[np.uint32], dimension: NDArray[np.intp], scramble_key: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Scrambled Sobol points inside (0, 1): odd multiples of 2^-33. The three arrays broadcast together."""
    u = scramble(sobol_bits(index, dimension), scramble_key).astype(np.float64)
    u += 0.5
    u *= 2.0**-BITS
    return u


def random_uniforms(counter: NDArray[np.uint64], key: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Plain pseudo-random numbers inside (0, 1): odd multiples of 2^-53. The arrays broadcast together.

    A draw is the key plus `counter` golden steps, mixed: splitmix64, entered at any place.
    """
    x = mix(key + counter * np.uint64(GOLDEN))
    x >>= np.uint64(12)
    u = x.astype(np.float64)
    u += 0.5
    u *= 2.0**-52
    return u


def random_normals(counter: NDArray[np.uint64], key: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two plain pseudo-random normal numbers of each draw, from its upper and its lower half. The arrays broadcast together.

    They are the sides of a triangle of random size and angle: G. E. P. Box and M. E. Muller, "A Note on the Generation of
    Random Normal Deviates", Annals of Mathematical Statistics 29 (1958), 610-611. None is further out than 6.8.
    """
    x = mix(key + counter * np.uint64(GOLDEN))
    size = np.sqrt(-2.0 * np.log(((x >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32))
    angle = ((x & np.uint64(0xFFFFFFFF)).astype(np.float64) + 0.5) * (2.0**-31 * np.pi)
    return size * np.cos(angle), size * np.sin(angle)


def reverse(x: NDArray[np.uint32], scratch: NDArray[np.uint32]) -> None:
    """Turn the 32 bits of each number round, in place."""
    x.byteswap(inplace=True)
    for width, mask in ((4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        np.right_shift(x, np.uint32(width), out=scratch)
        scratch &= np.uint32(mask)
        x &= np.uint32(mask)
        x <<= np.uint32(width)
        x |= scratch


def _swap(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Each number with its halves exchanged."""
    return x >> np.uint32(16) | x << np.uint32(16)
