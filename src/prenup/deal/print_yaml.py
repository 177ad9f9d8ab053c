"""Write a document tree as a YAML text that a person can read, and that reads back as the same tree.

Blocks where there is structure, one line `{a: b}` where everything fits on it, quotes only where YAML would
misunderstand. Lines stay within 110 characters, except where a single word is longer than that: a link that
was cut in two could not be followed.
"""

from __future__ import annotations

import re

from prenup.deal.tree import NULLS, Mapping, Node, Scalar, Sequence

WIDTH = 110
STEP = 2

# A longer key is written after a `?`: otherwise YAML allows at most 1,024 characters before the colon.
_LONGEST_KEY = 90

_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[\w.$€£])")
_NOT_PLAIN = re.compile(r": |:$| #|^\.\.\.")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def print_yaml(node: Node) -> str:
    """The tree as canonical YAML, ending in a newline.

    `read_yaml` of it gives an equal tree, for every tree that `read_yaml` or `from_python` can give.
    """
    lines = _sections(node) if isinstance(node, Mapping) and node.entries else _lines(node, 0, 0)
    return "\n".join(lines) + "\n"


def _sections(root: Mapping) -> list[str]:
    """The top level: single values follow one another, a section has a blank line before and after it."""
    lines: list[str] = []
    after_section = False
    for key, value in root.entries:
        entry = _entry(key, value, 0)
        is_section = len(entry) > 1 or not isinstance(value, Scalar)
        if lines and (after_section or is_section):
            lines.append("")
        lines += entry
        after_section = is_section
    return lines


def _lines(node: Node, indent: int, used: int) -> list[str]:
    """A node's lines. The first follows `used` characters, the others carry their indentation."""
    if isinstance(node, Scalar):
        return _scalar_lines(node, indent, used)
    flow = _flow(node)
    if flow is not None and used + len(flow) <= WIDTH:
        return [flow]
    pad = " " * indent
    lines: list[str] = []
    if isinstance(node, Mapping):
        for key, value in node.entries:
            lines += _entry(key, value, indent)
    else:
        for item in node.items:
            first, *rest = _lines(item, indent + STEP, indent + STEP)
            lines += [f"{pad}- {first.lstrip(' ')}", *rest]
    return lines


def _entry(key: Scalar, value: Node, indent: int) -> list[str]:
    """`key: value`, the value on the same line where it can be."""
    pad = " " * indent
    name = _one_line(key, in_flow=False)
    head = f"{pad}{name}:"
    if len(name) > _LONGEST_KEY:
        first, *rest = _double_quoted(key.text, indent + STEP, indent + STEP)
        lines, head = [f"{pad}? {first}", *rest], f"{pad}:"
    else:
        lines = []
    body = _lines(value, indent + STEP, len(head) + 1)
    if not isinstance(value, Scalar) and _opens_block(value, body):
        return [*lines, head, *body]
    return [*lines, f"{head} {body[0]}", *body[1:]]


def _opens_block(node: Sequence | Mapping, body: list[str]) -> bool:
    """Whether a collection was written as a block, which starts on a line of its own."""
    return len(body) > 1 or body[0] != _flow(node)


def _flow(node: Sequence | Mapping) -> str | None:
    """The collection on one line, if it is a leaf: everything in it a scalar."""
    if isinstance(node, Sequence):
        values = [_one_line(item, in_flow=True) for item in node.items if isinstance(item, Scalar)]
        return f"[{', '.join(values)}]" if len(values) == len(node.items) else None
    pairs = [
        f"{_one_line(key, in_flow=True)}: {_one_line(value, in_flow=True)}"
        for key, value in node.entries
        if isinstance(value, Scalar)
    ]
    return f"{{{', '.join(pairs)}}}" if len(pairs) == len(node.entries) else None


def _one_line(scalar: Scalar, *, in_flow: bool) -> str:
    """A scalar on one line, with as little quoting as is safe."""
    text = scalar.text
    if scalar.empty:
        return "null"
    if not text.isprintable():
        return f'"{"".join(_escaped(text))}"'
    if _is_plain(text) and not (in_flow and _NOT_PLAIN_IN_FLOW.search(text)):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _is_plain(text: str) -> bool:
    """Whether YAML reads the text as itself when it stands without quotes outside of brackets."""
    if text in NULLS or text == "<<" or text.endswith(" "):
        return False
    return bool(_PLAIN_START.match(text)) and not _NOT_PLAIN.search(text)


def _escaped(text: str) -> list[str]:
    """The characters of a text as they stand between double quotes."""
    return [_ESCAPES.get(c) or (c if c.isprintable() else _code(ord(c))) for c in text]


def _code(point: int) -> str:
    """A character that can't be shown, by its number."""
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _scalar_lines(scalar: Scalar, indent: int, used: int) -> list[str]:
    """A scalar on one line if it fits, otherwise as a block of text, or quoted where a block would not do."""
    text = scalar.text
    one = _one_line(scalar, in_flow=False)
    if "\n" not in text and used + len(one) <= WIDTH:
        return [one]
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    lines = body.split("\n")
    as_it_is = (
        ending <= 1
        and all(line.isprintable() and not line.endswith(" ") for line in lines)
        and lines[0] != ""
        and not lines[0].startswith(" ")
    )
    pad = " " * max(indent, STEP)
    room = max(20, WIDTH - len(pad))
    if as_it_is and len(lines) > 1 and max(map(len, lines)) <= room:
        return ["|" + ("" if ending else "-"), *(pad + line if line else "" for line in lines)]
    if as_it_is and not any(line.startswith(" ") for line in lines):
        # Folding eats one line break of each run between two lines, so a run is written with one more.
        folded = re.sub("\n+", lambda run: run.group() + "\n", body)
        wrapped = [piece for line in folded.split("\n") for piece in _wrapped(line, room)]
        return [">" + ("" if ending else "-"), *(pad + line if line else "" for line in wrapped)]
    return _double_quoted(text, len(pad), used)


def _wrapped(line: str, room: int) -> list[str]:
    """A paragraph broken at single spaces only, since folding gives back exactly one space for each break."""
    words = re.split(r"(?<=[^ ]) (?=[^ ])", line)
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _double_quoted(text: str, indent: int, used: int) -> list[str]:
    """A text between double quotes, broken where the line is full: a backslash there joins the lines."""
    pad = " " * indent
    lines: list[str] = []
    line, start = '"', used
    for piece in _escaped(text):
        if start + len(line) + len(piece) > WIDTH - 2:
            lines.append(line + "\\")
            line, start = pad + ("\\" if piece == " " else ""), 0
        line += piece
    return [*lines, line + '"']
