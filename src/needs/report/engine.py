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
import copy
import decimal
import gc
import importlib
import io
import itertools
import locale
import logging
import operator
import os
import random
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

import numpy as np
from IPython.core import page
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.session import json_packer, json_unpacker
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_output
from traitlets import Type
from traitlets.config import Config

from needs.chapters.blocks import MIME_TYPE
from needs.charts.matplotlib_style import is_waiting, stop_waiting
from needs.errors import ParameterError, Problem, did_you_mean
from needs.report.parameters import assigned

#: The matplotlib backend of a kernel: figures are shown below the cell that draws them.
INLINE = "module://matplotlib_inline.backend_inline"

#: Seconds after which a kernel sends printed text on its own.
PATIENCE = 0.2

#: Modules whose globals a chapter may change without naming them.
ALWAYS = ("builtins", "logging")


class InProcessEngine:
    """Run notebooks in this process: ``papermill.execute_notebook(…, engine_name="inprocess")``.

    What a chapter changes in the process does not reach the next one or the caller: settings of
    pandas, numpy, matplotlib, warnings, logging and the shell, random state, the environment and
    the process's own settings, and the globals of this package, of ``builtins`` and of every module
    that the chapter's code names.

    What does: modules stay imported, and a module that was first imported by a chapter keeps what
    that chapter assigned to it; so do classes, functions and objects that it changed from within
    (``pandas.DataFrame.sum = …``, a table of an assessment changed in place), threads that it left
    running, and what it registered with ``atexit``.

    What a kernel does and this does not: it shows what other programs and libraries write to file
    descriptors 1 and 2; it runs an event loop between cells, so that tasks left by one go on in the
    next; it sets variables such as TERM and CLICOLOR; it has widgets and a debugger. Time limits
    and log files, which papermill offers for kernels, are not supported either.

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
        ParameterError
            A parameter was given that the notebook does not declare, of which papermill only warns:
            the notebook would run with what it declares, and a figure be of another year.
        KeyboardInterrupt
            When the user stops the run.
        """
        _refuse_unknown(nb)
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


def _refuse_unknown(nb: NotebookNode) -> None:
    """Refuse parameters that no cell tagged "parameters" declares."""
    given = nb.metadata.get("papermill", {}).get("parameters", {})
    cells = [one for one in nb.cells if "parameters" in one.metadata.get("tags", [])]
    if not given or not cells:
        return
    try:
        declared = sorted({name for cell in cells for name in assigned(cell.source)})
    except SyntaxError:  # which the cell says when it is run
        return
    problems = []
    for name in sorted(set(given) - set(declared)):
        remedy = did_you_mean(name, declared, f"It declares {', '.join(declared)}.", quote="'")
        problems.append(Problem(f"Unknown parameter '{name}'.", name, remedy))
    if problems:
        raise ParameterError("The notebook does not take these parameters.", problems=problems)


def _execute(manager: Any) -> None:
    notebook = manager.nb
    code = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    with _chapter("\n".join(code)) as shell:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":  # papermill marks these as done at the end
                continue
            manager.cell_start(cell, index)
            try:
                error = _run_cell(shell, cell)
            finally:
                shell.outputs.flush_all()
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
    if not cell.source.strip():
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
    then standard error. Only a cell that goes on writing to both for longer than `PATIENCE` shows
    them in turns, as a kernel does, which sends each stream so long after its first text.
    """

    def __init__(self) -> None:
        self._outputs: list[NotebookNode] = []
        self._text: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._due: dict[str, float] = {}
        self._displays: dict[str, list[NotebookNode]] = {}
        self._clear_before_next = False

    def start(self, outputs: list[NotebookNode]) -> None:
        """Show what follows in this list, a cell's."""
        self._outputs = outputs
        self._clear_before_next = False

    def write(self, name: str, text: str) -> None:
        """Take text printed to "stdout" or "stderr"."""
        if text:
            self.flush(*self._overdue())
            self._text[name].append(text)
            self._due.setdefault(name, time.monotonic() + PATIENCE)

    def _overdue(self) -> list[str]:
        now = time.monotonic()
        return [
            name for name in sorted(self._due, key=self._due.__getitem__) if self._due[name] < now
        ]

    def flush(self, *names: str) -> None:
        """Show the text printed so far to these streams."""
        for name in names:
            text = "".join(self._text[name])
            self._text[name].clear()
            self._due.pop(name, None)
            if not text:
                continue
            self._make_room()
            last = self._outputs[-1] if self._outputs else None
            if last is not None and last.output_type == "stream" and last.name == name:
                last.text += text
            else:
                self._outputs.append(new_output("stream", name=name, text=text))  # type: ignore[no-untyped-call]

    def flush_all(self) -> None:
        """Show all text printed so far."""
        self.flush(*self._overdue(), *self._text)

    def show(self, kind: str, content: dict[str, Any], display_id: str = "") -> None:
        """Show a result, a display or an error after the text printed before it."""
        self.flush_all()
        content = _sent(content)
        if display_id:
            self._replace(display_id, content)
        self._make_room()
        data = content.pop("data", None)
        output = from_dict({"output_type": kind, **content})  # type: ignore[no-untyped-call]
        if data is not None:
            # as it is: a node of a notebook for each value within would take long
            output.data = NotebookNode(data)  # type: ignore[no-untyped-call]
        self._outputs.append(output)
        if display_id:
            self._displays.setdefault(display_id, []).append(output)

    def update(self, display_id: str, content: dict[str, Any]) -> None:
        """Change what is shown under this id, in whichever cells; an unknown id is ignored."""
        self.flush_all()
        self._replace(display_id, _sent(content))

    def clear(self, wait: bool) -> None:
        """Take away what the cell has shown, at once or when the next thing is shown."""
        self.flush_all()
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


