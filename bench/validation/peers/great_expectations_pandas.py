"""The six checks by Great Expectations on pandas: argv is the Parquet file; prints CPU seconds, peak memory in MiB, and how many checks found something."""
import json
import os
import resource
import sys
import time

os.environ["GX_ANALYTICS_ENABLED"] = "false"
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

SHOPS = ["harbour", "hilltop", "lakeside", "market", "old-town", "promenade", "station", "university"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
suite = gx.ExpectationSuite(
    name="six",
    expectations=[
        gxe.ExpectColumnValuesToBeUnique(column="id"),
        gxe.ExpectColumnValuesToNotBeNull(column="temperature_c"),
        gxe.ExpectColumnValuesToBeBetween(column="units_sold", min_value=0, max_value=5000),
        gxe.ExpectColumnValuesToBeBetween(column="rain_mm", min_value=0, max_value=300),
        gxe.ExpectColumnValuesToBeInSet(column="shop", value_set=SHOPS),
        gxe.ExpectColumnValuesToMatchRegex(column="code", regex=r"^[A-Z]{2}[0-9]{4}$"),
    ],
)

start = time.process_time()
frame = pd.read_parquet(sys.argv[1])
batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
result = batch.get_batch({"dataframe": frame}).validate(suite)
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "mib": peak, "found": sum(not r.success for r in result.results)}))
