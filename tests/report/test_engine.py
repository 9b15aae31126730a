"""The in-process engine gives what a kernel gives, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from needs import catalogue
from needs.charts import matplotlib_style
from needs.errors import ParameterError
from needs.report import engine
from needs.report.engine import InProcessEngine

pytestmark = pytest.mark.slow

MAY_FAIL = ["raises-exception"]

#: Each cell is awkward in its own way; those tagged so may fail.
AWKWARD: list[tuple[str, list[str]]] = [
    ("import sys\nprint('a'); print('b', file=sys.stderr); print('c')", []),
    ("1 + 1", []),
    ("1 + 1;", []),
    ("None", []),
    ("   \n", []),
    ("'not run'", ["skip-execution"]),
    ("print('before'); sys.stderr.write('e'); sys.stderr.flush(); print('after')", []),
    (
        "from IPython.display import HTML, clear_output, display\n"
        "handle = display('first', display_id='one'); print('between'); display(HTML('<b>'))",
        [],
    ),
    ("handle.update('second')\nhandle.update('third')", []),
    ("display('again', display_id='one')", []),
    ("from IPython.display import update_display; update_display(1, display_id='unknown')", []),
    ("print('gone'); clear_output(); print('kept')", []),
    ("print('gone'); clear_output(wait=True); print('kept'); 3", []),
    ("print('kept'); clear_output(wait=True)", []),
    (
        "class Bundle:\n"
        "    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'bundle', 'text/html': '<i>', 'image/png': b'\\x89PNG',\n"
        "            'application/json': {'numbers': (1, 2.5)}}, {'image/png': {'width': 3}}\n"
        "Bundle()",
        [],
    ),
    ("display(Bundle()); Bundle()", []),
    ("shown = {'text/plain': 'as it was'}\ndisplay(shown, raw=True); shown.clear()", []),
    ("class Broken:\n    def __repr__(self): raise ValueError('no repr')\nBroken()", MAY_FAIL),
    ("print('printed first')\ndef f():\n    return 1 / 0\nf()", MAY_FAIL),
    ("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e", MAY_FAIL),
    ("def broken(:", MAY_FAIL),
    ("%not_a_magic", MAY_FAIL),
    ("%%capture kept\nprint('captured')", []),
    ("kept.stdout", []),
    ("_ + Out[2] if False else In[2]", []),
    ("await __import__('asyncio').sleep(0, 'awaited')", []),
    ("import pandas as pd\npd.DataFrame({'a': [1, 2]})", []),
    ("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", []),
    ("figure, axes = plt.subplots(figsize=(1, 1)); print('text'); 5", []),
    ("def deep(n): return deep(n - 1) if n else int('x')\ndeep(3)", MAY_FAIL),
    ("__name__", []),
    ("import warnings\nwarnings.warn('careful')\nprint('printed'); warnings.warn('again')", []),
    (
        "import logging\nlog = logging.getLogger('chapter')\n"
        "log.warning('without a handler'); log.info('not shown')\n"
        "logging.basicConfig(level='INFO'); log.info('shown'); log.error('%s', 1)",
        [],
    ),
    ("logging.captureWarnings(True)\nwarnings.warn('captured')\nprint('p')", []),
    ("logging.captureWarnings(False)\nwarnings.warn('shown again')", []),
    (
        "import time\nprint('one'); time.sleep(0.3); print('two', file=sys.stderr)\n"
        "time.sleep(0.3); print('three'); print('four')",
        [],
    ),
    (
        "for s in (sys.stdout, sys.stderr):\n"
        "    print(s.fileno() > 0, s.name, s.encoding, s.errors, s.isatty(), s.closed)",
        [],
    ),
    ("sys.stdout.writelines(['x', 'y']); sys.stdout.write(1)", MAY_FAIL),
    ("import subprocess\nsubprocess.run([sys.executable, '-V'], stdout=sys.stdout).returncode", []),
    ("deep?", []),
    ("deep??", []),
    ("%precision 3\n1 / 3", []),
    ("{'b': 2, 'a': 1}", []),
    ("!echo from outside", []),
    ("words = !echo kept\nwords", []),
    ("%who_ls str", []),
    ("from IPython.display import Markdown, JSON; display(Markdown('*x*'), JSON({'a': 1}))", []),
    ("raise SystemExit", MAY_FAIL),
    (
        "%config InlineBackend.figure_formats = ['svg']\n"
        "%config InlineBackend.print_figure_kwargs = {'metadata': {'Date': None}}\n"
        "plt.rcParams['svg.hashsalt'] = 'salt'\nplt.plot([1]);",
        [],
    ),
    ("%%html\n<b>x</b>", []),
    (
        "class Loud(Exception):\n    def _render_traceback_(self): return ['as it likes']\n"
        "raise Loud",
        MAY_FAIL,
    ),
    ("assert False, 'told'", MAY_FAIL),
    ("_, __, _i", []),
]


def notebook(*cells: str | tuple[str, list[str]]) -> nbformat.NotebookNode:
    """A notebook of code cells, with ids that do not change."""
    made = [new_markdown_cell("# Awkward", id="title")]
    for number, cell in enumerate(cells):
        source, tags = (cell, []) if isinstance(cell, str) else cell
        made.append(new_code_cell(source, id=f"cell-{number}", metadata={"tags": tags}))
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return new_notebook(cells=made, metadata={"kernelspec": kernel, "papermill": {}})


def execute(node: nbformat.NotebookNode, engine: str | None = "inprocess") -> Any:
    """Run a notebook through papermill's engine of that name, without its final raise."""
    return papermill.engines.papermill_engines.execute_notebook_with_engine(
        engine, node, kernel_name="python3", progress_bar=False
    )


