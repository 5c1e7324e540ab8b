# SPDX-License-Identifier: Apache-2.0
"""One way of a participant to do a case."""
import dataclasses
from collections.abc import Callable


@dataclasses.dataclass
class Form:
    """`run` does the work and nothing else; `results` then gives what came of it, as arrays by name."""

    run: Callable
    results: Callable
