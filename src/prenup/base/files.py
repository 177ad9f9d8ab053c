"""Files are written whole or not at all: beside their place first, then moved there."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """Write a UTF-8 text file so that a reader sees the old one or the new one, never a part.

    Folders that are missing are made. A link is followed, an existing file keeps its rights, a new one gets the usual
    ones. What is no ordinary file, such as a pipe, is written to as it is.

    Raises:
        OSError: the folder can't be made or written to; what stood at `path` is untouched.
    """
    if path.exists() and not path.is_file():
        path.write_text(content, encoding="utf-8", newline="")
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".prenup-{secrets.token_hex(8)}"
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            file.write(content)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        fault.filename, fault.filename2 = str(path), None  # the name that the user gave, not that of the part
        raise
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
