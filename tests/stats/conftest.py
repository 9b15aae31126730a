"""Fixtures for the statistics: expected results read and compared in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from needs.stats.rates import ESP2013

#: The expected results name an age band by its first year.
BANDS = {int(label.rstrip("+").split("-")[0]): label for label in ESP2013}


@pytest.fixture
def read_oracle(oracle: Path) -> Callable[[str], pd.DataFrame]:
    """Read an input or result by its path below the oracle; age bands get their labels."""

    def read(name: str) -> pd.DataFrame:
        table = pd.read_csv(oracle / name)
        if "ageband" in table:
            table["age"] = table["ageband"].map(BANDS)
        return table

    return read


@pytest.fixture
def agree() -> Callable[..., None]:
    """Compare columns of two frames, matched on keys: same missing pattern, relative tolerance."""

    def compare(
        ours: pd.DataFrame,
        theirs: pd.DataFrame,
        on: Sequence[str],
        columns: Mapping[str, str],
        tolerance: float = 1e-12,
    ) -> None:
        assert len(ours) == len(theirs)
        left = ours.set_index(list(on)).sort_index()
        right = theirs.set_index(list(on)).sort_index()
        assert left.index.equals(right.index)
        assert left.index.is_unique
        for mine, expected in columns.items():
            np.testing.assert_allclose(
                left[mine].to_numpy(float),
                right[expected].to_numpy(float),
                rtol=tolerance,
                atol=0,
                equal_nan=True,
                err_msg=mine,
            )

    return compare


@pytest.fixture
def both_levels() -> dict[str, str]:
    """Our columns of value and limits at both levels, and the expected results' names of them."""
    return {
        "value": "value",
        "lower95_0": "lower95_0cl",
        "upper95_0": "upper95_0cl",
        "lower99_8": "lower99_8cl",
        "upper99_8": "upper99_8cl",
    }
