"""The two pages, made from their templates and the site file; pure."""

from dataclasses import asdict
from functools import cache
from html import escape
from importlib import resources
from string import Template

from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.site import Site
from vendtower.web.kiosk_screen import KioskView
from vendtower.web.texts import LANGUAGES, catalogue
from vendtower.web.tower_svg import drawing_view, tower_svg


def operator_page(site: Site) -> str:
    """The operator's page; the script fills it from ``/api/stream``."""
    return _template("operator.html").substitute(
        tower_name=escape(site.tower.name),
        tower_id=escape(site.tower.id),
        tower_svg=tower_svg(site),
    )


def kiosk_page(site: Site, kiosk: int) -> str:
    """A kiosk's page. It carries "out of service" in every language from the first byte on, so
    that it can say so when nothing answers any more.
    """
    languages = site.tower.languages
    others = [tag for tag in LANGUAGES if tag not in languages]
    return _template("kiosk.html").substitute(
        kiosk=kiosk,
        language=escape(languages[0]),
        direction=escape(catalogue(languages[0])["direction"]),
        language_label=escape(catalogue(languages[0])["choose_language"]),
        language_buttons="\n".join(map(_language_button, languages)) if languages[1:] else "",
        out_of_service="\n".join(map(_out_of_service, (*languages, *others))),
    )


def site_view(site: Site) -> dict[str, object]:
    """``/api/site``: the tower's plan (``levels``, ``slots``, ``lifts``, ``bays``, ``kiosks``)
    and ``drawing``, the scale of the operator's picture. No addresses, files or secrets.
    """
    return {
        "schema": 1,
        "id": site.tower.id,
        "name": site.tower.name,
        "timezone": site.tower.timezone,
        "languages": list(site.tower.languages),
        "levels": [{"number": level.number, "height_mm": level.height_mm} for level in site.levels],
        "slots": [
            {
                "number": slot.number,
                "level": slot.level,
                "angle_deg": slot.angle_deg,
                "class": slot.class_name,
                "socket": slot.socket,
            }
            for slot in site.slots.values()
        ],
        "lifts": [{"number": lift.number, "shaft": lift.shaft} for lift in site.lifts],
        "bays": [
            {"number": bay.number, "level": bay.level, "angle_deg": bay.angle_deg}
            for bay in site.bays
        ],
        "kiosks": [{"number": kiosk.number, "bay": kiosk.bay} for kiosk in site.kiosks],
        "drawing": drawing_view(site),
    }


def kiosk_message(
    view: KioskView, site: Site, machine: MachineSnapshot | None
) -> dict[str, object]:
    """What a kiosk's stream sends: the view, and the lifts' heights for its small picture.

    ``lifts`` holds each lift's height as a share of the tower, 0 below and 1 on top; it is empty
    when no machine data counts.
    """
    fields = asdict(view)
    fields["signals"] = {
        "ring": view.signals.ring.value,
        "traffic": view.signals.traffic.value,
        "buzzer": view.signals.buzzer,
    }
    heights = [level.height_mm for level in site.levels]
    low, span = min(heights), max(1, max(heights) - min(heights))
    lifts = [] if machine is None else [machine.lifts[number] for number in sorted(machine.lifts)]
    return {
        **fields,
        "levels": len(heights),
        "lifts": [round((lift.hoist_position_mm - low) / span, 3) for lift in lifts],
    }


@cache
def _template(name: str) -> Template:
    folder = resources.files("vendtower.web").joinpath("templates")
    return Template(folder.joinpath(name).read_text(encoding="utf-8"))


def _language_button(tag: str) -> str:
    name = escape(catalogue(tag)["language"])
    return (
        f'<button type="button" lang="{escape(tag)}" data-language="{escape(tag)}">{name}</button>'
    )


def _out_of_service(tag: str) -> str:
    texts = catalogue(tag)
    return (
        f'<div lang="{escape(tag)}" dir="{escape(texts["direction"])}">'
        f"<h2>{escape(texts['out_of_service.title'])}</h2>"
        f"<p>{escape(texts['out_of_service.body'])}</p></div>"
    )
