"""Which tokens have been used, while they could be used again. Pure: the time is an argument, seconds of one clock."""

from __future__ import annotations


class SpentTokens:
    """Remembers each for ``kept_s``, which has to be as long as any of them is good. More than ``most`` are not kept:
    the oldest, which were nearly too old anyway, go for new ones, so that nobody fills the memory."""

    def __init__(self, kept_s: float, most: int = 65_536) -> None:
        self._kept_s = kept_s
        self._most = most
        self._until_s: dict[str, float] = {}
        """By identifier; the dictionary's order is that of the times, as all are kept for equally long."""

    def __len__(self) -> int:
        return len(self._until_s)

    def spend(self, token_id: str, now_s: float) -> bool:
        """Use one; False where it was used before."""
        self._forget(now_s)
        if token_id in self._until_s:
            return False
        self._until_s[token_id] = now_s + self._kept_s
        return True

    def _forget(self, now_s: float) -> None:
        while self._until_s:
            oldest = next(iter(self._until_s))
            if self._until_s[oldest] > now_s and len(self._until_s) < self._most:
                return
            del self._until_s[oldest]
