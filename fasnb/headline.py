"""The README's headline: Table 8 of the committed lite results between two marks, with where it is from."""

from pathlib import Path

from fasnb import atomic, paths, profiles, rendering, tables
from fasnb.errors import FasnbError
from fasnb.runs import Store

PROFILE, TABLE = "lite", "t8"
BEGIN, END = "<!-- headline: fasnb figures -->\n", "<!-- end of headline -->\n"
README = paths.ROOT / "README.md"


def committed(folder: Path | None = None) -> str:
    """Table 8 as Markdown, from the committed results (or another store's folder) alone."""
    profile = profiles.get(PROFILE)
    return rendering.render(tables.build(TABLE, Store(folder or paths.store(PROFILE), profile)), "md")


def put(text: str, table: str) -> str:
    """A README's text with `table` between its marks; FasnbError where there is not one pair of them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after:
        raise FasnbError(f"the README must hold {BEGIN.strip()} and {END.strip()} once, in this order")
    return f"{before}{begin}\n{table.strip()}\n\n{end}{after}"


def update(readme: Path = README, folder: Path | None = None) -> bool:
    """Write the table that the store gives today into the README; whether that changed it."""
    text = readme.read_text(encoding="utf-8")
    new = put(text, committed(folder))
    if new != text:
        atomic.write_text(readme, new)
    return new != text
