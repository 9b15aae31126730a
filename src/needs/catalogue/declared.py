"""YAML that people write, read within bounds: a short text must not take hours or all memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from needs.errors import InvalidDataError

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


def read_catalogue(path: Path) -> Any:
    """Read a file of the catalogue in use that all commands need.

    Raises
    ------
    InvalidDataError
    """
    try:
        return read(path)
    except (yaml.YAMLError, OSError) as error:
        raise InvalidDataError(
            f"Not YAML: {error}", f"{path.parent.name}/{path.name}", "Mend the line it names."
        ) from None
