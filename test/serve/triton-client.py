"""Asks the server by the public client of the Open Inference Protocol. In: {url, key, model, records} by standard input. Out: what the server told, and predictions."""

import json
import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

asked = json.load(sys.stdin)
records, model = asked["records"], asked["model"]
headers = {"authorization": f"Bearer {asked['key']}"}
client = triton.InferenceServerClient(asked["address"])
kinds = {"BYTES": numpy.object_, "FP64": numpy.float64, "INT64": numpy.int64, "BOOL": numpy.bool_}


def tensor(told):
    values = numpy.array([record[told["name"]] for record in records], dtype=kinds[told["datatype"]])
    made = triton.InferInput(told["name"], values.shape, told["datatype"])
    return made.set_data_from_numpy(values, binary_data=False)


metadata = client.get_model_metadata(model, headers=headers)
inputs = [tensor(told) for told in metadata["inputs"]]
output = metadata["outputs"][0]["name"]
named = client.infer(model, inputs, request_id="1", headers=headers, outputs=[triton.InferRequestedOutput(output, binary_data=False)])
unnamed = client.infer(model, inputs, model_version=metadata["versions"][0], headers=headers)
try:
    client.infer(model, inputs[1:], headers=headers)
    refused = None
except InferenceServerException as error:
    refused = {"status": error.status(), "message": error.message()}
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "modelReady": client.is_model_ready(model, headers=headers),
            "otherReady": client.is_model_ready("other", headers=headers),
            "server": client.get_server_metadata(headers=headers),
            "id": named.get_response()["id"],
            "named": named.as_numpy(output).tolist(),
            "unnamed": unnamed.as_numpy(output).tolist(),
            "refused": refused,
        }
    )
)
