"""Who publishes a report, and in which state it is: house.yaml for all, report.yaml for an area."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
from pathlib import Path
from typing import Annotated, Literal

from lxml import etree  # type: ignore[import-untyped]
from pydantic import AfterValidator, Field

from needs.chapters.blocks import Picture
from needs.commentary.files import HOUSE, REPORT, Written, line_of, read_text, read_yaml
from needs.errors import Problem
from needs.figures.assessment import Assessment
from needs.report.document import printed_date

#: Bytes of an image: all of them go into each output.
LARGEST_IMAGE = 2_000_000

#: Contrast of a colour with white that the text on the cover, and headings, need.
CONTRAST = 4.5

_ACTIVE = ("script", "foreignObject", "iframe", "image", "animate", "set", "a")


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    if len(words) > 300:
        raise ValueError("is longer than 300 characters")
    return words


def _colour(text: str) -> str:
    if not text:
        return text
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("is no colour such as '#12436d' (in quotation marks)")
    if (ratio := contrast(text)) < CONTRAST:
        raise ValueError(
            f"has a contrast of {ratio:.1f} to 1 with white, and {CONTRAST} is the least; "
            "choose a darker one"
        )
    return text.lower()


Line = Annotated[str, AfterValidator(_one_line)]


class Logo(Written):
    """A file beside the one that names it, and what it shows."""

    file: str
    alt: Annotated[Line, Field(min_length=1)]


class SignOff(Written):
    """Who signs a report off, by role, and when."""

    role: Annotated[Line, Field(min_length=1)]
    date: dt.date


class House(Written):
    """What holds for all reports of an organisation."""

    organisation: Line = ""
    team: Line = ""
    contact: Line = ""
    logo: Logo | None = None
    colour: Annotated[str, AfterValidator(_colour)] = ""


class Identity(House):
    """What one area's report says of itself.

    Attributes
    ----------
    area : str
        The area's code, or its members' codes joined with "+": a guard against the wrong folder.
    title, subtitle : str
        In place of the usual ones.
    status : str
        "draft" or "final"; a final one needs its year and its sign-off.
    year : int or None
        The reporting year that is final: the report of another year is a draft again.
    sign_off : tuple of SignOff
    """

    area: Annotated[str, Field(min_length=1)]
    title: Line = ""
    subtitle: Line = ""
    status: Literal["draft", "final"] = "draft"
    year: int | None = None
    sign_off: tuple[SignOff, ...] = ()

    @property
    def signed(self) -> tuple[str, ...]:
        """The sign-offs as the cover prints them."""
        return tuple(f"{one.role}, {printed_date(one.date.isoformat())}" for one in self.sign_off)


def contrast(colour: str, other: str = "#ffffff") -> float:
    """Contrast of two colours (WCAG 2.2, 1.4.3).

    Examples
    --------
    >>> round(contrast("#767676"), 2), contrast("#000000")
    (4.54, 21.0)
    """
    light, dark = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def read_identity(
    folder: Path,
    na: Assessment,
    date: dt.date,
    problems: list[Problem],
    warnings: list[str],
) -> tuple[House | None, Picture | None]:
    """What the report of an area says of itself, with what holds for all, and the logo.

    Parameters
    ----------
    folder : Path
        Of the area; the one above has the house's file.
    na : Assessment
        The report's area and year.
    date : date
        Of the report.
    problems, warnings : list of Problem, and of str
        Take what is wrong, and what to look at.

    Returns
    -------
    tuple of House or None, and Picture or None
        An `Identity` where the area has a file, else the `House`; None where neither is there.
    """
    above, own = folder.parent / HOUSE, folder / REPORT
    house = read_yaml(above, House, problems) if above.is_file() else None
    area = read_yaml(own, Identity, problems) if own.is_file() else None
    if area is None:
        logo = house.logo if house else None
        return house, _logo(logo, above, problems) if logo else None
    where = f"{folder.name}/{REPORT}"
    text = read_text(own, problems)
    code = na.area.code
    if area.area != code:
        problems.append(
            Problem(
                f"The file is of the area {area.area}, and this report is of {na.name}, {code}.",
                f"{where}, line {line_of(text, ('area',))}",
                f"Move the folder's files to the right area, or write area: {code}.",
            )
        )
    if area.status == "final" and not area.sign_off:
        what = "The report is final, and nobody has signed it off."
        remedy = "Add sign_off: with a role and a date; or write status: draft."
        problems.append(Problem(what, f"{where}, line {line_of(text, ('status',))}", remedy))
    if area.status == "final" and area.year is None:
        what = "The report is final, and does not say of which reporting year."
        remedy = f"Add year: {na.year}; the report of another year is then a draft again."
        problems.append(Problem(what, f"{where}, line {line_of(text, ('status',))}", remedy))
    elif area.status == "final" and area.year != na.year:
        warnings.append(
            f"{where}, line {line_of(text, ('year',))}: the report of {area.year} is signed off; "
            f"this one, of {na.year}, is a draft."
        )
        area = area.model_copy(update={"status": "draft", "sign_off": ()})
    for place, one in enumerate(area.sign_off):
        if one.date > date:
            line = line_of(text, ("sign_off", place, "date"))
            what = f"The sign-off of {one.date} is after the report's date, {date}."
            problems.append(Problem(what, f"{where}, line {line}"))
    logo, holder = (area.logo, own) if area.logo or not house else (house.logo, above)
    picture = _logo(logo, holder, problems) if logo else None
    if house:
        shared = {key: getattr(area, key) or getattr(house, key) for key in House.model_fields}
        area = area.model_copy(update=shared)
    return area, picture


def _logo(logo: Logo, holder: Path, problems: list[Problem]) -> Picture | None:
    text = read_text(holder, [])
    where = f"{holder.parent.name}/{holder.name}, line {line_of(text, ('logo', 'file'))}"
    return read_image(holder.parent, logo.file, logo.alt, "", where, problems)


def read_image(
    folder: Path, name: str, alt: str, caption: str, where: str, problems: list[Problem]
) -> Picture | None:
    """An image of a folder; None where it cannot be shown, which is then among the problems."""

    def refuse(what: str, remedy: str) -> None:
        problems.append(Problem(what, where, remedy))

    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or ":" in name:
        refuse(f"The image '{name}' is not in the folder {folder.name}.", "Copy it there.")
        return None
    if not path.is_file():
        there = [one.name for one in folder.glob("*") if one.suffix in (".png", ".jpg", ".svg")]
        remedy = f"There are {', '.join(sorted(there))}." if there else "Put the file there."
        refuse(f"The image '{name}' is not in the folder {folder.name}.", remedy)
        return None
    if (size := path.stat().st_size) > LARGEST_IMAGE:
        what = f"The image '{name}' has {size / 1_000_000:.1f} MB."
        refuse(what, f"Make it smaller: {LARGEST_IMAGE // 1_000_000} MB are the most.")
        return None
    content = path.read_bytes()
    found = _svg(content) if b"<svg" in content[:4000] else _bitmap(content)
    if isinstance(found, str):
        refuse(
            f"The image '{name}' cannot be shown: {found}.", "Save it as PNG, JPEG or plain SVG."
        )
        return None
    kind, width, height = found
    data = base64.b64encode(content).decode("ascii")
    return Picture(data, kind, alt, caption, width, height)


def _bitmap(content: bytes) -> tuple[str, float, float] | str:
    """Kind, width and height in points of a PNG or JPEG, or what is wrong with it."""
    from docx.image import exceptions
    from docx.image.image import Image

    unknown = exceptions.UnrecognizedImageError
    broken = (exceptions.InvalidImageStreamError, exceptions.UnexpectedEndOfFileError)
    try:
        image = Image.from_blob(content)
    except (unknown, *broken, ValueError, KeyError):
        return "it is neither PNG, JPEG nor SVG"
    kind = {"image/png": "png", "image/jpeg": "jpeg"}.get(image.content_type)
    if kind is None:
        return f"it is {image.content_type}"
    if image.px_width * image.px_height > 40_000_000:
        return f"it has {image.px_width:,} by {image.px_height:,} dots"
    if not image.px_width or not image.px_height:
        return "it is empty"
    return kind, image.px_width * 0.75, image.px_height * 0.75


def _svg(content: bytes) -> tuple[str, float, float] | str:
    """Kind, width and height in points of an SVG that draws alone, or what else it does."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.parse(io.BytesIO(content), parser)
    except etree.XMLSyntaxError as error:
        return f"it is not XML, {error}"
    if b"<!ENTITY" in content:
        return "it declares entities"
    for one in tree.iter():
        name = etree.QName(one).localname if isinstance(one.tag, str) else ""
        if name in _ACTIVE:
            return f"it holds <{name}>"
        if name == "style" and re.search(r"@import|url\(\s*['\"]?(?!#)", one.text or ""):
            return "its style loads something"
        for key, value in one.attrib.items():
            plain = etree.QName(key).localname
            if plain.startswith("on") or (plain == "href" and not value.startswith("#")):
                return f"it holds {plain}="
            if re.search(r"url\(\s*['\"]?(?!#)", value):
                return "it loads something"
    root = tree.getroot()
    box = root.get("viewBox", "").replace(",", " ").split()
    sizes = [_points(root.get(name, "")) for name in ("width", "height")]
    try:
        inside = [float(one) * 0.75 for one in box[2:4]]
    except ValueError:
        inside = []
    if 0.0 in sizes and len(inside) == 2 and min(inside) > 0:
        sizes = inside
    if 0.0 in sizes:
        return "it says neither its width and height nor its viewBox"
    if tree.docinfo.encoding and tree.docinfo.encoding.casefold() != "utf-8":
        return f"it is not in UTF-8 but in {tree.docinfo.encoding}"
    return "svg", sizes[0], sizes[1]


def _points(length: str) -> float:
    """A length in points; 0 where there is none."""
    found = re.fullmatch(r"([0-9]+\.?[0-9]*)(px|pt|mm|in)?", length.strip())
    scale = {"pt": 1.0, "mm": 72 / 25.4, "in": 72.0}
    return float(found[1]) * scale.get(found[2] or "px", 0.75) if found else 0.0
