"""Ask a process of its own for a report's PDF or pictures: its end gives the memory back.

Apart from `needs.report.typst_process`, which is that process, so that who asks does not import
what it needs.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

#: A drawing is made smaller by no more than this share, so that its words can be read.
SMALLEST = 0.82

#: How the process ends when the compiler refuses the document.
REFUSED = 3


class RefusedError(Exception):
    """The compiler refuses a document; the text is the compiler's."""


def typeset(files: Mapping[str, bytes], fonts: str) -> bytes:
    """Compile and tag a document in a process of its own; see `typst_process.compiled`."""
    made: bytes = _ask(files, fonts)
    return made


def rasterised(files: Mapping[str, bytes], fonts: str, dots: float) -> list[bytes]:
    """Draw a document's pages in a process of its own; see `typst_process.pictures`."""
    made: list[bytes] = _ask(files, fonts, dots)
    return made


def _ask(files: Mapping[str, bytes], fonts: str, dots: float = 0.0) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "needs.report.typst_process"],
        input=pickle.dumps((dict(files), fonts, dots)),
        capture_output=True,
        check=False,
    )
    told = done.stderr.decode("utf-8", errors="replace").strip()
    if done.returncode == REFUSED:
        raise RefusedError(told)
    if done.returncode:
        raise RuntimeError(f"The PDF's process ended with {done.returncode}: {told}")
    return pickle.loads(done.stdout)
