"""The service that a user would write instead: FastAPI, numpy and an affine map in memory.

    python3 fastapi_numpy.py WORKERS PORT

It takes the bodies of POST /v1/translations: JSON with numbers or base64, or raw float32. The answer goes out as a
JSONResponse directly, which is quicker than a response model. WEIGHTS names a file of float32: the weights
(DSOURCE, DTARGET) and the bias (DTARGET). As the service does it validates the shape, that numbers are finite, and that no
template is zero; it has no guard.
"""

import base64
import os
import sys
from typing import List, Optional

import numpy as np
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

D_SOURCE, D_TARGET = int(os.environ["DSOURCE"]), int(os.environ["DTARGET"])
numbers = np.fromfile(os.environ["WEIGHTS"], dtype="<f4")
weights = numbers[: D_SOURCE * D_TARGET].reshape(D_SOURCE, D_TARGET)
bias = numbers[D_SOURCE * D_TARGET :]


class Template(BaseModel):
    model: str
    vector: Optional[List[float]] = None
    data: Optional[str] = None


class TranslationRequest(BaseModel):
    target: str
    templates: List[Template]


app = FastAPI()


def translate(templates: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(templates, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms == 0).any():
        raise HTTPException(422, "expected finite templates that are not zero")
    translated = (templates / norms) @ weights + bias
    translated /= np.linalg.norm(translated, axis=1, keepdims=True)
    return translated


def vector_of(template: Template) -> np.ndarray:
    if template.vector is not None:
        vector = np.asarray(template.vector, dtype=np.float32)
    elif template.data is not None:
        vector = np.frombuffer(base64.b64decode(template.data), dtype="<f4")
    else:
        raise HTTPException(422, "expected vector or data")
    if vector.shape != (D_SOURCE,):
        raise HTTPException(422, f"expected {D_SOURCE} numbers, received {vector.shape}")
    return vector


@app.post("/v1/translations")
async def translations(request: TranslationRequest) -> Response:
    translated = translate(np.stack([vector_of(template) for template in request.templates]))
    if request.templates[0].data is not None:
        forms = [{"data": base64.b64encode(row.tobytes()).decode("ascii")} for row in translated]
    else:
        forms = [{"vector": row} for row in translated.tolist()]
    return JSONResponse({"target": request.target, "templates": [{"model": request.target, **form} for form in forms]})


@app.post("/v1/translations/raw")
async def raw(request: Request) -> Response:
    body = await request.body()
    if len(body) % (4 * D_SOURCE) != 0:
        raise HTTPException(422, f"expected rows of {4 * D_SOURCE} bytes")
    translated = translate(np.frombuffer(body, dtype="<f4").reshape(-1, D_SOURCE))
    return Response(translated.tobytes(), media_type="application/octet-stream")


if __name__ == "__main__":
    uvicorn.run(
        "fastapi_numpy:app", app_dir=os.path.dirname(os.path.abspath(__file__)), host="127.0.0.1", port=int(sys.argv[2]),
        workers=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False
    )
