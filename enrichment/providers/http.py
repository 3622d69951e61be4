"""Speaking HTTP to a provider: one place turns what went wrong into an outcome, so that adapters read data only."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from enrichment.providers.base import Answer, Outcome

TIMEOUT = httpx.Timeout(12.0, connect=5.0)
MOST_BYTES = 1_000_000


class NoAnswer(Exception):
    """The request ended without data; `answer` says how."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status means at one provider."""

    outcome: Outcome
    words: str


USUAL = {
    400: Meaning(Outcome.ERROR, "The provider did not understand the question."),
    401: Meaning(Outcome.AUTH, "The key was refused."),
    402: Meaning(Outcome.OUT_OF_CREDITS, "The provider's credits are used up."),
    403: Meaning(Outcome.AUTH, "The key is not allowed to do this."),
    404: Meaning(Outcome.NOT_FOUND, ""),
    422: Meaning(Outcome.ERROR, "The provider could not use what is known."),
    429: Meaning(Outcome.THROTTLED, "Too many requests."),
    451: Meaning(Outcome.REFUSED_LEGAL, "The person asked not to be found."),
}


def request_json(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    meanings: Mapping[int, Meaning] = USUAL,
    **arguments: Any,
) -> dict[str, Any]:
    """Ask and return the JSON object; raises NoAnswer for anything else, a redirect included."""
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            response = client.request(method, url, headers={"Accept": "application/json", **headers}, **arguments)
    except httpx.TimeoutException:
        raise NoAnswer(Answer(Outcome.ERROR, detail="No answer in time.")) from None
    except httpx.HTTPError as error:
        raise NoAnswer(Answer(Outcome.ERROR, detail=f"Not reachable ({type(error).__name__}).")) from None
    if response.status_code != 200:
        raise NoAnswer(_explain(response, meanings))
    return _object(response)


def _explain(response: httpx.Response, meanings: Mapping[int, Meaning]) -> Answer:
    meaning = meanings.get(response.status_code)
    if meaning is None:
        return Answer(Outcome.ERROR, detail=f"Unexpected answer ({response.status_code}).")
    return Answer(meaning.outcome, detail=meaning.words, retry_after=_retry_after(response))


def _retry_after(response: httpx.Response) -> int:
    raw = response.headers.get("Retry-After", "")
    return int(raw) if raw.isdigit() and len(raw) < 6 else 0


def _object(response: httpx.Response) -> dict[str, Any]:
    if len(response.content) > MOST_BYTES:
        raise NoAnswer(Answer(Outcome.ERROR, detail="The answer is too large."))
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NoAnswer(Answer(Outcome.ERROR, detail="The answer is not readable."))
    return body


def answer_of(question: Callable[[], Answer]) -> Answer:
    """Run a question; a NoAnswer inside it becomes the answer it carries."""
    try:
        return question()
    except NoAnswer as no:
        return no.answer


def text(data: Any, *path: str) -> str:
    """The text at a path of nested objects; empty where anything is missing or of another kind."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, bool) or not isinstance(data, str | int | float):
        return ""
    return " ".join(str(data).split())
