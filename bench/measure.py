# SPDX-License-Identifier: Apache-2.0
"""How long functions take, side by side."""
import statistics
import time


class CudaTimer:
    """Time between two events in the current stream."""

    def __init__(self, torch):
        self._torch = torch

    def seconds(self, run, repeats):
        start, end = (self._torch.cuda.Event(enable_timing=True) for _ in range(2))
        # The device is kept busy for half a millisecond, so that it never waits for the host to tell it more: peers
        # take longer to start than plain calls of C, which is not what is measured.
        self._torch.cuda._sleep(1_000_000)
        start.record()
        for _ in range(repeats):
            run()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1e-3 / repeats


class HostTimer:
    """Time of the host, for functions that are done when they return."""

    def seconds(self, run, repeats):
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        return (time.perf_counter() - start) / repeats


class RestedTimer(HostTimer):
    """Time of the host after a rest, in which the threads of whoever came before stop looking for more work. Where a
    call repeats, the first one counts not: it wakes its threads and finds its data in far memory."""

    def seconds(self, run, repeats):
        time.sleep(0.01)
        if repeats > 1:
            run()
        return super().seconds(run, repeats)


def interleave(timer, candidates, seconds, least_rounds=5, most_rounds=50, turn_seconds=2e-3):
    """Seconds of every candidate in every round. All take turns, so that what the machine does to one in the course of
    time, it does to all; the order is turned around from round to round. A candidate repeats until a turn takes
    `turn_seconds`, since the clock and the start of work are not free."""
    repeats = {}
    for name, run in candidates.items():
        timer.seconds(run, 1)
        timer.seconds(run, 1)
        repeats[name] = max(1, min(200, round(turn_seconds / max(timer.seconds(run, 1), 1e-6))))
    taken = {name: [] for name in candidates}
    start = time.perf_counter()
    for count in range(most_rounds):
        if count >= least_rounds and time.perf_counter() - start > seconds:
            break
        names = list(candidates) if count % 2 == 0 else list(candidates)[::-1]
        for name in names:
            taken[name].append(timer.seconds(candidates[name], repeats[name]))
    return taken


def median_seconds(taken):
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def speed_ratio(taken, name, other):
    """How many times as fast as `other` the candidate is: the median over rounds."""
    return statistics.median(theirs / ours for ours, theirs in zip(taken[name], taken[other]))
