# SPDX-License-Identifier: Apache-2.0
"""The measurements on a CPU: plain PyTorch stands in for the library, so that all but times is as it would be."""
import json
import math
import pathlib
import tempfile

import torch

import attention_math as plain
import compare
import report
from kernel_library import KernelLibrary, c_call_of
from measure import HostTimer, interleave, median_seconds, speed_ratio
from parts import TINY, Bench, NoCompiler, Skipped

SHAPES = {f"attend{kind} {mask} {dim}": (2, 2, 2, dim) for kind in ("", "_backward") for mask in ("full", "causal")
          for dim in (64, 128)}
SHAPES |= {"mea causal 128": (2, 2, 2, 128), "attend_normalized causal 128": (2, 2, 2, 128),
           "decode 32 of 128": (4, 4, 4, 128), "decode 8 of 128": (4, 1, 1, 128),
           "decode 32 mixed from 16 of 128": (4, 2, 4, 128), "decode 32 mixed from 8 of 128": (4, 1, 4, 128),
           "read": (0, 0, 0, 0), "multiply": (0, 0, 0, 0)}


class PlainLibrary:
    """The operations of the library by plain PyTorch in float. Those that are broken take the last key wrong, of more
    tokens than some."""

    def __init__(self, missing=(), broken=(), failing=(), right_up_to=0):
        self.missing, self.broken, self.failing, self.right_up_to = missing, broken, failing, right_up_to

    def names(self):
        return [name for name in SHAPES if name not in self.missing]

    def shape(self, name):
        return SHAPES[name]

    def prepare(self, name, call):
        if name in self.failing:
            raise RuntimeError("no kernel image")
        return lambda: self._run(name, call)

    def _run(self, name, call):
        if name in ("read", "multiply"):
            return
        tensors = {x: t.float() for x, t in call.items() if isinstance(t, torch.Tensor)}
        causal = "causal" in name
        if name in self.broken and call["keys"] > self.right_up_to:
            tensors["k"][:, -1] += 1
        if name.startswith("attend_backward"):
            gradients = plain.attend_gradients(*(tensors[x] for x in "qkv"), tensors["out_gradient"], causal)
            for x, gradient in zip("qkv", gradients):
                call[f"{x}_gradient"].copy_(gradient)
            return
        k, v = tensors["k"], tensors["v"]
        if "mea" in name or "mixed" in name:
            k, v = plain.mix(k, tensors["key_weight"]), plain.mix(v, tensors["value_weight"])
        out, lse = plain.attend(tensors["q"], k, v, causal)
        if "mea" in name or "normalized" in name:
            out = plain.normalize(out, tensors["gain"])
        call["out"].copy_(out)
        call["lse"].copy_(lse)


def no_restart():
    raise AssertionError("the measurements were started again")


WITHOUT_FLEX = tuple(part for part in compare.PARTS if part != "flex")


