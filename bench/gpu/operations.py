# SPDX-License-Identifier: Apache-2.0
"""The parts that compare operations of the library with those of PyTorch."""
import math

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend

import attention_math as plain
from measure import median_seconds, speed_ratio
from parts import MASKS, PEERS, Skipped, agreed_as_timed, cases_of, compared_row, first_line, judged, sdpa


def ceilings(bench):
    """What the machine can do: bytes read, bytes copied (both ways counted), products by cuBLAS and by mma alone."""
    def row(what, rate, unit, scale):
        bench.ceilings[what] = rate
        return {"ceiling": what, "rate": round(rate * scale, 2), "unit": unit}

    sizes = bench.sizes
    source = bench.random(sizes.copied_bytes // 2)
    target = torch.empty_like(source)
    seconds = median_seconds(bench.measure({"copy": lambda: target.copy_(source)}))
    yield row("copy", 2 * sizes.copied_bytes / seconds["copy"], "TB/s", 1e-12)
    del target
    multiprocessors = 1
    if bench.device == "cuda":
        multiprocessors = torch.cuda.get_device_properties(0).multi_processor_count
    if bench.library and "read" in bench.library.names():
        call = {"batch": multiprocessors, "queries": 0, "keys": sizes.copied_bytes, "k": source,
                "out": bench.random(8)}
        seconds = median_seconds(bench.measure({"read": bench.start("read", call)}))
        yield row("read", sizes.copied_bytes / seconds["read"], "TB/s", 1e-12)
    del source
    a, b = bench.random(sizes.product, sizes.product), bench.random(sizes.product, sizes.product)
    result = torch.empty_like(a)
    seconds = median_seconds(bench.measure({"cuBLAS": lambda: torch.mm(a, b, out=result)}))
    yield row("cuBLAS", 2 * sizes.product**3 / seconds["cuBLAS"], "TFLOP/s", 1e-12)
    if bench.library and "multiply" in bench.library.names():
        rounds = 20000
        call = {"batch": multiprocessors, "queries": 0, "keys": rounds, "out": bench.random(8)}
        seconds = median_seconds(bench.measure({"multiply": bench.start("multiply", call)}))
        flops = multiprocessors * 16 * rounds * 8 * (2 * 16 * 8 * 16)
        yield row("multiply", flops / seconds["multiply"], "TFLOP/s", 1e-12)


def forward_agrees(bench, name, causal):
    length = bench.sizes.agreement_length
    call = bench.call(name, 2, length, length)
    bench.start(name, call)()
    bench.wait()
    inputs = [call[x] for x in "qkv"]
    truth, lse = plain.attend(*(x.double() for x in inputs), causal)
    # They are of float sums of products that float holds exactly: a thousandth is far more than these can be off.
    right, text = plain.agreement([call["out"]], [sdpa(*inputs, causal, SDPBackend.MATH)], [truth], 2)
    right_lse = bool((call["lse"] - lse).abs().max() < 1e-3)
    return right and right_lse, text if right_lse else f"{text}, log-sum-exps are off"


def forward(bench):
    """Attention, against PyTorch's kernels. A causal mask counts half the operations."""
    for dim, mask in cases_of(bench, "attend"):
        name, causal = f"attend {mask} {dim}", MASKS[mask]
        agreed = judged(lambda: forward_agrees(bench, name, causal))
        for length in bench.sizes.lengths:
            call = bench.call(name, bench.sizes.tokens // length, length, length)
            q, k, v = (call[x] for x in "qkv")
            runs, note = bench.working({"headwise": lambda: bench.start(name, call)} | {
                peer: lambda backend=backend: lambda: sdpa(q, k, v, causal, backend)
                for peer, backend in PEERS.items()})
            flops = 4 * call["batch"] * q.shape[2] * dim * length**2 // (2 if causal else 1)
            case = {"operation": "forward", "head size": dim, "mask": mask, "tokens": length}
            also = agreed_as_timed(agreed, runs, "FLASH", [call["out"]])
            yield compared_row(bench, "FLASH", case, bench.measure(runs), flops, also, note)


def backward_call(bench, dim, mask, batch, length):
    """A call of the backward pass after one of the forward pass."""
    call = bench.call(f"attend {mask} {dim}", batch, length, length)
    bench.start(f"attend {mask} {dim}", call)()
    call["out_gradient"] = bench.random(*call["out"].shape)
    for x in "qkv":
        call[f"{x}_gradient"] = torch.empty_like(call[x])
    return call


def gradients_of(attend, call):
    """A function that takes PyTorch's gradients of a forward pass that is done."""
    inputs = [call[x].detach().requires_grad_() for x in "qkv"]
    out = attend(*inputs)
    return lambda: torch.autograd.grad(out, inputs, call["out_gradient"], retain_graph=True)


def backward_agrees(bench, dim, mask):
    causal = MASKS[mask]
    call = backward_call(bench, dim, mask, 2, bench.sizes.agreement_length)
    bench.start(f"attend_backward {mask} {dim}", call)()
    bench.wait()
    truths = plain.attend_gradients(*(call[x].double() for x in "qkv"), call["out_gradient"].double(), causal)
    peers = gradients_of(lambda *inputs: sdpa(*inputs, causal, SDPBackend.MATH), call)()
    return plain.agreement([call[f"{x}_gradient"] for x in "qkv"], peers, truths, 3)


def backward(bench):
    """The gradients of queries, keys and values, against PyTorch's kernels."""
    for dim, mask in cases_of(bench, "attend_backward"):
        causal = MASKS[mask]
        agreed = judged(lambda: backward_agrees(bench, dim, mask))
        for length in bench.sizes.lengths:
            case = {"operation": "backward", "head size": dim, "mask": mask, "tokens": length}
            try:
                call = backward_call(bench, dim, mask, bench.sizes.tokens // length, length)
            except RuntimeError as e:
                yield bench.failed("backward", case, f"forward: {first_line(e)}")
                continue
            runs, note = bench.working({"headwise": lambda: bench.start(f"attend_backward {mask} {dim}", call)} | {
                peer: lambda backend=backend: gradients_of(lambda *x: sdpa(*x, causal, backend), call)
                for peer, backend in PEERS.items()})
            flops = 10 * call["batch"] * call["q"].shape[2] * dim * length**2 // (2 if causal else 1)
            also = agreed_as_timed(agreed, runs, "FLASH", [call[f"{x}_gradient"] for x in "qkv"])
            yield compared_row(bench, "FLASH", case, bench.measure(runs), flops, also, note)


def compiled_flex(bench, causal, length):
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    mask = None
    if causal:
        mask = create_block_mask(lambda b, h, q, k: q >= k, None, None, length, length, device=bench.device)
    bench.compile.forget()
    flex = bench.compile(flex_attention)
    return lambda q, k, v: flex(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
                                block_mask=mask).transpose(1, 2)


def flex(bench):
    """Attention, against compiled FlexAttention."""
    length = bench.sizes.flex_length
    batch = max(1, bench.sizes.tokens // length)
    for dim, mask in cases_of(bench, "attend"):
        causal = MASKS[mask]
        call = backward_call(bench, dim, mask, batch, length)
        operations = {"flex forward": (f"attend {mask} {dim}", 4),
                      "flex backward": (f"attend_backward {mask} {dim}", 10)}
        attend = compiled_flex(bench, causal, length)
        for operation, (name, factor) in operations.items():
            if name not in bench.library.names():
                continue
            forward_peer = lambda: lambda: attend(*(call[x] for x in "qkv"))
            backward_peer = lambda: gradients_of(attend, call)
            peer = forward_peer if operation == "flex forward" else backward_peer
            runs, note = bench.working({"headwise": lambda: bench.start(name, call), "Flex": peer})
            flops = factor * batch * call["q"].shape[2] * dim * length**2 // (2 if causal else 1)
            case = {"operation": operation, "head size": dim, "mask": mask, "tokens": length}
            yield compared_row(bench, "Flex", case, bench.measure(runs), flops, (True, "as above"), note)


def mea_composition(mix, backend):
    """MEA in PyTorch, from the tensors that `mea_inputs` names."""
    def run(q, k, v, key_weight, value_weight, gain):
        out = sdpa(q, mix(k, key_weight), mix(v, value_weight), True, backend)
        return F.rms_norm(out, (q.shape[-1],), gain, 1e-5)

    return run


def mea_call(bench, name, batch, length):
    call = bench.call(name, batch, length, length)
    _, _, G, D = bench.library.shape(name)
    return call | {"mixed_k": bench.random(batch, length, G, D), "mixed_v": bench.random(batch, length, G, D)}


def mea_inputs(call):
    return [call[x] for x in ("q", "k", "v", "key_weight", "value_weight", "gain")]


def mea_agrees(bench, name):
    call = mea_call(bench, name, 2, bench.sizes.agreement_length)
    bench.start(name, call)()
    bench.wait()
    q, k, v, key_weight, value_weight, gain = (x.double() for x in mea_inputs(call))
    truth = plain.normalize(plain.attend(q, plain.mix(k, key_weight), plain.mix(v, value_weight), True)[0], gain)
    peer = mea_composition(plain.mix, SDPBackend.MATH)(*mea_inputs(call))
    return plain.agreement([call["out"]], [peer], [truth], 2)


def mea(bench):
    """MEA between its projections (keys and values mixed, attention, norm), against the fastest of its compositions in
    PyTorch: mixing by einsum or by products, two kernels of attention, the norm; as they are, and compiled."""
    name = "mea causal 128"
    bench.require(name)
    agreed = judged(lambda: mea_agrees(bench, name))
    for length in bench.sizes.lengths:
        call = mea_call(bench, name, bench.sizes.tokens // length, length)
        runs, note = bench.working({"headwise": lambda: bench.start(name, call)} | {
            peer: lambda f=f: lambda: f(*mea_inputs(call)) for peer, f in mea_peers(bench).items()})
        case = {"operation": "MEA forward", "tokens": length}
        if "headwise" not in runs:
            yield bench.failed("MEA", case, note)
            continue
        also = agreed_as_timed(agreed, runs, "einsum, FLASH", [call["out"]])
        yield mea_row(bench, case, bench.measure(runs), also, note)


def mea_peers(bench):
    bench.compile.forget()
    peers = {}
    for peer, backend in PEERS.items():
        einsum = mea_composition(plain.mix, backend)
        peers |= {f"einsum, {peer}": einsum, f"products, {peer}": mea_composition(plain.mix_by_products, backend),
                  f"einsum, {peer}, compiled": bench.compile(einsum)}
    return peers


def mea_row(bench, case, taken, agreed, note):
    """A row of speeds beside the fastest composition; their ratio is kept."""
    seconds = median_seconds(taken)
    others = [peer for peer in seconds if peer != "headwise"]
    if not others:
        raise Skipped(note)
    best = min(others, key=seconds.get)
    ratio = speed_ratio(taken, "headwise", best)
    right, agreement = agreed
    bench.keep("MEA", ratio, right)
    return case | {"headwise ms": round(seconds["headwise"] * 1e3, 3), "best composition": best,
                   "its ms": round(seconds[best] * 1e3, 3), "ratio": round(ratio, 3), "agreement": agreement,
                   "note": note}


def norm(bench):
    """What the norm at the end of attention adds to it."""
    before, after = "attend causal 128", "attend_normalized causal 128"
    bench.require(before, after)
    for length in bench.sizes.lengths:
        call = bench.call(before, bench.sizes.tokens // length, length, length)
        normalized = call | {"out": torch.empty_like(call["out"])}
        runs, note = bench.working({before: lambda: bench.start(before, call),
                                    after: lambda: bench.start(after, normalized)})
        case = {"operation": "norm after attention", "tokens": length}
        if len(runs) < 2:
            yield bench.failed("norm", case, note, none=math.inf)
            continue
        expected = plain.normalize(call["out"].float(), call["gain"].float())
        right, agreement = plain.agrees_with_peer([normalized["out"]], [expected])
        taken = bench.measure(runs)
        added = 1 / speed_ratio(taken, after, before) - 1
        bench.keep("norm", added, right, none=math.inf)
        seconds = median_seconds(taken)
        yield case | {"without ms": round(seconds[before] * 1e3, 3), "with ms": round(seconds[after] * 1e3, 3),
                      "added": f"{added:.1%}", "agreement": agreement, "note": note}
