"""RFC 9457 problem documents."""

from collections.abc import Mapping

from aiohttp import web


class Problem(Exception):
    """A refusal, raised where it is found and answered as a problem document."""

    def __init__(self, status: int, kind: str, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail

    @property
    def document(self) -> dict[str, object]:
        """What is answered."""
        document: dict[str, object] = {
            "type": f"urn:vendtower:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
        }
        return {**document, "detail": self.detail} if self.detail else document


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """The document of this problem."""
    return web.json_response(
        problem.document,
        status=problem.status,
        content_type="application/problem+json",
        headers=headers,
    )
