"""Executed notebooks -> the rendered report: HTML, PDF, spreadsheet and register."""