def _sent(content: dict[str, Any]) -> dict[str, Any]:
    """What a cell shows, through JSON and back, as over a kernel's wire.

    Later changes of an object do not count. What cannot change goes no such way, which would take
    long: texts, and a report's blocks, which are made as plain data for this display alone.
    """
    data = content.get("data", {})
    fixed = {kind: one for kind, one in data.items() if type(one) is str or kind == MIME_TYPE}
    others = {kind: one for kind, one in data.items() if kind not in fixed}
    sent: dict[str, Any] = json_unpacker(json_packer({**content, "data": others}))
    if "data" not in content:
        del sent["data"]
        return sent
    return {**sent, "data": sent["data"] | fixed}


class _Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a chapter."""

    encoding = "UTF-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs = outputs
        self.name = name

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        # of the process's own stream: what is written there is not seen in the notebook
        return 1 if self.name == "stdout" else 2

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
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

    def init_hooks(self) -> None:
        """Show nothing of what ``x?`` asks for: in JupyterLab a pager does, beside the notebook."""
        super().init_hooks()  # type: ignore[no-untyped-call]
        self.set_hook("show_in_pager", page.as_hook(lambda *_, **__: None), 99)  # type: ignore[no-untyped-call]

    def enable_gui(self, gui: str | None = None) -> None:
        """Start no event loop."""

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        content = {"ename": etype.__name__, "evalue": str(evalue), "traceback": stb}
        self.outputs.show("error", content)


_shell: Shell | None = None


@contextlib.contextmanager
def _chapter(code: str = "") -> Iterator[Shell]:
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
        stack.enter_context(_modules(code))
        stack.enter_context(_garbage())
        for borrower in (_current_shell, _shell_state, _streams, _plots):
            stack.enter_context(borrower(shell))
        stack.enter_context(_no_running_loop())
        warnings.showwarning = _show_warning
        yield shell


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning below its cell, whatever the caller does with its own."""
    text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)


_ABSENT = object()


def _kept(table: dict[str, Any], *, contents: bool = False) -> Callable[[], None]:
    """Remember what names stand for; the function returned puts it back.

    With `contents` also what is in those lists, dicts and sets.
    """
    before = dict(table)
    containers = [
        (value, value.copy())
        for name, value in before.items()
        if contents and type(value) in (dict, list, set) and not name.startswith("__")
    ]

    def put_back() -> None:
        if not _untouched(table, before):
            for name in table.keys() - before.keys():
                if not _is_submodule(table, name):
                    del table[name]
            for name, value in before.items():
                if table.get(name, _ABSENT) is not value:
                    table[name] = value
        for value, content in containers:
            if isinstance(value, list):
                value[:] = content
            else:
                value.clear()
                value.update(content)

    return put_back


