# SPDX-License-Identifier: Apache-2.0
"""What is measured. A part is a function of a `Bench`, which yields rows, dictionaries of what a line of its table
says; as they are yielded they are kept, whatever comes after. A part that cannot be measured raises `Skipped`."""
import dataclasses

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import attention_math as plain
from measure import interleave, median_seconds, speed_ratio
from report import FAILED

PEERS = {"FLASH": SDPBackend.FLASH_ATTENTION, "CUDNN": SDPBackend.CUDNN_ATTENTION}
MASKS = {"full": False, "causal": True}


class Skipped(Exception):
    """Why something is not measured."""


@dataclasses.dataclass
class Sizes:
    """How much is measured."""

    tokens: int  # in all sequences of a batch
    lengths: tuple
    flex_length: int
    decode: tuple  # sequences, and cached tokens of each
    agreement_length: int
    product: int
    copied_bytes: int
    rounds: int
    case_seconds: float


FULL = Sizes(tokens=16384, lengths=(2048, 4096, 16384), flex_length=4096, decode=(8, 8192), agreement_length=640,
             product=8192, copied_bytes=2**31, rounds=40, case_seconds=1.0)
TINY = Sizes(tokens=96, lengths=(32, 48, 96), flex_length=32, decode=(2, 64), agreement_length=40, product=64,
             copied_bytes=2**16, rounds=2, case_seconds=0.05)


class Compiler:
    """torch.compile, for functions that are called with tensors of one size."""

    def __init__(self):
        from torch._functorch import config

        # Gradients are taken many times of one forward pass, which must keep what it saved.
        if hasattr(config, "donated_buffer"):
            config.donated_buffer = False

    def __call__(self, function):
        return torch.compile(function, dynamic=False)

    def forget(self):
        """Without this, a function that was compiled for several sizes is compiled for any, or not at all."""
        from torch import _dynamo

        _dynamo.reset()


class NoCompiler:
    """Functions as they are."""

    def __call__(self, function):
        return function

    def forget(self):
        pass


class Bench:
    """The machine, the library and its tensors, and what earlier parts found for later ones."""

    def __init__(self, library, timer, device, sizes, compiler):
        self.library = library
        self.timer = timer
        self.device = device
        self.sizes = sizes
        self.compile = compiler
        self.ceilings = {}
        self.compared = {}
        torch.manual_seed(1)

    def random(self, *shape, dtype=torch.bfloat16):
        return torch.randn(shape, device=self.device, dtype=dtype)

    def require(self, *names):
        missing = [name for name in names if self.library is None or name not in self.library.names()]
        if missing:
            raise Skipped(f"the library has no {', no '.join(missing)}")

    def call(self, name, batch, queries, keys, **tensors):
        """The tensors of an operation, random but for those given."""
        H, C, G, D = self.library.shape(name)
        shapes = {"q": (batch, queries, H, D), "k": (batch, keys, C, D), "v": (batch, keys, C, D),
                  "out": (batch, queries, H, D), "key_weight": (C, G), "value_weight": (C, G), "gain": (D,)}
        call = {"batch": batch, "queries": queries, "keys": keys}
        for tensor, shape in shapes.items():
            call[tensor] = tensors.get(tensor)
            if call[tensor] is None:
                call[tensor] = self.random(*shape)
        call["lse"] = torch.empty(batch, H, queries, device=self.device)
        for weight in ("key_weight", "value_weight"):
            call[weight] = call[weight] * C**-0.5
        return call

    def start(self, name, call):
        return self.library.prepare(name, call)

    def measure(self, candidates):
        return interleave(self.timer, candidates, self.sizes.case_seconds, most_rounds=self.sizes.rounds)

    def working(self, candidates):
        """The candidates that run, and a text on those that do not."""
        runs, notes = {}, []
        for name, make in candidates.items():
            try:
                run = make()
                run()
                self.wait()
                runs[name] = run
            except Exception as e:  # whatever a peer raises, others are still measured
                notes.append(f"{name}: {first_line(e)}")
        return runs, "; ".join(notes)

    def keep(self, goal, value, right=True, none=0):
        """A case of a goal: what was measured, or `none` where results are not right."""
        self.compared.setdefault(goal, []).append(value if right else none)

    def failed(self, goal, case, note, none=0):
        """The row of a case that headwise fails at, which reaches nothing."""
        self.keep(goal, none)
        return case | {"headwise": FAILED, "note": note}

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def is_alive(self):
        """Whether the device still answers."""
        try:
            self.wait()
            return True
        except RuntimeError:
            return False


def first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def sdpa(q, k, v, causal, backend):
    """Attention by one kernel of PyTorch, over tensors [batch][token][head][feature]. The plain composition takes
    scores, weights and sums in float, whatever PyTorch would do, and rounds its result once."""
    if backend == SDPBackend.MATH and q.dtype == torch.bfloat16:
        return sdpa(q.float(), k.float(), v.float(), causal, backend).to(q.dtype)
    with sdpa_kernel([backend]):
        return F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
                                              is_causal=causal, enable_gqa=q.shape[2] != k.shape[2]).transpose(1, 2)


def judged(agreement):
    """What a function says of agreement; who fails agrees with nothing, and other cases go on."""
    try:
        return agreement()
    except Skipped:
        raise
    except Exception as e:
        return False, f"failed: {first_line(e)}"


def agreed_as_timed(agreed, runs, peer, results):
    """What was said of agreement, and whether the results of the very call that is timed are those of a peer, if it
    works."""
    if not {"headwise", peer} <= set(runs):
        return agreed
    others = runs[peer]()
    right, text = plain.agrees_with_peer(results, [others] if isinstance(others, torch.Tensor) else others)
    return agreed[0] and right, f"{agreed[1]}; as timed {text}"


def compared_row(bench, goal, case, taken, flops, agreed, note):
    """A row of speeds, and ratios of them; what `goal` names is kept."""
    seconds = median_seconds(taken)
    row = dict(case)
    if "headwise" not in seconds:
        return bench.failed(case["operation"], case, note)
    for name, time in seconds.items():
        row[f"{name} TFLOP/s"] = round(flops / time * 1e-12, 1)
    for name in seconds:
        if name != "headwise":
            row[f"/ {name}"] = round(speed_ratio(taken, "headwise", name), 3)
    if "multiply" in bench.ceilings:
        row["of mma peak"] = round(flops / seconds["headwise"] / bench.ceilings["multiply"], 3)
    right, row["agreement"] = agreed
    row["note"] = note
    if goal in seconds:
        bench.keep(case["operation"], speed_ratio(taken, "headwise", goal), right)
    return row


def cases_of(bench, operation):
    """Every head size and mask of an operation that the library has."""
    found = [(dim, mask) for dim in (64, 128) for mask in MASKS if bench.library and
             f"{operation} {mask} {dim}" in bench.library.names()]
    if not found:
        raise Skipped(f"the library has no {operation}")
    return found
