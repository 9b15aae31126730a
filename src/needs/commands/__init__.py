"""What the command line does, a module for each command that needs one."""

import sys

# What checks notebooks builds a grammar of web addresses where JupyterLab brought one: a second and
# 16 MB of each process, for a rule that no notebook is checked by. None says that there is none;
# only for processes that commands run in, so that an author's own are left as they are.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
