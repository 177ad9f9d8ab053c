"""The report page: complete, self-contained, in order, marked, escaped, and written whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import prenup as pn
from prenup.base.fields import specs
from prenup.base.kinds import kinds
from prenup.case import build
from prenup.deal.inventory import numbers
from prenup.engine.run import Settings
from prenup.pipeline import Result, answer, in_full
from prenup.questions._answer import Answer, Bars, Fan
from prenup.show.report import charts, figures, phrases, record
from prenup.show.report.grids import Palette, changed, shown
from prenup.show.report.page import page, write_page
from prenup.show.report.sentences import say
from prenup.show.report.words import Speaker, Words
from tests.show.samples import EVERYTHING, FIELD, STAKE

DEAL = """
deal:
  title: A lab and its cloud
  summary: The lab shares revenue with the cloud & buys from it.
  not_modelled: [What the lab would do with a rival.]
currency: USD
as_of: 2024-10-19
clock: {from: 2025-03-01, months: 34}
sources:
  filing:
    {title: Annual report, publication: The Lab, date: 2024-03-01, url: "https://example.org/a?b=1&c=2", kind: primary}
  paper:
    title: A scoop
    publication: Morning Paper
    date: 2024-06
    url: "https://example.org/scoop"
    kind: press
    note: Names nobody.
parties:
  lab: {title: The lab, discount: 15%, cash: {value: $50m, source: filing, status: confirmed}}
  cloud: {title: The cloud, discount: {value: 9%, range: 8% to 11%, status: assumed, note: usual for clouds}}
numbers:
  share: {value: 20%, range: 15% to 25%, source: paper, status: reported}
