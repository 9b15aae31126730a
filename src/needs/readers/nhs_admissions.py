"""Hospital admissions related to drugs, by authority (NHS, a repackaged wide table).

Measures, from the edition's options: ``drug_disorder_admissions`` (main diagnosis of drug-related
mental and behavioural disorders), ``drug_poisoning_admissions`` (poisoning by drug misuse). Value =
count of admissions in a financial year, 2008/09 to 2018/19.
"""