def outputs(node: nbformat.NotebookNode, cell: int = -1) -> list[Any]:
    """What a code cell shows, counted without the title."""
    code = [one for one in node.cells if one.cell_type == "code"]
    return list(code[cell].outputs)


def test_what_a_display_holds_stays_plain_data() -> None:
    """A node of a notebook for each value of a report's blocks would take long."""
    cell = "from IPython.display import display\ndisplay({'x/y': [{'a': 1}]}, raw=True)"
    (output,) = outputs(execute(notebook(cell)))
    assert output.data == {"x/y": [{"a": 1}]}
    assert type(output.data["x/y"][0]) is dict


def result(node: nbformat.NotebookNode, cell: int = -1) -> str:
    """The plain text of a cell's only output."""
    (output,) = outputs(node, cell)
    return str(output["data"]["text/plain"] if "data" in output else output)


def comparable(node: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Cells without colours, and the names and source lines of a traceback.

    A kernel finds fewer source lines: it looks for them in a file that it never wrote.
    """
    cells = []
    for cell in node.cells:
        if cell.cell_type != "code":
            continue
        shown: list[Any] = []
        for output in cell.outputs:
            output = nbformat.from_dict(output)
            if "traceback" in output:
                output.traceback = output.traceback[-1:]
            last = shown[-1] if shown else {}
            if output.output_type == "stream" and last.get("name") == output.name:
                last.text += output.text  # a kernel may send a text in pieces
            else:
                shown.append(output)
        text = nbformat.v4.writes(new_notebook(cells=[new_code_cell(id="x", outputs=shown)]))
        text = re.sub(r"\\u001b\[[\d;]*m", "", text)
        text = re.sub(
            r"<ipython-input-[\w-]+>|[^ (\":]*ipykernel_\d+\S+?\.py|\d{6,}\.py", "CELL", text
        )
        cells.append(
            {"count": cell.execution_count, "outputs": text.splitlines(), "source": cell.source}
        )
    return cells


@pytest.mark.filterwarnings("default", "ignore::DeprecationWarning")  # as in a new process
def test_outputs_are_those_of_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)
    # or the kernel leaves file descriptors alone, as it does under pytest and nowhere else
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    ours = execute(notebook(*AWKWARD))
    theirs = execute(notebook(*AWKWARD), engine=None)
    for mine, kernels in zip(comparable(ours), comparable(theirs), strict=True):
        assert mine == kernels
    assert ours.metadata.language_info == theirs.metadata.language_info
    assert outputs(ours, 27)[0]["data"].keys() == {"text/plain", "image/png"}


def test_papermill_finds_the_engine_by_its_name() -> None:
    assert papermill.engines.papermill_engines.get_engine("inprocess") is InProcessEngine


def test_no_later_cell_runs_after_a_failure() -> None:
    done = execute(notebook("1 / 0", "print('later')"))
    assert outputs(done, 0)[0].ename == "ZeroDivisionError"
    assert outputs(done, 1) == []
    assert done.metadata.papermill.exception is True


def test_papermill_raises_with_the_failing_cell(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            notebook("1", "1 / 0"),
            str(tmp_path / "out.ipynb"),
            engine_name="inprocess",
            progress_bar=False,
            request_save_on_cell_execute=False,
        )
    assert (caught.value.cell_index, caught.value.ename) == (2, "ZeroDivisionError")
    assert (tmp_path / "out.ipynb").exists()


def with_parameters(tmp_path: Path, source: str, tags: list[str]) -> Path:
    """A notebook on disk, its first cell tagged so."""
    cells = [new_code_cell(source, metadata={"tags": tags}), new_code_cell("print(year)")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "in.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def test_a_parameter_that_the_notebook_does_not_declare_is_refused(tmp_path: Path) -> None:
    path = with_parameters(tmp_path, "year = 2021\nname: str = ''", ["parameters"])
    with pytest.raises(ParameterError) as caught:
        papermill.execute_notebook(
            path, None, {"yeer": 2022, "zzz": 1}, engine_name="inprocess", progress_bar=False
        )
    assert [(one.what, one.remedy) for one in caught.value.problems] == [
        ("Unknown parameter 'yeer'.", "Did you mean 'year'?"),
        ("Unknown parameter 'zzz'.", "It declares name, year."),
    ]


@pytest.mark.parametrize(
    ("source", "tags", "printed"),
    [
        ("year = 2021\nname = ''", ["parameters"], "2022\n"),
        # papermill's own way with a notebook that declares none
        ("year = 2021", [], "2021\n"),
    ],
)
def test_parameters_that_are_declared_or_of_no_cell_are_taken(
    tmp_path: Path, source: str, tags: list[str], printed: str
) -> None:
    done = papermill.execute_notebook(
        with_parameters(tmp_path, source, tags),
        None,
        {"year": 2022},
        engine_name="inprocess",
        progress_bar=False,
    )
    assert done.cells[-1].outputs[0].text == printed


def test_names_and_counts_begin_again_in_every_chapter() -> None:
    execute(notebook("leak = 1\nleak"))
    done = execute(notebook("'leak' in globals()", "len(Out), In"))
    assert result(done, 0) == "False"
    assert outputs(done, 0)[0].execution_count == 1
    assert result(done, 1) == "(1, ['', \"'leak' in globals()\", 'len(Out), In'])"


#: What a chapter may change, as an assignment and as an expression that shows it.
STATE = {
    "environment": ("import os; os.environ['NEEDS_LEAK'] = '1'", "os.environ.get('NEEDS_LEAK')"),
    "removed variable": ("import os; os.environ.pop('PATH')", "'PATH' in os.environ"),
    "folder": ("import os; os.chdir('/')", "os.getcwd()"),
    "import path": ("import sys; sys.path.append('leak')", "'leak' in sys.path"),
    "random state": (
        "import random, numpy as np; random.seed(1); np.random.seed(1)",
        "str(random.getstate()) + str(np.random.get_state()[1][:3])",
    ),
    "pandas option": (
        "import pandas as pd; pd.set_option('display.max_rows', 3)",
        "pd.get_option('display.max_rows')",
    ),
    "numpy option": (
        "import numpy as np; np.set_printoptions(precision=2); np.seterr(divide='raise')",
        "str(np.get_printoptions()) + str(np.geterr())",
    ),
    "decimal context": ("import decimal; decimal.getcontext().prec = 3", "decimal.getcontext()"),
    "warning filter": (
        "import warnings; warnings.simplefilter('ignore')",
        "str(warnings.filters)",
    ),
    "rcParams": (
        "import matplotlib.pyplot as plt; plt.rcParams['font.size'] = 31",
        "plt.rcParams['font.size']",
    ),
    "open figure": (
        "import matplotlib.pyplot as plt, matplotlib_inline.backend_inline as inline\n"
        "inline.set_matplotlib_close(False); plt.figure(); None",
        "plt.get_fignums()",
    ),
    "root logger": (
        "import logging; logging.basicConfig(level=1); logging.disable(50)",
        "logging.root.level, logging.root.handlers, logging.root.manager.disable",
    ),
    "new logger": (
        "import logging; log = logging.getLogger('needs.leak'); log.setLevel(1);"
        " log.addHandler(logging.StreamHandler())",
        "logging.getLogger('needs.leak').level, logging.getLogger('needs.leak').handlers",
    ),
    "formatter": (
        "get_ipython().display_formatter.formatters['text/html'].for_type(int, str); None",
        "get_ipython().display_formatter.formatters['text/html'].type_printers.get(int)",
    ),
    "event": (
        "get_ipython().events.register('post_run_cell', print)",
        "print in get_ipython().events.callbacks['post_run_cell']",
    ),
    "magic setting": ("%config InteractiveShell.ast_node_interactivity = 'all'", "1;\n2"),
    "figure formats": (
        "%config InlineBackend.figure_formats = ['svg']",
        "plt.plot([1]); sorted(get_ipython().display_formatter.formatters['image/svg+xml']"
        ".type_printers)",
    ),
    "configuration": (
        "get_ipython().config.InlineBackend.rc = {'font.size': 3}; None",
        "get_ipython().config",
    ),
    "precision": ("get_ipython().run_line_magic('precision', '2'); None", "1 / 3"),
    "pretty printing": (
        "get_ipython().display_formatter.formatters['text/plain'].pprint = False",
        "dict.fromkeys([f'a long key that fills a line: {n}' for n in range(9)])",
    ),
    "call without brackets": ("%config InteractiveShell.autocall = 2", "str 5"),
    "exception handler": (
        "get_ipython().set_custom_exc((ValueError,), lambda *_, **__: ['its own'])",
        "get_ipython().custom_exceptions",
    ),
    "magic": (
        "from IPython.core.magic import register_line_magic\n"
        "register_line_magic('mine')(lambda line: 1); None",
        "'mine' in get_ipython().magics_manager.magics['line']",
    ),
    "alias": (
        "get_ipython().alias_manager.define_alias('mine', 'echo'); None",
        "'mine' in get_ipython().magics_manager.magics['line']",
    ),
    "traceback mode": (
        "get_ipython().run_line_magic('config', 'InteractiveShell.xmode = \"Plain\"')",
        "get_ipython().InteractiveTB.mode, get_ipython().xmode",
    ),
    "method of the shell": (
        "get_ipython().ex = print",
        "get_ipython().ex == print",
    ),
    "from the future": (
        "from __future__ import annotations",
        "def f(a: int): 0\nf.__annotations__",
    ),
    "global of needs": (
        "import needs.stats.status; needs.stats.status.SYMBOLS = {}",
        "import needs.stats.status; needs.stats.status.SYMBOLS",
    ),
    "content of a global of needs": (
        "import needs.stats.status; needs.stats.status.SYMBOLS.clear()",
        "import needs.stats.status; needs.stats.status.SYMBOLS",
    ),
    "function of needs": (
        "import needs.words.english; needs.words.english.reading_ease = None",
        "import needs.words.english; needs.words.english.reading_ease is None",
    ),
    "globals of needs, one for the other": (
        # the same objects in the same order, but each under the other's name
        "import needs.words.english; words = vars(needs.words.english)\n"
        "one, two = list(words)[-2:]; first, second = words.pop(one), words.pop(two)\n"
        "words[two], words[one] = first, second",
        "import needs.words.english; words = vars(needs.words.english)\n"
        "{name: words[name] for name in sorted(list(words)[-2:])}",
    ),
    "global of a library": ("import math; math.pi = 3", "__import__('math').pi"),
    "global of a library, removed": (
        "import numpy.linalg; del numpy.linalg.inv",
        "hasattr(np.linalg, 'inv')",
    ),
    "built-in": (
        "import builtins; builtins.ascii = None; builtins.mine = 1",
        "ascii, 'mine' in dir(__builtins__)",
    ),
    "made-up module": (
        "import sys, types; sys.modules['mine'] = types.ModuleType('mine')",
        "'mine' in sys.modules",
    ),
    "removed module": ("import sys; del sys.modules['math']", "'math' in sys.modules"),
    "captured warnings": (
        "import logging; logging.captureWarnings(True)",
        "logging._warnings_showwarning is None",
    ),
    "shown warnings": (
        "import warnings; warnings.showwarning = print",
        "warnings.showwarning == print",
    ),
    "garbage collection": (
        "import gc; gc.disable(); gc.set_threshold(5)",
        "import gc; (gc.isenabled(), gc.get_threshold())",
    ),
    "recursion": ("import sys; sys.setrecursionlimit(999)", "sys.getrecursionlimit()"),
    "locale": (
        "import locale; locale.setlocale(locale.LC_ALL, 'C'); None",
        "import locale; locale.setlocale(locale.LC_ALL)",
    ),
    "mask of new files": (
        "import os; os.umask(0o70); None",
        "mask = os.umask(0o77); os.umask(mask); mask",
    ),
    "output": ("import io, sys; sys.stdout = io.StringIO()", "type(sys.stdout).__name__"),
}


@pytest.mark.parametrize("name", STATE)
def test_no_state_leaks_from_chapter_to_chapter(name: str) -> None:
    change, show = STATE[name]
    imports = (
        "import decimal, logging, os, random, sys, warnings; import numpy as np, pandas as pd;"
        " import matplotlib.pyplot as plt"
    )
    reads = notebook(imports, show)
    before = execute(notebook(imports, show))
    changed = execute(notebook(imports, change, show))
    assert outputs(changed, 0) == [] and all(o.output_type != "error" for o in outputs(changed))
    after = execute(reads)
    assert outputs(after) == outputs(before)
    seen = [{k: v for k, v in o.items() if k != "execution_count"} for o in outputs(changed)]
    kept = [{k: v for k, v in o.items() if k != "execution_count"} for o in outputs(before)]
    assert seen != kept, "the case changes nothing, so it proves nothing"


def test_a_module_beside_the_notebook_is_read_by_each_chapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.py").write_text("seen = []\n", encoding="utf-8")
    chapter = notebook("import beside; beside.seen.append(1); beside.seen")
    assert result(execute(chapter)) == result(execute(chapter)) == "[1]"
    assert "beside" not in sys.modules


def test_the_catalogue_cannot_be_changed() -> None:
    for change in ("indicators.clear()", "sources.popitem()", "indices['IoD2019'] = None"):
        done = execute(notebook(f"from needs import catalogue\ncatalogue.load().{change}"))
        assert outputs(done)[-1].ename in ("AttributeError", "TypeError")
    assert catalogue.load().indicators and catalogue.load().sources


def test_the_caller_gets_its_process_back() -> None:
    def state() -> tuple[Any, ...]:
        return (
            sys.stdin,
            sys.stdout,
            sys.stderr,
            sys.modules["__main__"],
            sys.displayhook,
            sys.excepthook,
            tuple(sys.path),
            os.getcwd(),
            dict(os.environ),
            tuple(warnings.filters),
            tuple(logging.root.handlers),
        )

    from IPython import get_ipython

    before = state()
    execute(notebook("import os, sys; os.chdir('/'); sys.path.clear(); os.environ.clear()"))
    assert state() == before
    assert get_ipython() is None  # type: ignore[no-untyped-call]


def test_charts_are_shown_in_every_chapter() -> None:
    chapter = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    first, second = execute(notebook(chapter)), execute(notebook(chapter))
    assert "image/png" in outputs(first)[0]["data"]
    assert outputs(first) == outputs(second)


def test_a_second_run_gives_the_same_outputs() -> None:
    cells = [cell for cell in AWKWARD if "asyncio" not in cell[0]]
    first, second = execute(notebook(*cells)), execute(notebook(*cells))
    assert comparable(first) == comparable(second)


def test_a_cell_may_await_although_the_caller_is_in_an_event_loop() -> None:
    async def caller() -> tuple[Any, bool]:
        done = execute(notebook("await __import__('asyncio').sleep(0, 'awaited')"))
        return done, asyncio.get_running_loop().is_running()

    # a browser's tests before this one may have left a loop in this thread
    with ThreadPoolExecutor(1) as apart:
        done, still_running = apart.submit(asyncio.run, caller()).result()
    assert result(done) == "'awaited'"
    assert still_running


def test_a_prompt_is_answered_by_nobody() -> None:
    done = execute(notebook(("input('Name?')", MAY_FAIL)))
    assert outputs(done)[-1].ename == "EOFError"


def test_the_user_can_stop_a_run() -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(notebook("raise KeyboardInterrupt"))


def test_a_style_that_waits_for_matplotlib_goes_on_waiting_after_a_chapter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [matplotlib_style._Waiting(), *sys.meta_path])
    with engine._chapter():
        pass
    assert matplotlib_style.is_waiting()
    matplotlib_style.stop_waiting()
    with engine._chapter():
        sys.meta_path.insert(0, matplotlib_style._Waiting())
    assert not matplotlib_style.is_waiting()