drivers:
  revenue: {kind: growth, title: the lab's revenue, start: $100m/yr, growth: 40%, volatility: 20%}
events:
  agi: {kind: hazard, title: AGI is declared, rate: 5%/yr, lasts: 12 months, effects: {revenue.rate: {scale: 50%}}}
rows:
  costs: {value: 120% * revenue, payer: lab, payee: world, title: the lab's costs}
  sales: {value: revenue, payer: world, payee: lab}
terms:
  rev_share: {kind: revenue_share, payer: lab, payee: cloud, rate: share, of: revenue, until: agi or 2027-06-30,
    cap: $40m, every: quarter, clause: section 4.2, source: paper, status: reported, note: no rate was confirmed}
  compute: {kind: supply, title: computing, payer: lab, payee: cloud, demand: $20m/yr, discount: 25%,
    take_or_pay: $10m/yr, make_up: 24 months}
  round:
    kind: investment
    payer: cloud
    payee: lab
    tranches: [{amount: $5m, on: 2024-01-31}, {amount: $15m, on: 2025-06-30}]
variants:
  cheap: {title: cheaper computing, change: {terms.compute.discount: 60%}}
  walk_away:
    title: the divorce
    note: Everything between them ends.
    change: {terms.rev_share: null, terms.compute: null}
"""

HOSTILE = """
deal:
  title: <script>alert(1)</script>
  summary: "<img src=x onerror=alert(2)> & $1 and $2"
  not_modelled: ["</main><b>"]
currency: EUR
as_of: 2024-10-19
clock: {from: 2025-01-01, months: 26}
sources:
  bad:
    title: "</style><script>alert(3)</script>"
    publication: "P\\" onmouseover=\\"x"
    date: 2024-10
    url: "javascript:alert(4)"
    kind: press
parties:
  a: {title: "<i>A</i> $x$", discount: 10%, cash: €5m}
  b: {discount: {value: 9%, source: bad, status: reported, note: <u>n</u>}}
drivers: {sales: {kind: growth, start: €8m/yr to €13m/yr, growth: 20%, title: <em>sales</em>}}
terms:
  share: {kind: revenue_share, title: "\\"><script>alert(5)</script>", payer: a, payee: b, rate: 10%, of: sales,
    clause: "<4.2>", note: <s>x</s>}
variants: {walk_away: {title: <h1>, change: {terms.share: null}}}
"""

SETTINGS = Settings(paths=512, views=16)


def result_of(text: str, variant: str = "") -> Result:
    case = pn.load_text(text)
    return answer(case.variant(variant) if variant else case, SETTINGS, in_full())


@pytest.fixture(scope="module")
def result() -> Result:
    return result_of(DEAL)


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return page(result)


class Parsed(HTMLParser):
    """The tags of a page: whether each is closed where it should be, the ids, the links, the words."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()
        self.faults += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "title"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def said(words: Words) -> str:
    return "".join(piece.text for piece in words)


# --- The page as a document -----------------------------------------------------------------------


def test_tags_are_balanced_and_every_anchor_exists_once(html: str) -> None:
    parsed = Parsed(html)
    assert not parsed.faults
    ids = parsed.all("id")
    assert len(ids) == len(set(ids))
    anchors = {link[1:] for name in ("href", "xlink:href") for link in parsed.all(name) if link.startswith("#")}
    anchors |= set(re.findall(r"url\(#([^)]+)\)", html)) | set(parsed.all("aria-labelledby"))
    assert anchors <= set(ids)
    assert len(anchors) > 20


def test_page_needs_nothing_besides_itself(html: str) -> None:
    parsed = Parsed(html)
    assert len(html.encode()) < 3_000_000
    assert not {"script", "link", "iframe", "img", "object", "base", "form"} & {tag for tag, _ in parsed.tags}
    assert not parsed.all("src")
    assert not re.search(r"@import|@font-face|url\((?!#)", html)
    outside = [link for link in parsed.all("href") if not link.startswith("#")]
    assert set(outside) == {"https://example.org/a?b=1&c=2", "https://example.org/scoop"}
    assert "default-src 'none'" in html


def test_charts_use_the_pages_font_and_are_told_in_words(html: str) -> None:
    parsed = Parsed(html)
    assert sum(tag == "svg" for tag, _ in parsed.tags) == html.count('role="img"') == 6
    assert "DejaVu" not in html
    labels = [attributes["aria-label"] for _, attributes in parsed.tags if attributes.get("role") == "img"]
    assert all(len(label) > 40 for label in labels)
    assert any(label.startswith("Cash of The lab. Middle path") for label in labels)


def test_answers_come_first_and_sections_in_their_order(html: str) -> None:
    order = (
        "answers",
        "who-gets-what",
        "changes",
        "money",
        "rumours",
        "terms",
        "world",
        "numbers",
        "sources",
        "limits",
        "method",
    )
    assert re.findall(r'<h2 id="([^"]+)"', html) == list(order)
    parsed = Parsed(html)
    contents = [link[1:] for link in parsed.all("href")[: len(order)]]
    assert contents == list(order)
    text = parsed.text
    first = [
        "As known on 19 October 2024",
        "A lab and its cloud",
        "The lab shares revenue with the cloud & buys from it.",
        "What each side gets and gives",
        "What each is left with after a divorce",
        "Everything between them ends.",
        "What other changes of terms would do",
        "How long the money lasts",
        "What rests on unconfirmed reports",
    ]
    places = [text.index(words) for words in first]
    assert places == sorted(places)


def test_every_sentence_and_table_of_every_answer_is_on_the_page(result: Result, html: str) -> None:
    text = Parsed(html).text
    for found in result.answers:
        for table in found.tables:
            assert table.title in text
        for chart in found.charts:
            assert chart.title in text
        for sentence in found.sentences:
            # The party or the variant that a sentence begins with may stand above it as a title.
            ending = figures.typeset(sentence.partition(": ")[2] or sentence)
            assert ending[1:] in text


def test_losses_stand_in_brackets_in_tables_and_have_a_true_minus_elsewhere(html: str) -> None:
    rows = re.findall(r'<td class="r"><span class="loss">([^<]*)</span>', html)
    assert rows
    assert all(re.fullmatch(r"\(\$[\d.,]+\w*\)", row) for row in rows)
    assert not re.search(r"(?<![\w-])-\$", html)
    assert shown(-0.001, "gain", "USD").text == "$0"
    assert shown(-2e6, "gain", "USD").loss
    assert [changed(c, "USD").text for c in (2e6, -2e6, 0.0, None)] == ["+$2.00m", "($2.00m)", "$0", "–"]
    assert not shown(2e6, "gain", "USD").loss
    assert shown(None, "gain", "USD").text == "–"
    assert shown(float("nan"), "gain", "USD").text == "n/a"


# --- Numbers, sources, limits ---------------------------------------------------------------------


def test_every_number_has_its_row_with_value_range_status_and_source(result: Result, html: str) -> None:
    stated = numbers(result.case.deal)
    body = html[html.index('id="numbers"') : html.index('id="sources"')]
    rows = re.findall(r'<tr id="number-\d+">(.*?)</tr>', body, re.DOTALL)
    assert len(rows) == len(stated) > 15
    for row, number in zip(rows, stated, strict=True):
        text = Parsed(f"<table><tr>{row}</tr></table>").text
        assert figures.figure(number) in text
        assert figures.spread(number) in text
        status = number.provenance.status
        assert (f"† {status or 'unmarked'}" in text) == (status != "confirmed")
        assert ("<sup" in row) == (status != "confirmed")
        if number.provenance.source:
            assert re.search(r'href="#source-\d">\[\d\]</a> <a href="https://example.org', row)
        elif status == "assumed":
            assert number.provenance.note in text
        else:
            assert "no source given" in text
    assert f"{len(stated) - 1} of the {len(stated)} numbers" in Parsed(html).text


def test_every_source_and_everything_left_out_is_listed(html: str) -> None:
    text = Parsed(html).text
    for words in (
        "Annual report, The Lab, 1 March 2024, primary.",
        "1 number rests on it.",
        "A scoop, Morning Paper, June 2024, press.",
        "Names nobody.",
        "What the lab would do with a rival.",
        "Refunds and bad debts",
        "Failure to deliver",
        "Events that happen more than once.",
    ):
        assert words in text


def test_how_it_was_computed_is_told(result: Result, html: str) -> None:
    text = Parsed(html).text[-2500:]
    for words in (f"{result.run.n_paths:,} paths", "seed 1", "Sobol", "standard error", pn.__version__):
        assert words in text
    assert re.search(r"differs from zero by \d\.\de[−+]\d\d of the money that moved", text)


# --- Words ----------------------------------------------------------------------------------------


def test_terms_are_said_in_full(html: str) -> None:
    text = Parsed(html).text
    for words in (
        "The lab shall pay The cloud 20%† (15% to 25%) of the lab's revenue.",
        "It ends when AGI is declared or on 30 June 2027.",
        "At most $40m† is paid in all.",
        "It is settled every quarter.",
        "section 4.2",
        "† reported [2] Morning Paper, June 2024, press · no rate was confirmed",
        "The lab shall buy from The cloud what it needs: $20m a year†.",
        "The list price is reduced by 25%†.",
        "At least $10m a year† has to be bought, or paid for all the same.",
        "later purchases within 24 months†",
        "The cloud shall invest in The lab in these parts:",
        "$5m† in cash on 31 January 2024† – before the first month, so history here",
        "It may happen in any month, at a rate of 5% a year†. Its effects last 12 months†:",
        "the lab's revenue, rate: multiplied by 50%†",
        "It begins at $100m a year† and grows by 40%† a year.",
        "From The lab to everyone else: 120% × the lab's revenue.",
    ):
        assert words in text


def test_every_field_of_every_kind_is_named_by_a_sentence() -> None:
    slot = re.compile(r"\{([\w.]+)")
    common = {"title", "note", "source", "status", "clause"}
    shared = {
        "prenup.terms": phrases.EVERY_PAYMENT,
        "prenup.drivers": (),
        "prenup.drivers.events": phrases.EVERY_EVENT,
    }
    for package, sentences in shared.items():
        for kind, cls in kinds(package).items():
            templates = str((*phrases.BY_KIND[kind], *sentences))
            named = {field.partition(".")[0] for field in slot.findall(templates)}
            missing = {
                attribute
                for attribute, _, spec in specs(cls)
                if attribute not in named | common and spec.what not in ("items", "table", "dated")
            }
            assert not missing, f"{kind}: no sentence names {missing}"


def test_an_unknown_kind_is_told_by_its_docstring_and_its_fields(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(phrases.BY_KIND, "revenue_share")
    deal = result.case.deal
    found = say(Speaker(deal, {}), deal.terms["rev_share"])
    assert said(found.sentences[0]) == "The payer hands over a share of a stream of revenue as it comes in."
    points = [said(point) for point in found.points]
    assert "payer: The lab" in points
    assert "of: the lab's revenue" in points
    assert any(said(sentence) == "At most $40m is paid in all." for sentence in found.sentences)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("2 * (revenue + cost)", "2 × (revenue + cost)"),
        ("revenue - (cost - 1)", "revenue − (cost − 1)"),
        ("revenue / (cost * 2)", "revenue ÷ (cost × 2)"),
        ("-revenue", "−revenue"),
        ("max(0, revenue - cost)", "the largest of 0 and revenue − cost"),
        ("2 * min(revenue, cost)", "2 × (the smallest of revenue and cost)"),
        ("if(agi, 0, revenue)", "0 if agi, otherwise revenue"),
        ("prev(revenue, 5)", "last month’s revenue"),
        ("avg(revenue, 12 months)", "the average of revenue over 12 months"),
        ("revenue * share", "revenue × share (20%)"),
    ],
)
def test_formulas_are_said_with_the_brackets_that_they_need(formula: str, words: str) -> None:
    deal = build({
        "deal": "x", "currency": "USD", "as_of": "2024-10-19",
        "clock": {"from": "2025-01-01", "months": 2}, "parties": {"a": {"discount": "1%"}},
        "numbers": {"share": "20%"}, "events": {"agi": {"kind": "hazard", "rate": "5%/yr"}},
        "rows": {"revenue": "3", "cost": "2", "asked": formula},
    }).deal  # fmt: skip
    assert said(Speaker(deal, {}).value(deal.rows["asked"].value)) == words


def test_a_value_that_changes_on_the_way_says_from_when() -> None:
    text = DEAL.replace("discount: 25%", "discount: {value: 25%, then: [{from: agi, value: 60%}]}")
    deal = pn.load_text(text).deal
    sentences = [said(s) for s in say(Speaker(deal, {}), deal.terms["compute"]).sentences]
    assert "The list price is reduced by 25%; then 60% when AGI is declared." in sentences


def test_dates_and_links() -> None:
    assert [record.dated(t) for t in ("2024-10-19", "2024-10", "2024", "2024-99", "spring 2024")] == [
        "19 October 2024", "October 2024", "2024", "2024-99", "spring 2024"]  # fmt: skip
    assert record.safe_link("https://example.org/x") == "https://example.org/x"
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "ftp://example.org/x",
        "http://",
        "http://[",
        "JAVASCRIPT:x",
    ):
        assert record.safe_link(bad) == ""


