"""The tree under a deal file: exact addresses, one clear problem a fault, nothing lost in printing."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from prenup.base.problems import Log, Origin, Problem, Text
from prenup.deal import read_yaml as reader
from prenup.deal.print_yaml import WIDTH, print_yaml
from prenup.deal.read_yaml import read_text, read_yaml
from prenup.deal.tree import Mapping, Node, Scalar, Sequence, at, depth, from_python, replaced

LOADERS = [pytest.param(yaml.SafeLoader, id="python")]
if yaml.__with_libyaml__:
    LOADERS.append(pytest.param(yaml.CSafeLoader, id="libyaml"))

DEAL = """\
deal: Nordwind and Südstern   # a comment
currency: USD
as_of: 2024-10-01
sources:
  reuters: {title: "Talks: round two", link: https://example.org/a/b=c#d, date: 2024-09-27}
parties: [nordwind, südstern]
numbers:
  price: &price $13bn
  again: *price
terms:
  rev_share:
    kind: revenue_share
    payer: südstern
    rate: {value: 20%, range: 15% to 25%, status: reported}
    until: "agi or 2030-12-31"
  tranches:
    - name: first
      amount: $1bn
    - {name: second, amount: 'it''s $2bn'}
notes: |
  Zeile eins
    two
folded: >-
  one two
  three
nothing:
tilde: ~
"""


@pytest.fixture(params=LOADERS)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(reader, "LOADER", request.param)
    return request.param


def read(content: str) -> Node:
    log = Log()
    node = read_yaml(Text("d.yaml", content), log)
    assert not len(log), [str(p) for p in log]
    assert node is not None
    return node


def faults(content: str) -> list[Problem]:
    log = Log()
    read_yaml(Text("d.yaml", content), log)
    return list(log)


def only_fault(content: str) -> Problem:
    found = faults(content)
    assert len(found) == 1, [str(p) for p in found]
    return found[0]


def python(value: object) -> Node:
    log = Log()
    node = from_python(value, log)
    assert not len(log), [str(p) for p in log]
    return node


def place(node: Node | None) -> tuple[int, int, int]:
    assert node is not None
    return node.where.line, node.where.column, node.where.width


def scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)


# Addresses -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("path", "text", "where"),
    [
        ("deal", "Nordwind and Südstern", (1, 7, 21)),
        ("sources.reuters.title", "Talks: round two", (5, 21, 16)),
        ("sources.reuters.date", "2024-09-27", (5, 81, 10)),
        ("parties.1", "südstern", (6, 21, 8)),
        ("numbers.price", "$13bn", (8, 17, 5)),
        ("numbers.again", "$13bn", (8, 17, 5)),
        ("terms.rev_share.rate.range", "15% to 25%", (14, 31, 10)),
        ("terms.rev_share.until", "agi or 2030-12-31", (15, 13, 17)),
        ("terms.tranches.0.amount", "$1bn", (18, 15, 4)),
        ("terms.tranches.second.amount", "it's $2bn", (19, 30, 12)),
        ("notes", "Zeile eins\n  two\n", (21, 3, 10)),
        ("folded", "one two three", (24, 3, 7)),
        ("nothing", "", (26, 9, 1)),
        ("tilde", "", (27, 8, 1)),
    ],
)
def test_every_text_has_its_exact_address(path: str, text: str, where: tuple[int, int, int]) -> None:
    node = at(read(DEAL), tuple(path.split(".")))
    assert isinstance(node, Scalar)
    assert (node.text, place(node)) == (text, where)


@pytest.mark.usefixtures("loader")
def test_lists_and_mappings_have_addresses() -> None:
    root = read(DEAL)
    assert place(root) == (1, 1, 4)
    assert place(at(root, ("parties",))) == (6, 10, 20)
    assert place(at(root, ("terms", "rev_share"))) == (12, 5, 4)
    assert place(at(root, ("terms", "tranches"))) == (17, 5, 1)
    assert isinstance(root, Mapping)
    assert place(root.key("terms")) == (10, 1, 5)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_columns_are_characters_whatever_stands_before(newline: str) -> None:
    root = read(f"é😀: {{漢字: b, c: 'q😀'}}{newline}漢: [😀, x]{newline}k: &a 😀 y{newline}")
    assert [place(s) for s in scalars(root)] == [
        (1, 1, 2),
        (1, 6, 2),
        (1, 10, 1),
        (1, 13, 1),
        (1, 17, 2),
        (2, 1, 1),
        (2, 5, 1),
        (2, 8, 1),
        (3, 1, 1),
        (3, 7, 3),
    ]


@pytest.mark.usefixtures("loader")
def test_anchor_on_a_line_of_its_own_does_not_move_the_address() -> None:
    root = read("a: &here\n  # why\n  b: &there\n    c d\n")
    assert place(at(root, ("a",))) == (3, 3, 1)
    assert place(at(root, ("a", "b"))) == (4, 5, 3)


WORDS = st.text("abcé漢😀$%.0123456789", min_size=1, max_size=8).map(lambda s: "w" + s)
PLAIN_TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN_TREES)
def test_an_address_shows_the_text_it_belongs_to(value: object) -> None:
    for scalar in scalars(read(print_yaml(python(value)))):
        where = scalar.where
        line = where.text.line(where.line)
        assert line[where.column - 1 : where.column - 1 + where.width] == scalar.text


# What is read ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("text", ["no", "on", "0x10", "1e3", "2030-12-31", "12:30", "1_000", "-5", "20%", "=", "1.0"])
def test_types_are_not_guessed(text: str) -> None:
    node = at(read(f"a: {text}\n"), ("a",))
    assert isinstance(node, Scalar)
    assert (node.text, node.quoted) == (text, False)


@pytest.mark.usefixtures("loader")
def test_empty_is_told_from_empty_text() -> None:
    root = read("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: {g: , h: \"\"}\n")
    assert [(s.text, s.empty) for s in scalars(root)][1::2][:5] == [
        ("", True),
        ("", True),
        ("", True),
        ("", False),
        ("null", False),
    ]
    assert at(root, ("f", "g")) == Scalar("", root.where)
    assert at(root, ("f", "g")) != at(root, ("f", "h"))


def test_equality_ignores_addresses_and_quotes_but_not_emptiness() -> None:
    one, other = read("a: [b, 'c']\n"), read("# x\na:\n  - 'b'\n  - c\n")
    assert one == other
    assert hash(one) == hash(other)
    assert read("a: ''\n") != read("a:\n")
    assert read("a: b\n") != read("a: c\n")


def test_a_reference_shares_the_node_and_may_be_defined_again() -> None:
    root = read("a: &x [1]\nb: *x\nc: &x [2]\nd: *x\n")
    assert at(root, ("a",)) is at(root, ("b",))
    assert at(root, ("d", "0")) == Scalar("2", root.where)


def test_mapping_finds_entries_by_name() -> None:
    root = read("a: 1\nb:\n")
    assert isinstance(root, Mapping)
    assert (root.keys(), len(root), "a" in root, "c" in root) == (("a", "b"), 2, True, False)
    assert (root.get("c"), root.key("c")) == (None, None)


def test_a_byte_order_mark_at_the_start_is_no_fault() -> None:
    assert place(at(read("\ufeffa: b\n"), ("a",))) == (1, 4, 1)


# Faults ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("content", "where", "message", "fix"),
    [
        ("a:\n\tb: 1\n", (2, 1), "this line is indented with a tab", "spaces"),
        ("a: 1\nb: Talks: two # c\n", (2, 4), "a value with a colon and a space", 'b: "Talks: two"'),
        ("a: 1\n  b: 2\n", (2, 3), "this line is indented deeper", "neighbours"),
        ("a:\n - x\n  - y: 1\n", (3, 3), "this line is indented deeper", "neighbours"),
        ("a: [1, 2\nb: 3\n", (1, 4), "the bracket [ opened here is never closed", "write ]"),
        ("a: {b: [\n", (1, 8), "the bracket [ opened here is never closed", "write ]"),
        ("a: [1, 2}\n", (1, 9), "[ is closed by }", "write ]"),
        ('a: ["b" "c"]\n', (1, 9), "a comma or ] is missing", "commas"),
        ("a: [1, , 2]\n", (1, 8), "a value is missing before ,", "comma"),
        ('a: "foo\nb: 3\n', (1, 4), 'the quote " opened here is never closed', "close it"),
        ("a: 'x\n---\n", (1, 4), "the quote ' opened here is never closed", "close it"),
        ("a: %20\n", (1, 4), "a value can't begin with %", '"%20"'),
        ("a: @x # c\n", (1, 4), "a value can't begin with @", '"@x"'),
        ("a: {b: `x, c: d}\n", (1, 8), "a value can't begin with `", '"`x"'),
        ("a: * 2\n", (1, 4), "a value can't begin with *", '"* 2"'),
        ("a: > 5\n", (1, 4), "a value can't begin with >", '"> 5"'),
        ("a: !x!y z\n", (1, 4), "a value can't begin with !", '"!x!y z"'),
        ("a: ? b\n", (1, 4), "a value can't begin with ?", '"? b"'),
        ("a: &price 1\nb: *prise\n", (2, 4), "*prise refers to nothing", "*price"),
        ("a: {b: : 1}\n", (1, 8), "a name is missing before this colon", "name: value"),
        ("a: [- b]\n", (1, 5), "a list with dashes can't stand between brackets", "[first, second]"),
        ("a: *b\n", (1, 4), "*b refers to nothing", '"*b"'),
        ("a: 1\nb 2\n", (2, 1), "this line has no colon", "name: value"),
        ("a:1\nb: 2\n", (1, 2), "a space is missing after this colon", "name: value"),
        (": 1\n", (1, 1), "a name is missing before this colon", "name: value"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "the indentation of this line fits none", "indent"),
        ("a:\n  - b\n  c: 1\n", (3, 3), "this line stands where the next item", "dash"),
        ("a: 1\n- b\n", (2, 1), "an item of a list stands among named entries", "name"),
        ("a: - b\n", (1, 4), "a list written with dashes can't begin", "next line"),
        ('a: "b" c\n', (1, 8), "this follows a value that is already complete", "quotes"),
        ("%foo: 1\n", (1, 1), "a line that begins with %", "out"),
        ('a: "\\UFFFFFFFF"\n', (1, 5), "\\U", "quotes"),
    ],
)
def test_d101_says_what_is_wrong_and_how_to_mend_it(content: str, where: tuple[int, int], message: str, fix: str) -> None:
    problem = only_fault(content)
    assert problem.where is not None
    assert (problem.code, problem.where.line, problem.where.column) == ("D101", *where)
    assert problem.message.startswith(message)
    assert fix in problem.fix
    assert problem.why


@pytest.mark.usefixtures("loader")
def test_d101_a_wrong_escape_has_a_remedy() -> None:
    problem = only_fault('a: "C:\\path"\n')
    assert (problem.code, str(problem.where)) == ("D101", "d.yaml:1:7")
    assert problem.message == "\\p means nothing between double quotes"


def test_d101_a_forgotten_quote_is_shown_where_it_was_opened() -> None:
    problem = only_fault('a: "foo\nb: "bar"\n')
    assert [str(where) for _, where in problem.related] == ["d.yaml:1:4"]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("content", "code", "where", "message"),
    [
        ("[" * 41 + "]" * 41, "D102", (1, 41), "nested more than 40 deep"),
        ("[" * 100_000, "D102", (1, 41), "nested more than 40 deep"),
        ("{" * 100_000, "D102", (1, 41), "nested more than 40 deep"),
        ("- " * 100_000, "D102", (1, 81), "nested more than 40 deep"),
        (f"a: &x {'[' * 30}{']' * 30}\nb: {'[' * 9}*x{']' * 9}\n", "D102", None, None),
        (
            f"a: &x {'[' * 30}{']' * 30}\nb: {'[' * 10}*x{']' * 10}\n",
            "D102",
            (2, 14),
            "nested more than 40 deep",
        ),
        ("a: 1\nb: 2\n'a': 3\n", "D104", (3, 2), '"a" stands twice in the same mapping'),
        ("a: {b: 1, b: 2}\n", "D104", (1, 11), '"b" stands twice in the same mapping'),
        ("? [a]\n: 1\n", "D105", (1, 3), "a list or a mapping can't be a name"),
        ("null: 1\n", "D105", (1, 1), "the name of this entry is missing"),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}\n", "D105", (2, 5), "<< (merging one mapping into another)"),
        ("a: 1\n---\nb: 2\n", "D107", (2, 1), "a second document begins here"),
        ("", "D108", (1, 1), "there is nothing in this file"),
        ("# only\n", "D108", (1, 1), "there is nothing in this file"),
        ("---\n", "D108", (1, 1), "there is nothing in this file"),
        ("é: b\x07\x07\n", "D109", (1, 5), "the character U+0007 stands here, invisible"),
        ("a: b\nc: \ud800\n", "D109", (2, 4), "the character U+D800 stands here, half of a character"),
        ("a: x\ufeffy\n", "D109", (1, 5), "the character U+FEFF stands here, a byte order mark"),
        ("a: !!python/object:os.system x\n", "D110", (1, 4), "the tag !!python/object:os.system is not used"),
        ("a: !mine [x]\n", "D110", (1, 4), "the tag !mine is not used"),
        ("a: &x [1, {b: *x}]\n", "D111", (1, 15), "*x stands inside of what it refers to"),
    ],
)
def test_what_a_deal_file_may_not_hold(content: str, code: str, where: tuple[int, int] | None, message: str | None) -> None:
    if where is None or message is None:
        assert faults(content) == []
        return
    problem = only_fault(content)
    assert problem.where is not None
    assert (problem.code, problem.where.line, problem.where.column) == (code, *where)
    assert problem.message.startswith(message)
    assert problem.fix


def test_d102_forty_deep_is_allowed() -> None:
    assert depth(read("[" * 40 + "]" * 40)) == 40


def test_d103_a_few_lines_that_stand_for_billions_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    problem = only_fault(bomb)
    assert problem.code == "D103"
    assert problem.where is not None
    assert problem.where.line == 6


@pytest.mark.parametrize(("items", "count"), [(99_999, 0), (100_000, 1)])
def test_d103_counts_every_value(items: int, count: int) -> None:
    assert [p.code for p in faults("[" + "x," * items + "]")] == ["D103"] * count


def test_d104_shows_both_lines_and_the_rest_is_still_read() -> None:
    log = Log()
    node = read_yaml(Text("d.yaml", "a: 1\na: 2\nb: !t {c: 3, c: 4}\n<<: {d: 5}\n"), log)
    assert [p.code for p in log] == ["D104", "D110", "D104", "D105"]
    assert [str(where) for _, where in log.errors[0].related] == ["d.yaml:1:1"]
    assert node == python({"a": "1", "b": {"c": "3"}})


def test_reading_stops_after_a_hundred_faults() -> None:
    assert len(faults("a: 1\n" * 5000)) == 100


def test_d106_files_that_are_not_texts(tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        log = Log()
        assert read_text(path, log) is None
        (problem,) = log
        assert problem.code == "D106"
        assert problem.fix
        return str(problem.where).removeprefix(str(path)) + " " + problem.message

    (tmp_path / "latin").write_bytes("a: b\nc: für".encode("latin-1"))
    (tmp_path / "large").write_bytes(b"#" * 5_000_001)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path / "none") == ":1:1 there is no such file"
    assert refused(tmp_path) == ":1:1 this is a folder"
    assert refused(tmp_path / "latin") == ":2:5 the file is not UTF-8 text: byte 10 is 0xfc"
    assert refused(tmp_path / "large") == ":1:1 the file is larger than 5 MB"
    assert "the file can't be read" in refused(tmp_path / "loop")
    assert "the file can't be read" in refused(Path("a\0b"))


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_bytes("\ufeffé: 1\r\n".encode())
    assert read_text(path, Log()) == Text(str(path), "é: 1\r\n")


def mutated(content: str, dice: random.Random) -> str:
    """The text with a few characters or pieces put in, taken out or moved."""
    pieces = "\t¦\n¦ ¦  ¦:¦: ¦- ¦[¦]¦{¦}¦\"¦'¦#¦&a ¦*a¦!¦|¦>"
    pieces += "¦%¦@¦`¦?¦,¦<<: ¦---\n¦...\n¦\\¦\x00¦\ufeff¦\u2028¦\x85¦é¦\r¦~¦\ud800"
    for _ in range(dice.randint(1, 4)):
        start = dice.randrange(len(content) + 1)
        end = min(len(content), start + dice.choice([0, 0, 1, 1, 5, 40]))
        moved = dice.randrange(len(content) + 1)
        piece = dice.choice([*pieces.split("¦"), content[moved : moved + 30]])
        content = content[:start] + piece + content[end:]
    return content


@pytest.mark.usefixtures("loader")
def test_no_text_is_read_without_a_tree_or_an_address() -> None:
    dice = random.Random(20241001)
    many = 3000 if reader.LOADER is not yaml.SafeLoader else 150
    trees = 0
    for _ in range(many):
        text = Text("d.yaml", mutated(DEAL, dice))
        log = Log()
        node = read_yaml(text, log)
        for problem in log:
            assert problem.where is not None, problem
            assert 1 <= problem.where.line <= max(1, len(text.content.splitlines())), problem
            assert problem.where.column <= len(text.line(problem.where.line)) + 1, problem
            assert problem.message, problem
            assert problem.fix, problem
            assert str(problem)
        assert node is not None or len(log), ascii(text.content)
        if node is not None:
            trees += 1
            assert read(print_yaml(node)) == node
    assert many / 20 < trees < many


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab:- \n\t[]{},#&*!|>'\"%@`?\\~<é\x00\ud800."), max_size=40))
def test_no_short_text_is_read_without_a_tree_or_an_address(content: str) -> None:
    log = Log()
    node = read_yaml(Text("d.yaml", content), log)
    assert node is not None or any(p.where for p in log)


# Printing --------------------------------------------------------------------------------------------------

SHORT = "null¦~¦a: b¦a:¦a #b¦# a¦ a¦a ¦-¦- a¦---¦...¦--- a¦? a¦: a¦<<¦%a¦@a¦`a"
SHORT += "¦*a¦&a¦!a¦|¦>-¦[a]¦{a}¦a, b¦'¦\"¦a'b\"c"
ODD = "¦\\¦\\n¦\x00¦\x07¦\x7f¦\x85¦\u2028¦\ufeff¦\ufffe¦é😀¦="
ODD += "¦-5¦-.5¦a?b¦\ta¦a\tb¦a\nb¦a\n¦\n¦a\n\n\nb¦ a\nx¦a\n  b\nc¦a \nb¦\n\na"
WIDE = (
    "x" * 200,
    "word " * 60,
    "word " * 60 + "x",
    "two  spaces " * 20 + "x",
    "\t" * 150,
    " " * 150,
    "é" * 95,
)
LONG = ("y" * 1500, "\x01" * 400, "a\n" + "long words " * 20 + "x\n\ny")
NASTY = st.sampled_from([*SHORT.split("¦"), *ODD.split("¦"), *WIDE, *LONG])
TEXTS = NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINES = st.lists(st.text("ab :#-'\"", max_size=50), max_size=5).map("\n".join)
KEYS = (TEXTS | LINES).filter(bool)
ANY_TREE = st.recursive(
    st.none() | TEXTS | LINES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=400)
@given(ANY_TREE)
def test_what_is_printed_reads_back_as_the_same_tree(value: object) -> None:
    node = python(value)
    printed = print_yaml(node)
    assert read(printed) == node
    assert print_yaml(read(printed)) == printed


@settings(max_examples=30)
@given(ANY_TREE)
def test_the_parser_in_python_reads_the_same(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "LOADER", yaml.SafeLoader)
        assert read(print_yaml(python(value))) == python(value)


@given(ANY_TREE)
def test_printed_lines_are_short_unless_a_word_is_long(value: object) -> None:
    for line in print_yaml(python(value)).splitlines():
        assert len(line) <= WIDTH or len(max(line.split(" "), key=len)) > 60


def test_the_deepest_tree_prints_and_reads_back() -> None:
    value: object = "x"
    for level in range(40):
        value = {f"k{level}": value} if level % 3 else [value, "word " * 40 + "end"]
    assert read(print_yaml(python(value))) == python(value)


def test_printing_is_canonical() -> None:
    printed = print_yaml(read(DEAL))
    assert printed == (
        """\
deal: Nordwind and Südstern
currency: USD
as_of: 2024-10-01

sources:
  reuters: {title: "Talks: round two", link: "https://example.org/a/b=c#d", date: 2024-09-27}

parties: [nordwind, südstern]

numbers: {price: $13bn, again: $13bn}

terms:
  rev_share:
    kind: revenue_share
    payer: südstern
    rate: {value: 20%, range: 15% to 25%, status: reported}
    until: agi or 2030-12-31
  tranches:
    - {name: first, amount: $1bn}
    - {name: second, amount: it's $2bn}

notes: |
  Zeile eins
    two

folded: one two three
nothing: null
tilde: null
"""
    )


# From Python -----------------------------------------------------------------------------------------------


@dataclass
class Royalty:
    kind: ClassVar[str] = "royalty"
    payer: str
    rate: object = 0.2
    tiers: list[float] = field(default_factory=list)
    from_: datetime.date | None = None


def test_python_values_become_the_tree_that_a_file_would_give() -> None:
    value = {
        "text": "no",
        "flag": True,
        "whole": 10**20,
        "real": 0.1,
        "large": 13e9,
        "tiny": 1e-300,
        "date": datetime.date(2030, 12, 31),
        "none": None,
        "list": (1, [2.5]),
        2025: "year",
        "": None,
    }
    del value[""]
    wanted = """\
text: no
flag: true
whole: 100000000000000000000
real: 0.1
large: 13000000000
tiny: 1e-300
date: 2030-12-31
none:
list: [1, [2.5]]
2025: year
"""
    assert python(value) == read(wanted)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(number: float) -> None:
    node = python(number)
    assert isinstance(node, Scalar)
    assert float(node.text) == number


def test_a_term_becomes_its_kind_and_what_is_not_default() -> None:
    assert python(Royalty("lab")) == read("{kind: royalty, payer: lab}")
    assert python(Royalty("lab", 0.2, [], None)) == read("{kind: royalty, payer: lab}")
    changed = Royalty("lab", rate=0.1, tiers=[1.0], from_=datetime.date(2025, 1, 1))
    assert python([changed]) == read("[{kind: royalty, payer: lab, rate: 0.1, tiers: [1], from: 2025-01-01}]")


def test_python_values_have_addresses_that_name_their_path() -> None:
    node = at(python({"terms": {"rate": "20 %"}}), ("terms", "rate"))
    assert node is not None
    assert str(node.where.within(3, 1)) == "<python>:1:16"
    assert node.where.text.line(1) == "terms.rate: 20 %"
    assert str(Problem("D000", "wrong", node.where)).splitlines()[1:] == [
        "    1 | terms.rate: 20 %",
        "      |             ^^^^",
    ]


@pytest.mark.parametrize(
    ("value", "code", "line"),
    [
        ({"a": object()}, "D121", "a"),
        ({"a": {1, 2}}, "D121", "a"),
        ({"a": [float("nan")]}, "D121", "a.0"),
        ({"a": float("inf")}, "D121", "a"),
        ({"a": b"x"}, "D121", "a"),
        ({"a": datetime.datetime(2025, 1, 1)}, "D121", "a"),
        ({"a": Royalty}, "D121", "a"),
        ({"a": Royalty("x", rate=object())}, "D121", "a.rate"),
        ({"a": {"": 1}}, "D105", "a"),
        ({"a": {None: 1}}, "D105", "a"),
        ({"a": {(1, 2): 1}}, "D105", "a"),
        ({"a": {1: 2, "1": 3}}, "D104", "a.1"),
        ({"a": "\ud800"}, "D109", "a"),
        ([0] * 100_001, "D103", "99999"),
    ],
)
def test_what_python_values_can_not_stand_in_a_deal(value: object, code: str, line: str) -> None:
    log = Log()
    from_python(value, log)
    (problem,) = log
    assert problem.where is not None
    assert (problem.code, problem.where.text.line(1)) == (code, line)
    assert problem.message
    assert problem.fix


def test_python_values_that_have_no_end_are_refused() -> None:
    endless: list[object] = []
    endless.append({"x": endless})
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    for value, code in ((endless, "D111"), (deep, "D102")):
        log = Log()
        from_python(value, log)
        assert [p.code for p in log] == [code]


# Paths and patches -----------------------------------------------------------------------------------------

HERE = Origin(Text("variant.yaml", "terms.rate: 1\n"), 1, 1, 10)


def patched(path: str, value: object, *, remove: bool = False) -> Node:
    log = Log()
    node = replaced(read(DEAL), tuple(path.split(".")), None if remove else python(value), log, HERE)
    assert not len(log), [str(p) for p in log]
    return node


def test_what_stands_at_a_path() -> None:
    root = read(DEAL)
    assert at(root, ()) is root
    assert at(root, ("terms", "tranches", "1", "name")) == at(root, ("terms", "tranches", "second", "name"))
    for path in (
        "terms.none",
        "terms.tranches.2",
        "terms.tranches.third",
        "deal.x",
        "parties.-1",
        "terms.tranches.²",
    ):
        assert at(root, tuple(path.split("."))) is None


@pytest.mark.parametrize(
    "path",
    [
        "currency",
        "terms.rev_share.rate",
        "terms.rev_share.cap",
        "terms.tranches.1",
        "terms.tranches.2",
        "terms.tranches.0.x",
    ],
)
def test_a_patch_changes_one_place_and_nothing_else(path: str) -> None:
    before, after = read(DEAL), patched(path, {"new": "value"})
    steps = tuple(path.split("."))
    assert at(after, steps) == python({"new": "value"})
    known = at(before, steps)
    log = Log()
    assert replaced(after, steps, known, log, HERE) == before
    assert not len(log)


def test_a_patch_shares_what_it_does_not_touch() -> None:
    before = read(DEAL)
    after = replaced(before, ("terms", "rev_share", "rate"), python("10%"), Log(), HERE)
    assert at(after, ("terms", "tranches")) is at(before, ("terms", "tranches"))
    assert at(before, ("terms", "rev_share", "rate", "value")) == python("20%")


def test_a_patch_can_reach_an_item_by_its_name_and_take_it_out() -> None:
    assert at(patched("terms.tranches.second.amount", "$9bn"), ("terms", "tranches", "1", "amount")) == python("$9bn")
    assert at(patched("terms.tranches.first", None, remove=True), ("terms", "tranches", "0", "name")) == python("second")
    assert at(patched("currency", None, remove=True), ("currency",)) is None
    empty = patched("currency", None)
    assert at(empty, ("currency",)) == python(None)


@pytest.mark.parametrize(
    ("path", "remove", "message", "fix"),
    [
        ("term.rev_share.rate", False, 'the deal has no "term"', "terms.rev_share.rate"),
        ("terms.rev_shar.rate", False, 'terms has no "rev_shar"', "terms.rev_share.rate"),
        ("terms.rev_share.rte", True, 'terms.rev_share has no "rte"', "terms.rev_share.rate"),
        (
            "terms.rev_share.payer.x",
            False,
            'terms.rev_share.payer is a single value, so it has no "x"',
            "itself",
        ),
        ("terms.tranches.3", False, 'the list terms.tranches has no item "3"', "one of: first, second"),
        ("terms.tranches.2", True, 'the list terms.tranches has no item "2"', "one of: first, second"),
        (
            "terms.tranches.secnd.amount",
            False,
            'the list terms.tranches has no item "secnd"',
            "second.amount",
        ),
        ("parties.x", False, 'the list parties has no item "x"', "one of: 0, 1"),
    ],
)
def test_d120_a_path_that_leads_nowhere(path: str, remove: bool, message: str, fix: str) -> None:
    log = Log()
    before = read(DEAL)
    after = replaced(before, tuple(path.split(".")), None if remove else python(1), log, HERE)
    (problem,) = log
    assert (problem.code, problem.message, problem.where) == ("D120", message, HERE)
    assert fix in problem.fix
    assert after is before


def test_d120_two_items_of_one_name_and_the_whole_deal() -> None:
    log = Log()
    replaced(read("a: [{name: x}, {id: x}]"), ("a", "x"), python(1), log, HERE)
    replaced(read("a: 1"), (), None, log, HERE)
    assert sorted(p.message for p in log) == [
        'the list a has more than one item "x"',
        "the whole deal can't be removed",
    ]
    assert replaced(read("a: 1"), (), python("b"), log, HERE) == python("b")


def test_d102_a_patch_can_not_make_the_tree_too_deep() -> None:
    value = read("[" * 39 + "]" * 39)
    log = Log()
    assert depth(replaced(read("a: 1"), ("b",), value, log, HERE)) == 40
    assert not len(log)
    replaced(read("a: {b: 1}"), ("a", "c"), value, log, HERE)
    assert [p.code for p in log] == ["D102"]
