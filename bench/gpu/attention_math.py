# SPDX-License-Identifier: Apache-2.0
"""What the operations mean, in plain PyTorch of any precision, and whether results agree with it. Tensors are
[batch][token][head][feature]."""
import math

import torch


def attend(q, k, v, causal):
    """The outputs, and log-sum-exps [batch][head][token]. The last query stands at the last key."""
    group = q.shape[2] // k.shape[2]
    k, v = (x.repeat_interleave(group, dim=2) for x in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[-1] ** -0.5
    if causal:
        queries, keys = scores.shape[-2:]
        visible = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
        scores = scores.masked_fill(~visible, float("-inf"))
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v), scores.logsumexp(-1)


def attend_gradients(q, k, v, out_gradient, causal):
    inputs = [x.detach().requires_grad_() for x in (q, k, v)]
    return torch.autograd.grad(attend(*inputs, causal)[0], inputs, out_gradient)


def mix(components, weight):
    """Composite heads. Kernels of attention ask for features that lie together, which einsum does not care for."""
    return torch.einsum("bnce,cg->bnge", components, weight).contiguous()


def mix_by_products(components, weight):
    """The same, as one small matrix product for every token."""
    return weight.T @ components


def normalize(x, gain):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * gain


def sizes_of_blocks(x):
    """The mean square of every 64 tokens of a head, over tensors [batch][token][head][feature]."""
    return torch.stack([tokens.float().square().mean((1, 3)) for tokens in x.split(64, dim=1)])


def agrees_with_peer(results, peers):
    """Whether results are those of another kernel that rounds as much, where the truth in double is too much to take.
    No 64 tokens of a head may be off by more than a sixteenth of their size, or of that of all; what reads or writes a
    wrong place is off by much more. A text that says by how much, and the answer."""
    shares = []
    for result, peer in zip(results, peers, strict=True):
        allowed = sizes_of_blocks(peer) / 16**2
        allowed = allowed.clamp(min=allowed.mean())
        shares.append((sizes_of_blocks(result.float() - peer.float()) / allowed).max().sqrt().item())
    if not all(math.isfinite(share) for share in shares):
        return False, "not finite"
    return max(shares) <= 1, f"{max(shares):.2f} of the difference allowed"


def errors_of(result, truth):
    """The root mean square and the largest error, in units of the truth's root mean square."""
    difference = result.double() - truth
    size = truth.square().mean().sqrt()
    return (difference.square().mean().sqrt() / size).item(), (difference.abs().max() / size).item()


def agreement(results, peers, truths, factor):
    """Whether no error of the results exceeds the peers' by more than a factor, given the truth in double: a text that
    says by how much, and the answer. The last bits of bfloat16 numbers, 2^-9 of their size, are granted to all."""
    shares = []
    for result, peer, truth in zip(results, peers, truths, strict=True):
        for ours, theirs in zip(errors_of(result, truth), errors_of(peer, truth), strict=True):
            shares.append(ours / (factor * theirs + 2**-12))
    if not all(math.isfinite(share) for share in shares):
        return False, "not finite"
    return max(shares) <= 1, f"{max(shares):.2f} of the error allowed"
