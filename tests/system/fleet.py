"""What several system tests need of the virtual plant."""
from story import data_folder, replay, wait_for

LIVE = "samples JOIN signals USING (signal_id) WHERE asset BETWEEN 'engine-061' AND 'engine-100'"


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
