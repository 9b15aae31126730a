"""What colleagues have said in a Word document: comments and tracked changes, by chapter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needs.errors import InvalidDataError
from needs.report.word_checks import DOCUMENT, by_xpath, parts_of, style_of, xml

_COMMENTS = "word/comments.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

#: What holds text that was taken out, and that was put in.
_OUT, _IN = ("del", "moveFrom"), ("ins", "moveTo")


@dataclass
class Remark:
    """What was said of one paragraph.

    Attributes
    ----------
    text, was : str
        The paragraph with all changes, and before them.
    comments : list of (str, str)
        Who said what.
    changed_by : list of str
    """

    text: str = ""
    was: str = ""
    comments: list[tuple[str, str]] = field(default_factory=list)
    changed_by: list[str] = field(default_factory=list)

    @property
    def told(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.comments) or self.text != self.was


def remarks(path: Path) -> str:
    """The comments and changed paragraphs of a Word document, as Markdown, by chapter.

    Parameters
    ----------
    path : Path
        A report.docx that has come back; it is not changed.

    Raises
    ------
    InvalidDataError
        It is not a Word document.
    """
    try:
        parts = parts_of(path.read_bytes())
        body = xml(parts[DOCUMENT])
        said = _comments(xml(parts[_COMMENTS])) if _COMMENTS in parts else {}
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise InvalidDataError(what, path.name, "Name a Word document (.docx).") from None
    except ValueError as error:
        remedy = "Save it from Word as a document (.docx), and name that."
        raise InvalidDataError(f"This cannot be read: {error}.", path.name, remedy) from None
    lines = [f"# Remarks in {_plain(path.name)}"]
    count = changes = 0
    chapter: str | None = "Before the first chapter"
    section = ""
    for level, heading, remark in _paragraphs(body, said):
        if level == 1:
            chapter, section = heading, ""
        elif level > 1:
            section = heading
        if not remark.told:
            continue
        if chapter is not None:
            lines.append(f"\n## {_plain(chapter)}")
            chapter = None  # told once
        if section:
            lines.append(f"\n### {_plain(section)}")
            section = ""
        count += len(remark.comments)
        changes += remark.text != remark.was
        lines.append("")
        lines += _lines(remark)
    told = f"{count} comment{'' if count == 1 else 's'}, {changes} changed paragraph"
    lines.insert(1, f"\n{told}{'' if changes == 1 else 's'}. Tick each when it is dealt with.")
    return "\n".join(lines) + "\n"


def _lines(remark: Remark) -> Iterator[str]:
    words = remark.text or remark.was
    short = words if len(words) <= 160 else words[:157].rstrip() + "…"
    yield f"- “{_plain(short) or 'an empty paragraph'}”"
    for who, what in remark.comments:
        yield f"    - [ ] {_plain(who or 'Somebody')}: {_plain(what)}"
    if remark.text != remark.was:
        by = ", ".join(dict.fromkeys(one for one in remark.changed_by if one)) or "somebody"
        yield f"    - [ ] changed by {_plain(by)}"
        yield f"        - was: {_plain(remark.was) or '(nothing)'}"
        yield f"        - is: {_plain(remark.text) or '(taken out)'}"


def _comments(part: Any) -> dict[str, tuple[str, str]]:
    """Who said what, by the comment's id."""
    return {
        one.get(f"{_W}id"): (
            one.get(f"{_W}author", ""),
            " / ".join(text for line in one.iter(f"{_W}p") if (text := _text(line, _OUT))),
        )
        for one in by_xpath(part, "w:comment")
    }


def _paragraphs(body: Any, said: dict[str, tuple[str, str]]) -> Iterator[tuple[int, str, Remark]]:
    """Each paragraph: the level of its heading or 0, its text if it is one, and its remarks.

    A comment over several paragraphs is told of the first.
    """
    seen: set[str] = set()
    for line in body.iter(f"{_W}p"):
        found = re.fullmatch(r"Heading([1-9])", style_of(line))
        remark = Remark(_text(line, _OUT), _text(line, _IN))
        for one in by_xpath(line, ".//w:commentRangeStart/@w:id | .//w:commentReference/@w:id"):
            if one in said and one not in seen:
                seen.add(one)
                remark.comments.append(said[one])
        changes = by_xpath(line, ".//w:ins | .//w:del | .//w:moveFrom | .//w:moveTo")
        remark.changed_by = [str(one.get(f"{_W}author", "")) for one in changes]
        yield int(found[1]) if found else 0, remark.text, remark


def _text(line: Any, without: tuple[str, ...]) -> str:
    """A paragraph's text, without what stands in some kinds of changes."""
    out = []
    for one in line.iter(f"{_W}t", f"{_W}delText", f"{_W}tab", f"{_W}br"):
        above = {up.tag.removeprefix(_W) for up in one.iterancestors() if up is not line}
        if above & set(without):
            continue
        out.append(one.text or "" if one.tag in (f"{_W}t", f"{_W}delText") else " ")
    return " ".join("".join(out).split())


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))
