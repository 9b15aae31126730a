"""Processed tables into figures: the slice of one report, and what is worked out from it."""
