# SPDX-License-Identifier: Apache-2.0
"""The library of bench/compare/library.hpp, called with arrays of numpy."""
import ctypes

import numpy
from form import Form

SIZES = ("queries", "keys")
TENSORS = ("q", "k", "v", "out", "lse", "out_gradient", "q_gradient", "k_gradient", "v_gradient")
GRADIENTS = {"q_gradient": "q", "k_gradient": "k", "v_gradient": "v"}


class CCall(ctypes.Structure):
    """struct headwise_call."""

    _fields_ = [(name, ctypes.c_int64) for name in SIZES] + [(name, ctypes.c_void_p) for name in TENSORS]


class Headwise:
    """headwise as a participant."""

    def __init__(self, path):
        self._c = ctypes.CDLL(str(path))
        self._c.headwise_operation_name.restype = ctypes.c_char_p
        self._c.headwise_run.restype = ctypes.c_char_p
        self._c.headwise_run.argtypes = [ctypes.c_int, ctypes.c_void_p]
        count = self._c.headwise_operation_count()
        self._index = {self._c.headwise_operation_name(i).decode(): i for i in range(count)}

    def forms(self, case, tensors, threads):
        self._c.headwise_set_threads(threads)
        if case.function not in self._index:
            return []
        arrays = dict(tensors, out=numpy.empty_like(tensors["q"]))
        if case.operation != "backward":
            return [Form(self._call(case, case.function, arrays), lambda: arrays)]
        arrays["lse"] = numpy.empty(arrays["q"].shape[:-1], numpy.float32)
        self._call(case, case.function.replace("backward", "forward"), arrays)()
        arrays |= {gradient: numpy.empty_like(arrays[name]) for gradient, name in GRADIENTS.items()}
        return [Form(self._call(case, case.function, arrays), lambda: arrays)]

    def _call(self, case, function, arrays):
        values = {name: arrays[name].ctypes.data for name in TENSORS if name in arrays}
        c_call = CCall(queries=case.queries, keys=case.keys, **values)
        index, reference = self._index[function], ctypes.byref(c_call)

        def run(kept_alive=(c_call, arrays)):
            if error := self._c.headwise_run(index, reference):
                raise RuntimeError(error.decode())

        return run
