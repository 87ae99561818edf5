"""The README's table is the committed results' own."""

import pytest

from fasnb import headline
from fasnb.errors import FasnbError


def test_the_readme_shows_what_the_committed_results_give():
    text = headline.README.read_text(encoding="utf-8")
    assert headline.put(text, headline.committed()) == text, "run `fasnb figures --profile lite`"


def test_the_table_goes_between_the_marks_and_nothing_else_changes(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"a\n{headline.BEGIN}old\n{headline.END}b\n")
    assert headline.update(readme, tmp_path)
    text = readme.read_text()
    assert text.startswith(f"a\n{headline.BEGIN}\n**Table 8.")
    assert text.endswith(f"\n\n{headline.END}b\n")
    assert "old" not in text
    assert text.count("missing /") == 28
    assert not headline.update(readme, tmp_path)


@pytest.mark.parametrize("text", ["", headline.BEGIN, headline.END + headline.BEGIN])
def test_a_readme_without_its_marks_is_refused(text):
    with pytest.raises(FasnbError, match="must hold"):
        headline.put(text, "table")
