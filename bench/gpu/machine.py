# SPDX-License-Identifier: Apache-2.0
"""What the measurements are made on."""
import datetime
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASKED_OF_DEVICE = {"driver": "driver_version", "memory": "memory.total", "SM clock": "clocks.sm",
                   "highest SM clock": "clocks.max.sm", "power limit": "power.limit"}


def output_of(*command):
    """What a program prints; nothing where it is missing or fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def commit():
    name = output_of("git", "rev-parse", "HEAD")
    return f"{name}, changed" if name and output_of("git", "status", "--porcelain", "--untracked-files=no") else name


def nvcc_version():
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    return next((line for line in output_of(nvcc, "--version").splitlines() if "release" in line), "")


def device_answers():
    answers = output_of("nvidia-smi", f"--query-gpu={','.join(ASKED_OF_DEVICE.values())}", "--format=csv,noheader")
    values = [value.strip() for value in answers.splitlines()[0].split(",")] if answers else []
    return dict(zip(ASKED_OF_DEVICE, values))


def description(torch):
    """By name, all that could be found out."""
    found = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "commit": commit(),
             "nvcc": nvcc_version()} | device_answers()
    if torch is not None:
        found |= {"PyTorch": torch.__version__, "CUDA of PyTorch": torch.version.cuda}
        if torch.cuda.is_available():
            found |= {"cuDNN of PyTorch": torch.backends.cudnn.version(), "device": torch.cuda.get_device_name(0),
                      "multiprocessors": torch.cuda.get_device_properties(0).multi_processor_count}
        else:
            found["device"] = "none"
    return {name: value for name, value in found.items() if value}
