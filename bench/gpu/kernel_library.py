# SPDX-License-Identifier: Apache-2.0
"""The library of bench/gpu/library.hpp, called with tensors of PyTorch."""
import ctypes

SIZES = ("batch", "queries", "keys")
TENSORS = ("q", "k", "v", "out", "lse", "out_gradient", "q_gradient", "k_gradient", "v_gradient", "key_weight",
           "value_weight", "gain", "mixed_k", "mixed_v")


class CCall(ctypes.Structure):
    """struct headwise_call."""

    _fields_ = [(name, ctypes.c_int64) for name in SIZES] + [(name, ctypes.c_void_p) for name in TENSORS]


class KernelLibrary:
    """Operations by name. `prepare` gives a function that starts one in the current stream, and nothing else."""

    def __init__(self, path, torch, device="cuda"):
        self._torch = torch
        self._device = device
        self._c = ctypes.CDLL(str(path))
        self._c.headwise_operation_name.restype = ctypes.c_char_p
        for function in ("headwise_workspace_bytes", "headwise_open", "headwise_run"):
            getattr(self._c, function).restype = ctypes.c_char_p
        self._c.headwise_open.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
        self._c.headwise_close.argtypes = [ctypes.c_void_p]
        self._c.headwise_run.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        count = self._c.headwise_operation_count()
        self._index = {self._c.headwise_operation_name(i).decode(): i for i in range(count)}
        self._memory = None
        self._workspace = ctypes.c_void_p()

    def names(self):
        return list(self._index)

    def shape(self, name):
        """Query, component and composite heads, and features."""
        shape = (ctypes.c_int * 4)()
        self._c.headwise_operation_shape(self._index[name], shape)
        return tuple(shape)

    def workspace_bytes(self, name, call):
        c_call = c_call_of(call)
        needed = ctypes.c_size_t()
        raise_if(self._c.headwise_workspace_bytes(self._index[name], ctypes.byref(c_call), ctypes.byref(needed)))
        return needed.value

    def prepare(self, name, call):
        self._make_room(self.workspace_bytes(name, call))
        c_call = c_call_of(call)
        index, reference, start = self._index[name], ctypes.byref(c_call), self._c.headwise_run

        def run(kept_alive=(c_call, call)):
            raise_if(start(self._workspace, index, reference))

        return run

    def _make_room(self, needed):
        if self._memory is not None and needed <= self._memory.numel():
            return
        on_gpu = self._device == "cuda"
        if self._memory is not None:
            if on_gpu:
                self._torch.cuda.synchronize()
            self._c.headwise_close(self._workspace)
        self._memory = self._torch.empty(max(needed, 1), dtype=self._torch.uint8, device=self._device)
        stream = self._torch.cuda.current_stream().cuda_stream if on_gpu else None
        raise_if(self._c.headwise_open(stream, self._memory.data_ptr(), self._memory.numel(),
                                       ctypes.byref(self._workspace)))


def c_call_of(call):
    values = {name: call[name] for name in SIZES}
    values |= {name: call[name].data_ptr() for name in TENSORS if name in call}
    return CCall(**values)


def raise_if(error):
    if error:
        raise RuntimeError(error.decode())