# --- Charts ---------------------------------------------------------------------------------------


def fan_of(*bands: float) -> Fan:
    import datetime

    dates = tuple(datetime.date(year, 12, 31) for year in (2025, 2026))
    return Fan("Cash of A", "USD", dates, (0.05, 0.25, 0.5, 0.75, 0.95), tuple((0.0, band) for band in bands))


def test_charts_without_a_sound_figure_say_so_and_draw_nothing() -> None:
    nothing = float("nan")
    assert charts.fan(fan_of(*[nothing] * 5), ("#000000", ""), ("#000000", "")).svg == ""
    bars = Bars("What moves A", "USD", ("x",), (nothing,), (1.0,), 0.0)
    assert charts.tornado(bars, "#000000").svg == ""
    assert charts.clauses("A", [], "USD", "#000000", (0.0, 0.0)).svg == ""


def test_charts_stand_up_to_extreme_figures_and_odd_labels() -> None:
    for size in (0.0, 1e-9, 1e30):
        assert "<svg" in charts.fan(fan_of(-2 * size, -size, 0.0, size, 2 * size), ("#000000", "up"), ("#ff0000", "down")).svg
        label = f"{'long ' * 40}$a$ <b>, rate"
        drawing = charts.tornado(Bars("What moves A", "USD", (label,), (-size,), (size,), 0.0, marks=("assumed",)), "#000000")
        assert "…, rate †" in drawing.svg.replace("&lt;", "<")
        assert "<b>" not in drawing.svg


