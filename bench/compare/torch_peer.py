# SPDX-License-Identifier: Apache-2.0
"""PyTorch's scaled_dot_product_attention as a participant."""
import numpy
import torch
from form import Form
from torch.nn.functional import scaled_dot_product_attention


def tensor_of(array):
    """The same memory as a tensor of one sequence."""
    bits = torch.from_numpy(array.view(numpy.int16 if array.itemsize == 2 else array.dtype))
    return (bits.view(torch.bfloat16) if array.itemsize == 2 else bits)[None]


def array_of(tensor):
    return tensor[0].detach().float().numpy()


class Peer:
    """PyTorch, in every number type, forward and backward."""

    def forms(self, case, tensors, threads):
        torch.set_num_threads(threads)
        q, k, v = (tensor_of(tensors[name]) for name in ("q", "k", "v"))
        if case.operation == "backward":
            return [backward_form(case, q, k, v, tensor_of(tensors["out_gradient"]))]
        if case.key_heads == case.query_heads:
            return [forward_form(q, k, v, is_causal=case.causal)]
        return [forward_form(q, k, v, enable_gqa=True), forward_form(q.view(1, *case.heads_of_queries), k, v)]


def forward_form(q, k, v, **settings):
    out = []

    def run():
        with torch.inference_mode():
            out[:] = [scaled_dot_product_attention(q, k, v, **settings)]

    return Form(run, lambda: {"out": array_of(out[0])})


def backward_form(case, q, k, v, out_gradient):
    inputs = [tensor.requires_grad_() for tensor in (q, k, v)]
    out = scaled_dot_product_attention(*inputs, is_causal=case.causal)
    gradients = []

    def run():
        gradients[:] = torch.autograd.grad(out, inputs, out_gradient, retain_graph=True)

    names = ("q_gradient", "k_gradient", "v_gradient")
    return Form(run, lambda: dict(zip(names, map(array_of, gradients))))
