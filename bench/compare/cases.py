# SPDX-License-Identifier: Apache-2.0
"""What is compared: attention of one sequence, on which inputs, and what makes results right."""
import dataclasses

import ml_dtypes
import numpy

NUMBER_TYPES = {"float": numpy.dtype(numpy.float32), "bfloat16": numpy.dtype(ml_dtypes.bfloat16)}
# Several times what the rounding of single numbers adds up to at these sizes, and far below what one wrong key does.
LARGEST_ERROR = {"float": 1e-4, "bfloat16": 2e-2}
DECODING = {32: "multi_head_32x128", 8: "grouped_query_32_8x128", 4: "grouped_query_32_4x128",
            1: "grouped_query_32_1x128"}


@dataclasses.dataclass(frozen=True)
class Case:
    """An operation on a variant in a number type, by the names that headwise's library has for them."""

    operation: str
    variant: str
    number_type: str
    query_heads: int
    key_heads: int
    head_dim: int
    queries: int
    keys: int
    causal: bool = False

    @property
    def function(self):
        return f"{self.operation}/{self.variant}/{self.number_type}"

    @property
    def name(self):
        return f"{self.function}/tokens:{self.keys}"

    @property
    def dtype(self):
        return NUMBER_TYPES[self.number_type]

    @property
    def heads_of_queries(self):
        """The shape of queries by key heads. All query heads of a group attend to the same keys, so that one token of
        them is as many queries of one head: where no mask tells queries apart, that is the same attention."""
        rows = self.query_heads // self.key_heads * self.queries
        return self.key_heads, rows, self.head_dim


def plain(operation, number_type, head_dim, tokens, causal):
    variant = f"{'causal' if causal else 'full'}_4x{head_dim}"
    return Case(operation, variant, number_type, 4, 4, head_dim, tokens, tokens, causal)


def decoding(number_type, key_heads, tokens):
    return Case("decode", DECODING[key_heads], number_type, 32, key_heads, 128, 1, tokens)


def all_cases():
    found = [plain(operation, number_type, head_dim, tokens, causal)
             for operation, number_type in (("forward", "float"), ("forward", "bfloat16"), ("backward", "float"))
             for causal in (False, True) for head_dim in (64, 128) for tokens in (1024, 2048, 4096)]
    return found + [decoding(number_type, heads, 16384) for number_type in NUMBER_TYPES for heads in DECODING]


def quick_cases():
    """One of every kind."""
    found = [plain("forward", number_type, 64, 1024, causal) for number_type in NUMBER_TYPES
             for causal in (False, True)]
    return [*found, plain("backward", "float", 64, 1024, True), *(decoding(t, 8, 4096) for t in NUMBER_TYPES)]


def inputs_of(case):
    """Random tensors [heads][tokens][head_dim] by name, the same in every run."""
    generator = numpy.random.default_rng(1)

    def normal(heads, tokens):
        return generator.standard_normal((heads, tokens, case.head_dim), numpy.float32).astype(case.dtype)

    tensors = {"q": normal(case.query_heads, case.queries), "k": normal(case.key_heads, case.keys),
               "v": normal(case.key_heads, case.keys)}
    if case.operation == "backward":
        tensors["out_gradient"] = normal(case.query_heads, case.queries)
    return tensors


def error_of(result, exact):
    """The largest distance of a row to the exact one, relative to this row or the usual one of its head, whichever is
    longer: a row may be zero."""
    lengths = numpy.linalg.norm(exact, axis=-1)
    usual = numpy.sqrt(numpy.mean(lengths**2, axis=-1, keepdims=True))
    return float(numpy.max(numpy.linalg.norm(result.astype(float) - exact, axis=-1) / numpy.maximum(lengths, usual)))


def disagreement(case, results, exact):
    """A sentence where a result is not what it should be. One that is not a number is wrong as well."""
    limit = LARGEST_ERROR[case.number_type]
    for name, expected in exact.items():
        error = error_of(results[name].reshape(expected.shape), expected)
        if not error <= limit:
            return f"{name} is off by {error:.2g}, {limit:g} are allowed"
    return None
