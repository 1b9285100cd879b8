"""Makes `docs/alarms.md` from the catalogue.

``python -m vendtower.daemon.alarms_document > docs/alarms.md`` prints the page; the test suite
compares it with the one in the repository.
"""

import sys
from collections.abc import Iterator

from vendtower.domain.alarm import AlarmState, Severity
from vendtower.domain.alarm_catalogue import AlarmEntry, Recovery
from vendtower.domain.alarm_filter import FilterLimits
from vendtower.domain.job_errors import JOB_ERRORS
from vendtower.flows.alarm_catalogue import alarm_catalogue

_L = FilterLimits()
_CHATTER = f"""\
- **Chatter**: more than {_L.chatter_activations_max} activations within \
{_L.chatter_window_s:g} s. The alarm then stands until its
  condition has been gone for {_L.chatter_quiet_s:g} s."""
_FLOOD = f"""\
- **Flood**: more than {_L.flood_alarms_max} new alarms within \
{_L.flood_window_s:g} s raise C90. Those beyond are grouped: listed in
  one line, journaled, and not sent to the cloud one by one. Fatal alarms are never grouped."""
_HEAD = f"""\
# Alarms

Every alarm that the tower knows, with what it means and what to do. The page is made from
`src/vendtower/flows/alarm_catalogue.toml`: `python -m vendtower.daemon.alarms_document >
docs/alarms.md`. `vendtower alarms explain CODE` prints one entry at the tower, without network.

`P00` to `P127` are the PLC's codes (`AlarmCode` in the [PLC map](plc_map.md); 64 and above belong
to the tower's builder), `C01` to `C99` the controller's. An alarm is a code and a place: `tower`,
`lift 1`, `bay 2`, `kiosk 1`, `slot 31`, ...

## An alarm's life

The states follow ISA-18.2; the [diagram](state_machines.md#alarm) is made from the code's table.
A condition has to hold for the entry's on-delay and to be gone for its off-delay.

{_CHATTER}
{_FLOOD}
- **Shelved** (for at most a day) and **out of service** need a name and a reason; the condition
  goes on being watched and written down. A shelved alarm comes back by itself.
- **Fatal** alarms cannot be hidden. No movement begins while one holds, or while a latched one has
  not been acknowledged.
- While the PLC is not reached, nothing is known of the conditions it reports: their alarms stay as
  they were.
- Every turn is journaled with its event (`com.vendtower.alarm.*.v1`); the cloud is owed those of
  warnings and graver ones. States, shelving included, outlive a restart.
- What the journal cannot take (C30) is shown all the same, and written once it can, also when it is
  over by then.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_words(), *_index(), *_job_errors(), *_entries()]) + "\n"


def _words() -> Iterator[str]:
    for title, kind in (("State", AlarmState), ("Severity", Severity), ("Recovery", Recovery)):
        yield f"| {title} | Meaning |\n|---|---|"
        for member in kind:
            yield f"| {member.value} | {_MEANINGS[member]} |"
        yield ""


_MEANINGS = {
    AlarmState.NORMAL: "nothing holds, and nobody is needed",
    AlarmState.UNACKNOWLEDGED: "the condition holds, and nobody has said that they know",
    AlarmState.ACKNOWLEDGED: "the condition holds, and a named person knows",
    AlarmState.RETURNED: "the condition is gone, and nobody has said that they knew",
    AlarmState.LATCHED: "the condition is gone; the alarm stands until a person acknowledges that",
    AlarmState.SHELVED: "kept out of sight by a named person, with a reason and an end",
    AlarmState.OUT_OF_SERVICE: "switched off by a named person, with a reason",
    Severity.INFO: "worth knowing; acknowledges itself",
    Severity.WARNING: "the tower goes on in a lesser way, or soon will not",
    Severity.CRITICAL: "a part of the tower cannot serve until somebody acts",
    Severity.FATAL: "no movement begins while it lasts, and nobody can hide it",
    Recovery.RETRY: "it is tried again; nothing has moved half-way",
    Recovery.FIX_THEN_RESUME: "mend the cause; the tower goes on once it is gone",
    Recovery.CONFIRM_PHYSICAL_STATE: "a named person looks where the car stands and answers",
    Recovery.ABORT: "the movement or the visit ends without its goal",
}


def _index() -> Iterator[str]:
    yield "## Codes\n\n| Code | Name | Severity | On | Off | Latched |\n|---|---|---|---|---|---|"
    for entry in alarm_catalogue():
        latched = "yes" if entry.latched else ""
        yield (
            f"| [{entry.code}](#{entry.code.lower()}) | {entry.name} | {entry.severity.value} "
            f"| {entry.on_delay_s:g} s | {entry.off_delay_s:g} s | {latched} |"
        )
    yield ""


def _job_errors() -> Iterator[str]:
    yield "## Errors of a job\n"
    yield "How a movement can end otherwise than as asked, and what may be done then. The case that"
    yield "follows takes no other answer, and says why. `retry` and `fix_then_resume` are the"
    yield "answer `continue`, `confirm_physical_state` is `car_in_slot`, `car_in_bay` or"
    yield "`car_on_lift`, `abort` is `car_outside`; all are checked against the sensors. A number"
    yield "that is not here allows what `place_state` allows.\n"
    yield "| Error | First | Recoveries |\n|---|---|---|"
    for error in JOB_ERRORS.values():
        recoveries = ", ".join(each.value for each in error.recoveries)
        yield f"| {error.name} | {error.action} | {recoveries} |"
    yield ""


def _entries() -> Iterator[str]:
    for entry in alarm_catalogue():
        yield from _entry(entry)


def _entry(entry: AlarmEntry) -> Iterator[str]:
    recoveries = ", ".join(each.value for each in entry.recoveries)
    yield f"### {entry.code}\n"
    yield f"**{entry.name}** ({entry.severity.value}). {entry.cause}\n"
    yield f"- Consequence: {entry.consequence}"
    yield f"- Do: {entry.action}"
    yield f"- Recoveries: {recoveries}"
    yield from (f"- Customers read ({tag}): {text}" for tag, text in entry.customer.items())
    yield ""


if __name__ == "__main__":
    sys.stdout.write(document())
