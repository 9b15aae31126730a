"""Fingertips: the "all data" CSV of one indicator (26 columns, or 27 today).

Measure: the indicator's number as text, ``"91380"``. Headline rows have an empty category;
England's inequality rows keep theirs, as "category type: category".
"""
