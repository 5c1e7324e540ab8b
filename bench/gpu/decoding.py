# SPDX-License-Identifier: Apache-2.0
"""The parts that measure decoding: one query of every sequence over the keys and values in its cache."""
from torch.nn.attention import SDPBackend

import attention_math as plain
from measure import median_seconds, speed_ratio
from parts import agreed_as_timed, judged, sdpa

FULL_CACHE = "decode 32 of 128"
GROUPED = "decode 8 of 128"
MIXED = {"C = H/2": "decode 32 mixed from 16 of 128", "C = H/4": "decode 32 mixed from 8 of 128"}


def mixes(bench, name):
    _, C, G, _ = bench.library.shape(name)
    return C != G


def composed(call, does_mix):
    """The keys and values that queries see."""
    if not does_mix:
        return call["k"], call["v"]
    return plain.mix(call["k"], call["key_weight"]), plain.mix(call["v"], call["value_weight"])


def peer_of(bench, name, call, backend):
    """One step of decoding in PyTorch."""
    def run():
        return sdpa(call["q"], *composed(call, mixes(bench, name)), False, backend)

    return run


def agrees(bench, name):
    call = bench.call(name, 2, 1, bench.sizes.agreement_length)
    bench.start(name, call)()
    bench.wait()
    exact = {x: t.double() for x, t in call.items() if x not in ("batch", "queries", "keys")}
    truth = plain.attend(exact["q"], *composed(exact, mixes(bench, name)), False)[0]
    return plain.agreement([call["out"]], [peer_of(bench, name, call, SDPBackend.MATH)()], [truth], 2)


def cache_bytes(call):
    return call["k"].numel() * call["k"].element_size() * 2


def decode(bench):
    """Attention over whole and grouped caches, against what the machine reads."""
    names = [name for name in (FULL_CACHE, GROUPED) if bench.library and name in bench.library.names()]
    if not names:
        bench.require(FULL_CACHE)
    batch, length = bench.sizes.decode
    for name in names:
        agreed = judged(lambda: agrees(bench, name))
        C = bench.library.shape(name)[1]
        call = bench.call(name, batch * 32 // C, 1, length)
        peer = peer_of(bench, name, call, SDPBackend.FLASH_ATTENTION)
        runs, note = bench.working({"headwise": lambda: bench.start(name, call), "FLASH": lambda: peer})
        case = {"operation": "decoding", "cached heads": C, "sequences": call["batch"], "tokens": length}
        if "headwise" not in runs:
            yield bench.failed("decode", case, note)
            continue
        right, agreement = agreed_as_timed(agreed, runs, "FLASH", [call["out"]])
        taken = bench.measure(runs)
        seconds = median_seconds(taken)
        rate = cache_bytes(call) / seconds["headwise"]
        row = case | {"GB": round(cache_bytes(call) * 1e-9, 2), "TB/s": round(rate * 1e-12, 2)}
        for ceiling in ("read", "copy"):
            if ceiling in bench.ceilings:
                row[f"of {ceiling}"] = round(rate / bench.ceilings[ceiling], 3)
        if "copy" in bench.ceilings:
            bench.keep("decode", rate / bench.ceilings["copy"], right)
        if "FLASH" in seconds:
            row["/ FLASH"] = round(speed_ratio(taken, "headwise", "FLASH"), 2)
        yield row | {"agreement": agreement, "note": note}


def absorbed(bench):
    """Attention over fewer cached heads than are attended to, against the whole cache of the same tokens."""
    bench.require(FULL_CACHE)
    batch, length = bench.sizes.decode
    whole = bench.call(FULL_CACHE, batch, 1, length)
    for goal, name in MIXED.items():
        if name not in bench.library.names():
            continue
        agreed = judged(lambda: agrees(bench, name))
        call = bench.call(name, batch, 1, length)
        peer = peer_of(bench, name, call, SDPBackend.FLASH_ATTENTION)
        runs, note = bench.working({"headwise": lambda: bench.start(name, call),
                                    "whole cache": lambda: bench.start(FULL_CACHE, whole),
                                    "composition": lambda: peer})
        case = {"operation": "decoding", "cached heads": goal, "tokens": length}
        if not {"headwise", "whole cache"} <= set(runs):
            yield bench.failed(goal, case, note)
            continue
        right, agreement = agreed_as_timed(agreed, runs, "composition", [call["out"]])
        taken = bench.measure(runs)
        seconds = median_seconds(taken)
        ratio = speed_ratio(taken, "headwise", "whole cache")
        bench.keep(goal, ratio, right)
        row = case | {"ms": round(seconds["headwise"] * 1e3, 3),
                      "whole cache ms": round(seconds["whole cache"] * 1e3, 3), "/ whole cache": round(ratio, 3)}
        if "composition" in seconds:
            row["/ mixing, then FLASH"] = round(speed_ratio(taken, "headwise", "composition"), 2)
        yield row | {"agreement": agreement, "note": note}
