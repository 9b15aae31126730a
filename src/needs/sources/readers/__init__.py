"""Readers: one module per file shape, raw file in, tidy frame out."""
