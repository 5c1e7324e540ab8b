# SPDX-License-Identifier: Apache-2.0
"""What a program takes of the machine."""
import dataclasses
import os
import subprocess
import sys
import tempfile


@dataclasses.dataclass
class MeasuredRun:
    """What a program printed, and what it and all that it started took. The memory is that of the largest process."""

    output: str
    user_seconds: float
    memory_gb: float


def run_measured(command):
    """Runs a program. Ends this one where it fails."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        sys.exit(f"{text}\n{' '.join(command)}\nfailed with status {process.returncode}")
    return MeasuredRun(text, usage.ru_utime, usage.ru_maxrss / 1024**2)
