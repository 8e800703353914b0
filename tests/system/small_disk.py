"""A folder whose disk can be filled: a small file system of its own, or, where nothing may be mounted, a limit on file sizes."""
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile

SIZE_MB = 48
FILE_LIMIT_BYTES = 64 * 1024
ALONE = "MILLRACE_TEST_HAS_OWN_MOUNTS"


def with_own_mounts():
    """Starts this program again in a mount namespace of its own, so that its mounts go with it; stays where that is not allowed."""
    if os.environ.get(ALONE) or not shutil.which("unshare"):
        return
    for options in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        command = ["unshare", *options]
        with tempfile.TemporaryDirectory() as probe:
            attempt = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", probe], capture_output=True)
        if attempt.returncode == 0:
            os.environ[ALONE] = "1"
            os.execvp("unshare", [*command, sys.executable, "-u", *sys.argv])


class OwnDisk:
    how = f"a file system of {SIZE_MB} MB"

    def __init__(self, folder):
        self.filler = folder / "filler"

    def fill(self, _):
        with open(self.filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self, _):
        self.filler.unlink()


class FileLimit:
    how = "a limit on the size of files"

    def fill(self, pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, resource.RLIM_INFINITY))

    def free(self, pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextlib.contextmanager
def small_disk(folder):
    """What can `fill` the disk for a process and `free` it again. Call it before the process starts."""
    if not os.environ.get(ALONE):
        yield FileLimit()
        return
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", folder], check=True)
    yield OwnDisk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)
