"""Reads a Millrace lake as any notebook would: plain duckdb, READ_ONLY, while the platform writes.

usage: read_lake.py CATALOG EXTENSION_FOLDER
"""
import sys

import duckdb

catalog, extensions = sys.argv[1:]
connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
for extension in ("ducklake", "sqlite_scanner"):
    connection.execute(f"LOAD '{extensions}/{extension}.duckdb_extension'")
connection.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS lake (READ_ONLY)")
points, bad, asset, good = connection.execute(
    """SELECT count(*), count_if(status >= 2147483648), any_value(asset),
              sum(value) FILTER (status < 1073741824)
       FROM lake.samples JOIN lake.signals USING (signal_id)""").fetchone()
print(f"points {points} bad {bad} asset {asset} sum_good {good:.0f}")
