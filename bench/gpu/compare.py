#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the kernels of headwise beside those of PyTorch, in one process and taking turns.

  compare.py --library libheadwise_gpu_bench.so --out FOLDER [--seconds 300] [--steps FOLDER/steps.tsv]

writes results.json and results.md, again after every line. Without a device, PyTorch or the library, and where an
operation or a peer is missing or fails, it says so there and goes on. --self-test goes through all of it on a CPU, with
plain PyTorch in the place of the library."""
import argparse
import importlib.util
import json
import os
import pathlib
import sys
import threading
import time

sys.path[:0] = [str(folder) for folder in pathlib.Path(__file__).resolve().parents[:2]]

import machine
import report

# Those for which much is to be compiled come last.
PARTS = ("ceilings", "forward", "backward", "decode", "absorbed", "norm", "mea", "flex")
# Longer than it takes to compile anything.
PATIENCE = 90


class Run:
    """All parts, one after another, until a time; each is told whatever becomes of it. What `restart` does starts a new
    process that goes on behind the last part: after some faults a device answers no more to the old one."""

    def __init__(self, folder, results, restart):
        self.folder = folder
        self.results = results
        self.restart = restart
        self.progress = time.time()

    def write(self):
        report.write(self.folder, self.results)

    def left(self, names):
        """Those parts of which nothing was said yet."""
        said = {part["part"] for part in self.results["parts"]}
        return [name for name in names if name not in said]

    def skip_all(self, reason):
        for name in self.left(PARTS):
            self.results["parts"].append(part_of(name, "", f"skipped: {reason}"))
            print(f"{name}: skipped: {reason}", flush=True)
        self.write()

    def measure(self, bench, parts, skipped):
        bench.ceilings = self.results["ceilings"]
        bench.compared = self.results["compared"]
        for name in self.left(parts):
            function = parts[name]
            self.results["parts"].append(part_of(name, " ".join(function.__doc__.split()), "unfinished"))
            self.write()
            self.measure_part(bench, function, self.results["parts"][-1], skipped)
            if not bench.is_alive():
                self.restart()
                return

    def measure_part(self, bench, function, part, skipped):
        start = self.progress = time.time()
        try:
            if start > self.results["end"]:
                raise skipped("out of time")
            for row in function(bench):
                self.progress = time.time()
                part["rows"].append(row)
                part["seconds"] = round(self.progress - start, 1)
                self.results["goals"] = report.goals_of(bench.compared)
                self.write()
                if self.progress > self.results["end"]:
                    raise skipped("the rest, out of time")
            failed = sum(row.get("headwise") == report.FAILED for row in part["rows"])
            part["status"] = f"failed: headwise in {failed} of {len(part['rows'])} rows" if failed else "measured"
        except skipped as e:
            part["status"] = f"skipped: {e}"
        except Exception as e:  # one part that fails does not take the others with it
            part["status"] = f"failed: {type(e).__name__}: {e}".splitlines()[0][:300]
        part["seconds"] = round(time.time() - start, 1)
        print(f"{part['part']}: {part['status']}, {len(part['rows'])} rows, {part['seconds']} s", flush=True)
        self.write()

    def watch(self):
        """Gives up a part that hangs."""
        while True:
            time.sleep(1)
            part = self.results["parts"][-1] if self.results["parts"] else {}
            if part.get("status") == "unfinished" and time.time() - self.progress > PATIENCE:
                part["status"] = f"failed: nothing new for {PATIENCE} s"
                print(f"{part['part']}: {part['status']}", flush=True)
                self.write()
                self.restart()


def part_of(name, about, status):
    return {"part": name, "about": about, "status": status, "seconds": 0, "rows": []}


def all_parts():
    import decoding
    import operations

    return {name: getattr(operations, name, None) or getattr(decoding, name) for name in PARTS}


def read_steps(path):
    """Lines of a step, its outcome and its seconds, as bench/gpu.sh writes them."""
    if path is None or not path.exists():
        return []
    return [dict(zip(("step", "outcome", "seconds"), line.split("\t"))) for line in path.read_text().splitlines()]


def new_results(torch, steps, seconds):
    return {"machine": machine.description(torch), "steps": steps, "end": time.time() + seconds,
            "goals": report.goals_of({}), "parts": [], "ceilings": {}, "compared": {}}


def kept_results(path):
    """What a process before this one has written. If it says nothing of the end of its last part, it died of it."""
    results = json.loads(path.read_text())
    if results["parts"] and results["parts"][-1]["status"] == "unfinished":
        results["parts"][-1]["status"] = "failed: the process died"
    return results


def restart():
    sys.stdout.flush()
    arguments = [argument for argument in sys.argv if argument != "--resume"]
    os.execv(sys.executable, [sys.executable, *arguments, "--resume"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--steps", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--resume", action="store_true", help="go on behind the last part in results.json")
    options = parser.parse_args()
    has_torch = importlib.util.find_spec("torch") is not None
    if options.self_test:
        if not has_torch:
            print("skipped: no PyTorch")
            sys.exit(77)
        import self_test

        self_test.main(options.library)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    torch = importlib.import_module("torch") if has_torch else None
    written = options.out / "results.json"
    if options.resume and written.exists():
        results = kept_results(written)
    else:
        results = new_results(torch, read_steps(options.steps), options.seconds)
    run = Run(options.out, results, restart)
    if torch is None or not torch.cuda.is_available():
        run.skip_all("no device" if torch else "no PyTorch")
        return
    from kernel_library import KernelLibrary
    from measure import CudaTimer
    from parts import FULL, Bench, Compiler, Skipped

    library = KernelLibrary(options.library, torch) if options.library and options.library.is_file() else None
    threading.Thread(target=run.watch, daemon=True).start()
    run.measure(Bench(library, CudaTimer(torch), "cuda", FULL, Compiler()), all_parts(), Skipped)


if __name__ == "__main__":
    main()
