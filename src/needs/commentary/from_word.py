"""What colleagues have said in a Word document: comments and changed paragraphs, by chapter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path

from needs.errors import InvalidDataError
from needs.report.word_checks import by_xpath, parts_of, xml
from needs.report.word_text import Piece, lines_of, pieces, read_sent
from needs.words.english import count_noun

_COMMENTS, _REPLIES = "word/comments.xml", "word/commentsExtended.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"

#: Share of letters in common of a paragraph and what became of it.
_ALIKE = 0.5
#: Letters of a text that two paragraphs share because one was moved, and not by chance.
_LONG = 20
#: Share of paragraphs as they went, below which two documents do not belong together.
_IN_COMMON = 0.2
#: Pairs of changed paragraphs that stand together and are held against each other, at the most.
_PAIRS = 40_000

_NOT_HELD = (
    "The file does not carry its text as it was sent, so changes made without tracking are not "
    "listed. Name the report's own Word file to have them: --sent report.docx"
)


@dataclass
class Comment:
    """Who said what, and the comment that it answers."""

    who: str
    what: str
    answers: str = ""
    done: bool = False


@dataclass
class Remark:
    """What was said of one paragraph, or of one row of a table.

    Attributes
    ----------
    level : int
        Of a heading; 0 of all else.
    text, was : str
        As it is now, with all changes, and as it was sent.
    comments : list of str
        Their ids.
    changed_by : list of str
        Who tracked changes.
    untracked : bool
        Whether there are changes without tracking.
    moved_from : str
        The chapter that it stood in, where it was moved.
    """

    level: int
    text: str = ""
    was: str = ""
    comments: list[str] = field(default_factory=list)
    changed_by: list[str] = field(default_factory=list)
    untracked: bool = False
    moved_from: str = ""

    @property
    def changed(self) -> bool:
        """Whether it is not as it was, or not where it was."""
        return self.text != self.was or bool(self.moved_from)


def remarks(path: Path, sent: Path | None = None) -> str:
    """The comments and changed paragraphs of a Word document, as Markdown, by chapter.

    Parameters
    ----------
    path : Path
        A report.docx that has come back; it is not changed.
    sent : Path, optional
        It as it was sent; else the text counts that it carries.

    Raises
    ------
    InvalidDataError
        One is not a Word document, or the two are not of one report.
    """
    try:
        parts = _parts(path)
        said = _comments(parts)
        found = [_remark(one, said) for one in pieces(parts)]
        went = _as_sent(sent) if sent else read_sent(parts)
    except ValueError as error:
        remedy = "Save it from Word as a document (.docx), and name that."
        raise InvalidDataError(f"This cannot be read: {error}.", path.name, remedy) from None
    if went is not None:
        found = list(_held_against(went, found, path.name))
    found = _moved(found)
    placed: set[str] = set()
    for one in found:  # a comment on several paragraphs is told of the first
        one.comments = [key for key in one.comments if key not in placed]
        placed |= set(one.comments)
    if lost := [key for key in said if not {key, said[key].answers} & placed]:
        title = "Comments that stand nowhere"
        found += [Remark(1, title, title), Remark(0, comments=lost)]
    changes = count_noun(sum(one.changed for one in found), "changed paragraph")
    counts = f"{count_noun(len(said), 'comment')}, {changes}."
    lines = [
        f"# Remarks in {_plain(path.name)}",
        f"\n{counts[0].upper()}{counts[1:]} Tick each when it is dealt with.",
        *([f"\n{_NOT_HELD}"] if went is None else []),
    ]
    chapter, section = "Before the first chapter", ""
    for remark in found:
        if remark.level == 1 and remark.text:
            chapter, section = remark.text, ""
        elif remark.level and remark.text:
            section = remark.text
        if not (remark.comments or remark.changed):
            continue
        if chapter:
            lines.append(f"\n## {_plain(chapter)}")
            chapter = ""  # told once
        if section:
            lines.append(f"\n### {_plain(section)}")
            section = ""
        lines += ["", *_lines(remark, said)]
    return "\n".join(lines) + "\n"


def _parts(path: Path) -> dict[str, bytes]:
    try:
        return parts_of(path.read_bytes())
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise InvalidDataError(what, path.name, "Name a Word document (.docx).") from None


def _as_sent(path: Path) -> list[tuple[int, str]]:
    parts = _parts(path)
    return [(one.level, one.before) for one in pieces(parts) if one.before]


def _remark(piece: Piece, said: Mapping[str, Comment]) -> Remark:
    node = piece.node
    ids = by_xpath(node, ".//w:commentRangeStart/@w:id | .//w:commentReference/@w:id")
    changes = by_xpath(node, ".//w:ins | .//w:del | .//w:moveFrom | .//w:moveTo")
    return Remark(
        piece.level,
        piece.now,
        piece.before,
        [str(one) for one in dict.fromkeys(ids) if one in said],
        [str(one.get(f"{_W}author", "")) for one in changes] if piece.now != piece.before else [],
    )


def _comments(parts: Mapping[str, bytes]) -> dict[str, Comment]:
    """Who said what, by the comment's id; another part says what is a reply, and what is done."""
    if _COMMENTS not in parts:
        return {}
    found: dict[str, Comment] = {}
    ids: dict[str, str] = {}
    for one in by_xpath(xml(parts[_COMMENTS]), "w:comment"):
        key = one.get(f"{_W}id", "")
        found[key] = Comment(one.get(f"{_W}author", ""), " / ".join(lines_of(one)))
        ids |= {line.get(f"{_W14}paraId", ""): key for line in one.iter(f"{_W}p")}
    ids.pop("", None)  # of paragraphs without a name
    for one in xml(parts[_REPLIES]) if _REPLIES in parts else ():
        key = ids.get(one.get(f"{_W15}paraId", ""), "")
        if key:
            found[key].answers = ids.get(one.get(f"{_W15}paraIdParent", ""), "")
            found[key].done = one.get(f"{_W15}done") == "1"
    for one in found.values():  # all replies are to the first, which answers nothing
        seen: set[str] = set()
        while one.answers and found[one.answers].answers and one.answers not in seen:
            seen.add(one.answers)
            one.answers = found[one.answers].answers
        if one.answers in seen or found.get(one.answers) is one:
            one.answers = ""
    return found


