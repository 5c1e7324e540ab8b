# SPDX-License-Identifier: Apache-2.0
"""Attention in double, as the formulas have it."""
import numpy

# Queries at a time, so that scores take little memory.
ROWS = 512


def attend_head(q, k, v, causal, out_gradient=None):
    """The output of one head of queries, and the gradients of its inputs where that of the output is given."""
    scale = q.shape[-1] ** -0.5
    results = {"out": numpy.empty_like(q)}
    if out_gradient is not None:
        results = {"q_gradient": numpy.empty_like(q), "k_gradient": numpy.zeros_like(k),
                   "v_gradient": numpy.zeros_like(v)}
    for first in range(0, len(q), ROWS):
        rows = slice(first, first + ROWS)
        scores = q[rows] @ k.T * scale
        if causal:
            scores[numpy.arange(len(k)) > numpy.arange(first, first + len(scores))[:, None]] = -numpy.inf
        weights = numpy.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        if out_gradient is None:
            results["out"][rows] = weights @ v
            continue
        weight_gradient = out_gradient[rows] @ v.T
        mean = numpy.sum(weights * weight_gradient, axis=1, keepdims=True)
        score_gradient = weights * (weight_gradient - mean) * scale
        results["q_gradient"][rows] = score_gradient @ k
        results["k_gradient"] += score_gradient.T @ q[rows]
        results["v_gradient"] += weights.T @ out_gradient[rows]
    return results


def attend(case, tensors):
    """Results [heads][tokens][head_dim] by name: the output, or the gradients for a backward pass."""
    of_head = []
    for head, (k, v) in enumerate(zip(tensors["k"], tensors["v"])):
        group = {name: tensors[name].reshape(case.heads_of_queries)[head].astype(float)
                 for name in ("q", "out_gradient") if name in tensors}
        of_head.append(attend_head(group.pop("q"), k.astype(float), v.astype(float), case.causal, **group))
    stacked = {name: numpy.stack([results[name] for results in of_head]) for name in of_head[0]}
    return {name: result.reshape(tensors["q"].shape) if name in ("out", "q_gradient") else result
            for name, result in stacked.items()}
