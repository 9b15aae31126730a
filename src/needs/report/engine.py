"""A papermill engine that runs a notebook's cells in this process, without a kernel.

Starting a kernel and importing pandas takes longer than most chapters do. Here the chapters of a
report run one after the other in one IPython shell, which is emptied between them; the executed
notebook holds what an ipykernel would have put into it. The notebooks need not know: in
JupyterLab they run on an ipykernel.

Registered as ``inprocess`` by an entry point, so papermill finds it by name.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import contextvars
import decimal
import gc
import io
import logging
import os
import random
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.session import json_packer, json_unpacker
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Type
from traitlets.config import Config

#: The matplotlib backend of a kernel: figures are shown below the cell that draws them.
INLINE = "module://matplotlib_inline.backend_inline"


class InProcessEngine:
    """Run notebooks in this process: ``papermill.execute_notebook(…, engine_name="inprocess")``.

    Nothing that a chapter changes in the process reaches the next one or the caller, imported
    modules and what is written to file descriptors from outside Python excepted. Time limits and
    log files, which papermill offers for kernels, are not supported.

    Papermill imports this module while it is itself being imported, to find the engine. So this
    class does not derive from papermill's, and imports papermill only when it is called.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        **_: object,
    ) -> NotebookNode:
        """Run the cells of one notebook; papermill calls this.

        Parameters
        ----------
        nb : NotebookNode
            Changed in place.
        kernel_name : str
            Ignored: the language is always this Python.
        output_path, progress_bar, log_output, autosave_cell_every
            As papermill explains them.

        Returns
        -------
        NotebookNode
            With the error of a cell that failed recorded in it, and no later cell run.

        Raises
        ------
        KeyboardInterrupt
            When the user stops the run.
        """
        from papermill.engines import NotebookExecutionManager

        manager = NotebookExecutionManager(
            nb, output_path, log_output, progress_bar, autosave_cell_every
        )
        manager.notebook_start()
        try:
            # A copied context also keeps numpy's print options and error states.
            contextvars.copy_context().run(_execute, manager)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        executed: NotebookNode = manager.nb
        return executed

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """Name of the kernel that the notebook asks for."""
        from papermill import utils

        return str(utils.nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """Language of the notebook."""
        from papermill import utils

        return str(utils.nb_language(nb, language))


def _execute(manager: Any) -> None:
    notebook = manager.nb
    with _chapter() as shell:
        for index, cell in enumerate(notebook.cells):
            manager.cell_start(cell, index)
            try:
                error = _run_cell(shell, cell)
            finally:
                shell.outputs.flush()
            if isinstance(error, KeyboardInterrupt):
                raise error
            failed = error is not None and "raises-exception" not in cell.metadata.get("tags", [])
            if failed:
                manager.cell_exception(cell, index, exception=error)
            manager.cell_complete(cell, index)
            if failed:
                break
    notebook.metadata["language_info"] = {
        "name": "python",
        "version": sys.version.split()[0],
        "mimetype": "text/x-python",
        "codemirror_mode": {"name": "ipython", "version": 3},
        "pygments_lexer": "ipython3",
        "nbconvert_exporter": "python",
        "file_extension": ".py",
    }


def _run_cell(shell: Shell, cell: NotebookNode) -> BaseException | None:
    if cell.cell_type != "code" or not cell.source.strip():
        return None
    if "skip-execution" in cell.metadata.get("tags", []):
        return None
    cell.outputs = []
    shell.outputs.start(cell.outputs)
    cell.execution_count = shell.execution_count
    result = shell.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


class Outputs:
    """Puts what a cell shows into its list of outputs, as a kernel and its client would.

    Printed text is kept until something else is shown, or the cell ends: standard output first,
    then standard error, which is what a kernel sends of a cell that takes under 0.2 seconds.
    """

    def __init__(self) -> None:
        self._outputs: list[NotebookNode] = []
        self._text: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._displays: dict[str, list[NotebookNode]] = {}
        self._clear_before_next = False

    def start(self, outputs: list[NotebookNode]) -> None:
        """Show what follows in this list, a cell's."""
        self._outputs = outputs
        self._clear_before_next = False

    def write(self, name: str, text: str) -> None:
        """Take text printed to "stdout" or "stderr"."""
        if text:
            self._text[name].append(text)

    def flush(self, *names: str) -> None:
        """Show the text printed so far to these streams, or to both."""
        for name in names or tuple(self._text):
            text = "".join(self._text[name])
            self._text[name].clear()
            if not text:
                continue
            self._make_room()
            last = self._outputs[-1] if self._outputs else None
            if last is not None and last.output_type == "stream" and last.name == name:
                last.text += text
            else:
                self._outputs.append(new_output("stream", name=name, text=text))  # type: ignore[no-untyped-call]

    def show(self, kind: str, content: dict[str, Any], display_id: str = "") -> None:
        """Show a result, a display or an error after the text printed before it."""
        self.flush()
        # Through JSON and back, as over a kernel's wire: later changes of an object do not count.
        content = json_unpacker(json_packer(content))
        if display_id:
            self._replace(display_id, content)
        self._make_room()
        output = new_output(kind, **content)  # type: ignore[no-untyped-call]
        self._outputs.append(output)
        if display_id:
            self._displays.setdefault(display_id, []).append(output)

    def update(self, display_id: str, content: dict[str, Any]) -> None:
        """Change what is shown under this id, in whichever cells; an unknown id is ignored."""
        self.flush()
        self._replace(display_id, json_unpacker(json_packer(content)))

    def clear(self, wait: bool) -> None:
        """Take away what the cell has shown, at once or when the next thing is shown."""
        self.flush()
        if wait:
            self._clear_before_next = True
        else:
            self._empty()

    def _replace(self, display_id: str, content: dict[str, Any]) -> None:
        for output in self._displays.get(display_id, ()):
            output.update(NotebookNode(content))  # type: ignore[no-untyped-call]

    def _make_room(self) -> None:
        if self._clear_before_next:
            self._empty()

    def _empty(self) -> None:
        gone = {id(output) for output in self._outputs}
        for shown in self._displays.values():
            shown[:] = [output for output in shown if id(output) not in gone]
        self._outputs.clear()
        self._clear_before_next = False


class _Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a chapter."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs = outputs
        self.name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._outputs.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        self._outputs.flush(self.name)


class _Results(DisplayHook):
    """Records the value of a cell's last expression."""

    shell: Any
    _result: tuple[dict[str, Any], dict[str, Any]] | None = None

    def write_output_prompt(self) -> None:
        """Print no prompt."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        self._result = (format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        result, self._result, self._is_active = self._result, None, False
        if result is not None:
            content = {"data": result[0], "metadata": result[1]}
            content["execution_count"] = self.prompt_count
            self.shell.outputs.show("execute_result", content)


class _Displays(DisplayPublisher):
    """Records what ``display`` shows."""

    shell: Any

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: object = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: object,
    ) -> None:
        self._validate_data(data, metadata)  # type: ignore[no-untyped-call]
        content = {"data": data, "metadata": metadata or {}}
        display_id = (transient or {}).get("display_id", "")
        if update:
            self.shell.outputs.update(display_id, content)
        else:
            self.shell.outputs.show("display_data", content, display_id)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear(wait)


class Shell(InteractiveShell):
    """An IPython shell whose outputs go into a notebook; it reads no user's configuration."""

    displayhook_class = Type(_Results)
    display_pub_class = Type(_Displays)

    def __init__(self, **traits: Any) -> None:
        self.outputs = Outputs()
        folder = tempfile.TemporaryDirectory(prefix="needs-ipython-", ignore_cleanup_errors=True)
        atexit.register(folder.cleanup)
        config = Config()
        config.HistoryManager.enabled = False
        super().__init__(config=config, ipython_dir=folder.name, **traits)  # type: ignore[no-untyped-call]

    def init_virtualenv(self) -> None:
        """Leave ``sys.path`` alone."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Start no event loop."""

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        content = {"ename": etype.__name__, "evalue": str(evalue), "traceback": stb}
        self.outputs.show("error", content)


_shell: Shell | None = None


@contextlib.contextmanager
def _chapter() -> Iterator[Shell]:
    """Lend the shell to one chapter, empty, and put the process back as it was."""
    global _shell
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(decimal.localcontext())
        for keeper in (_process, _loggers, _random_state, _pandas_options):
            stack.enter_context(keeper())
        if _shell is None:
            with _current_shell(None):
                _shell = Shell()
        shell = _shell
        stack.enter_context(_garbage())
        for borrower in (_current_shell, _shell_state, _streams, _plots):
            stack.enter_context(borrower(shell))
        stack.enter_context(_no_running_loop())
        yield shell


@contextlib.contextmanager
def _no_running_loop() -> Iterator[None]:
    # A cell may await, also when the caller is itself in an event loop, as a cell in JupyterLab is.
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


@contextlib.contextmanager
def _garbage() -> Iterator[None]:
    # Emptying the shell collects garbage, which need look only at what the chapter has made.
    frozen = gc.get_freeze_count()
    gc.freeze()
    try:
        yield
    finally:
        if not frozen:
            gc.unfreeze()


@contextlib.contextmanager
def _process() -> Iterator[None]:
    folder, path, environment = os.getcwd(), sys.path[:], dict(os.environ)
    hooks = sys.displayhook, sys.excepthook
    sys.path.insert(0, "")  # as a kernel: modules beside the notebook can be imported
    try:
        yield
    finally:
        os.chdir(folder)
        sys.path[:] = path
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        sys.displayhook, sys.excepthook = hooks


@contextlib.contextmanager
def _random_state() -> Iterator[None]:
    state, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(legacy)  # noqa: NPY002


@contextlib.contextmanager
def _loggers() -> Iterator[None]:
    def loggers() -> dict[str, logging.Logger]:
        known = logging.root.manager.loggerDict.items()
        named = {name: item for name, item in known if isinstance(item, logging.Logger)}
        return {"": logging.root, **named}

    def state(logger: logging.Logger) -> tuple[Any, ...]:
        parts = logger.handlers, logger.filters
        return logger.level, logger.propagate, logger.disabled, *(list(part) for part in parts)

    before = {name: state(logger) for name, logger in loggers().items()}
    threshold = logging.root.manager.disable
    try:
        yield
    finally:
        logging.disable(threshold)
        for name, logger in loggers().items():
            # A library that the chapter imported may have silenced its own logger: leave that.
            silent = [item for item in logger.handlers if isinstance(item, logging.NullHandler)]
            new: tuple[Any, ...] = (logging.NOTSET, True, False, silent, [])
            level, propagate, disabled, handlers, filters = before.get(name, new)
            logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled
            logger.handlers[:], logger.filters[:] = handlers, filters


@contextlib.contextmanager
def _pandas_options() -> Iterator[None]:
    import pandas as pd

    def options(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
        for name in dir(group):
            value = getattr(group, name)
            if isinstance(value, type(pd.options)):
                yield from options(value, f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", value

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some options are deprecated, and say so when read
        before = dict(options(pd.options))
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, value in options(pd.options):
                if name in before and value is not before[name]:
                    pd.set_option(name, before[name])


@contextlib.contextmanager
def _current_shell(shell: Shell | None) -> Iterator[None]:
    """Make this shell the one that ``get_ipython`` finds, and its namespace the main module."""
    main = sys.modules["__main__"]
    owners: list[Any] = list(Shell._walk_mro())
    before = [owner._instance for owner in owners]
    for owner in owners:
        owner._instance = shell
    if shell is not None:
        sys.modules["__main__"] = shell.user_module
    try:
        yield
    finally:
        for owner, instance in zip(owners, before, strict=True):
            owner._instance = instance
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _shell_state(shell: Shell) -> Iterator[None]:
    """Empty the shell and put its settings back, whatever the chapter registered with it."""
    shell.outputs = Outputs()
    lists: list[list[Any]] = [
        *shell.events.callbacks.values(),
        shell.ast_transformers,
        shell.input_transformers_post,
    ]
    display_formatter: Any = shell.display_formatter
    tables: list[dict[Any, Any]] = [
        table
        for formatter in display_formatter.formatters.values()
        for table in (
            formatter.type_printers,
            formatter.singleton_printers,
            formatter.deferred_printers,
        )
    ]
    settings = {name: getattr(shell, name) for name in ("ast_node_interactivity", "colors")}
    kept = [list(one) for one in lists], [dict(one) for one in tables]
    try:
        yield
    finally:
        for items, before in zip(lists, kept[0], strict=True):
            items[:] = before
        for table, known in zip(tables, kept[1], strict=True):
            table.clear()
            table.update(known)
        for name, value in settings.items():
            setattr(shell, name, value)
        shell.InteractiveTB.set_mode(shell.xmode)
        shell.reset(new_session=True)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _streams(shell: Shell) -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.StringIO()  # nobody is there to answer a prompt
    sys.stdout = _Stream(shell.outputs, "stdout")
    sys.stderr = _Stream(shell.outputs, "stderr")
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _plots(shell: Shell) -> Iterator[None]:
    """Show matplotlib's figures below their cells, as a kernel does; import it for nobody."""
    os.environ["MPLBACKEND"] = INLINE
    matplotlib: Any = sys.modules.get("matplotlib")
    backend = matplotlib.get_backend(auto_select=False) if matplotlib else None
    settings = dict(matplotlib.rcParams) if matplotlib else {}
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline import backend_inline, config

        # The backend draws for the first shell and formats that it met, unless told.
        config.InlineBackend.clear_instance()
        setattr(backend_inline.configure_inline_support, "current_backend", "unset")  # noqa: B010
        shell.enable_matplotlib("inline")  # type: ignore[no-untyped-call]
    elif matplotlib:
        matplotlib.rcParams["backend"] = INLINE
    try:
        yield
    finally:
        matplotlib, pyplot = (sys.modules.get(f"matplotlib{part}") for part in ("", ".pyplot"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some settings are deprecated, and say so when set
            if pyplot:
                pyplot.close("all")
                if backend:
                    pyplot.switch_backend(backend)
            if matplotlib:
                matplotlib.rcdefaults()
                settings.pop("backend", None)
                matplotlib.rcParams.update(settings)
