"""Makes the table of failed visits in `docs/at_the_bay.md` from the code.

``python -m vendtower.daemon.failures_document`` prints it; the test suite compares the two.
"""

import sys

from vendtower.domain.visit_failure import PROPOSALS


def table() -> str:
    """The table in Markdown, in the order of the code."""
    lines = ["| Cause | Fault | Money | Rebook |", "|---|---|---|---|"]
    for cause, proposal in PROPOSALS.items():
        rebook = "offer it" if proposal.rebook else "no"
        lines.append(
            f"| `{cause.value}` | {proposal.fault.value} | {proposal.money.value} | {rebook} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
