"""The deal between Microsoft and OpenAI written by hand in NumPy and in C, to measure prenup against."""

from __future__ import annotations
