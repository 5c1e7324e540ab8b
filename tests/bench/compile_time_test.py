# SPDX-License-Identifier: Apache-2.0
"""What bench/compile_time.py works out, without any compiler."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import compile_time
from cpu_seconds import run_measured


def missed(product, one, three, slack=1):
    taken = {"product of two matrices": product, "one variant": one, "3 variants": three}
    return compile_time.missed_goals(compile_time.figures_of(taken), slack)


class CompileTime(unittest.TestCase):
    def test_goals_that_are_met_and_missed(self):
        self.assertEqual(len(missed(2, 4, 5.1)), 0)
        self.assertEqual(len(missed(2, 4.2, 5.2)), 1)
        self.assertEqual(len(missed(2, 4, 5.4)), 1)
        self.assertEqual(len(missed(2, 4.2, 5.6)), 2)
        self.assertEqual(len(missed(2, 4.2, 5.6, slack=2)), 0)

    def test_a_slow_machine_is_as_good_as_a_fast_one(self):
        self.assertEqual(len(missed(20, 40, 51)), 0)
        self.assertEqual(len(missed(20, 40, 54)), 1)

    def test_figures_are_shown_beside_their_goals(self):
        self.assertIn("2.10 products of matrices for one variant, the goal is 2", missed(2, 4.2, 5.2)[0])

    def test_every_variant_is_a_type_of_its_own(self):
        text = compile_time.attention_of(3)
        self.assertEqual([text.count(f"struct variant_{i} ") for i in range(4)], [1, 1, 1, 0])

    def test_what_a_program_prints_and_takes_is_told(self):
        run = run_measured([sys.executable, "-c", "sum(range(10**6)); print('done')"])
        self.assertEqual(run.output, "done\n")
        self.assertGreater(run.user_seconds, 0)
        self.assertGreater(run.memory_gb, 0)

    def test_a_program_that_fails_ends_the_measurement(self):
        with self.assertRaisesRegex(SystemExit, "wrong\n(.|\n)*failed with status 3"):
            run_measured([sys.executable, "-c", "print('wrong'); raise SystemExit(3)"])


if __name__ == "__main__":
    unittest.main()
