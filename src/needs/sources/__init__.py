"""Raw files into rows: fetch, one reader for each file shape, data packages."""
