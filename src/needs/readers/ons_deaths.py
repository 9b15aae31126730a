"""Deaths related to drug poisoning and drug misuse, by local authority (ONS workbook).

Measures: ``drug_poisoning_deaths`` and ``drug_misuse_deaths`` (deaths registered in a year,
persons, value = count), ``drug_poisoning_rate`` and ``drug_misuse_rate`` (three years,
age-standardised per 100,000 with 95% limits and the count of deaths; persons, male, female).
"""