def test_amounts_keep_their_place_whichever_order_ranges_run() -> None:
    svg = charts.tornado(Bars("What moves A", "USD", ("x",), (3e9,), (1e9,), 2e9), "#123456").svg
    assert {"$3.00bn", "$1.00bn", "middle $2.00bn"} <= set(re.findall(r">([^<>]+)</text>", svg))


def test_parties_keep_one_colour_and_longer_names_are_not_mistaken(result: Result) -> None:
    text = DEAL.replace("title: The cloud", "title: The lab's owner")
    palette = Palette(pn.load_text(text).deal)
    assert palette.named("Net money from The lab's owner to The lab by year") == ["cloud", "lab"]
    assert palette.of("lab") != palette.of("cloud")
    assert Palette(result.case.deal).first("What moves The cloud's value") == palette.of("cloud")


# --- What people may put in -----------------------------------------------------------------------


def test_whatever_the_deal_file_says_stays_text() -> None:
    html = page(result_of(HOSTILE))
    parsed = Parsed(html)
    assert not parsed.faults
    assert not {"script", "img", "em", "s", "u", "h1 "} & {tag for tag, _ in parsed.tags}
    assert not [name for _, attributes in parsed.tags for name in attributes if name.startswith("on")]
    assert not any(
        "javascript" in value for _, attributes in parsed.tags for key, value in attributes.items() if key != "aria-label"
    )
    for words in (
        "<script>alert(1)</script>",
        "<i>A</i> $x$",
        "</style><script>alert(3)</script>",
        "<4.2>",
        "</main><b>",
    ):
        assert words in parsed.text


