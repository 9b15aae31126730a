"""One module a chapter: figures are computed, put into words, drawn, and returned as blocks.

Each public function takes an `Assessment` and gives the `Blocks` of one notebook cell.
"""
