from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from needs.errors import InvalidDataError
from needs.stats.proportions import proportion

BOTH = (0.95, 0.998)


@pytest.mark.oracle
def test_proportions_match_the_national_package(read_oracle, agree, both_levels):
    data = read_oracle("in/prop.csv").reset_index(names="row")
    ours = proportion(data, by=["row"], count="x", denominator="n", confidence=BOTH)
    agree(ours, read_oracle("out/prop.csv").reset_index(names="row"), ["row"], both_levels)


@pytest.mark.oracle
def test_grouped_proportions_match_the_national_package(read_oracle, agree, both_levels):
    data = read_oracle("in/prop_grouped.csv")
    ours = proportion(data, by=["area"], count="x", denominator="n", confidence=BOTH, multiplier=1)
    columns = both_levels | {"total_count": "x", "total_denominator": "n"}
    agree(ours, read_oracle("out/prop_grouped.csv"), ["area"], columns)


def test_more_than_the_whole_is_refused_row_by_row():
    # the sum of the group is in order; the row is not
    data = pd.DataFrame({"area": ["A", "A"], "x": [11, 1], "n": [10, 90]})
    with pytest.raises(InvalidDataError, match="above column 'n'") as error:
        proportion(data, by=["area"], count="x", denominator="n")
    assert "row 0 (area A)" in str(error.value)


def test_status_says_why_there_is_no_proportion():
    data = pd.DataFrame({"area": list("ABC"), "x": [0, np.nan, 5], "n": [0, 10, 5]})
    ours = proportion(data, by=["area"], count="x", denominator="n")
    assert ours["status"].tolist() == ["not applicable", "unavailable", "shown"]
    assert ours["value"].isna().tolist() == [True, True, False]
    assert ours["upper95_0"].iloc[2] == 100


@pytest.mark.parametrize("bad", [-1, np.inf])
def test_impossible_counts_are_refused(bad):
    data = pd.DataFrame({"area": ["A"], "x": [1.0], "n": [10.0]})
    for column in ("x", "n"):
        with pytest.raises(InvalidDataError, match="row 0"):
            proportion(data.assign(**{column: bad}), by=["area"], count="x", denominator="n")


def test_repeated_rows_are_refused():
    data = pd.DataFrame({"area": ["A", "A"], "x": [1, 1], "n": [10, 10]})
    with pytest.raises(InvalidDataError, match="same in every column"):
        proportion(data, by=["area"], count="x", denominator="n")
