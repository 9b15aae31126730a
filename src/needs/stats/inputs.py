"""Checks and groups that all statistics share: every fault of a frame at once, with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.errors import InvalidDataError, ParameterError, Problem
from needs.stats.intervals import Floats, is_number, z_value
from needs.stats.status import Status

Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

#: Rows that an error names one by one; the rest are counted.
ROWS_NAMED = 5


@dataclass(frozen=True)
class Groups:
    """Rows of a frame by group.

    Attributes
    ----------
    codes : numpy.ndarray
        Group of each row, from 0.
    keys : pandas.DataFrame
        One row per group, sorted; empty columns when there is nothing to group by.
    """

    codes: Codes
    keys: pd.DataFrame

    @property
    def number(self) -> int:
        """How many groups there are."""
        return len(self.keys)

    def total(self, values: Floats) -> Floats:
        """Sum of the rows of each group; missing where any row is missing."""
        # bincount of no rows at all gives integers
        return np.bincount(self.codes, values, self.number).astype(np.float64, copy=False)

    def missing(self, values: Floats) -> NDArray[np.intp]:
        """Number of rows of each group without a value."""
        lost = np.isnan(values)
        return np.bincount(self.codes[lost], minlength=self.number)

    def sizes(self) -> NDArray[np.intp]:
        """Number of rows of each group."""
        return np.bincount(self.codes, minlength=self.number)


@dataclass
class Check:
    """Faults of one frame, gathered until `finish`.

    Attributes
    ----------
    data : pandas.DataFrame
    by : sequence of str
        Columns that name a row's group in messages.
    statistic : str
        What cannot be calculated if there are faults.
    unplaced : numpy.ndarray
        Rows without a group, which is a fault of its own: they raise no more faults that are not
        there.
    """

    data: pd.DataFrame
    by: Sequence[str]
    statistic: str
    problems: list[Problem] = field(default_factory=list)
    unplaced: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.unplaced = np.zeros(len(self.data), dtype=np.bool_)

    def refuse(self, rows: Flags, what: str, remedy: str) -> None:
        """Note a fault of some rows, if there are any."""
        if rows.any():
            self.problems.append(Problem(what, self.name_rows(rows), remedy))

    def name_rows(self, rows: Flags) -> str:
        """The first rows by index label and group, and how many more.

        Where labels are not unique a row is named by its position, from 0, as `iloc` takes it.
        """
        places = np.flatnonzero(rows)
        labelled = self.data.index.is_unique
        names = []
        for place in places[:ROWS_NAMED]:
            group = ", ".join(f"{column} {self.data[column].iloc[place]}" for column in self.by)
            name = f"row {self.data.index[place]}" if labelled else f"position {place}"
            names.append(name + (f" ({group})" if group else ""))
        more = len(places) - len(names)
        return "; ".join(names) + (f"; and {more:,} more" if more else "")

    def numbers(
        self,
        column: str,
        *,
        minimum: float | None = 0.0,
        above: float | None = None,
        missing: bool = True,
        remedy: str = "",
    ) -> Floats:
        """A column as floats; text, infinities and values out of range are faults.

        Parameters
        ----------
        column : str
        minimum, above : float, optional
            The least value allowed, or the value that all must exceed.
        missing : bool
            Whether a row may be without a value.
        remedy : str
            How to mend a missing value.
        """
        series = self.data[column]
        dtype = series.dtype
        if pd.api.types.is_any_real_numeric_dtype(dtype):
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            numeric = np.fromiter(
                (is_number(entry) for entry in series), dtype=np.bool_, count=len(series)
            )
            empty = series.isna().to_numpy()
            self.refuse(
                ~numeric & ~empty,
                f"Column '{column}' holds something that is not a number.",
                "Convert it with pandas.to_numeric and decide what each symbol stands for.",
            )
            values = np.full(len(series), np.nan)
            values[numeric] = [_as_float(entry) for entry in series.to_numpy()[numeric]]
            empty = ~numeric & empty
            if not missing:
                self._refuse_missing(empty, column, remedy)
            missing = True
        lost = np.isnan(values)
        if not missing:
            self._refuse_missing(lost, column, remedy)
        self.refuse(np.isinf(values), f"Column '{column}' is infinite.", "Correct the input.")
        if above is not None:
            self.refuse(
                values <= above, f"Column '{column}' must be above {above:g}.", "Correct the input."
            )
        elif minimum is not None:
            self.refuse(
                values < minimum,
                f"Column '{column}' must not be below {minimum:g}.",
                "Correct the input.",
            )
        return values

    def _refuse_missing(self, rows: Flags, column: str, remedy: str) -> None:
        self.refuse(rows, f"Column '{column}' is missing.", remedy or "Give a value for every row.")

    def distinct(self, groups: Groups | None = None) -> None:
        """Refuse rows that repeat another row in every column: they would be added up twice."""
        if groups is not None and groups.number == len(self.data):
            return
        self.refuse(
            _repeated(self.data),
            "Rows are the same in every column.",
            "Drop the repeated rows, or keep the column that tells them apart.",
        )

    def once(self, groups: Groups, keys: NDArray[Any], what: str, remedy: str) -> None:
        """Refuse rows whose key stands twice in a group; rows without a group do not count."""
        placed = np.flatnonzero(~self.unplaced)
        cells = pd.DataFrame({"group": groups.codes[placed], "key": keys[placed]})
        twice = np.zeros(len(self.data), dtype=np.bool_)
        twice[placed] = cells.duplicated(keep=False).to_numpy()
        self.refuse(twice, what, remedy)

    def enclosed(
        self, value: str, lower: str, upper: str, numbers: tuple[Floats, Floats, Floats]
    ) -> None:
        """Refuse rows whose limits are crossed, or whose value lies outside them."""
        middle, low, high = numbers
        crossed = low > high
        remedy = "Check which column holds which limit."
        self.refuse(crossed, f"Column '{lower}' is above column '{upper}'.", remedy)
        outside = ~crossed & ((middle < low) | (middle > high))
        self.refuse(outside, f"Column '{value}' lies outside its limits.", remedy)

    def finish(self) -> None:
        """Raise all faults at once.

        Raises
        ------
        needs.errors.InvalidDataError
        """
        if self.problems:
            raise InvalidDataError(
                f"The {self.statistic} cannot be calculated from this input.",
                problems=self.problems,
            )


def begin(data: pd.DataFrame, by: Sequence[str], columns: Iterable[str], statistic: str) -> Check:
    """Start the checks of a frame: the columns must be there, and the groups must be named.

    Raises
    ------
    needs.errors.ParameterError
        When `by` is not a list of names, each once.
    needs.errors.InvalidDataError
        When a column is not there, or stands there twice.
    """
    by = grouping_columns(by)
    names = [*by, *columns]
    present = list(data.columns)
    problems = [
        Problem(
            f"Column '{name}' is {'not there' if name not in present else 'there twice'}.",
            "columns: " + ", ".join(map(str, present)),
            "Name the column that holds it.",
        )
        for name in dict.fromkeys(names)
        if present.count(name) != 1
    ]
    if problems:
        raise InvalidDataError(f"The {statistic} lacks a column.", problems=problems)
    return Check(data, by, statistic)


def grouping_columns(by: Sequence[str] | None) -> tuple[str, ...]:
    """The grouping columns, checked: a list of names, each once.

    Raises
    ------
    needs.errors.ParameterError
    """
    if isinstance(by, str):
        raise ParameterError("'by' is one text.", "by", f"Give a list: by=['{by}'].")
    if by is None:
        raise ParameterError("'by' is None.", "by", "Give an empty list for one row of all: by=[].")
    if len(set(by)) < len(by):
        raise ParameterError(
            f"A grouping column is named twice: {', '.join(map(str, by))}.", "by", "Name each once."
        )
    return tuple(by)


def group(check: Check) -> Groups:
    """Groups of the rows, sorted by the grouping columns in turn; a missing key is a fault."""
    data, by = check.data, list(check.by)
    rows = len(data)
    if not by:
        return Groups(np.zeros(rows, dtype=np.intp), pd.DataFrame(index=range(min(rows, 1))))
    codes = np.zeros(rows, dtype=np.intp)
    size = 1
    for column in by:
        try:
            level, uniques = pd.factorize(data[column], sort=True)
        except TypeError as error:
            raise InvalidDataError(
                f"Grouping column '{column}' holds lists, or texts beside numbers.",
                column,
                "Group by a column of one kind of text, number or date.",
            ) from error
        absent = level < 0
        if absent.any():
            check.refuse(
                absent, f"Grouping column '{column}' is missing.", "Name the group of every row."
            )
            check.unplaced |= absent
            level = np.where(absent, 0, level)
        codes = codes * max(len(uniques), 1) + level
        size *= max(len(uniques), 1)
        if size > 4 * rows + 1024:
            # far more combinations than rows: number only those that occur, in the same order
            _, codes = np.unique(codes, return_inverse=True)
            size = int(codes.max(initial=-1)) + 1
    first = np.full(size, -1, dtype=np.intp)
    placed = np.flatnonzero(~check.unplaced)[::-1]
    first[codes[placed]] = placed
    present = first >= 0
    if not present.all():
        codes = np.maximum(np.cumsum(present) - 1, 0)[codes]
    keys = data[by].iloc[first[present]].reset_index(drop=True)
    return Groups(codes, keys)


def level_name(confidence: float) -> str:
    """Confidence level as column names carry it.

    Examples
    --------
    >>> level_name(0.95), level_name(0.998), level_name(0.9999)
    ('95_0', '99_8', '99_99')
    """
    text = f"{round(100 * confidence, 8):.10g}"
    return (text if "." in text else f"{text}.0").replace(".", "_")


def levels(confidence: Sequence[float] | float) -> tuple[float, ...]:
    """Confidence levels asked for, each checked.

    Raises
    ------
    needs.errors.ParameterError
        When a level is not a number between 0 and 1, or when there is none.
    """
    asked: tuple[Any, ...] = tuple(confidence) if np.ndim(confidence) else (confidence,)  # type: ignore[arg-type]
    if not asked:
        raise ParameterError("No confidence level is given.", "confidence", "Give (0.95,).")
    for level in asked:
        z_value(level)
    # by its shortest text, so that 0.95 in single precision is 0.95
    return tuple(dict.fromkeys(float(str(level)) for level in asked))


def unit(multiplier: float) -> float:
    """The factor of a result, checked: finite and above 0.

    Raises
    ------
    needs.errors.ParameterError
    """
    factor = turn(multiplier)
    if factor <= 0:
        raise ParameterError(
            f"The multiplier {multiplier} is not above 0.", "multiplier", "Give 100_000, or 100."
        )
    return factor


def turn(multiplier: float) -> float:
    """The factor of a result that may turn round: finite and not 0.

    Raises
    ------
    needs.errors.ParameterError
    """
    if not is_number(multiplier) or not np.isfinite(multiplier) or multiplier == 0:
        raise ParameterError(
            f"The multiplier {multiplier!r} is not a number other than 0.",
            "multiplier",
            "Give 100_000, or 100.",
        )
    return float(multiplier)


def whole_number(number: object, name: str, least: int) -> int:
    """A number of things, checked: whole and not below the least.

    Raises
    ------
    needs.errors.ParameterError
    """
    if not is_number(number) or not isinstance(number, Integral) or number < least:
        raise ParameterError(
            f"{number!r} is not a whole number of {least:,} or more.", name, "Correct it."
        )
    return int(number)


def statuses(number: int, **rows: Flags) -> NDArray[np.object_]:
    """Status of each group: shown, unless a later-named reason holds.

    Keywords are names of `needs.stats.status.Status` in lower case; the last one that holds wins.
    """
    found = np.full(number, Status.SHOWN.value, dtype=object)
    for name, flags in rows.items():
        found[flags] = Status[name.upper()].value
    return found


def assemble(groups: Groups, **columns: object) -> pd.DataFrame:
    """One row per group: the grouping columns, then those given, in order."""
    # one constructor call: adding columns one by one would copy the frame each time
    keys = {name: groups.keys[name].array for name in groups.keys.columns}
    return pd.DataFrame(joined(keys, columns), index=pd.RangeIndex(groups.number))


def extend(data: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """The rows as they are, with more columns after their own."""
    joined(dict.fromkeys(data.columns), columns)
    return data.assign(**cast(dict[str, Any], columns))


def joined(kept: Mapping[Any, object], added: Mapping[str, object]) -> dict[Any, object]:
    """Columns that are kept and those that the result adds, none of which may replace another.

    Raises
    ------
    needs.errors.ParameterError
        When a column that is kept has the name of one that is added.
    """
    taken = [str(name) for name in kept if name in added]
    if taken:
        raise ParameterError(
            f"The result adds {_quoted(taken)}, and a column that it keeps has that name.",
            "columns",
            f"Rename or drop {_quoted(taken)}; nothing is overwritten.",
        )
    return {**kept, **added}


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _repeated(data: pd.DataFrame) -> Flags:
    """Rows that are the same as another in every column, whatever a column holds."""
    try:
        rows: Flags = data.duplicated(keep=False).to_numpy()
    except TypeError:  # lists and the like cannot be hashed: compare what they print
        texts = data.apply(lambda column: column.map(repr) if column.dtype == object else column)
        rows = texts.duplicated(keep=False).to_numpy()
    return rows


def _as_float(entry: float) -> float:
    try:
        return float(entry)
    except OverflowError:
        return np.inf if entry > 0 else -np.inf
