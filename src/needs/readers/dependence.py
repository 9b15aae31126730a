"""Estimates of alcohol dependent adults, by upper-tier authority.

Measure: ``alcohol_dependent_adults`` (people aged 18+, with 95% limits from 2015/16).
"""
