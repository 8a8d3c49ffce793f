"""Repairs of a corpus: what was mended or left out on request, counted and with its places."""

from nlpseq.errors import DataError

_SHOWN = 3  # places of each kind


class Repairs:
    """Counts faults that readers mend instead of stopping at the first.

    A reader takes ``Repairs | None``: without one, a fault is an error.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}  #: what was done → how often
        self._places: dict[str, list[str]] = {}

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def add(self, done: str, where: str, message: str = "") -> None:
        """One more.

        :param done: the kind of fault and what was done, such as ``ragged row left out``
        :param where: ``file:line``
        :param message: what an error would say of this one; for those who list each fault
        """
        self.counts[done] = self.counts.get(done, 0) + 1
        places = self._places.setdefault(done, [])
        if len(places) < _SHOWN:
            places.append(where)

    def __str__(self) -> str:
        """A line for each kind: how many, what, and where the first ones are."""
        return "\n".join(
            f"{count:,} × {done} ({', '.join(self._places[done])}{', …' if count > _SHOWN else ''})"
            for done, count in self.counts.items()
        )


def fault(
    repairs: Repairs | None, message: str, *, where: str, done: str, remedy: str | None = None
) -> None:
    """Count a fault that the reader goes on to mend; without ``repairs``, raise it.

    :raises DataError: where nothing is to be repaired
    """
    if repairs is None:
        raise DataError(message, where=where, remedy=remedy)
    repairs.add(done, where, message)
