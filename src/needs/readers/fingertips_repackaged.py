"""Fingertips figures that a third party repackaged in 8 columns, without limits or counts.

Measure: the indicator's number as text, ``"91382"`` or ``"91414"``, from the edition's options.
"""
