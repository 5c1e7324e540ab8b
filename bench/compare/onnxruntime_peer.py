# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime's MultiHeadAttention and GroupQueryAttention as a participant."""
import numpy
import onnxruntime
from form import Form
from onnx import TensorProto, helper


def session_of(operator, inputs, outputs, threads, **attributes):
    """A model of one operator. An input that is none is absent."""
    types = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32}

    def described(arrays, prefix):
        return [helper.make_tensor_value_info(prefix + name, types[array.dtype.name], array.shape)
                for name, array in arrays.items() if array is not None]

    node = helper.make_node(operator, ["" if array is None else "in_" + name for name, array in inputs.items()],
                            ["out_" + name for name in outputs], domain="com.microsoft", **attributes)
    graph = helper.make_graph([node], "attention", described(inputs, "in_"), described(outputs, "out_"))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def form_of(operator, inputs, outputs, threads, results, **attributes):
    session = session_of(operator, inputs, outputs, threads, **attributes)
    binding = session.io_binding()
    for bind, prefix, arrays in ((binding.bind_input, "in_", inputs), (binding.bind_output, "out_", outputs)):
        for name, array in arrays.items():
            if array is not None:
                bind(prefix + name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
    # Lambdas keep alive what is bound by its address.
    return Form(lambda kept=(inputs, outputs): session.run_with_iobinding(binding), results)


def by_token(tensor):
    """[heads][tokens][head_dim] as [1][tokens][heads * head_dim]."""
    heads, tokens, dim = tensor.shape
    return numpy.ascontiguousarray(tensor.transpose(1, 0, 2)).reshape(1, tokens, heads * dim)


def by_head(array, heads):
    """The way back."""
    return array.reshape(array.shape[1], heads, -1).transpose(1, 0, 2)


class Peer:
    """ONNX Runtime, which attends forward in float. One operator has a full mask and goes over all scores under a
    causal one, the other is causal, and holds the cache."""

    def forms(self, case, tensors, threads):
        if case.number_type != "float" or case.operation == "backward":
            return []
        found = [multi_head_form(case, tensors, threads)]
        if case.operation == "decode" or case.causal:
            found.append(grouped_form(case, tensors, threads))
        return found


def multi_head_form(case, tensors, threads):
    q = by_token(tensors["q"].reshape(case.heads_of_queries))
    out = numpy.empty_like(q)
    inputs = {"q": q, "k": tensors["k"][None], "v": tensors["v"][None]}
    return form_of("MultiHeadAttention", inputs, {"out": out}, threads,
                   lambda: {"out": by_head(out, case.key_heads)}, num_heads=case.key_heads,
                   unidirectional=int(case.causal))


def grouped_form(case, tensors, threads):
    """A decoding step writes its token's key and value, which are there already, behind the others in the cache."""
    q = by_token(tensors["q"])
    k, v = (tensors[name] for name in ("k", "v"))
    new = slice(case.keys - case.queries, None)
    if case.operation == "decode":
        past = present = [k[None], v[None]]
    else:
        past, present = [None, None], [numpy.empty_like(k[None]), numpy.empty_like(v[None])]
    inputs = {"q": q, "k": by_token(k[:, new]), "v": by_token(v[:, new]), "past_k": past[0], "past_v": past[1],
              "last_key": numpy.array([case.keys - 1], numpy.int32), "tokens": numpy.array([case.keys], numpy.int32)}
    out = numpy.empty_like(q)
    return form_of("GroupQueryAttention", inputs, {"out": out, "present_k": present[0], "present_v": present[1]},
                   threads, lambda: {"out": by_head(out, case.query_heads)}, num_heads=case.query_heads,
                   kv_num_heads=case.key_heads)
