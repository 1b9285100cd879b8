"""The live picture of the tower in characters, for a terminal over SSH."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from vendtower.cli.client import JsonObject
from vendtower.cli.show import lifts_not_in_service, seconds

FREE, TAKEN, DOUBTFUL, BLOCKED, OUT = "·", "■", "?", "x", "o"
_LEGEND = (
    f"{TAKEN} car  {FREE} free  {DOUBTFUL} sensor in doubt or against the ledger  "
    f"{BLOCKED} blocked  {OUT} out of service"
)


def picture_text(site: JsonObject, picture: JsonObject) -> RenderableType:
    """The whole picture; ``site`` is the answer of ``/api/site``."""
    status = picture["status"]
    machine = status["machine"] if status["machine_fresh"] else None
    blocks: list[RenderableType] = [_head(site, status), Text()]
    blocks += _levels(site, picture, machine)
    blocks += [Text(_LEGEND, style="dim"), Text()]
    if machine is None:
        blocks.append(Text("Machine data is too old to count.", style="bold red"))
    else:
        blocks += [_lift(lift) for lift in machine["lifts"]]
        blocks += [_bay(bay) for bay in machine["bays"]]
    blocks += lifts_not_in_service(status)
    blocks += [
        Text(f"{note['place']}: OUT OF SERVICE, {note['reason']} ({note['by']})", style="yellow")
        for note in picture["out_of_service"]
    ]
    blocks.append(Text())
    blocks += _people(picture)
    return Group(*blocks)


def _head(site: JsonObject, status: JsonObject) -> Text:
    head = Text(f"{site['name']}  {str(status['utc'])[:19].replace('T', ' ')} UTC  ")
    if status["in_service"]:
        head.append("in service", style="green")
    else:
        why = "; ".join(status["out_of_service_why"]) or "no reason given"
        head.append(f"OUT OF SERVICE: {why}", style="bold red")
    head.append(state_line(status), style="bold yellow")
    plc, cloud = status["plc"], status["cloud"]
    head.append(f"\nPLC {plc['state']} {plc['reason']}".rstrip())
    head.append(f"  cloud {'reachable' if cloud['reachable'] else cloud['note'] or 'no answer'}")
    head.append(f"  faces {'available' if status['face_available'] else 'not available'}")
    if status["face_note"]:
        head.append(f" ({status['face_note']})")
    listed = status["reservation_list"]
    if listed is not None and (listed["state"] != "confirmed" or listed["text"] != "confirmed"):
        style = "bold red" if listed["state"] in {"too_old", "never_confirmed"} else "yellow"
        head.append(f"\nreservations: {listed['text']}", style=style)
    if not status["liveness"]:
        head.append(" (liveness OFF: a photograph may pass)", style="bold red")
    if status["power"]["profile"] != "normal":
        head.append(f"  POWER REDUCED: {status['power']['why']}", style="bold yellow")
    outbox = status["outbox"]
    head.append(f"  outbox {outbox['waiting']} waiting, {outbox['dead']} dead")
    return head


def state_line(status: JsonObject) -> str:
    """Mode, maintenance, stops and overrides, where there is something to say; a line each."""
    lines = [] if status["mode"] == "automatic" else [f"mode {status['mode']}"]
    session = status["maintenance"]
    if session is not None:
        lines.append(f"maintenance by {session['holder']}: {session['reason']}")
    lines += [f"{each['kind']} {each['place']}: {each['state']}" for each in status["stops"]]
    lines += [
        f"override {each['number']} ({each['state']}): {each['hindrance']} until {each['ends_at']}"
        for each in status["overrides"]
    ]
    return "".join(f"\n{line}" for line in lines)


def _levels(
    site: JsonObject, picture: JsonObject, machine: JsonObject | None
) -> list[RenderableType]:
    cars = {str(car["where"]) for car in picture["cars"]}
    out = {str(note["place"]) for note in picture["out_of_service"]}
    lifts = [] if machine is None else machine["lifts"]
    lines: list[RenderableType] = []
    levels = sorted(site["levels"], key=lambda level: -int(level["height_mm"]))
    for level in levels:
        line = Text(f"L{level['number']:<3}")
        line.append(_lifts_at(level, levels, lifts), style="bold blue")
        for bay in (bay for bay in site["bays"] if bay["level"] == level["number"]):
            taken = f"bay {bay['number']}" in cars
            line.append(f" [bay {bay['number']} {TAKEN if taken else FREE}]", style="bold")
        for slot in (slot for slot in site["slots"] if slot["level"] == level["number"]):
            place = f"slot {slot['number']}"
            mark = OUT if place in out else _slot_mark(slot["number"], place in cars, machine)
            style = "bold yellow" if mark == DOUBTFUL else ""
            line.append(f" {slot['number']:>3}{mark}", style=style)
        lines.append(line)
    return lines


def _lifts_at(level: JsonObject, levels: Sequence[JsonObject], lifts: Sequence[JsonObject]) -> str:
    """The lifts that are nearest to this level, full or empty."""
    here = ""
    for lift in lifts:
        at_mm = int(lift["hoist_position_mm"])
        nearest = min(levels, key=lambda each: abs(int(each["height_mm"]) - at_mm))
        if nearest is level:
            here += f"◄{TAKEN if lift['load'] == 'car' else ' '}►{lift['number']}"
    return f"{here:<{5 * max(1, len(lifts))}}"


def _slot_mark(number: int, in_ledger: bool, machine: JsonObject | None) -> str:
    if machine is not None:
        slots = machine["slots"]
        if number in slots["doubtful"] or (number in slots["occupied"]) != in_ledger:
            return DOUBTFUL
        if number in slots["blocked"]:
            return BLOCKED
    return TAKEN if in_ledger else FREE


def _lift(lift: JsonObject) -> Text:
    text = Text(
        f"lift {lift['number']}: {'stands' if lift['standstill'] else 'moves'} at "
        f"{lift['hoist_position_mm']} mm, {lift['turn_position_deg']:.1f} deg, shuttle "
        f"{lift['shuttle_position_mm']} mm, {lift['load']}; job {lift['job_state']} "
        f"{lift['job_step']}".rstrip()
    )
    if lift["inhibits"]:
        text.append(f"; inhibited: {', '.join(lift['inhibits'])}", style="yellow")
    if lift["job_error"]:
        text.append(f"; error: {lift['job_error']}", style="bold red")
    return text


def _bay(bay: JsonObject) -> Text:
    doors = ", ".join(
        f"{name} door {bay[f'{key}_door']}{' and locked' if bay[f'{key}_locked'] else ''}"
        for name, key in (("tower", "inner"), ("street", "outer"))
    )
    car = f"car, {bay['weight_kg']} kg" if bay["presence"] else "no car"
    text = Text(f"bay {bay['number']}: {doors}; {car}")
    for key, warning in (("person_inside", "PERSON INSIDE"), ("estop_pressed", "E-STOP PRESSED")):
        if bay[key]:
            text.append(f"; {warning}", style="bold red")
    return text


def _people(picture: JsonObject) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for visit in (visit for visit in picture["visits"] if not visit["ended"]):
        eta = f", car in {seconds(visit['car_eta_s'])}" if visit["car_eta_s"] is not None else ""
        if visit["car_left_because"]:
            eta += f", left: {visit['car_left_because'].replace('_', ' ')}"
        lines.append(
            Text(f"visit {visit['reservation_id']}: {visit['state']}, {visit['car_where']}{eta}")
        )
    for alarm in (alarm for alarm in picture["alarms"] if not alarm["grouped"]):
        if not alarm["masked_by"]:
            style = "bold red" if alarm["severity"] in ("critical", "fatal") else "yellow"
            text = f"ALARM {alarm['code']} {alarm['source']}: {alarm['name']}, {alarm['state']}"
            lines.append(Text(text, style=style))
    for case in (case for case in picture["cases"] if case["open"]):
        lines.append(Text(f"CASE {case['case_id']}: {case['question']}", style="bold yellow"))
    return lines
