"""How soon a reader sees the report, and what its files weigh: ``make bench``.

    python bench/opening.py [REPORT.HTML ...]

Chromium opens the page with its processor slowed down four times, as an old laptop would, in a
window of its own each time; told are the first contents painted, the end of the page's scripts,
and the longest task that keeps the reader waiting. Medians.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from targets import Target, tell_targets

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "reports" / "worcestershire" / "2022"

SLOWER, TIMES = 4, 5

#: What a reader needs of an example, and what of it is committed.
COMMITTED = ("report.html", "report.pdf", "findings.csv", "manifest.json")

OBSERVE = """window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(one => window.tasks.push(one.duration)))
  .observe({ type: "longtask", buffered: true });"""

PAINTED = """() => new Promise(resolve => new PerformanceObserver((list, all) => {
  const one = list.getEntriesByName("first-contentful-paint")[0];
  if (one) { all.disconnect(); resolve(one.startTime); }
}).observe({ type: "paint", buffered: true }))"""

LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"


def opened(browser: Any, page: Path) -> tuple[float, float, float]:
    """Milliseconds to the first contents and to the end of loading, and of the longest task."""
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.add_init_script(OBSERVE)
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.goto(page.as_uri())
    tab.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    tab.wait_for_timeout(500)
    found = (tab.evaluate(PAINTED), tab.evaluate(LOADED), max(tab.evaluate("tasks"), default=0))
    tab.close()
    return found


def main() -> None:
    """Print a line for each page, and the targets by the last of them."""
    pages = [Path(one).resolve() for one in sys.argv[1:]] or [EXAMPLE / "report.html"]
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for page in pages:
            opened(browser, page)  # warms up
            runs = [opened(browser, page) for _ in range(TIMES)]
            first, loaded, longest = (statistics.median(one) for one in zip(*runs, strict=True))
            print(
                f"{'/'.join(page.parts[-3:])}: {page.stat().st_size / 1e6:.2f} MB; milliseconds at "
                f"{SLOWER} times slower: first contents {first:.0f}, loaded {loaded:.0f}, longest "
                f"task {longest:.0f}",
                flush=True,
            )
        browser.close()
    files = [page.parent / name for name in COMMITTED]
    weight = sum(path.stat().st_size for path in files if path.is_file())
    tell_targets(
        [
            Target("first contents of the page, slowed down", "<=", 1, first / 1000, "s"),
            Target("the page", "<=", 1.5, page.stat().st_size / 1e6, "MB"),
            Target("what of a rendered example is committed", "<=", 3, weight / 1e6, "MB"),
        ]
    )


if __name__ == "__main__":
    main()
