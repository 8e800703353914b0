"""What schemathesis cannot make from docs/openapi.yaml: CSV, and the name of a use case that is there."""
import schemathesis
from hypothesis import strategies as st

CELLS = st.sampled_from(["probe-1", "2026-01-01T00:00:00Z", "2026-13-01", "1", "-0.5", "1e999", "nan", "", "x", '"quoted, cell"', "\u20ac"])
HEADERS = st.sampled_from(["asset,time,cycle,T24", "asset,time,kind,clock,remaining_life", "asset,time", "asset,time,T24,T24", "T24", ""])
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5).map(",".join), max_size=4)
TABLES = st.builds(lambda header, rows, end: end.join([header, *rows, ""]), HEADERS, ROWS, st.sampled_from(["\n", "\r\n"]))
schemathesis.openapi.media_type("text/csv", st.one_of(TABLES, st.text(min_size=1)).map(lambda text: text.encode()))


@schemathesis.serializer("text/csv")
def any_bytes(_, value):
    """Bodies that are no text at all, too."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def map_query(context, query):
    """Every other import is for the use case that is applied: the body is looked at only then."""
    if context.operation.label == "POST /api/v1/data/import" and query and len(str(query.get("use_case"))) % 2:
        return {**query, "use_case": "turbofan-maintenance", "site": "probe"}
    return query
