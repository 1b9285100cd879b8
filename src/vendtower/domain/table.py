"""One transition table: which event leads from which state to which."""

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from transitions import Machine, MachineError

from vendtower.domain.errors import IllegalEvent

StateT = TypeVar("StateT", bound=Enum)


class _Cursor:
    """The model that ``transitions`` moves; it lives for one question only."""

    state: Enum


class TransitionTable(Generic[StateT]):
    """A ``transitions.Machine`` asked as a pure function: (state, event type) -> next state.

    Synchronous, without callbacks and without the ``to_X`` jumps that the library adds by
    default: what is not in the table is not possible.
    """

    def __init__(
        self,
        name: str,
        states: type[StateT],
        initial: StateT,
        rows: Iterable[tuple[StateT, type, StateT]],
    ) -> None:
        self.name = name
        self.states = states
        self.initial = initial
        self.rows = tuple(rows)
        self.events = tuple(dict.fromkeys(event for _, event, _ in self.rows))
        self._machine = Machine(
            model=None,
            states=states,
            initial=initial,
            transitions=[
                {"trigger": event.__name__, "source": source, "dest": destination}
                for source, event, destination in self.rows
            ],
            auto_transitions=False,
            send_event=False,
        )

    def allows(self, state: StateT, event: type) -> bool:
        """Whether the table has a row for this event in this state."""
        return any(source is state and kind is event for source, kind, _ in self.rows)

    def after(self, state: StateT, event: type) -> StateT:
        """The state that the event leads to.

        Raises:
            IllegalEvent: when the table has no such row.

        """
        cursor = _Cursor()
        self._machine.add_model(cursor, initial=state)
        try:
            self._machine.dispatch(event.__name__)
        except (MachineError, AttributeError) as error:
            raise IllegalEvent(self.name, state.name, event.__name__) from error
        finally:
            self._machine.remove_model(cursor)
        return self.states(cursor.state)

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.name}"]
        lines += [f"    {s.name} --> {d.name}: {e.__name__}" for s, e, d in self.rows]
        leaving = {source for source, _, _ in self.rows}
        lines += [f"    {state.name} --> [*]" for state in self.states if state not in leaving]
        return "\n".join(lines) + "\n"
