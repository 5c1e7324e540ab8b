#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures attention of headwise beside PyTorch, ONNX Runtime and OpenVINO on this CPU: in one process, on the same
inputs, taking turns, with one thread and with all. Of several ways of a participant to do a case the fastest counts.

Writes compare.json and compare.md, again after every case. Fails where a result is not that of the formulas in double.
"""
import argparse
import importlib
import importlib.metadata
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import cases
import measure
import reference
import report


def participants(names, library):
    """By name. Imported here, since they take seconds to start."""
    found = {}
    for name in names:
        module = importlib.import_module("headwise_library" if name == "headwise" else f"{name}_peer")
        found[name] = module.Headwise(library) if name == "headwise" else module.Peer()
    return found


def fastest(forms):
    """Of ways that have run before."""
    if len(forms) == 1:
        return forms[0]
    timer = measure.HostTimer()
    return min(forms, key=lambda form: min(timer.seconds(form.run, 1) for _ in range(3)))


def compare(case, everyone, threads, tensors, exact, seconds):
    """Milliseconds by participant, of those that can do the case."""
    runs = {}
    for name, participant in everyone.items():
        forms = participant.forms(case, tensors, threads)
        for form in forms:
            form.run()
            if fault := cases.disagreement(case, form.results(), exact):
                sys.exit(f"{case.name} with {threads} threads: {name}: {fault}")
        if forms:
            runs[name] = fastest(forms).run
    taken = measure.interleave(measure.RestedTimer(), runs, seconds, turn_seconds=0.02)
    return {name: round(1e3 * median, 4) for name, median in measure.median_seconds(taken).items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--quick", action="store_true", help="one case of every kind")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--participants", nargs="+", default=["headwise", *report.PEERS], metavar="NAME",
                        help="such as headwise alone, which takes as long as it does among others")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    title = report.heading({name: importlib.metadata.version(name) for name in report.PEERS})
    print(f"{title}; {cores} cores", flush=True)
    everyone = participants(options.participants, options.library)
    rows = []
    for case in cases.quick_cases() if options.quick else cases.all_cases():
        if options.only not in case.name:
            continue
        tensors = cases.inputs_of(case)
        exact = reference.attend(case, tensors)
        for threads in sorted({1, cores}):
            milliseconds = compare(case, everyone, threads, tensors, exact, seconds=0.5 if options.quick else 1.5)
            rows.append(report.row_of(case, threads, milliseconds))
            shown = ", ".join(f"{name} {taken:.2f}" for name, taken in milliseconds.items())
            print(f"{case.name}/threads:{threads}: {shown} ms", flush=True)
        report.write(options.out, title, rows)


if __name__ == "__main__":
    main()
