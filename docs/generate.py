"""Writes what can be said from the classes themselves: a page for every kind, and the JSON Schema of deal files.

`make docs` writes the files; `python docs/generate.py --check` says which are out of date, and a test calls it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from prenup.base.kinds import kinds
from prenup.deal.reference import SECTIONS, KindPage, reference
from prenup.deal.schema import schema

HERE = Path(__file__).parent


def main() -> int:
    """Write every page, or with `--check` compare; the exit code is 1 where something is out of date."""
    pages = all_pages()
    if "--check" in sys.argv:
        stale = [name for name, text in pages.items() if not (HERE / name).is_file() or (HERE / name).read_text() != text]
        stale += [str(p.relative_to(HERE)) for p in (HERE / "reference").glob("*.md") if str(p.relative_to(HERE)) not in pages]
        for name in stale:
            print(f"docs/{name} is out of date: run make docs")
        return 1 if stale else 0
    for name, text in pages.items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        print(f"wrote docs/{name}")
    return 0


def all_pages() -> dict[str, str]:
    """Every file that is written, by its name below docs/."""
    pages: dict[str, str] = {"deal.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"}
    title = "# Kinds of terms, drivers, events, and of classes and actions of cap tables"
    index = [title, "", "From the classes themselves; `prenup terms KIND` prints the same.", ""]
    for group, package in SECTIONS.items():
        index += [f"## {group.capitalize()}", "", "| kind | |", "|---|---|"]
        for kind in kinds(package):
            page = reference(kind)
            pages[f"reference/{kind}.md"] = _page(page)
            index.append(f"| [{kind}]({kind}.md) | {page.first_line} |")
        index.append("")
    pages["reference/README.md"] = "\n".join(index)
    return pages


def _page(page: KindPage) -> str:
    lines = [f"# {page.kind}", "", page.first_line, ""]
    for title, body in page.sections.items():
        fenced = title in ("Equations", "Example")
        lines += [f"## {title}", "", *(["```yaml" if title == "Example" else "```text", body, "```"] if fenced else [body]), ""]
    lines += ["## Fields", "", "| field | takes | if left out | meaning |", "|---|---|---|---|"]
    lines += [f"| `{f.name}` | {f.type} | {f.default or '*required*'} | {f.meaning} |" for f in page.fields]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
