"""Texts with their entities as one HTML page, which needs nothing from the network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Protocol

from nlpseq import pages
from nlpseq.pages import escape, fill

#: The types' boxes on white and on near-black, each of contrast 4.5 or more with its letters;
#: a further type begins again.
_COLOURS = (
    ("#a9d0ff", "#1f4f86"),
    ("#ffc078", "#854800"),
    ("#a8e6a1", "#23662a"),
    ("#d3b8ff", "#61399a"),
    ("#ffe066", "#665200"),
    ("#ffafc5", "#8a2450"),
    ("#86e3e0", "#0b6162"),
    ("#dfc3ad", "#66493a"),
    ("#b9bfff", "#3f459c"),
    ("#d2e77f", "#4d5f10"),
    ("#ff9f8f", "#8f2f22"),
    ("#cfd4da", "#4c535d"),
)
_EDGES = ("rgb(0 0 0 / .4)", "rgb(255 255 255 / .4)")  # a box's, likewise


class Marked(Protocol):
    """An entity: ``text[start:end]``, and its type."""

    @property
    def start(self) -> int:
        """In characters of the text."""

    @property
    def end(self) -> int:
        """In characters of the text; greater than the start."""

    @property
    def type(self) -> str:
        """One of the page's types."""

    @property
    def confidence(self) -> float | None:
        """A probability; None where nobody knows it."""


def page(
    items: Iterable[tuple[str, Sequence[Marked]]],
    types: Sequence[str],
    *,
    title: str = "Entities",
) -> Iterator[str]:
    """The page, in pieces: the head, a block for each text, the foot.

    A block is given before the next text is asked for: memory does not grow with the texts.

    :param items: each text with its entities, in order and without overlap
    :param types: all that an entity may have; a type's colour is its place among them, sorted
    :raises ValueError: on the way, where an entity overlaps the one before it, is empty, lies
        outside its text, or has a type that is not in ``types``
    """
    places = {type_: place % len(_COLOURS) for place, type_ in enumerate(sorted(set(types)))}
    values = {
        "head": pages.head(title, day=_boxes(0), night=_boxes(1)),
        "title": escape(title),
        "legend": "\n".join(
            f'<li class="c{p}"><bdi>{escape(t)}</bdi></li>' for t, p in places.items()
        ),
    }
    template = resources.files("nlpseq.models.tag").joinpath("picture.html").read_text("utf-8")
    head, foot = template.split("{{texts}}\n")
    yield fill(head, values)
    for text, entities in items:
        yield _block(text, entities, places)
    yield foot


def _block(text: str, entities: Sequence[Marked], places: Mapping[str, int]) -> str:
    pieces: list[str] = []
    at = 0
    for entity in entities:
        start, end, type_ = entity.start, entity.end, entity.type
        if not at <= start < end <= len(text):
            raise ValueError(f"entity {start}-{end} has no place in {at}-{len(text)} of its text")
        if type_ not in places:
            raise ValueError(f"entity {start}-{end} has type {type_!r}, which the page lacks")
        name = escape(type_)
        sure = "" if entity.confidence is None else f" {entity.confidence:.1%}"
        pieces += (
            escape(text[at:start]),
            f'<mark class="c{places[type_]}" title="{name}{sure}">{escape(text[start:end])}',
            # The blank keeps the type on the line of the entity's end. <bdi>: whatever the script
            # of the type, it has no say in the direction of the text.
            f"<b>&nbsp;<bdi>{name}</bdi></b></mark>",
        )
        at = end
    return f'<p dir="auto">{"".join(pieces)}{escape(text[at:])}</p>\n'


def _boxes(side: int) -> str:
    """The style sheet's lines of the colours by day (0) or by night (1)."""
    lines = [f".c{i} {{ --box: {pair[side]}; }}" for i, pair in enumerate(_COLOURS)]
    return "\n".join([f":root {{ --edge: {_EDGES[side]}; }}", *lines])
