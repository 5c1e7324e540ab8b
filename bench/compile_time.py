#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the library asks of a C++ compiler: attention of one variant, forward and backward on the CPU in float, beside a
product of two of Eigen's matrices, and every further variant in the same unit.

Times are user CPU seconds, the least of some rounds in which the units take turns, since waiting for a busy machine is
no fault of the code. With --check it fails where a goal is missed by more than a factor of --slack: a busy machine also
slows what it runs. The command of the compiler, such as clang++ -std=c++20 -O2, comes last.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cpu_seconds import run_measured

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_PRODUCTS = 2
MOST_PRODUCTS_OF_FURTHER = 0.3
VARIANTS = 3

PRODUCT = """#include <Eigen/Core>
void multiply(const Eigen::MatrixXf& a, const Eigen::MatrixXf& b, Eigen::MatrixXf& c) { c.noalias() = a * b; }
"""
HEADERS = "#include <headwise/cpu.hpp>\n"
ATTENTION = """
struct variant_{number} : headwise::attention_variant<headwise::query_heads<8>, headwise::head_dim<{head_dim}>,
                                                      headwise::causal_mask> {{}};
void attend(const headwise::attend_arguments<variant_{number}, float>& forward,
            const headwise::attend_backward_arguments<variant_{number}, float>& backward,
            headwise::host_workspace& scratch) {{
  headwise::cpu_backend::attend(forward, scratch);
  headwise::cpu_backend::attend_backward(backward, scratch);
}}
"""


def attention_of(variants):
    return HEADERS + "".join(ATTENTION.format(number=i, head_dim=64 + 32 * i) for i in range(variants))


UNITS = {"headers alone": HEADERS, "product of two matrices": PRODUCT, "one variant": attention_of(1),
         f"{VARIANTS} variants": attention_of(VARIANTS)}


def default_command():
    """What the README says to compile with."""
    eigen = subprocess.run(["pkg-config", "--cflags", "eigen3"], capture_output=True, text=True, check=True).stdout
    return ["c++", "-std=c++20", "-O3", "-march=native", "-fopenmp", *eigen.split()]


def measure(command, rounds):
    """The least CPU seconds by unit."""
    taken = dict.fromkeys(UNITS, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "unit.cpp"
        for _ in range(rounds):
            for name, text in UNITS.items():
                source.write_text(text)
                run = run_measured([*command, f"-I{ROOT}/include", "-c", str(source), "-o", f"{folder}/unit.o"])
                taken[name] = min(taken[name], run.user_seconds)
    return taken


def figures_of(taken):
    """What has a goal: a figure, its goal and a sentence that shows both. Machines differ in their speed, so that
    everything is measured by the product of matrices."""
    product = taken["product of two matrices"]
    further = (taken[f"{VARIANTS} variants"] - taken["one variant"]) / (VARIANTS - 1)
    found = [(taken["one variant"] / product, MOST_PRODUCTS, "products of matrices for one variant"),
             (further / product, MOST_PRODUCTS_OF_FURTHER, f"for every further variant ({further:.2f} s)")]
    return [(figure, goal, f"{figure:.2f} {what}, the goal is {goal:g}") for figure, goal, what in found]


def missed_goals(figures, slack):
    return [sentence for figure, goal, sentence in figures if figure > goal * slack]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail where a goal is missed")
    parser.add_argument("--slack", type=float, default=1, help="factor of the goals with --check")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the compiler and its flags")
    options = parser.parse_args()
    command = options.command or default_command()
    taken = measure(command, options.rounds)
    print(" ".join([shutil.which(command[0]) or command[0], *command[1:]]))
    for name, seconds in taken.items():
        print(f"{seconds:6.2f} s  {name}")
    figures = figures_of(taken)
    print("\n".join(sentence for _, _, sentence in figures))
    if options.check and (missed := missed_goals(figures, options.slack)):
        sys.exit(f"missed by more than a factor of {options.slack:g}: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
