"""A training command: least squares over the rows of $MILLRACE_TRAIN, written to $MILLRACE_MODEL as ONNX.

The ONNX file is put together by hand (field numbers of onnx.proto3) so that this needs nothing but numpy and DuckDB.
"""
import os
import struct

import duckdb
import numpy


def varint(number):
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, values, *shape):
    raw = struct.pack(f"<{len(values)}f", *values)
    return field(5, b"".join(field(1, size) for size in shape) + field(2, 1) + field(8, name) + field(9, raw))


def node(operator, inputs, output):
    return field(1, b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operator))


def value(number, name, columns):
    shape = field(1, field(2, "rows")) + field(1, field(1, columns))
    return field(number, field(1, name) + field(2, field(1, field(1, 1) + field(2, shape))))


def onnx_of(means, weights, bias):
    """Gemm over the inputs, with the mean where one is missing."""
    size = len(means)
    graph = (node("IsNaN", ["x"], "missing") + node("Where", ["missing", "means", "x"], "filled")
             + node("Gemm", ["filled", "weights", "bias"], "y") + field(2, "linear")
             + tensor("means", means, 1, size) + tensor("weights", weights, size, 1) + tensor("bias", [bias], 1)
             + value(11, "x", size) + value(12, "y", 1))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


table = duckdb.sql(f"SELECT * FROM read_parquet('{os.environ['MILLRACE_TRAIN']}')").fetchnumpy()
label = numpy.ma.getdata(table.pop("label")).astype(float)
rows = numpy.column_stack([numpy.ma.getdata(column).astype(float) for column in table.values()])
means = numpy.nan_to_num(numpy.nanmean(rows, axis=0))
filled = numpy.where(numpy.isnan(rows), means, rows)
solution = numpy.linalg.lstsq(numpy.column_stack([filled, numpy.ones(len(filled))]), label, rcond=None)[0]
with open(os.environ["MILLRACE_MODEL"], "wb") as file:
    file.write(onnx_of(list(means), list(solution[:-1]), float(solution[-1])))
print(f"fitted {rows.shape[1]} features on {rows.shape[0]} rows, seed {os.environ['MILLRACE_SEED']}")
