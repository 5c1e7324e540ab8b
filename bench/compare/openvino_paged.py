# SPDX-License-Identifier: Apache-2.0
"""Attention over a cache in blocks, which OpenVINO's servers of language models use: an operator that its Python package
has under a name of its own, with the inputs of the release that was tried."""
import numpy
import openvino
import openvino._pyopenvino
import openvino.opset13 as operators
from form import Form
from openvino_tensors import INFERENCE_TYPES, settings_of, tensor_of

BLOCK = 32
LAYOUT = ("q", "k", "v", "key_cache.0", "value_cache.0", "past_lens", "subsequence_begins", "block_indices",
          "block_indices_begins", "scale", "sliding_window", "alibi_slopes", "max_context_len")


def absent(element_type):
    return operators.constant(numpy.empty(0), element_type)


def zero():
    return operators.constant(0, openvino.Type.i32)


def unused_inputs():
    """Those behind `LAYOUT`: scores to keep, rotations, sparse attention, sinks, eviction, token types and biases."""
    i32, f32 = openvino.Type.i32, openvino.Type.f32
    return [absent(i32), absent(i32), absent(i32), absent(f32), absent(f32), zero(), zero(), absent(f32), zero(),
            *(absent(i32) for _ in range(4)), absent(openvino.Type.u8), absent(i32)]


def parameter(name, shape, element_type):
    found = operators.parameter(shape, element_type, name=name)
    found.output(0).get_tensor().set_names({name})
    return found


def model_of(case):
    element_type, i32 = INFERENCE_TYPES[case.number_type], openvino.Type.i32
    cache = [-1, case.key_heads, -1, case.head_dim]
    shapes = {"q": [-1, case.query_heads * case.head_dim], "k": [-1, case.key_heads * case.head_dim],
              "v": [-1, case.key_heads * case.head_dim], "key_cache.0": cache, "value_cache.0": cache}
    parameters = {name: parameter(name, shape, element_type) for name, shape in shapes.items()}
    parameters |= {name: parameter(name, [-1], i32) for name in LAYOUT[5:9]}
    parameters["max_context_len"] = parameter("max_context_len", [], i32)
    settings = {"scale": operators.constant(numpy.float32(case.head_dim**-0.5)), "sliding_window": zero(),
                "alibi_slopes": absent(openvino.Type.f32)}
    inputs = [(parameters | settings)[name] for name in LAYOUT] + unused_inputs()
    attention = openvino._pyopenvino.op._PagedAttentionExtension([node.output(0) for node in inputs])
    shape = {"num_k_heads": case.key_heads, "num_v_heads": case.key_heads, "k_head_size": case.head_dim,
             "v_head_size": case.head_dim}
    for name, number in shape.items():
        attention.get_rt_info()[name] = number
    return openvino.Model([attention.output(0)], list(parameters.values()))


def by_token(tensor):
    """[heads][tokens][head_dim] as [tokens][heads * head_dim]."""
    return numpy.ascontiguousarray(tensor.transpose(1, 0, 2)).reshape(tensor.shape[1], -1)


def cache_of(tensor, past):
    """The first tokens of [heads][tokens][head_dim] as [blocks][heads][BLOCK][head_dim]."""
    heads, tokens, dim = tensor.shape
    blocks = -(-tokens // BLOCK)
    room = numpy.zeros((heads, blocks * BLOCK, dim), tensor.dtype)
    room[:, :past] = tensor[:, :past]
    return numpy.ascontiguousarray(room.reshape(heads, blocks, BLOCK, dim).transpose(1, 0, 2, 3))


def paged_form(core, case, tensors, threads):
    """A call writes the keys and values of its own tokens into the cache, and attends causally."""
    past = case.keys - case.queries
    key_cache, value_cache = (cache_of(tensors[name], past) for name in ("k", "v"))
    arrays = {"q": by_token(tensors["q"]), "k": by_token(tensors["k"][:, past:]), "v": by_token(tensors["v"][:, past:]),
              "key_cache.0": key_cache, "value_cache.0": value_cache}
    numbers = {"past_lens": [past], "subsequence_begins": [0, case.queries], "block_indices": range(len(key_cache)),
               "block_indices_begins": [0, len(key_cache)], "max_context_len": case.keys}
    arrays |= {name: numpy.array(values, numpy.int32) for name, values in numbers.items()}
    cache_type = {"KV_CACHE_PRECISION": INFERENCE_TYPES[case.number_type]}
    compiled = core.compile_model(model_of(case), "CPU", settings_of(case, threads) | cache_type)
    if compiled.input("key_cache.0").partial_shape[2] != BLOCK:
        raise RuntimeError(f"OpenVINO has blocks of another size than {BLOCK}")
    request = compiled.create_infer_request()
    for name, array in arrays.items():
        request.set_tensor(name, tensor_of(array))
    out = numpy.empty_like(arrays["q"])
    request.set_output_tensor(0, tensor_of(out))
    heads = (case.queries, case.query_heads, case.head_dim)
    return Form(lambda kept=arrays: request.infer(), lambda: {"out": out.reshape(heads).transpose(1, 0, 2)})