def _held_against(
    went: Sequence[tuple[int, str]], found: Sequence[Remark], name: str
) -> Iterator[Remark]:
    """Remarks that know what each paragraph was when it was sent, and those that were taken out."""
    known = [one for one in found if one.was]  # without what tracking has put in
    matched = SequenceMatcher(None, [text for _, text in went], [one.was for one in known], False)
    same = sum(block.size for block in matched.get_matching_blocks())
    if same < _IN_COMMON * min(len(went), len(known)):
        what = f"Of {len(went)} paragraphs that were sent, {same} are in it."
        remedy = "Name the Word file of the same report, as it was sent, after --sent."
        raise InvalidDataError(what, name, remedy)
    before: dict[
        int, list[Remark]
    ] = {}  # what was taken out, by the paragraph that it stood before
    for tag, i, i_end, j, j_end in matched.get_opcodes():
        if tag == "equal":
            continue
        pairs = _paired([text for _, text in went[i:i_end]], [one.was for one in known[j:j_end]])
        for offset, at in pairs.items():
            known[j + at].was, known[j + at].untracked = went[i + offset][1], True
        for at in range(j_end - j):
            if at not in pairs.values():
                known[j + at].was, known[j + at].untracked = "", True
        for offset in range(i_end - i):
            if offset not in pairs:
                later = next((at for one, at in sorted(pairs.items()) if one > offset), j_end - j)
                level, text = went[i + offset]
                gone = Remark(level, "", text, untracked=True)
                before.setdefault(j + later, []).append(gone)
    place = -1
    position = {id(one): number for number, one in enumerate(known)}
    for one in found:
        place = position.get(id(one), place)
        if id(one) in position:
            yield from before.pop(place, ())
        yield one
    for number in sorted(before):
        yield from before[number]


def _paired(went: Sequence[str], came: Sequence[str]) -> dict[int, int]:
    """Paragraphs that were changed, by their places, in order: each with what became of it."""
    if len(went) == len(came) == 1 or len(went) * len(came) > _PAIRS:
        return dict(enumerate(range(min(len(went), len(came)))))
    pairs: dict[int, int] = {}
    free = 0
    for at, text in enumerate(came):
        for offset in range(free, len(went)):
            alike = SequenceMatcher(None, went[offset], text, False)
            if alike.quick_ratio() >= _ALIKE and alike.ratio() >= _ALIKE:
                pairs[offset] = at
                free = offset + 1
                break
    return pairs


def _moved(found: Sequence[Remark]) -> list[Remark]:
    """One remark for what was taken out at one place and put in at another."""
    gone: dict[str, list[tuple[int, str]]] = {}
    chapter = "the pages before the first chapter"
    for number, one in enumerate(found):
        if one.level == 1 and one.text:
            chapter = one.text
        if one.was and not one.text and not one.comments and len(one.was) >= _LONG:
            gone.setdefault(one.was, []).append((number, chapter))
    out = list(found)
    taken: set[int] = set()
    for number, one in enumerate(found):
        if not one.was and gone.get(one.text):
            place, stood = gone[one.text].pop(0)
            taken.add(place)
            by = [*one.changed_by, *found[place].changed_by]
            out[number] = replace(one, was=one.text, moved_from=stood, changed_by=by)
    return [one for number, one in enumerate(out) if number not in taken]


def _lines(remark: Remark, said: Mapping[str, Comment]) -> Iterator[str]:
    words = remark.text or remark.was
    short = words if len(words) <= 160 else words[:157].rstrip() + "…"
    yield f"- “{_plain(short) or 'no text of the report'}”"
    # replies stand under what they answer
    own = [key for key in remark.comments if said[key].answers not in remark.comments]
    for key in own:
        one = said[key]
        done = " (resolved in Word)" if one.done else ""
        yield f"    - [ ] {_plain(one.who or 'Somebody')}: {_plain(one.what)}{done}"
        for other in said.values():
            if other.answers == key:
                yield f"        - {_plain(other.who or 'Somebody')} replies: {_plain(other.what)}"
    if remark.changed:
        names = dict.fromkeys(one or "somebody" for one in remark.changed_by)
        by = [f"by {_plain(', '.join(names))}"] if names else []
        by += ["without tracking"] if remark.untracked else []
        verb = f"moved here from “{_plain(remark.moved_from)}”" if remark.moved_from else "changed"
        yield f"    - [ ] {verb} {' and '.join(by)}".rstrip()
        if remark.text != remark.was:
            yield f"        - was: {_plain(remark.was) or '(nothing)'}"
            yield f"        - is: {_plain(remark.text) or '(taken out)'}"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))
