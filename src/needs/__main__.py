"""``python -m needs``: the command line, where scripts of packages are not on the path."""

import sys

from needs.cli import main

if __name__ == "__main__":
    sys.exit(main())
