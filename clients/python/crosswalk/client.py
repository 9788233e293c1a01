"""Calls of the service by the names of its OpenAPI document, and those that send and receive arrays."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import time
import uuid
from typing import Any, Iterable, Iterator, NamedTuple, Optional, Sequence, Union
from urllib.parse import quote

import numpy as np
import requests

from .operations import OPERATIONS
from .problem import CrosswalkError

NPY = "application/x-npy"
# What is known to have changed nothing, whatever the method.
_NEVER_STARTED = {"overloaded", "gallery-loading", "rate-limited"}
_STORES_NOTHING = {"embedImage", "translateTemplates", "verify", "compareTemplates", "identify"}
_RECONNECT_AFTER = 1.0  # seconds
_MAX_IDLE = 5


class Translated(NamedTuple):
    """What a translation gave."""

    templates: np.ndarray
    """(n, dTarget) float32, rows of norm 1, in the order of the request"""
    map: str
    """id of the map that translated them"""
    guard: Optional[str]
    """what the guard found, as `Crosswalk-Guard` has it; None where it did not look"""


class Compared(NamedTuple):
    """What a comparison of two sets gave."""

    scores: np.ndarray
    """(N, M) float32, each probe against each reference"""
    map: Optional[str]
    """id of the map in whose comparison space they were compared; None for templates of one model"""
    matches_from: Optional[float]
    """the lowest score that matches at the false match rate; None when the calibration does not support it"""
    threshold: str
    """as `Crosswalk-Threshold` has it"""


class Face(NamedTuple):
    """A face of an image."""

    templates: dict[str, np.ndarray]
    """by model, (d) float32, as the model gives it"""
    document: dict
    """everything that the service says of it: box, landmarks, quality"""


Image = Union[bytes, bytearray, memoryview, io.IOBase]


class Crosswalk:
    """A service.

    url: such as `http://127.0.0.1:8080`
    key: an API key, `cw_…`; a service on a loopback address may need none
    retries: how often a call is repeated that the service asks to repeat, by 503 or 429 with `Retry-After`. A call that
      may have changed something is repeated only if a repetition changes nothing further
    max_wait: seconds; a call that would have to wait longer is not repeated
    timeout: seconds without a byte from the service, after which a call fails
    """

    def __init__(
        self,
        url: str,
        key: Optional[str] = None,
        *,
        retries: int = 4,
        max_wait: float = 60,
        timeout: float = 600,
    ) -> None:
        self.url = url.rstrip("/")
        self.retries, self.max_wait, self.timeout = retries, max_wait, timeout
        self.session = requests.Session()
        if key is not None:
            self.session.headers["authorization"] = f"Bearer {key}"

    def __enter__(self) -> "Crosswalk":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    # Calls by name

    def call(self, operation: str, body: Any = None, **parameters: Any) -> Any:
        """Calls an operation by its `operationId` in openapi.json, with a body that becomes JSON.

        parameters: of path and query, and headers, by their names; `-` in a name is written `_`
        returns what JSON the service answered; None for an answer without a body
        raises CrosswalkError, TypeError for an unknown operation or parameter
        """
        data = None if body is None else json.dumps(body, default=_plain).encode()
        headers = {} if data is None else {"content-type": "application/json"}
        response = self.request(operation, data=data, headers=headers, **parameters)
        return response.json() if response.content else None

    def request(
        self,
        operation: str,
        *,
        data: Any = None,
        files: Any = None,
        headers: Optional[dict] = None,
        stream: bool = False,
        **parameters: Any,
    ) -> requests.Response:
        """As `call`, with a body of any form, to the answer as it came."""
        if operation not in OPERATIONS:
            raise TypeError(f"expected an operation of the service, received {operation!r}")
        method, path, in_query, in_header = OPERATIONS[operation]
        given = {name: value for name, value in parameters.items() if value is not None}
        names = re.findall(r"{(\w+)}", path)
        missing = [name for name in names if name not in given]
        if missing:
            raise TypeError(f"{operation}: expected {', '.join(missing)}")
        for name in names:
            path = path.replace(f"{{{name}}}", quote(str(given.pop(name)), safe=""))
        sent = {"accept": "application/json", **(headers or {})}
        query = {}
        for name, value in given.items():
            if name in in_query:
                query[name] = json.dumps(value) if isinstance(value, bool) else value
            elif name.replace("_", "-") in in_header:
                sent[name.replace("_", "-")] = str(value)
            else:
                known = [*names, *in_query, *(header.replace("-", "_") for header in in_header)]
                raise TypeError(f"{operation}: expected one of {', '.join(known) or 'no parameters'}, received {name}")
        repeatable = method != "POST" or operation in _STORES_NOTHING or "idempotency-key" in sent
        for left in range(self.retries, -1, -1):
            response = self.session.request(
                method,
                self.url + path,
                params=query,
                data=data,
                files=files,
                headers=sent,
                stream=stream,
                timeout=self.timeout,
            )
            if response.ok:
                return response
            error = CrosswalkError(response)
            wait = _seconds(response.headers.get("retry-after"))
            again = response.status_code in (429, 503) and wait is not None and wait <= self.max_wait
            if left == 0 or not again or not (repeatable or error.code in _NEVER_STARTED):
                raise error
            time.sleep(wait)
        raise AssertionError("unreachable")

    def every(self, operation: str, member: str, **parameters: Any) -> Iterator[dict]:
        """All elements of a list, page by page: `every("listMaps", "maps", state="active")`."""
        after = None
        while True:
            page = self.call(operation, after=after, **parameters)
            yield from page[member]
            after = page.get("next")
            if after is None:
                return

    # Arrays

    def translate(
        self, templates: np.ndarray, *, source: str, target: str, rows_at_once: int = 20_000
    ) -> Translated:
        """Translates templates of one model into the space of another.

        templates: (n, dSource), of any length
        """
        rows = _matrix(templates, "templates")
        parts = [rows[start : start + rows_at_once] for start in range(0, len(rows), rows_at_once)]
        answers = [
            self.request(
                "translateTemplates",
                data=_npy(part),
                headers={"content-type": NPY, "accept": NPY},
                source=source,
                target=target,
            )
            for part in parts
        ]
        return Translated(
            np.concatenate([_array(answer) for answer in answers]),
            answers[-1].headers["crosswalk-map"],
            "; ".join(filter(None, (answer.headers.get("crosswalk-guard") for answer in answers))) or None,
        )

    def compare(
        self,
        probes: np.ndarray,
        references: np.ndarray,
        *,
        probe: str,
        reference: str,
        fmr: Optional[float] = None,
    ) -> Compared:
        """Compares every probe with every reference, as a verification does.

        probes, references: (N, d) and (M, d) of the models `probe` and `reference`
        fmr: the false match rate of the threshold, 0.001 when absent
        """
        response = self.request(
            "compareTemplates",
            files=[
                (name, (f"{name}.npy", _npy(_matrix(rows, name)), NPY))
                for name, rows in (("probes", probes), ("references", references))
            ],
            headers={"accept": NPY},
            probe=probe,
            reference=reference,
            fmr=fmr,
        )
        threshold = response.headers.get("crosswalk-threshold", "")
        score = re.search(r"\bscore=([-\d.e]+)", threshold)
        return Compared(
            _array(response), response.headers.get("crosswalk-map"), float(score[1]) if score else None, threshold
        )

    def verify(
        self, probe: Union[dict, Image], reference: Union[dict, Image], *, fmr: Optional[float] = None
    ) -> dict:
        """Decides whether both are of one person.

        Each side is an image, or a template as `{"model": "r512", "vector": array}`.
        """
        sides = {"probe": _side(probe), "reference": _side(reference)}
        return self.call("verify", {**sides, **({} if fmr is None else {"fmr": fmr})})

    def embed(self, image: Image, *, models: Optional[Sequence[str]] = None, faces: str = "largest") -> list[Face]:
        """The faces of an image, the largest first. faces: `largest` or `all`"""
        answer = self.request(
            "embedImage",
            data=_bytes(image),
            headers={"content-type": "application/octet-stream"},
            models=None if models is None else ",".join(models),
            faces=faces,
        ).json()
        return [
            Face(
                {
                    template["model"]: np.asarray(template["vector"], dtype=np.float32)
                    for template in face["templates"]
                },
                face,
            )
            for face in answer["faces"]
        ]

    def add_templates(
        self,
        corpus: str,
        templates: np.ndarray,
        *,
        model: str,
        samples: Sequence[str],
        identities: Optional[Sequence[Optional[str]]] = None,
    ) -> dict:
        """Adds templates of one model to a corpus, all or none. An upload can be repeated.

        templates: (n, d); samples: (n) names of the images; identities: (n) whose face each is, None where unknown
        """
        rows = _matrix(templates, "templates")
        labels = [None] * len(rows) if identities is None else identities
        table = _csv(("sample", "identity"), zip(samples, labels), len(rows), len(samples), len(labels))
        return self.request(
            "addTemplates",
            files=[("samples", ("samples.csv", table, "text/csv")), ("templates", ("t.npy", _npy(rows), NPY))],
            id=corpus,
            model=model,
        ).json()

    def enrol(
        self, gallery: str, templates: np.ndarray, *, model: str, subjects: Sequence[str]
    ) -> dict:
        """Enrols templates of one model in a gallery. Sending them again changes nothing.

        templates: (n, d); subjects: (n) whose template each is
        """
        rows = _matrix(templates, "templates")
        table = _csv(("subject",), ((subject,) for subject in subjects), len(rows), len(subjects))
        return self.request(
            "enrolTemplates",
            files=[("subjects", ("subjects.csv", table, "text/csv")), ("templates", ("t.npy", _npy(rows), NPY))],
            id=gallery,
            model=model,
        ).json()

    def fit(
        self,
        source: str,
        target: str,
        source_templates: np.ndarray,
        target_templates: np.ndarray,
        *,
        samples: Optional[Sequence[str]] = None,
        identities: Optional[Sequence[Optional[str]]] = None,
        keep_corpus: bool = False,
        **options: Any,
    ) -> dict:
        """Fits a map on templates of two models of the same images, and waits for it.

        source_templates, target_templates: (n, dSource) and (n, dTarget), one row per image
        identities: (n), whose face each is; without them there are thresholds and no match rates
        options: members of the request, such as `method`, `lambda_` or `activate`; a trailing `_` is left out
        returns the map with its card
        """
        rows = _matrix(source_templates, "source_templates")
        names = [f"image {row}" for row in range(len(rows))] if samples is None else samples
        corpus = self.call("createCorpus", {"name": f"pairs {uuid.uuid4()}"})["id"]
        try:
            for model, templates in ((source, rows), (target, target_templates)):
                self.add_templates(corpus, templates, model=model, samples=names, identities=identities)
            body = {"source": source, "target": target, "corpus": corpus}
            body.update({name.rstrip("_"): value for name, value in options.items()})
            # A lost connection loses nothing: the job goes on, and the same key finds it.
            job = self.call("fitMap", body, idempotency_key=str(uuid.uuid4()), prefer="respond-async")
            if "kind" not in job:
                return job
            ended = self.wait(job["id"])
            if ended["state"] != "succeeded":
                problem = ended.get("problem") or {}
                raise RuntimeError(f"the fit {ended['state']}: {problem.get('detail', 'no reason is given')}")
            return self.call("getMap", id=ended["result"].rsplit("/", 1)[1])
        finally:
            if not keep_corpus:
                self.call("deleteCorpus", id=corpus)

    # Jobs

    def follow(self, job: str) -> Iterator[tuple[str, dict]]:
        """The events of a job until it has ended, `(event, job)`. A stream that breaks off is resumed."""
        last, idle = None, 0
        while True:
            try:
                response = self.request(
                    "followJob", id=job, last_event_id=last, headers={"accept": "text/event-stream"}, stream=True
                )
                with response:
                    if response.status_code == 204:
                        return
                    for event, identifier, data in _events(response.iter_lines(decode_unicode=True)):
                        last, idle = identifier, 0
                        yield event, data
                        if data["endedAt"] is not None:
                            return
            except requests.RequestException:
                pass
            idle += 1
            if idle > _MAX_IDLE:
                raise ConnectionError(f"the events of job {job} break off")
            time.sleep(_RECONNECT_AFTER)

    def wait(self, job: str) -> dict:
        """The job once it has ended, as `succeeded`, `failed` or `cancelled`."""
        for _, data in self.follow(job):
            if data["endedAt"] is not None:
                break
        return self.call("getJob", id=job)


def _events(lines: Iterable[str]) -> Iterator[tuple[str, str, dict]]:
    """Server-sent events as the service writes them: `id`, `event`, one `data`."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            # Comments keep the connection alive.
            if "data" in fields:
                yield fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"])
            fields = {}


