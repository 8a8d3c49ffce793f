import pytest
import torch

from nlpseq.models.translate import TranslatorSettings
from nlpseq.models.translate.network import Rows
from nlpseq.models.translate.recurrent import RecurrentNetwork
from nlpseq.models.translate.transformer import TransformerNetwork
from nlpseq.text.vocabulary import SPECIALS, Vocabulary

VOCABULARY = Vocabulary(["a", "b", "c", "d", "e"], specials=SPECIALS)
NETWORKS = {
    "gru": {"architecture": "recurrent"},
    "lstm": {"architecture": "recurrent", "cell": "lstm", "attention": "dot", "layers": 1},
    "gru without feeding": {
        "architecture": "recurrent", "attention": "additive", "input_feeding": False, "dim": 6,
    },
    "pre-norm": {"positions": "learned"},
    "post-norm": {"norm": "post", "tied": "joint"},
    "other sizes": {"dim": 6, "tied": "none"},
}  # fmt: skip


def network_of(name, vocabulary=VOCABULARY, **options):
    torch.manual_seed(1)
    settings = {"hidden": 8, "heads": 2, "layers": 2, "dropout": 0.0, "max_length": 40}
    if NETWORKS[name].get("architecture") == "recurrent":
        del settings["heads"]
    settings = TranslatorSettings(**{**settings, **NETWORKS[name], **options})
    kind = RecurrentNetwork if settings.architecture == "recurrent" else TransformerNetwork
    network = kind(settings, vocabulary, vocabulary, Rows())
    for parameter in network.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.3)  # so that each term shows
    return network.eval()


@pytest.fixture(params=NETWORKS)
def network(request):
    return network_of(request.param)
