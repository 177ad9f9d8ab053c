"""Drivers that tend to move together: independent monthly draws are mixed so that they correlate as stated.

The first driver of a matrix keeps its own draws. Each later one is mixed from those before it and its own, so that
adding a driver at the end changes nobody else's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from prenup.sheet.expr import Const, Expr, Shock, total

Matrix = Sequence[Sequence[float]]

TOLERANCE = 1e-9
"""How far an entry or an eigenvalue may be off by rounding."""


def correlated(names: Sequence[str], matrix: Matrix) -> dict[str, Expr]:
    """For each stream a standard normal draw a month; two of them correlate as their entry of the matrix says.

    The matrix is taken to be sound: see `check_matrix`. It may be singular, with one stream a mixture of others.
    """
    mixed: dict[str, Expr] = {}
    for name, row in zip(names, _cholesky(matrix), strict=True):
        parts = [
            Shock(other, "brownian") if weight == 1.0 else Const(weight) * Shock(other, "brownian")
            for other, weight in zip(names, row, strict=True)
            if weight != 0.0
        ]
        mixed[name] = total(parts)
    return mixed


def _cholesky(matrix: Matrix) -> list[list[float]]:
    """Rows of the lower factor, each of length one; a stream that adds nothing new has no weight of its own."""
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = rest / lower[j][j] if lower[j][j] > 0.0 else 0.0
        left = 1.0 - sum(weight * weight for weight in lower[i][:i])
        lower[i][i] = math.sqrt(left) if left > TOLERANCE else 0.0
        length = math.hypot(*lower[i])
        lower[i] = [weight / length for weight in lower[i]]
    return lower


def check_matrix(names: Sequence[str], matrix: Matrix) -> list[str]:
    """What keeps a matrix from being one of correlations between these drivers; empty if nothing does."""
    faults = [f"{name} stands more than once" for name in dict.fromkeys(names) if list(names).count(name) > 1]
    n = len(matrix)
    if any(len(row) != n for row in matrix):
        lengths = ", ".join(str(len(row)) for row in matrix)
        return [*faults, f"the matrix is not square: its {n} rows have {lengths} entries"]
    if n != len(names):
        return [*faults, f"the matrix has {n} rows, but {len(names)} drivers are named"]
    faults += _check_entries(names, matrix)
    if not faults and n:
        smallest = min(_eigenvalues(matrix))
        if smallest < -TOLERANCE:
            faults.append(
                f"no drivers can correlate like this: the matrix is not positive semi-definite, "
                f"its smallest eigenvalue is {smallest:.3g}"
            )
    return faults


def _check_entries(names: Sequence[str], matrix: Matrix) -> list[str]:
    faults: list[str] = []
    for i, name in enumerate(names):
        if not abs(matrix[i][i] - 1.0) <= TOLERANCE:
            faults.append(f"{name} correlates with itself at {matrix[i][i]:g}, not 1")
        for j in range(i):
            other, above, below = names[j], matrix[j][i], matrix[i][j]
            if not abs(above - below) <= TOLERANCE:
                faults.append(f"the matrix is not symmetric: {other} and {name} have {above:g} and {below:g}")
            faults += [
                f"{other} and {name} correlate at {entry:g}, which is not from -1 to 1"
                for entry in dict.fromkeys((above, below))
                if not -1.0 - TOLERANCE <= entry <= 1.0 + TOLERANCE
            ]
    return faults


def _eigenvalues(matrix: Matrix) -> list[float]:
    """The eigenvalues of a symmetric matrix, by Jacobi's rotations: each makes one pair of entries zero."""
    a = [list(map(float, row)) for row in matrix]
    n = len(a)
    for _ in range(50):
        if sum(a[i][j] ** 2 for i in range(n) for j in range(i)) < 1e-24:
            break
        for i in range(n):
            for j in range(i):
                if a[j][i] != 0.0:
                    _rotate(a, j, i)
    return [a[i][i] for i in range(n)]


def _rotate(a: list[list[float]], p: int, q: int) -> None:
    """Turn rows and columns p and q by the angle that makes their common entry zero."""
    slope = (a[q][q] - a[p][p]) / (2.0 * a[p][q])
    tangent = math.copysign(1.0, slope) / (abs(slope) + math.hypot(1.0, slope))
    cosine = 1.0 / math.hypot(1.0, tangent)
    sine = tangent * cosine
    for k in range(len(a)):
        a[k][p], a[k][q] = cosine * a[k][p] - sine * a[k][q], sine * a[k][p] + cosine * a[k][q]
    for k in range(len(a)):
        a[p][k], a[q][k] = cosine * a[p][k] - sine * a[q][k], sine * a[p][k] + cosine * a[q][k]
    a[p][q] = a[q][p] = 0.0