def _matrix(rows: np.ndarray, name: str) -> np.ndarray:
    matrix = np.asarray(rows)
    if matrix.ndim != 2 or len(matrix) == 0 or matrix.dtype.kind not in "fiu":
        raise ValueError(
            f"{name}: expected a matrix of numbers, (n, d), received {matrix.dtype} of shape {matrix.shape}"
        )
    return np.ascontiguousarray(matrix, dtype="<f4")


def _npy(matrix: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, matrix, allow_pickle=False)
    return file.getvalue()


def _array(response: requests.Response) -> np.ndarray:
    return np.load(io.BytesIO(response.content), allow_pickle=False)


def _csv(header: tuple[str, ...], records: Iterable[Sequence[Optional[str]]], *lengths: int) -> bytes:
    if len(set(lengths)) > 1:
        raise ValueError(f"expected one record for each template, received {' and '.join(map(str, lengths))}")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in record] for record in records)
    return text.getvalue().encode()


def _side(side: Union[dict, Image]) -> dict:
    if isinstance(side, dict):
        return {"template": side}
    return {"image": base64.b64encode(_bytes(side)).decode()}


def _bytes(image: Image) -> bytes:
    return image.read() if hasattr(image, "read") else bytes(image)


def _plain(value: Any) -> Any:
    """What JSON has no form for: arrays and numbers of NumPy."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"expected what JSON can hold, received {type(value).__name__}")


def _seconds(text: Optional[str]) -> Optional[float]:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
