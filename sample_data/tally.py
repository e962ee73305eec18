"""The true process's own totals and expectations, summed over blocks."""

import numpy as np


class Tally:
    """Counts by group and key, and expectations by effect and path."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, int]] = {}
        self.expected: dict[tuple[str, ...], list[float]] = {}

    def add(self, group: str, key: str, count: int) -> None:
        """Add one number."""
        keys = self.groups.setdefault(group, {})
        keys[key] = keys.get(key, 0) + int(count)

    def add_index(self, group: str, index: np.ndarray, labels) -> None:
        """Add how often each label's index occurs."""
        for label, count in zip(labels, np.bincount(index, minlength=len(labels)), strict=True):
            self.add(group, str(label), count)

    def expect(self, path: tuple[str, ...], total: float, over: float) -> None:
        """Add to an expectation: a sum of expected values, and what it is divided by in the end."""
        sums = self.expected.setdefault(path, [0.0, 0.0])
        sums[0] += float(total)
        sums[1] += float(over)

    def expect_index(self, path: tuple[str, ...], index: np.ndarray, value, labels) -> None:
        """Add each label's expected values, one per element."""
        over = np.bincount(index, minlength=len(labels))
        total = np.bincount(index, weights=np.broadcast_to(value, index.shape),
                            minlength=len(labels))  # fmt: skip
        for label, one, count in zip(labels, total, over, strict=True):
            self.expect((*path, str(label)), one, count)

    def mean(self, *path: str) -> float | None:
        """An expectation: null where there is nothing to divide by."""
        total, over = self.expected.get(path, (0.0, 0.0))
        return round(total / over, 6) if over else None

    def sum(self, *path: str) -> float:
        """The sum of expected values alone."""
        return self.expected.get(path, (0.0, 0.0))[0]

    def over(self, *path: str) -> int:
        """How many an expectation is over."""
        return int(self.expected.get(path, (0.0, 0.0))[1])

    def sorted(self) -> dict[str, dict[str, int]]:
        """All groups, keys in order."""
        return {g: dict(sorted(self.groups[g].items())) for g in sorted(self.groups)}
