"""What several system tests need of the virtual plant."""
import subprocess

from story import data_folder, wait_for

PLANT = """\
endpoint: {{port: {port}}}
pki: {{directory: "{dir}/pki", name: plant}}
users: [{{name: gateway, password_file: "{dir}/secrets/plant-password"}}]
replay: REPLAY
ledger: "{dir}/run/ledger.json"
"""


LIVE = "samples JOIN signals USING (signal_id) WHERE asset BETWEEN 'engine-061' AND 'engine-100'"


def history_files(site, units, cycle_ms):
    """The plant's `replay` entry: recorded engines where they are, simulated ones elsewhere."""
    folder = data_folder()
    if not folder:
        folder = site.folder / "simulated"
        subprocess.run([site.program("millrace-plant"), "--simulate-files", str(folder)], check=True)
    text = f'{{source: "{folder}", subset: FD001, units: "{units}", cycle_ms: {cycle_ms}}}'
    return text.replace("{", "{{").replace("}", "}}")


def live_points(site):
    """Points of the live plant in the lake; -1 while the platform is away."""
    answer = site.try_api("POST", "/api/v1/data/sql", {"sql": f"SELECT count(*) FROM {LIVE}"})
    return answer["rows"][0][0] if answer else -1


def recover(site):
    """Waits until new points arrive again."""
    now = wait_for("the platform", lambda: max(live_points(site), 0) or None, 60)
    wait_for("new points", lambda: live_points(site) > now, 60)
