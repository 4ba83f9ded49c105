"""MLServer with onnxruntime: the Open Inference Protocol's tensors in, predictions out."""
import os

import numpy
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Perceptron(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0]).astype(numpy.float32)
        (output,) = self.session.run(None, {"rows": rows})
        predictions = numpy.maximum(numpy.expm1(output[:, 0]), 0)
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output("predictions", predictions)]
        )
