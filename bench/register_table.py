#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What nvcc tells of the kernels of attention, without a GPU.

Compiles every source given (tests/device/kernels/*.cu if none is), each with one operation on one head size, for one
architecture after another, and prints a table: registers, shared memory, spills, blocks that fit a multiprocessor, the
share of tensor core instructions on the way around the innermost loop that has them, and what the compilation took.

With --check it fails where a kernel breaks the project's limits (`limits_of`). Limits of time are on user CPU seconds
of nvcc and all that it starts, since waiting for a busy machine is no fault of the code. A busy machine also slows what
it runs, through shared caches and cores, by a factor that no one knows: --slack multiplies the limits of time for it.

The share of instructions needs nvdisasm, which not every toolkit has: it is taken from --nvdisasm, $NVDISASM, the PATH
or an installed triton package, and the column says "not measured" without it.
"""
import argparse
import dataclasses
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import compiled_kernels
from compiled_kernels import ARCHITECTURES
from cpu_seconds import run_measured

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=c++20", "-Werror", "all-warnings", "-Xcompiler", "-Wall,-Wextra", "--resource-usage"]
MOST_MEMORY_GB = 1.5


@dataclasses.dataclass
class Limits:
    """What a source may cost."""

    user_seconds: float
    spills: bool = False


@dataclasses.dataclass
class Compilation:
    """One source for one architecture, and what compiling it took."""

    source: str
    arch: int
    kernels: list
    user_seconds: float
    memory_gb: float


def limits_of(source):
    """The limits of a source by its name, which is an operation and a head size."""
    operation, dim = source.rsplit("_", 1)
    if operation == "attend_backward":
        return Limits(user_seconds=10, spills=int(dim) > 64)
    return Limits(user_seconds=6)


def sources_of_tests():
    """By operation, then by head size."""
    def place(source):
        operation, dim = source.stem.rsplit("_", 1)
        return operation, int(dim)

    return sorted((ROOT / "tests/device/kernels").glob("*.cu"), key=place)


def find_nvcc():
    beside = [pathlib.Path(os.environ[name]) / "bin" for name in ("CUDA_PATH", "CUDA_HOME") if name in os.environ]
    places = os.pathsep.join(map(str, [*beside, os.environ.get("PATH", ""), "/usr/local/cuda/bin"]))
    return shutil.which("nvcc", path=places)


def find_nvdisasm():
    """The program's path, or none."""
    found = os.environ.get("NVDISASM") or shutil.which("nvdisasm")
    if found:
        return found
    triton = importlib.util.find_spec("triton")
    for folder in triton.submodule_search_locations if triton else []:
        path = pathlib.Path(folder) / "backends/nvidia/bin/nvdisasm"
        if path.exists():
            return str(path)
    return None


def compile_source(nvcc, source, arch, folder, nvdisasm):
    """Compiles a source as users do, host code and all. The memory is that of the largest process, one of which runs
    at a time."""
    command = [nvcc, *FLAGS, f"-arch=sm_{arch}", f"-I{ROOT}/include", "-c", str(source), "-o", f"{folder}/object.o"]
    command += ["--keep", "--keep-dir", folder]
    run = run_measured(command)
    kernels = compiled_kernels.parse_resources(run.output)
    if nvdisasm:
        code = subprocess.run([nvdisasm, "-c", f"{folder}/{source.stem}.sm_{arch}.cubin"], check=True,
                              capture_output=True, text=True).stdout
        compiled_kernels.add_mma_shares(kernels, code)
    return Compilation(source.stem, arch, kernels, run.user_seconds, run.memory_gb)


def faults(compilation, slack):
    """A sentence for every limit that is broken."""
    found = []
    limits = limits_of(compilation.source)
    where = f"{compilation.source} for sm_{compilation.arch}"
    launched = [kernel for kernel in compilation.kernels if kernel.threads]
    if not launched:
        found.append(f"{where}: no kernel says how it is launched")
    for kernel in compilation.kernels:
        if not limits.spills and (kernel.stack or kernel.spill_stores or kernel.spill_loads):
            found.append(f"{where}: {kernel.name} has {kernel.stack} bytes of stack and spills "
                         f"{kernel.spill_stores} bytes out and {kernel.spill_loads} in, none is allowed")
    for kernel in launched:
        most = ARCHITECTURES[compilation.arch].block_shared
        if kernel.shared > most:
            found.append(f"{where}: {kernel.name} needs {kernel.shared} bytes of shared memory, the device has {most}")
    if compilation.user_seconds > limits.user_seconds * slack:
        found.append(f"{where}: nvcc took {compilation.user_seconds:.1f} s, {limits.user_seconds:g} s and a factor of "
                     f"{slack:g} for a busy machine are allowed")
    if compilation.memory_gb > MOST_MEMORY_GB:
        found.append(f"{where}: nvcc took {compilation.memory_gb:.2f} GB, {MOST_MEMORY_GB} GB are allowed")
    return found


def rows_of(compilation, has_nvdisasm):
    operation, dim = compilation.source.rsplit("_", 1)
    cost = [f"{compilation.user_seconds:.1f} s", f"{compilation.memory_gb:.2f} GB"]
    for kernel in (kernel for kernel in compilation.kernels if kernel.threads):
        if not has_nvdisasm:
            share = "not measured"
        else:
            share = f"{kernel.mma_share:.2f}" if kernel.mma_share else "none"
        spills = kernel.spill_stores + kernel.spill_loads
        yield [operation.replace("_", " "), f"`{kernel.name}`", dim, f"sm_{compilation.arch}", str(kernel.registers),
               f"{kernel.shared / 1024:.4g} KB", f"{spills} B" if spills else "none",
               str(kernel.blocks_per_multiprocessor(compilation.arch)), share, *cost]
        cost = ["", ""]


def table_of(compilations, has_nvdisasm, with_cost=True):
    header = ["operation", "kernel", "head size", "device", "registers", "shared", "spills", "blocks", "mma share",
              "nvcc", "memory"]
    rows = [header, ["---"] * len(header)]
    for compilation in compilations:
        rows += rows_of(compilation, has_nvdisasm)
    return "".join("| " + " | ".join(row if with_cost else row[:-2]) + " |\n" for row in rows)


def replace_table(document, table):
    """Puts the table between the two comments of a document that name this program."""
    begin, end = "<!-- bench/register_table.py -->\n", "<!-- end -->"
    text = document.read_text()
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        sys.exit(f"{document} has no place for the table, between {begin.strip()} and {end}")
    document.write_text(before + begin + table + end + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", type=pathlib.Path)
    parser.add_argument("--nvcc", default=find_nvcc())
    parser.add_argument("--nvdisasm", default=find_nvdisasm())
    parser.add_argument("--arch", type=int, action="append", choices=sorted(ARCHITECTURES), help="80 and 90 if none")
    parser.add_argument("--check", action="store_true", help="fail where a limit is broken")
    parser.add_argument("--slack", type=float, default=1, help="factor of the limits of time with --check")
    parser.add_argument("--document", type=pathlib.Path, help="replace the table in this Markdown file, without costs")
    options = parser.parse_args()
    if not options.nvcc:
        sys.exit("nvcc is missing, give its path with --nvcc")
    compilations = []
    for source in options.sources or sources_of_tests():
        for arch in options.arch or [80, 90]:
            with tempfile.TemporaryDirectory() as folder:
                compilations.append(compile_source(options.nvcc, source, arch, folder, options.nvdisasm))
    print(table_of(compilations, options.nvdisasm), end="")
    if options.document:
        replace_table(options.document, table_of(compilations, options.nvdisasm, with_cost=False))
    broken = [fault for compilation in compilations for fault in faults(compilation, options.slack)]
    print("".join(f"{fault}\n" for fault in broken), end="")
    if options.check and broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
