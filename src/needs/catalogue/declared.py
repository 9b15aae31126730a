"""YAML that people write, read within bounds: a short text must not take hours or all memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

#: Lists and mappings inside each other.
DEEPEST = 30

#: Values, each as often as it is used.
MOST = 100_000

#: Bytes of a file.
LARGEST = 1_000_000


class _Fault(yaml.MarkedYAMLError):
    def __init__(self, what: str, mark: Any) -> None:
        super().__init__(problem=what, problem_mark=mark)


class _Loader(yaml.SafeLoader):
    """Plain values only, no deeper than `DEEPEST` and no more than `MOST`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._count = 0
        self._counts: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if self._depth == DEEPEST:
            what = f"more than {DEEPEST} lists or mappings are inside each other"
            raise _Fault(what, event.start_mark)
        self._depth += 1
        before = self._count
        node = super().compose_node(parent, index)
        self._depth -= 1
        if not isinstance(event, yaml.AliasEvent):
            self._count += 1
            self._counts[id(node)] = self._count - before
        elif id(node) in self._counts:  # a part that is used again counts again
            self._count += self._counts[id(node)]
        else:
            what = f"'*{event.anchor}' stands inside itself"
            raise _Fault(what, event.start_mark)
        if self._count > MOST:
            what = f"there are more than {MOST:,} values"
            raise _Fault(what, event.start_mark)
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            if isinstance(node, yaml.ScalarNode):
                node.value.encode()
            return super().construct_object(node, deep)
        except UnicodeEncodeError:
            what = "a character is half of one"
            raise _Fault(what, node.start_mark) from None
        except (ValueError, OverflowError) as error:  # such as the 30th of February
            raise _Fault(str(error), node.start_mark) from None


def parse(text: str) -> Any:
    r"""Read YAML.

    Raises
    ------
    yaml.YAMLError
        It is not YAML, too deep, too much, or holds values that are none.

    Examples
    --------
    >>> parse("reports:\n- area: Rutland")
    {'reports': [{'area': 'Rutland'}]}
    """
    return yaml.load(text, Loader=_Loader)


def read(path: Path) -> Any:
    """Read a file of YAML; see `parse`.

    Raises
    ------
    OSError
        The file cannot be read.
    yaml.YAMLError
        Besides what `parse` refuses, a file that is too large or not in UTF-8.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise yaml.YAMLError(f"the file is larger than {LARGEST:,} bytes")
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise yaml.YAMLError(f"not UTF-8: {error.reason} at byte {error.start}") from None


def depth_and_line(path: Path, place: Sequence[Any]) -> tuple[int, int]:
    """How much of a place a file of YAML has, and the line of its innermost part that is there.

    Parameters
    ----------
    path : Path
        A file that `read` can read.
    place : sequence of str and int
        Keys and numbers of list entries from the outermost; an entry of a list may be told by a
        value of its own instead, such as its name.
    """
    node: Any = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
    line = 0
    for depth, part in enumerate(place):
        found = _child(node, part)
        if found is None:
            return depth, line
        mark, node = found
        line = mark.start_mark.line + 1
    return len(place), line


def _child(node: Any, part: Any) -> tuple[Any, Any] | None:
    """The node that carries the line of a part, and the node of its value."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int):
            return (node.value[part],) * 2 if part < len(node.value) else None
        for one in node.value:
            pairs = one.value if isinstance(one, yaml.MappingNode) else ()
            if any(value.value == str(part) for _, value in pairs):
                return one, one
    return None
