"""Checks and groups that all statistics share: every fault of a frame at once, with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from needs.errors import InvalidDataError, ParameterError, Problem
from needs.figures import Status
from needs.stats.intervals import Floats, z_value

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
    """

    data: pd.DataFrame
    by: Sequence[str]
    statistic: str
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, rows: Flags, what: str, remedy: str) -> None:
        """Note a fault of some rows, if there are any."""
        if rows.any():
            self.problems.append(Problem(what, self.name_rows(rows), remedy))

    def name_rows(self, rows: Flags) -> str:
        """The first rows by index label and group, and how many more."""
        places = np.flatnonzero(rows)
        names = []
        for place in places[:ROWS_NAMED]:
            group = ", ".join(f"{column} {self.data[column].iloc[place]}" for column in self.by)
            names.append(f"row {self.data.index[place]}" + (f" ({group})" if group else ""))
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
        if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            numeric = np.fromiter(
                (_is_number(entry) for entry in series), dtype=np.bool_, count=len(series)
            )
            empty = series.isna().to_numpy()
            self.refuse(
                ~numeric & ~empty,
                f"Column '{column}' holds something that is not a number.",
                "Convert it with pandas.to_numeric and decide what each symbol stands for.",
            )
            values = np.full(len(series), np.nan)
            values[numeric] = np.asarray(series.to_numpy()[numeric], dtype=np.float64)
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

    def distinct(self, groups: Groups) -> None:
        """Refuse rows that repeat another row in every column: they would be added up twice."""
        if groups.number == len(self.data):
            return
        self.refuse(
            self.data.duplicated(keep=False).to_numpy(),
            "Rows are the same in every column.",
            "Drop the repeated rows, or keep the column that tells them apart.",
        )

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
        When `by` is one text instead of a list, or names a column that the result will add.
    needs.errors.InvalidDataError
        When a column is not there, or stands there twice.
    """
    if isinstance(by, str):
        raise ParameterError("'by' is one text.", "by", f"Give a list: by=['{by}'].")
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
    taken = [
        name
        for name in by
        if name in {"value", "total_count", "total_denominator", "statistic", "method", "status"}
    ]
    if taken:
        raise ParameterError(
            f"A grouping column is named '{taken[0]}', as a column of the result is.",
            "by",
            "Rename it.",
        )
    return Check(data, tuple(by), statistic)


def group(check: Check) -> Groups:
    """Groups of the rows, sorted by the grouping columns in turn; a missing key is a fault."""
    data, by = check.data, list(check.by)
    rows = len(data)
    if not by:
        return Groups(np.zeros(rows, dtype=np.intp), pd.DataFrame(index=range(min(rows, 1))))
    codes = np.zeros(rows, dtype=np.intp)
    size = 1
    for column in by:
        level, uniques = pd.factorize(data[column], sort=True)
        absent = level < 0
        if absent.any():
            check.refuse(
                absent, f"Grouping column '{column}' is missing.", "Name the group of every row."
            )
            # rows without a group would only raise more faults that are not there
            check.finish()
        codes = codes * max(len(uniques), 1) + level
        size *= max(len(uniques), 1)
        if size > 4 * rows + 1024:
            # far more combinations than rows: number only those that occur, in the same order
            _, codes = np.unique(codes, return_inverse=True)
            size = int(codes.max(initial=-1)) + 1
    first = np.full(size, -1, dtype=np.intp)
    first[codes[::-1]] = np.arange(rows - 1, -1, -1)
    present = first >= 0
    if not present.all():
        codes = (np.cumsum(present) - 1)[codes]
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
        When a level is not between 0 and 1, or when there is none.
    """
    asked = (confidence,) if isinstance(confidence, (int, float)) else tuple(confidence)
    if not asked:
        raise ParameterError("No confidence level is given.", "confidence", "Give (0.95,).")
    for level in asked:
        z_value(level)
    return tuple(dict.fromkeys(float(level) for level in asked))


def statuses(number: int, **rows: Flags) -> NDArray[np.object_]:
    """Status of each group: shown, unless a later-named reason holds.

    Keywords are names of `needs.figures.Status` in lower case; the last one that holds wins.
    """
    found = np.full(number, Status.SHOWN.value, dtype=object)
    for name, flags in rows.items():
        found[flags] = Status[name.upper()].value
    return found


def assemble(groups: Groups, **columns: object) -> pd.DataFrame:
    """One row per group: the grouping columns, then those given, in order."""
    # one constructor call: adding columns one by one would copy the frame each time
    content = {name: groups.keys[name].array for name in groups.keys.columns}
    return pd.DataFrame({**content, **columns}, index=pd.RangeIndex(groups.number))


def _is_number(entry: object) -> bool:
    if isinstance(entry, (bool, np.bool_)):
        return False
    if isinstance(entry, (float, np.floating)):
        return not np.isnan(entry)
    return isinstance(entry, (int, np.integer))
