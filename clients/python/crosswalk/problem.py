"""What the service refuses, as an exception."""

from __future__ import annotations

import requests


class CrosswalkError(Exception):
    """An answer that is no success.

    problem: the members of the problem document (RFC 9457): `code`, `detail` and those of the code
    status: of the answer
    """

    def __init__(self, response: requests.Response) -> None:
        self.status: int = response.status_code
        self.problem: dict = _problem_of(response)
        super().__init__(f"{self.code}: {self.problem.get('detail', response.reason)}")

    @property
    def code(self) -> str:
        """As in docs/errors.md, such as `map-missing`; `unknown` when something else than the service has answered."""
        return str(self.problem.get("code", "unknown"))


def _problem_of(response: requests.Response) -> dict:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"status": response.status_code}
