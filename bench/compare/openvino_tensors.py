# SPDX-License-Identifier: Apache-2.0
"""Arrays of numpy as OpenVINO's tensors, and how it is to compute on them."""
import numpy
import openvino

INFERENCE_TYPES = {"float": openvino.Type.f32, "bfloat16": openvino.Type.bf16}


def tensor_of(array):
    """The same memory as a tensor."""
    if array.itemsize == 2:
        return openvino.Tensor(array.view(numpy.uint16), list(array.shape), openvino.Type.bf16)
    return openvino.Tensor(array, shared_memory=True)


def settings_of(case, threads):
    """Threads that stay on one core would take others along that are started by them."""
    return {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False,
            "INFERENCE_PRECISION_HINT": INFERENCE_TYPES[case.number_type]}
