import struct
import xml.etree.ElementTree as ElementTree

import pytest

from nlpseq.pipelines import curves


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("combinations", [1, 2, 14])
def test_each_combination_has_its_line(combinations, monkeypatch):
    drawn = []
    panel = curves._panel
    monkeypatch.setattr(curves, "_panel", lambda *a: (drawn.append(a[1]), panel(*a)))
    lines = {f"model $x_{i}$": [[0.5, 0.7, 0.9 - i / 99]] for i in range(combinations)}
    found = curves.draw(lines, title="a $title", figure="accuracy", baseline=0.8)
    width, height = size_of(found["png"])
    assert width >= 700
    assert height >= 450
    assert ElementTree.fromstring(found["svg"]).tag.endswith("svg")
    assert drawn == list(lines)


def test_equal_curves_give_equal_pictures():
    lines = {"a": [[0.1, 0.2], [0.1, 0.4, 0.3]], "b": [[0.5]]}
    first, again = (curves.draw(lines, title="t", figure="f") for _ in range(2))
    assert first == again


def test_a_line_is_the_mean_as_far_as_every_seed_went():
    line = curves.curve([[0.1, 0.2, 0.9], [0.3, 0.4]])
    assert line.epochs.tolist() == [1, 2]
    assert line.reached == pytest.approx((0.9 + 0.4) / 2)
    assert line.mean.tolist() == pytest.approx([0.2, 0.3])
    assert (line.worst.tolist(), line.best.tolist()) == ([0.1, 0.2], [0.3, 0.4])


def test_the_scale_holds_every_best_epoch_and_the_baseline():
    lines = [curves.curve([[0.1, 0.8, 0.78]]), curves.curve([[0.5, 0.9]])]
    low, high = curves.limits(lines, 0.95)
    assert low < 0.8 - (0.95 - 0.8) + 1e-9
    assert low > 0.1
    assert high > 0.95
