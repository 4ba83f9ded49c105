"""BentoML with onnxruntime: rows of features in, predictions out."""
import os

import bentoml
import numpy
import onnxruntime


@bentoml.service(workers=1)
class Perceptron:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])

    @bentoml.api
    def predict(self, rows: list[list[float]]) -> list[float]:
        (output,) = self.session.run(None, {"rows": numpy.asarray(rows, dtype=numpy.float32)})
        return numpy.maximum(numpy.expm1(output[:, 0]), 0).tolist()
