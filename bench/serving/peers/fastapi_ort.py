"""FastAPI with onnxruntime, as its users write it: rows of features in, predictions out."""
import os

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


@app.get("/ready")
async def ready():
    return {"ready": True}


@app.post("/predict")
async def predict(body: Rows):
    (output,) = session.run(None, {"rows": numpy.asarray(body.rows, dtype=numpy.float32)})
    return {"predictions": numpy.maximum(numpy.expm1(output[:, 0]), 0).tolist()}
