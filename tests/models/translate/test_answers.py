from nlpseq.models.translate.answers import EMPTY, Alternative, Translation


def test_an_answer_as_fields_and_as_a_record():
    plain = Translation("the cat", -1.5)
    assert plain.fields() == ("the cat",)
    assert plain.record() == {"text": "the cat", "score": -1.5}
    several = plain._replace(alternatives=(Alternative("a cat", -2.0),))
    assert several.record()["alternatives"] == [{"text": "a cat", "score": -2.0}]
    assert EMPTY.fields() == ("",)
    assert EMPTY.record() == {"text": None, "reason": "the text is empty"}
