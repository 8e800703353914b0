"""What the demo's report says, each section measured where the story left its traces: lake, registry, plant's ledger, processes."""
import hashlib
import json

from story import wait_for

LIVE_SAMPLES = "samples JOIN signals USING (signal_id) WHERE asset BETWEEN 'engine-061' AND 'engine-100'"
# Resident memory, in MB: the edge with its model, the gateway with up to 5,000 tags, the platform while nothing arrives.
MEMORY_LIMITS_MB = {"edge": 50, "gateway": 50, "platform_idle": 300}


def training_section(model):
    manifest = model.get("manifest") or model
    metrics = model["metrics"]
    return {"dataset": model["dataset"], "trainer": manifest.get("trainer", "gbdt (XGBoost)"),
            "rmse_validation": metrics.get("rmse_validation", metrics.get("rmse")), "gates": model["gates"]}


def memory_section(site, **names):
    """Each key with the resident memory of the process it names; absent while that one does not run."""
    measured = {key: site.memory_mb(name) for key, name in names.items()}
    return {key: value for key, value in measured.items() if value is not None}


def stored_points(site):
    return site.sql(f"SELECT count(*) FROM {LIVE_SAMPLES}")[0][0]


def delivery_section(site, ledger):
    stored, distinct = site.sql(f"SELECT count(*), count(DISTINCT (signal_id, source_time)) FROM {LIVE_SAMPLES}")[0]
    published = ledger["published_points"]
    return {"published_points": published, "stored_points": stored, "lost_points": max(published - distinct, 0),
            "duplicate_points": stored - distinct}


def latency_section(site):
    row = site.sql("SELECT quantile_cont(latency_us, 0.5), quantile_cont(latency_us, 0.99), "
                   "quantile_cont(epoch_us(received) - epoch_us(source_time), 0.5), "
                   "quantile_cont(epoch_us(received) - epoch_us(source_time), 0.99) FROM decisions")[0]
    return dict(zip(("edge_p50", "edge_p99", "end_to_end_p50", "end_to_end_p99"), (round(v) for v in row)))


def model_files(site, model):
    """The bytes of each file of a model, fetched as a device fetches them; none when one is gone or differs from its hash."""
    try:
        files = {file["name"]: (file["sha256"], site.artifact(file["sha256"])) for file in model["files"]}
    except OSError as error:
        print(f"       {model['use_case']}/{model['version']}: {error}", flush=True)
        return {}
    intact = all(hashlib.sha256(content).hexdigest() == sha256 for sha256, content in files.values())
    return {name: content for name, (_, content) in files.items()} if intact else {}


def dataset_rows(site, query):
    """Rows that a manifest's query finds today in the snapshot it names: all points of an asset at one time are a row."""
    try:
        return site.sql(f"SELECT count(*) FROM (SELECT DISTINCT site, asset, source_time FROM ({query}))")[0][0]
    except RuntimeError as error:
        print(f"       the data set cannot be read: {error}", flush=True)
        return 0


def decisions_section(site):
    """A decision is traced where its model's files can be fetched and have the bytes that their hashes name, and where the
    data set that the model's manifest describes is still found in the lake, row by row."""
    versions = site.sql("SELECT model_version, count(*) FROM decisions GROUP BY 1")
    to_model = to_dataset = 0
    for version, count in versions:
        model = site.millrace("model", "show", version)
        files = model_files(site, model)
        if not {"model.onnx", "features.json", "manifest.json"} <= files.keys():
            continue
        to_model += count
        told = json.loads(files["manifest.json"])["dataset"]
        if told["sha256"] == model["dataset"]["sha256"] and dataset_rows(site, told["query"]) == model["dataset"]["rows"] > 0:
            to_dataset += count
    return {"count": sum(count for _, count in versions), "traced_to_model": to_model, "traced_to_dataset": to_dataset}


def live_errors(site):
    """RMSE of the live predictions where the plant has since told the true life, label capped at 125 as in training: over every
    cycle, and at each engine's last cycle, which is how published figures are made (docs/contract.md says what differs)."""
    all_cycles, last_cycle = site.sql(
        "SELECT sqrt(avg(error ** 2)), sqrt(avg(error ** 2) FILTER (WHERE last)) FROM (SELECT least(w.clock + w.remaining_life - "
        "d.clock, 125) - d.prediction AS error, d.clock = max(d.clock) OVER (PARTITION BY d.site, d.asset) AS last FROM decisions d "
        "JOIN work_orders w USING (site, asset) WHERE w.source = 'live' AND d.clock <= w.clock)")[0]
    return {"rmse_test": round(all_cycles, 2), "rmse_test_last_cycle": round(last_cycle, 2)}


def outcome_section(site, use_case):
    lives = len(site.ledger()["engines"])

    def counted():   # the platform evaluates KPIs every few seconds
        answer = site.millrace("kpi", "show", use_case)
        return answer if answer["n"] >= lives else None
    kpi = wait_for("the KPI over all lives", counted, 30, 0.3)
    change = 100 * (kpi["current"] - kpi["baseline"]) / kpi["baseline"]
    return {"kpi": kpi["kpi"], "baseline": kpi["baseline"], "with_millrace": kpi["current"], "target": kpi["target"],
            "change_percent": round(change, 1), "met": kpi["met"],
            "guard": {guard["name"]: {"value": guard["current"], "limit": guard["limit"], "met": guard["met"]} for guard in kpi["guards"]}}