def test_a_deal_that_says_little_and_a_variant_have_their_page() -> None:
    clock = "clock: {from: 2025-01-01, months: 1}"
    bare = f"deal: x\ncurrency: USD\nas_of: 2024-10-19\n{clock}\nparties: {{a: {{discount: 1%}}}}\n"
    assert not Parsed(page(result_of(bare))).faults
    html = page(result_of(DEAL, "cheap"))
    assert "Variant: cheaper computing" in Parsed(html).text
    assert not Parsed(html).faults


def test_an_answer_that_the_page_does_not_know_gets_a_section(result: Result) -> None:
    extra = Answer(
        "oracle",
        "What the oracle says",
        ("All will be well.",),
        result.answers[0].tables[:1],
        result.answers[-1].charts[:1],
    )
    html = page(Result(result.case, result.run, (*result.answers, extra)))
    assert '<h2 id="other-1">What the oracle says</h2>' in html
    assert "All will be well." in html
    assert not Parsed(html).faults


def test_the_stake_stands_below_what_each_side_gets_and_other_answers_after_the_known_ones(result: Result) -> None:
    html = page(Result(result.case, result.run, (*result.answers, *EVERYTHING)))
    parsed = Parsed(html)
    assert not parsed.faults
    ids = parsed.all("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in parsed.all("href") if link.startswith("#")} <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)
    order = [
        "What each side gets and gives",
        STAKE.title,
        STAKE.charts[0].title,
        "They differ because each asks something else.",
        "Who holds what",
        "Each method takes the contract as it stands.",
        "What each is left with after a divorce",
    ]
    text = parsed.text[parsed.text.index(order[0]) :]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert '<a href="#stake">The stake</a>' in html
    assert re.search(r'<h3 id="stake">How much of the lab is the fund&#39;s\?</h3>', html)
    assert re.findall(r'<h2 id="other-\d">([^<]*)</h2>', html) == ["The cap table", "What an exit pays"]
    assert '<h2 id="other-' in html[html.index('<h2 id="rumours"') :]


def test_a_broad_chart_is_there_for_a_desk_and_for_a_phone_and_is_told_once(result: Result) -> None:
    html = page(Result(result.case, result.run, EVERYTHING))
    assert html.count('<figure class="broad">') == 2
    drawn = re.findall(r'<div class="(desk|phone)"><svg[^>]* viewBox="0 0 (\d+) ', html)
    assert drawn == [("desk", "718"), ("phone", "340")] * 2
    labels = [attributes["aria-label"] for _, attributes in Parsed(html).tags if attributes.get("role") == "img"]
    assert [label.partition(".")[0] for label in labels] == [
        "The fund's stake, by seven methods",
        "What each class is paid, over Value of the exit from $0 to $4",
    ]
    assert "DejaVu" not in html


def test_a_football_field_has_the_colour_of_the_party_that_it_speaks_of(result: Result) -> None:
    colour = Palette(result.case.deal).of("cloud")
    theirs = replace(STAKE, charts=(replace(FIELD, title="The cloud's stake"),))
    for answer_, expected in ((theirs, True), (STAKE, False)):
        html = page(Result(result.case, result.run, (answer_,)))
        assert (f"fill: {colour}" in html) is expected


def test_counts_shares_prices_and_amounts_in_a_table(result: Result) -> None:
    html = page(Result(result.case, result.run, EVERYTHING[1:2]))
    cells = re.findall(r'<td class="r"><span(?: class="loss")?>([^<]*)</span>', html)
    assert cells[:12] == [
        "8,000,000", "62.12%", "$1.50", "$1,234,567.89",
        "11,764,705.88", "3.28%", "$1.1144", "$2.50bn",
        "–", "&lt;0.01%", "(&lt;$0.0001)", "($12.00)",
    ]  # fmt: skip


# --- The file -------------------------------------------------------------------------------------


def test_the_file_is_written_whole_or_not_at_all(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "report.html"
    out.write_text("before", encoding="utf-8")
    with monkeypatch.context() as patched:

        def fail(self: Path, target: Path) -> Path:
            raise OSError(f"no room for {target} from {self}")

        patched.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no room"):
            write_page(result, out)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert out.read_text(encoding="utf-8") == "before"
    write_page(result, out)
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(OSError, match="report"):
        write_page(result, tmp_path / "nowhere" / "report.html")


def test_the_same_result_gives_the_same_page(result: Result, html: str) -> None:
    assert page(result) == html
