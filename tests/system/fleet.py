"""What several system tests need of the virtual plant."""
from demo import HISTORY, USE_CASE
from evidence import LIVE_SAMPLES as LIVE
from story import data_folder, edge_runs, import_history, plant_files, replay, train_and_activate, wait_for


def live_replay(cycle_ms, units="61-100"):
    """The plant's `replay` entry: recorded engines where they are, simulated ones elsewhere."""
    return replay(data_folder(), units, cycle_ms)


def live_points(site):
    """Points of the live plant in the lake; -1 while the platform is away."""
    answer = site.try_api("POST", "/api/v1/data/sql", {"sql": f"SELECT count(*) FROM {LIVE}"})
    return answer["rows"][0][0] if answer else -1


def recover(site):
    """Waits until new points arrive again."""
    now = wait_for("the platform", lambda: max(live_points(site), 0) or None, 60)
    wait_for("new points", lambda: live_points(site) > now, 60)


def teach(site):
    """The plant's history into the lake, a model trained on it and approved, and the edge runs it."""
    import_history(site, USE_CASE, plant_files(site)[0], HISTORY)
    model = train_and_activate(site, USE_CASE)
    wait_for("the edge to run the model", lambda: edge_runs(site, model), 60)


def hold(site, name):
    """`millrace up` starts this process again only when `release` was called."""
    path = site.folder / "run" / "hold" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()


def release(site, name):
    (site.folder / "run" / "hold" / name).unlink()
