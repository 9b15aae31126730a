"""Sustainable Development Goal 3.5.1: adults in alcohol treatment, prevalence and met need.

Measures: ``alcohol_in_treatment`` (people), ``alcohol_prevalence`` (people),
``alcohol_met_need`` (%), each a financial year, persons aged 18+, no limits.
"""
