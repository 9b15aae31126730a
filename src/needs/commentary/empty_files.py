"""The files of commentary, empty, with hints: what an author begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from needs.commentary.files import HOUSE, RECOMMENDATIONS, REPORT
from needs.figures.assessment import Assessment
from needs.figures.findings import ranked

_HOUSE = """\
# What holds for the reports of all areas. Take the "# " away from a line to use it.
# organisation: Anyshire County Council
# team: Public Health Intelligence
# contact: publichealth@example.gov.uk
# logo: {file: logo.svg, alt: Anyshire County Council}
# colour: "#12436d"
"""

_REPORT = """\
# Who publishes the report of {name}, and in which state it is.
area: {code}
status: draft   # or final, with the reporting year that is, and who has signed it off
# organisation, team, contact, logo and colour are those of {house}, unless they stand here
# title: Drug and alcohol needs assessment for {name}
# subtitle: What we know, and what we will do
# year: {year}
# sign_off:
# - role: Director of Public Health
#   date: {after}-03-31
"""

_RECOMMENDATIONS = """\
# What will be done about which need, by whom, until when. One that is done stays: its progress is
# carried from year to year.
# recommendations:
# - id: naloxone
#   answers: {need}   # the finding's measure; or {need}.AREA_CODE
#   action: Offer naloxone to everyone who leaves hospital after an overdose.
#   owner: Community treatment provider
#   set: {year}
#   due: {due}-03-31
#   progress:
#   - date: {due}-01-31
#     state: on track   # not started, on track, late, done or stopped
#     note: Two of three hospitals take part.
{found}"""

_PAGE = """\
<!-- Commentary on "{chapter}". Nothing of this file is in the report until there is text below.

Begin with a title (# Title); ## begins a part. Lists, tables, quotations (>), links, footnotes
([^1]) and images (![What it shows](file.png)) may follow.

Do not type figures: name them, and they are kept up to date.
{references}
-->
"""


def empty_files(na: Assessment | None, chapters: Mapping[str, str], name: str, code: str) -> dict[
    str, str
]:  # fmt: skip
    """The files by name, of the area's folder; `HOUSE` is of the one above.

    Parameters
    ----------
    na : Assessment or None
        With it, hints name the area's own figures and findings.
    chapters : mapping of str to str
        Titles by key.
    name, code : str
        Of the area.
    """
    year = na.year if na else 2022
    found = na.once(ranked) if na else ()
    need = found[0].indicator if found else "drug_misuse_rate"
    lines = [f"# {one.rank}. {one.indicator}: {one.statement}\n" for one in found]
    listed = "".join(["\n# The findings of this report, by the measure that answers: names:\n",
                      *lines]) if lines else ""  # fmt: skip
    out = {
        HOUSE: _HOUSE,
        REPORT: _REPORT.format(name=name, code=code, house=HOUSE, year=year, after=year + 1),
        RECOMMENDATIONS: _RECOMMENDATIONS.format(need=need, year=year, due=year + 1, found=listed),
    }
    for key, title in chapters.items():
        references = "\n".join(_references(na, key)) if na else ""
        out[f"{key}.md"] = _PAGE.format(chapter=title, references=references)
    return out


def _references(na: Assessment, chapter: str) -> Sequence[str]:
    """The references of a chapter's measures, with what they print; elsewhere, how they are."""
    measures = na.catalogue.indicators
    known = {one.chapter for one in measures.values()}
    words = next((one for one in known if one in chapter.split("_")), "")
    own = [one.key for one in measures.values() if one.chapter == words]
    lines = [
        f"  {{{key}}}  {measures[key].name}: {na.figure(key).text}"
        for key in own or dict.fromkeys(one.indicator for one in na.once(ranked))
        if na.has(key)
    ]
    for place in (*na.districts[:1], na.england):
        both = (one for one in na.catalogue.indicators if na.has(one) and na.has(one, place.code))
        if key := next(both, ""):
            lines.append(f"  {{{key}.{place.code}}}  the figure of {place.name}")
            lines.append(f"  {{{key}:full}}  with its interval")
    lines = list(dict.fromkeys(lines))
    return [one.replace("--", "–") for one in lines]