def _untouched(table: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether the same names, in the same order, still stand for the same objects."""
    return (
        len(table) == len(before)
        and all(map(operator.is_, table, before))
        and all(map(operator.is_, table.values(), before.values()))
    )


def _is_submodule(table: Mapping[str, Any], name: str) -> bool:
    # an import binds it once; without it, a later import would not find it
    return (
        isinstance(table[name], ModuleType)
        and sys.modules.get(f"{table.get('__name__')}.{name}") is table[name]
    )


@contextlib.contextmanager
def _modules(code: str) -> Iterator[None]:
    """Keep the globals of this package's modules and of those that the code names."""
    named = set(ALWAYS)
    for word in set(re.findall(r"[^\W\d][\w.]*", code)):
        named.update(itertools.accumulate(word.split("."), "{}.{}".format))
    own = __name__.partition(".")[0]
    for name in sorted(named):
        if name.startswith(f"{own}."):  # before the chapter can change what it imports
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    known = dict(sys.modules)
    folder = Path.cwd()
    put_back = [
        _kept(vars(module), contents=ours)
        for name, module in known.items()
        if (ours := name.partition(".")[0] == own) or name in named
        if isinstance(module, ModuleType)
    ]
    try:
        yield
    finally:
        for one in put_back:
            one()
        if not _untouched(sys.modules, known):
            for name in sys.modules.keys() - known.keys():
                if _is_the_chapters(sys.modules[name], name, folder):
                    del sys.modules[name]
            for name, module in known.items():
                if sys.modules.get(name) is not module:
                    sys.modules[name] = module


def _is_the_chapters(module: ModuleType, name: str, folder: Path) -> bool:
    """Whether a new module lies beside the notebook, or was made up by it."""
    file = getattr(module, "__file__", None)
    if file:  # an environment's packages may lie below the folder too
        return folder in Path(file).parents and "site-packages" not in Path(file).parts
    return "." not in name and getattr(module, "__spec__", None) is None


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
    enabled, threshold = gc.isenabled(), gc.get_threshold()
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.enable() if enabled else gc.disable()


@contextlib.contextmanager
def _process() -> Iterator[None]:
    folder, environment = os.getcwd(), dict(os.environ)
    path, content = sys.path, sys.path[:]
    hooks = sys.displayhook, sys.excepthook
    depth, words, mask = sys.getrecursionlimit(), locale.setlocale(locale.LC_ALL), os.umask(0o77)
    os.umask(mask)
    sys.path.insert(0, "")  # as a kernel: modules beside the notebook can be imported
    try:
        yield
    finally:
        os.chdir(folder)
        os.umask(mask)
        sys.path = path
        sys.path[:] = content
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        sys.displayhook, sys.excepthook = hooks
        sys.setrecursionlimit(depth)
        locale.setlocale(locale.LC_ALL, words)


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
    # A chapter's own messages are shown below its cells, not where the caller's go.
    logging.disable(logging.NOTSET)
    logging.root.setLevel(logging.WARNING)
    logging.root.handlers[:], logging.root.filters[:] = [], []
    try:
        yield
    finally:
        logging.disable(threshold)
        for name, logger in loggers().items():
            # A library that the chapter imported may have silenced its own logger: leave that.
            silent = [item for item in logger.handlers if isinstance(item, logging.NullHandler)]
            new: tuple[Any, ...] = (logging.NOTSET, True, False, silent, [])
            level, propagate, disabled, handlers, filters = before.get(name, new)
            if logger.level != level:  # setting one makes all loggers forget what they know
                logger.setLevel(level)
            logger.propagate, logger.disabled = propagate, disabled
            logger.handlers[:], logger.filters[:] = handlers, filters


@contextlib.contextmanager
def _pandas_options() -> Iterator[None]:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some options are deprecated, and say so when read
        before = dict(_options(pd.options))
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, value in _options(pd.options):
                if name in before and value is not before[name]:
                    pd.set_option(name, before[name])


def _options(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in dir(group):
        value = getattr(group, name)
        if isinstance(value, type(group)):
            yield from _options(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


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
    settings = {name: getattr(shell, name) for name in ("ast_node_interactivity", "colors")}
    config = copy.deepcopy(shell.config)
    put_back = [_kept(table, contents=True) for table in _shell_tables(shell)]
    try:
        yield
    finally:
        for name, value in settings.items():
            setattr(shell, name, value)  # others are told of these
        for one in put_back:
            one()
        shell.config.clear()
        shell.config.update(config)
        shell.InteractiveTB.set_mode(shell.xmode)
        _empty(shell)


def _empty(shell: Shell) -> None:
    """Reset the shell, but leave the search for garbage to the run, which makes its own."""
    hook: Any = shell.displayhook
    full, hook.do_full_cache = hook.do_full_cache, False
    try:
        shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    finally:
        hook.do_full_cache = full
    hook._ = hook.__ = hook.___ = ""


def _shell_tables(shell: Shell) -> Iterator[dict[str, Any]]:
    """Where the shell and its parts keep what ``%config`` and other magics change."""
    formatter: Any = shell.display_formatter
    magics: Any = shell.magics_manager
    parts = [*shell.configurables, formatter, *formatter.formatters.values(), magics]
    for part in {id(one): one for one in parts}.values():
        yield vars(part)
        yield part._trait_values
    yield shell.events.callbacks
    yield magics.magics
    yield shell.hooks
    hooks = [one for one in shell.hooks.values() if hasattr(one, "chain")]
    others = (shell.events, shell.compile, shell.input_transformer_manager, shell.InteractiveTB)
    for one in (*hooks, *others):
        yield vars(one)


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
    waited = is_waiting()
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
        if not waited:
            stop_waiting()
        matplotlib, pyplot = (sys.modules.get(f"matplotlib{part}") for part in ("", ".pyplot"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some settings are deprecated, and say so when set
            if pyplot:
                pyplot.close("all")
                if backend:
                    pyplot.switch_backend(backend)
            settings.pop("backend", None)
            if matplotlib and not settings:  # the chapter imported it
                matplotlib.rc_file_defaults()
            for name, value in settings.items():
                if matplotlib.rcParams[name] != value:  # setting each would take long
                    matplotlib.rcParams[name] = value
