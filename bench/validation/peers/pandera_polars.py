"""The six checks by pandera on polars: argv is the Parquet file; prints CPU seconds, peak memory in MiB, and how many checks found something."""
import json
import resource
import sys
import time

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

SHOPS = ["harbour", "hilltop", "lakeside", "market", "old-town", "promenade", "station", "university"]
schema = pa.DataFrameSchema(
    {
        "id": pa.Column(pl.Int64, unique=True),
        "temperature_c": pa.Column(pl.Float64, nullable=False),
        "units_sold": pa.Column(pl.Int32, pa.Check.in_range(0, 5000)),
        "rain_mm": pa.Column(pl.Float64, pa.Check.in_range(0, 300)),
        "shop": pa.Column(pl.String, pa.Check.isin(SHOPS)),
        "code": pa.Column(pl.String, pa.Check.str_matches(r"^[A-Z]{2}[0-9]{4}$")),
    }
)

start = time.process_time()
found = set()
try:
    schema.validate(pl.read_parquet(sys.argv[1]), lazy=True)
except SchemaErrors as errors:
    found = {row["column"] for row in errors.failure_cases.iter_rows(named=True)}
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "mib": peak, "found": len(found)}))
