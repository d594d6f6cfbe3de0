"""Whether two kinds of request can be told apart by how long they take. No absolute times are asserted anywhere."""

import math
import statistics
import time


def interleaved(first, second, pairs):
    """Seconds each took, in pairs and turns, so that whatever slows the machine slows both."""
    times = ([], [])
    for index in range(pairs):
        order = (0, 1) if index % 2 else (1, 0)
        for which in order:
            step = (first, second)[which]
            began = time.perf_counter()
            step(index)
            times[which].append(time.perf_counter() - began)
    return times


def mann_whitney_p(first, second):
    """Two-sided p of the rank-sum test (normal approximation; fine from 20 samples up)."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(first), len(second)
    u = rank_sum - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def welch_t(first, second):
    """Welch's t of the faster nine tenths of each: what is left is the program, not the scheduler."""
    first, second = (sorted(values)[: len(values) * 9 // 10] for values in (first, second))
    spread = statistics.variance(first) / len(first) + statistics.variance(second) / len(second)
    return (statistics.mean(first) - statistics.mean(second)) / math.sqrt(spread)
