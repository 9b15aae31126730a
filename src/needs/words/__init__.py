"""Figures into words: sentences, headlines, alternative texts."""
