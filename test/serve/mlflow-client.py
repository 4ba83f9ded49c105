"""Asks the server by MLflow's own scoring client, in each of its formats. In: {url, records} by standard input. Out: {format: predictions}."""

import json
import sys

import pandas
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

asked = json.load(sys.stdin)
records = asked["records"]
# The client sends no headers of ours; `requests` takes the key from the address.
client = ScoringServerClient(asked["host"], asked["port"])
client.wait_server_ready(timeout=10)
frame = pandas.DataFrame(records)
bodies = {
    "dataframe": frame,
    "list": records,
    "dataframe_records": json.dumps({"dataframe_records": records}),
    "instances": json.dumps({"instances": records}),
    "columns": json.dumps({"inputs": frame.to_dict(orient="list")}),
}
print(json.dumps({name: client.invoke(body).get_predictions("ndarray").tolist() for name, body in bodies.items()}))
