"""What the command line does, a module for each command that needs one."""

import sys

# What checks notebooks builds a grammar of web addresses where JupyterLab brought one: a second and
# 16 MB of each process, for a rule that no notebook is checked by. None says that there is none:
# a chapter that a command runs cannot import it either, a notebook in JupyterLab can.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
