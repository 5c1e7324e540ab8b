# SPDX-License-Identifier: Apache-2.0
"""What bench/compare takes for right, and how it shows what it measured."""
import importlib.util
import json
import math
import pathlib
import sys
import tempfile
import unittest

if not all(importlib.util.find_spec(name) for name in ("numpy", "ml_dtypes")):
    print("skipped: no numpy or ml_dtypes")
    sys.exit(77)
BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path[:0] = [str(BENCH), str(BENCH / "compare")]

import cases
import compare
import numpy
import reference
import report
from form import Form

CAUSAL = cases.plain("forward", "float", 64, 4, causal=True)


def results_of(case):
    tensors = cases.inputs_of(case)
    return tensors, reference.attend(case, tensors)


class Compare(unittest.TestCase):
    def test_weights_of_the_reference_are_those_of_the_formula(self):
        # Scores log 3 and 0, so that the weights are 3/4 and 1/4.
        q = numpy.array([[math.log(3) * 2, 0, 0, 0]])
        k, v = numpy.eye(4)[:2], numpy.array([[4.0, 0, 8, 0], [0, 4, 8, 0]])
        self.assertTrue(numpy.allclose(reference.attend_head(q, k, v, causal=False)["out"], [[3, 1, 8, 0]]))
        self.assertTrue(numpy.allclose(reference.attend_head(q, k, v, causal=True)["out"], [[4, 0, 8, 0]]))

    def test_gradients_of_the_reference_are_differences(self):
        generator = numpy.random.default_rng(2)
        inputs = {name: generator.standard_normal((5, 4)) for name in ("q", "k", "v")}
        out_gradient = generator.standard_normal((5, 4))
        gradients = reference.attend_head(**inputs, causal=True, out_gradient=out_gradient)
        for name in inputs:
            ends = [{**inputs, name: inputs[name] + step * numpy.eye(5, 4)} for step in (1e-6, -1e-6)]
            sums = [numpy.sum(reference.attend_head(**end, causal=True)["out"] * out_gradient) for end in ends]
            self.assertAlmostEqual((sums[0] - sums[1]) / 2e-6, numpy.trace(gradients[f"{name}_gradient"]), places=7)

    def test_query_heads_of_a_group_share_keys(self):
        case = cases.decoding("float", 8, 6)
        tensors, exact = results_of(case)
        alone = reference.attend_head(*(tensors[name][head].astype(float) for name, head in
                                        (("q", 13), ("k", 3), ("v", 3))), causal=False)
        self.assertTrue(numpy.allclose(exact["out"][13], alone["out"]))

    def test_one_wrong_row_and_one_that_is_no_number_disagree(self):
        _, exact = results_of(CAUSAL)
        self.assertIsNone(cases.disagreement(CAUSAL, exact, exact))
        for wrong in (0.0, math.nan):
            results = {"out": exact["out"].copy()}
            results["out"][2, 3] *= wrong
            self.assertIn("out is off by", cases.disagreement(CAUSAL, results, exact))

    def test_a_participant_that_is_wrong_ends_the_comparison_with_the_name_of_the_case(self):
        class Wrong:
            def forms(self, case, tensors, threads):
                return [Form(lambda: None, lambda: {"out": numpy.zeros_like(tensors["q"])})]

        with self.assertRaisesRegex(SystemExit, f"{CAUSAL.name} with 1 threads: torch: out is off by 1,"):
            compare.compare(CAUSAL, {"torch": Wrong()}, 1, *results_of(CAUSAL), seconds=0)

    def test_whoever_has_no_form_of_a_case_is_left_out(self):
        tensors, exact = results_of(CAUSAL)

        class Absent:
            def forms(self, case, tensors, threads):
                return []

        class Right:
            def forms(self, case, tensors, threads):
                return [Form(lambda: None, lambda: exact)] * 2

        taken = compare.compare(CAUSAL, {"headwise": Absent(), "torch": Right()}, 1, tensors, exact, seconds=0)
        self.assertEqual(list(taken), ["torch"])

    def test_a_ratio_is_to_the_fastest_other(self):
        row = report.row_of(CAUSAL, 2, {"headwise": 3.0, "torch": 4.0, "openvino": 2.0})
        self.assertEqual(row, {"case": "forward/causal_4x64/float/tokens:4", "threads": 2, "headwise_ms": 3.0,
                               "peers": {"torch_ms": 4.0, "onnxruntime_ms": None, "openvino_ms": 2.0},
                               "ratio_to_best": 1.5})
        self.assertIsNone(report.row_of(CAUSAL, 2, {"torch": 4.0})["ratio_to_best"])
        self.assertIsNone(report.row_of(CAUSAL, 2, {"headwise": 3.0})["ratio_to_best"])

    def test_files_say_what_was_measured_and_what_is_not_there(self):
        rows = [report.row_of(CAUSAL, 1, {"torch": 4.0})]
        with tempfile.TemporaryDirectory() as folder:
            report.write(pathlib.Path(folder), "A processor", rows)
            self.assertEqual(json.loads((pathlib.Path(folder) / "compare.json").read_text()), rows)
            text = (pathlib.Path(folder) / "compare.md").read_text()
        self.assertIn("A processor.", text)
        self.assertIn("| forward/causal_4x64/float/tokens:4 | 1 | not available | 4.00 |  |  |  |", text)


if __name__ == "__main__":
    unittest.main()
