"""Rows into processed tables: areas, places, what is derived, disclosure control."""
