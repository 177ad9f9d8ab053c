"""What is wrong with a package from another program, in one sentence with its remedy."""

from __future__ import annotations


class ExchangeError(ValueError):
    """A package can't be read or written; the message names the file inside of it, what was expected, and a remedy."""
