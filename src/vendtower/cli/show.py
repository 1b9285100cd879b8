"""The daemon's answers as text for a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from vendtower.cli.client import JsonObject


def print_text(renderable: RenderableType) -> None:
    """Print to standard output, coloured when that is a terminal."""
    Console(highlight=False, markup=False, emoji=False).print(renderable)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> RenderableType:
    """A plain table, or the sentence when there are no rows."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(_word(value)) for value in row))
    return made if made.row_count else Text(empty)


def status_text(status: JsonObject, health: JsonObject) -> RenderableType:
    """The tower at a glance."""
    service = Text("in service", style="green")
    if not status["in_service"]:
        why = "; ".join(status["out_of_service_why"]) or "no reason given"
        service = Text(f"OUT OF SERVICE: {why}", style="bold red")
    counts = status["counts"]
    parts = table(
        ("Part", "", "Detail"),
        (
            (part["name"], "ok" if part["ok"] else "NOT OK", part["detail"])
            for part in health["components"]
        ),
        "no component has reported",
    )
    kiosks = table(
        ("Kiosk", "Bay", "Phase", "Car in"),
        (
            (kiosk["number"], kiosk["bay"], kiosk["phase"], seconds(kiosk["car_eta_s"]))
            for kiosk in status["kiosks"]
        ),
        "no kiosk has reported",
    )
    summary = Text(
        f"{counts['cars']} cars, {counts['visits_open']} open visits, "
        f"{counts['jobs_open']} open jobs, {counts['cases_open']} open cases"
    )
    still = lifts_not_in_service(status)
    return Group(service, *still, summary, Text(), parts, Text(), kiosks)


def lifts_not_in_service(status: JsonObject) -> list[Text]:
    """A line for each lift that a case or a latched fault keeps still."""
    return [
        Text(f"lift {each['lift']}: NOT IN SERVICE, {each['reason']}", style="bold yellow")
        for each in status["lifts_not_in_service"]
    ]


def visits_text(visits: Sequence[JsonObject]) -> RenderableType:
    """Customers' ways."""
    return table(
        ("Visit", "Reservation", "State", "Bay", "VIN", "Car", "In bay in", "Reason"),
        (
            (
                visit["visit_id"],
                visit["reservation_id"],
                visit["state"],
                visit["bay"],
                visit["vin"],
                (visit["car_where"] or "")
                + (f" ({visit['car_left_because']})" if visit["car_left_because"] else ""),
                seconds(visit["car_eta_s"]),
                visit["reason"],
            )
            for visit in visits
        ),
        "no visits",
    )


def dropoffs_text(dropoffs: Sequence[JsonObject]) -> RenderableType:
    """Cars on their way in."""
    return table(
        (
            "Drop-off",
            "Car",
            "Reservation",
            "State",
            "Bay",
            "Measured mm (l x w x h)",
            "kg",
            "Reason",
        ),
        (
            (
                each["dropoff_id"],
                each["plate"] or each["vin"],
                each["reservation_id"] or ("new car" if each["new"] else ""),
                each["state"],
                each["bay"],
                _extents(each["measurement"]),
                None if each["measurement"] is None else each["measurement"]["weight_kg"],
                each["reason"],
            )
            for each in dropoffs
        ),
        "no car is on its way in",
    )


def _extents(measurement: JsonObject | None) -> str:
    if measurement is None:
        return ""
    return " x ".join(str(measurement[f"{name}_mm"]) for name in ("length", "width", "height"))


def cars_text(cars: Sequence[JsonObject]) -> RenderableType:
    """The ledger."""
    return table(
        ("Where", "Plate", "Model", "VIN", "mm (l x w x h)", "kg", "Way"),
        (
            (
                car["where"],
                car["plate"],
                car["model"],
                car["vin"],
                f"{car['length_mm']} x {car['width_mm']} x {car['height_mm']}",
                car["weight_kg"],
                car["state"],
            )
            for car in cars
        ),
        "no cars in the ledger",
    )


def events_text(events: Sequence[JsonObject]) -> RenderableType:
    """The history and what became of each event."""
    return table(
        ("No.", "UTC", "Event", "Subject", "Delivery"),
        (
            (
                event["sequence"],
                str(event["utc"])[:19].replace("T", " "),
                str(event["event_type"]).removeprefix("com.vendtower."),
                event["subject"],
                event["delivery"],
            )
            for event in events
        ),
        "no events",
    )


def cases_text(cases: Sequence[JsonObject]) -> RenderableType:
    """Questions for people: the open ones in full, the settled ones in a line each."""
    blocks: list[RenderableType] = []
    for case in (each for each in cases if each["open"]):
        blocks.append(case_text(case))
        blocks.append(Text())
    settled = [each for each in cases if not each["open"]]
    if settled:
        blocks.append(
            table(
                ("Case", "Settled", "By", "Note", "Question"),
                (
                    (
                        each["case_id"],
                        each["settlement"],
                        each["settled_by"],
                        each["note"],
                        each["question"],
                    )
                    for each in settled
                ),
                "",
            )
        )
    return Group(*blocks) if blocks else Text("no cases")


def case_text(case: JsonObject) -> RenderableType:
    """One case with its choices and what would follow from each."""
    lines = Text()
    lines.append(f"Case {case['case_id']}", style="bold yellow")
    lines.append(f" ({case['kind']}), open since {str(case['opened_utc'])[:19]} UTC\n")
    lines.append(f"{case['question']}\n", style="bold")
    for label, key in (("car", "vin"), ("visit", "visit_id"), ("lift", "lift"), ("bay", "bay")):
        if case[key] is not None:
            lines.append(f"  {label} {case[key]}\n")
    for answer in case["answers"]:
        lines.append(f"  {answer['settlement']}", style="bold")
        lines.append(f": {answer['meaning']} {' '.join(answer['consequences'])}\n")
    lines.rstrip()
    return lines


def seconds(value: float | None) -> str:
    """Minutes and seconds, or nothing."""
    if value is None:
        return ""
    whole = max(0, round(value))
    return f"{whole // 60}:{whole % 60:02d}"


def _word(value: object) -> str:
    return "" if value is None else str(value)
