# SPDX-License-Identifier: Apache-2.0
"""OpenVINO's ScaledDotProductAttention, and its attention over a cache in blocks, as a participant."""
import numpy
import openvino
import openvino.opset13 as operators
from form import Form
from openvino_paged import paged_form
from openvino_tensors import INFERENCE_TYPES, settings_of, tensor_of


class Peer:
    """OpenVINO, which attends forward. Its plain operator goes over all scores under a causal mask; the other one is
    causal."""

    def __init__(self):
        self._core = openvino.Core()

    def forms(self, case, tensors, threads):
        if case.operation == "backward":
            return []
        found = [plain_form(self._core, case, tensors, threads)]
        if case.operation == "decode" or case.causal:
            found.append(paged_form(self._core, case, tensors, threads))
        return found


def plain_form(core, case, tensors, threads):
    arrays = [tensors["q"].reshape(case.heads_of_queries)[None], tensors["k"][None], tensors["v"][None]]
    inputs = [operators.parameter(array.shape, INFERENCE_TYPES[case.number_type]) for array in arrays]
    model = openvino.Model([operators.scaled_dot_product_attention(*inputs, causal=case.causal)], inputs)
    request = core.compile_model(model, "CPU", settings_of(case, threads)).create_infer_request()
    for index, array in enumerate(arrays):
        request.set_input_tensor(index, tensor_of(array))
    out = numpy.empty_like(arrays[0])
    request.set_output_tensor(0, tensor_of(out))
    return Form(lambda kept=arrays: request.infer(), lambda: {"out": out})
