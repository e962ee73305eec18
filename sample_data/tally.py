"""The true process's own totals, summed over blocks."""

import numpy as np


class Tally:
    """Counts by group and key."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, int]] = {}

    def add(self, group: str, key: str, count: int) -> None:
        """Add one number."""
        keys = self.groups.setdefault(group, {})
        keys[key] = keys.get(key, 0) + int(count)

    def add_index(self, group: str, index: np.ndarray, labels) -> None:
        """Add how often each label's index occurs."""
        for label, count in zip(labels, np.bincount(index, minlength=len(labels)), strict=True):
            self.add(group, str(label), count)

    def sorted(self) -> dict[str, dict[str, int]]:
        """All groups, keys in order."""
        return {g: dict(sorted(self.groups[g].items())) for g in sorted(self.groups)}