def results_with(library, seconds=600, names=compare.PARTS):
    """The results of parts, as they stand in the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        steps = [{"step": "build", "outcome": "ok", "seconds": "1"}]
        run = compare.Run(folder, compare.new_results(torch, steps, seconds), no_restart)
        run.measure(Bench(library, HostTimer(), "cpu", TINY, NoCompiler()),
                    {name: part for name, part in compare.all_parts().items() if name in names}, Skipped)
        markdown = (folder / "results.md").read_text()
        results = json.loads((folder / "results.json").read_text())
    parts = {part["part"]: part for part in results["parts"]}
    assert list(parts) == list(names), parts
    assert all(f"## {part}" in markdown for part in parts)
    return parts, {goal["goal"]: goal for goal in results["goals"]}


def test_all_is_measured():
    parts, goals = results_with(PlainLibrary())
    assert all(part["status"] == "measured" for part in parts.values()), parts
    assert [len(part["rows"]) for part in parts.values()] == [4, 12, 12, 2, 2, 3, 3, 8], parts
    row = parts["forward"]["rows"][0]
    assert row["/ FLASH"] > 0 and row["headwise TFLOP/s"] >= 0 and "CUDNN" in row["note"], row
    assert all(row["/ FLASH"] > 0 for row in parts["backward"]["rows"])
    assert all(row["/ Flex"] > 0 for row in parts["flex"]["rows"] if row["operation"] == "flex forward")
    assert all(row["ratio"] > 0 and row["best composition"] for row in parts["mea"]["rows"])
    assert all(goal["met"] in ("yes", "no") for goal in goals.values()), goals
    assert all(goal["cases"].split()[0] == goal["cases"].split()[2] for goal in goals.values()), goals


def test_wrong_results_meet_no_goal():
    broken = [name for name in SHAPES if "64" in name or "mixed" in name]
    parts, goals = results_with(PlainLibrary(broken=broken), names=("forward", "backward", "decode", "absorbed"))
    for goal in ("forward, against FLASH", "backward, against FLASH", "decoding at C = H/2, against the whole cache"):
        assert goals[goal]["worst"] == 0 and goals[goal]["met"] == "no", goals
    wrong = [row for row in parts["forward"]["rows"] if float(row["agreement"].split()[0]) > 1]
    assert {row["head size"] for row in wrong} == {64}, wrong


def test_results_are_compared_at_the_size_that_is_timed():
    broken = ["attend full 64", "attend_backward full 64", "decode 8 of 128", "mea causal 128",
              "attend_normalized causal 128"]
    parts, goals = results_with(PlainLibrary(broken=broken, right_up_to=TINY.agreement_length),
                                names=WITHOUT_FLEX)
    worst = {goal["goal"].split(",")[0]: goal["worst"] for goal in goals.values()}
    assert all(worst[goal] == 0 for goal in ("forward", "backward", "decoding", "MEA forward")), goals
    assert worst["norm after attention"] == math.inf, goals
    right = [row for row in parts["forward"]["rows"] if row["head size"] == 128]
    assert all(float(row["agreement"].split("as timed ")[1].split()[0]) < 0.5 for row in right), right


def test_a_goal_is_met_by_all_of_its_cases():
    def met(key, values):
        by_key = {entry[1]: goal["met"] for entry, goal in zip(report.GOALS, report.goals_of({key: values}))}
        return by_key[key]

    assert met("forward", [1.0] * 12) == "yes"
    assert met("forward", [1.0] * 11) == "not all measured"
    assert met("forward", [1.0] * 11 + [0]) == met("forward", [0]) == "no"
    assert met("norm", [0.01] * 3) == "yes"
    assert met("norm", [0.01, 0.01, math.inf]) == "no"
    assert met("norm", []) == "not measured"


def test_what_is_missing_or_fails_is_told():
    parts, goals = results_with(PlainLibrary(missing=[name for name in SHAPES if "backward" in name],
                                             failing=["mea causal 128", "attend full 64", "decode 8 of 128",
                                                      "attend_normalized causal 128"]), names=WITHOUT_FLEX)
    assert parts["backward"]["status"] == "skipped: the library has no attend_backward", parts["backward"]
    assert parts["mea"]["status"] == "failed: headwise in 3 of 3 rows", parts["mea"]
    assert parts["mea"]["rows"][0]["note"].startswith("headwise: no kernel image"), parts["mea"]
    assert parts["norm"]["status"] == "failed: headwise in 3 of 3 rows", parts["norm"]
    assert parts["forward"]["status"] == "failed: headwise in 3 of 12 rows", parts["forward"]
    assert parts["decode"]["status"] == "failed: headwise in 1 of 2 rows", parts["decode"]
    assert parts["absorbed"]["status"] == "measured"
    assert goals["backward, against FLASH"]["met"] == "not measured"
    for goal in ("forward, against FLASH", "decoding, of the copy bandwidth",
                 "MEA forward, against the best composition", "norm after attention, added time"):
        assert goals[goal]["met"] == "no", goals


def test_no_library_and_no_time():
    parts, _ = results_with(None)
    assert [row["ceiling"] for row in parts["ceilings"]["rows"]] == ["copy", "cuBLAS"], parts
    assert all(part["status"].startswith("skipped: the library has no") for name, part in parts.items()
               if name != "ceilings"), parts
    parts, _ = results_with(PlainLibrary(), seconds=0)
    assert all(part["status"] == "skipped: out of time" for part in parts.values()), parts


def test_a_dead_device_is_left_for_a_new_process():
    class Dying(Bench):
        def is_alive(self):
            return False

    def decode(bench):
        """A part."""
        assert bench.ceilings["copy"] == 2
        yield {"operation": "decoding"}

    def ceilings(bench):
        """Another part."""
        bench.ceilings["copy"] = 2
        yield {"ceiling": "copy"}

    parts = {"ceilings": ceilings, "decode": decode}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        restarts = []
        run = compare.Run(folder, compare.new_results(torch, [], 60), lambda: restarts.append(1))
        run.measure(Dying(None, HostTimer(), "cpu", TINY, None), parts, Skipped)
        results = json.loads((folder / "results.json").read_text())
        assert restarts == [1] and [part["part"] for part in results["parts"]] == ["ceilings"], results
        run = compare.Run(folder, results, no_restart)
        run.measure(Bench(None, HostTimer(), "cpu", TINY, None), parts, Skipped)
        results = json.loads((folder / "results.json").read_text())
        assert [part["status"] for part in results["parts"]] == ["measured", "measured"], results


def test_a_part_that_kills_its_process_is_told():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run = compare.Run(folder, compare.new_results(torch, [], 60), no_restart)
        run.results["parts"] += [compare.part_of("ceilings", "", "measured"),
                                 compare.part_of("forward", "", "unfinished")]
        run.write()
        run = compare.Run(folder, compare.kept_results(folder / "results.json"), no_restart)
        run.skip_all("no device")
        results = json.loads((folder / "results.json").read_text())
    assert [part["part"] for part in results["parts"]] == list(compare.PARTS), results
    statuses = [part["status"] for part in results["parts"]]
    assert statuses[:3] == ["measured", "failed: the process died", "skipped: no device"], statuses


def test_a_part_is_written_down_before_it_begins():
    def ceilings(bench):
        """A part."""
        written = json.loads((bench.folder / "results.json").read_text())
        yield {"ceiling": written["parts"][-1]["status"]}

    with tempfile.TemporaryDirectory() as name:
        bench = Bench(None, HostTimer(), "cpu", TINY, None)
        bench.folder = pathlib.Path(name)
        run = compare.Run(bench.folder, compare.new_results(torch, [], 60), no_restart)
        run.measure(bench, {"ceilings": ceilings}, Skipped)
    assert run.results["parts"][0]["rows"] == [{"ceiling": "unfinished"}], run.results


def test_times_are_compared_in_turns():
    class Clock:
        def seconds(self, run, repeats):
            return run()

    drift = iter(range(1, 1000))
    taken = interleave(Clock(), {"fast": lambda: 1e-3 * next(drift), "slow": lambda: 2e-3 * next(drift)}, 1,
                       most_rounds=50)
    assert len(taken["fast"]) == len(taken["slow"]) == 50
    assert 1.9 < speed_ratio(taken, "fast", "slow") < 2.1, taken
    assert median_seconds({"x": [1.0, 5.0, 2.0]}) == {"x": 2.0}


def test_agreement_needs_finite_and_close_results():
    truth = torch.randn(100, dtype=torch.float64)
    close, far = truth + 1e-3, truth + 1e-2
    assert plain.agreement([close], [close], [truth], 2)[0]
    assert not plain.agreement([far], [close], [truth], 2)[0]
    assert not plain.agreement([close * float("nan")], [close], [truth], 2)[0]


def test_agreement_with_a_peer_finds_few_wrong_tokens():
    peer = torch.randn(2, 256, 4, 8)
    close, wrong = peer * 1.002, peer.clone()
    wrong[1, 70:72, 3] = 0
    assert plain.agrees_with_peer([close], [peer])[0]
    assert not plain.agrees_with_peer([close, wrong], [peer, peer])[0]
    assert not plain.agrees_with_peer([close * float("nan")], [peer])[0]


def test_calls_of_c():
    q = torch.zeros(4)
    c_call = c_call_of({"batch": 1, "queries": 2, "keys": 3, "q": q})
    assert (c_call.batch, c_call.queries, c_call.keys, c_call.q, c_call.k) == (1, 2, 3, q.data_ptr(), None)


def test_library(path):
    """What the library itself says, which needs no device."""
    library = KernelLibrary(path, torch)
    assert {"attend causal 64", "attend full 128", "mea causal 128", "read", "multiply"} <= set(library.names())
    assert library.shape("attend causal 64") == (32, 32, 32, 64)
    unknown = {name for name in library.names() if name not in SHAPES}
    assert not unknown, unknown
    tensors = {x: torch.zeros(8) for x in ("q", "k", "v", "out")}
    call = {"batch": 0, "queries": 0, "keys": 0} | tensors
    assert library.workspace_bytes("attend causal 64", call) == 0


def main(path=None):
    # Threads that wait for each other take longer than what there is to compute.
    torch.set_num_threads(1)
    tests = [value for name, value in globals().items() if name.startswith("test_") and name != "test_library"]
    for test in tests:
        test()
    if path:
        test_library(path)
    print(f"{len(tests) + bool(path)} passed, 0 failed")
