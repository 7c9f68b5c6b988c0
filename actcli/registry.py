"""Finding things by name: spelling-insensitive look-up with aliases and a suggestion. Knows nothing of what is found."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from actcli.errors import RequestError, UnknownNameError

T = TypeVar("T")


def fold(name: str) -> str:
    """Reduce a name to what counts: case, ``-``, ``_`` and blanks do not.

    >>> fold("Leaky-ReLU") == fold("leaky_relu")
    True
    """
    return as_text(name).lower().translate(_IGNORED)


def as_text(name: object) -> str:
    """Return a name; raise RequestError for what is none, as a caller in Python may give."""
    if not isinstance(name, str):
        raise RequestError(f"a name must be a text, not {name!r}")
    return name


_IGNORED = str.maketrans("", "", "-_ ")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name nearest to ``name``, or an empty string."""
    from difflib import get_close_matches

    spelled = {fold(k): k for k in known}
    near = get_close_matches(fold(name), spelled, n=1)
    return f"; did you mean '{spelled[near[0]]}'?" if near else ""


class Registry(Generic[T]):
    """Things of one kind in the order of their declaration, found by any spelling of their names.

    Args:
        kind: what one of them is called in an error ("function", "optimizer").
        listing: what the user can type to see them all.

    >>> colours = Registry[int]("colour")
    >>> colours.add("dark_red", 1, aliases=("maroon",))
    >>> colours["DarkRed"], colours["maroon"], list(colours)
    (1, 1, ['dark_red'])
    """

    def __init__(self, kind: str, listing: str = "") -> None:
        self.kind = kind
        self.listing = listing
        self._items: dict[str, T] = {}
        self._found: dict[str, T] = {}
        self._spellings: list[str] = []

    def add(self, name: str, item: T, aliases: Iterable[str] = ()) -> None:
        """Add an item; a name that is taken is a fault of the declaration."""
        spellings = [name, *aliases]
        for spelling in spellings:
            if fold(spelling) in self._found:
                raise ValueError(f"the {self.kind} name '{spelling}' is declared twice")
        self._found |= dict.fromkeys(map(fold, spellings), item)
        self._spellings += spellings
        self._items[name] = item

    def __getitem__(self, name: str) -> T:
        try:
            return self._found[fold(name)]
        except KeyError:
            hint = suggestion(name, self._spellings) or (
                f"; '{self.listing}' shows them all"
                if self.listing
                else f"; known: {', '.join(self)}"
            )
            raise UnknownNameError(f"no {self.kind} '{name}'{hint}") from None

    def get(self, name: str) -> T | None:
        """Return what is found by a name, or None."""
        return self._found.get(fold(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and fold(name) in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def values(self) -> list[T]:
        """Return the items in the order of their declaration."""
        return list(self._items.values())
