# SPDX-License-Identifier: Apache-2.0
"""What bench/register_table.py reads and works out, without any compiler."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import compiled_kernels
import register_table
from compiled_kernels import Kernel

ATTEND = "_ZN8headwise4cuda15attend_by_tilesINS0_4tileINS_10multi_headEEEEEvNT_10parametersENS0_7alignedE"
LAUNCH = ("_Z13launched_withIXadL_ZN8headwise4cuda15attend_by_tilesINS1_4tileINS0_10multi_headEEEEEvNT_10parameters"
          "ENS1_7alignedEEELi128ELm65536EEvv")
RESOURCES = f"""ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '{ATTEND}' for 'sm_80'
ptxas info    : Function properties for {ATTEND}
    24 bytes stack frame, 20 bytes spill stores, 32 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 24 bytes cumulative stack size, 512 bytes smem, 668 bytes cmem[0]
ptxas info    : Compiling entry function '{LAUNCH}' for 'sm_80'
ptxas info    : Function properties for {LAUNCH}
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 4 registers, used 0 barriers
ptxas info    : Compiling entry function '_Z5otherv' for 'sm_80'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 0 barriers
"""

# A loop of ten instructions: one way around it takes eight of them, the other leaves out the products. Behind the end
# stands a block that is part of the loop, where a mask cuts a tile.
CODE = f"""	.section	.text.{ATTEND},"ax",@progbits
.text.{ATTEND}:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
.L_x_0:
        /*0010*/              @!P0 BRA `(.L_x_1) ;
        /*0020*/                   LDSM.16.M88.4 R4, [R2] ;
        /*0030*/                   HMMA.16816.F32.BF16 R8, R4, R6, RZ ;
        /*0040*/               @P1 BRA `(.L_x_3) ;
.L_x_2:
        /*0050*/                   HMMA.16816.F32.BF16 R8, R4, R6, R8 ;
.L_x_1:
        /*0060*/                   IADD3 R3, R3, 0x1, RZ ;
        /*0070*/                   BSSY B0, `(.L_x_0) ;
        /*0080*/              @!P2 BRA `(.L_x_0) ;
        /*0090*/                   EXIT ;
.L_x_3:
        /*00a0*/                   FSEL R8, R8, -INF , P3 ;
        /*00b0*/                   BRA `(.L_x_2) ;
	.section	.text._Z5otherv,"ax",@progbits
.text._Z5otherv:
        /*0000*/                   EXIT ;
"""


def compiled(source="attend_64", arch=80, seconds=1.0, memory=0.5, **kernel):
    kernel = Kernel(ATTEND, registers=200, threads=128, **kernel)
    return register_table.Compilation(source, arch, [kernel], seconds, memory)


class RegisterTable(unittest.TestCase):
    def test_resources_are_read_and_joined_with_the_launch(self):
        attend, other = compiled_kernels.parse_resources(RESOURCES)
        self.assertEqual((attend.name, other.name), ("attend_by_tiles<tile>", "other"))
        self.assertEqual((attend.stack, attend.spill_stores, attend.spill_loads), (24, 20, 32))
        self.assertEqual((attend.registers, attend.threads, attend.shared), (255, 128, 65536 + 512))
        self.assertEqual((other.registers, other.threads), (40, 0))

    def test_a_launch_of_no_kernel_is_an_error(self):
        with self.assertRaises(ValueError):
            compiled_kernels.parse_resources(RESOURCES.replace(f"'{ATTEND}'", "'_Z7nothingv'"))

    def test_blocks_are_limited_by_what_runs_out_first(self):
        def blocks(arch, **kernel):
            return Kernel(ATTEND, **kernel).blocks_per_multiprocessor(arch)

        self.assertEqual(blocks(80, registers=255, threads=128, shared=32 * 1024), 2)
        self.assertEqual(blocks(80, registers=168, threads=128, shared=32 * 1024), 3)
        self.assertEqual(blocks(80, registers=32, threads=128, shared=64 * 1024), 2)
        self.assertEqual(blocks(90, registers=32, threads=128, shared=64 * 1024), 3)
        self.assertEqual(blocks(90, registers=32, threads=1024, shared=0), 2)
        self.assertEqual(blocks(90, registers=16, threads=32, shared=0), 32)

    def test_the_share_of_products_is_that_of_a_tile_no_mask_cuts(self):
        kernels = compiled_kernels.parse_resources(RESOURCES)
        compiled_kernels.add_mma_shares(kernels, CODE)
        self.assertEqual([kernel.mma_share for kernel in kernels], [2 / 8, 0])

    def test_limits_that_are_kept_and_broken(self):
        def count(compilation, slack=1):
            return len(register_table.faults(compilation, slack))

        self.assertEqual(count(compiled()), 0)
        self.assertEqual(count(compiled(spill_loads=4)), 1)
        self.assertEqual(count(compiled(stack=8)), 1)
        self.assertEqual(count(compiled(shared=164 * 1024)), 1)
        self.assertEqual(count(compiled(arch=90, shared=164 * 1024)), 0)
        self.assertEqual(count(compiled(seconds=6.1)), 1)
        self.assertEqual(count(compiled(seconds=6.1), slack=2), 0)
        self.assertEqual(count(compiled(memory=1.6)), 1)
        self.assertEqual(count(compiled("attend_backward_64", seconds=9, spill_stores=4)), 1)
        self.assertEqual(count(compiled("attend_backward_128", seconds=9, spill_stores=4)), 0)
        self.assertEqual(count(register_table.Compilation("attend_64", 80, [], 1, 0.5)), 1)

    def test_a_table_takes_the_place_of_the_last_one(self):
        with tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "README.md"
            document.write_text("a\n<!-- bench/register_table.py -->\nold\n<!-- end -->\nb\n")
            register_table.replace_table(document, register_table.table_of([compiled()], None))
            text = document.read_text()
            self.assertTrue(text.startswith("a\n<!-- bench/register_table.py -->\n| operation |"))
            self.assertTrue(text.endswith(" |\n<!-- end -->\nb\n"))
            self.assertIn("not measured", text)
            self.assertNotIn("old", text)


if __name__ == "__main__":
    unittest.main()
