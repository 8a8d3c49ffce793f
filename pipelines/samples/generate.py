"""Generate the sample reviews of nlpseq.

The data are invented short reviews of films, series, hotels, restaurants, books, phones, games,
apps and tours, in Brazilian Portuguese (``pt``) and English (``en``).  Nothing is copied from an
existing data set: every review is a *template* whose slots are filled from a *lexicon*, and all
of both is in this file.

Three files are written:

``reviews-train.jsonl``  labelled reviews to train a sentiment classifier on,
``reviews-dev.jsonl``    labelled reviews to score it on,
``sentences.txt.gz``     unlabelled reviews, one a line, to train word vectors on.

What makes the task worth measuring:

* The three files use disjoint sets of templates (``check_templates`` proves it), so a classifier
  cannot score by remembering sentences.
* The first ``SEEN_SHARE`` of every list of opinion words is "seen".  Training reviews use only
  those, dev reviews mostly the others, and the unlabelled reviews all of them.  What an unseen
  word means has to be learnt from the unlabelled text, where words of one polarity keep company.
* About a quarter of the labelled reviews turn on word order: a negated opinion ("not bad at
  all") or a contrast in which the last clause decides ("the plot is weak, but I loved it").

Template slots, in braces.  ``s`` is the thing reviewed (film, hotel), ``x``, ``y`` and ``z`` are
aspects of it (plot, bed), ``m`` and ``f`` stand for a bare gender; a slot that names one of them
agrees with it.

=====================  =========================================================================
``{x}``                the noun itself
``{o x}`` ``{do x}``   an article, contraction or demonstrative and the noun (Portuguese only)
``{adj x}``            an opinion adjective; ``{iadj x}`` with an intensifier, ``{pre x}`` one
                       that may stand before its noun
``{v}`` ``{v x}``      an opinion verb of the reviewer; with its object (Portuguese only)
``{v3}``               an opinion verb phrase of which the thing is the subject
``{opn}`` ``{opn0}``   an opinion noun with its article, and without
``{adv}``              an opinion adverb
``{who}``              a person; ``{num}`` a number and ``{hour}`` a small one
``{mrole}`` and so on  ``{frole}``, ``{thing}``, ``{capital}`` and ``{country}`` serve the
                       sentences on people and places
=====================  =========================================================================

An opinion slot takes a word of the review's own polarity, and with ``!`` in front (``{!adj x}``)
one of the opposite polarity.  A template that starts with ``+`` or ``-`` is for that label only.

Run it as ``python pipelines/samples/generate.py [FOLDER]``; FOLDER defaults to the folder of
this file.  It needs the standard library alone, and writes the same bytes on each run (the
compressed file depends on the zlib build too; the text inside it does not).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SEED = 13
TRAIN_SIZE = 4_000
DEV_SIZE = 1_000
UNLABELLED_SIZE = 40_000
POSITIVE_SHARE = 0.53
SEEN_SHARE = 0.4
DEV_UNSEEN_SHARE = 0.65
MINIMUM_WORD_COUNT = 40
FRAME_LENGTH = 4

LANGUAGES = ("pt", "en")
SPLITS = ("train", "dev", "unlabelled")
LABELS = ("negative", "positive")
POSITIVE, NEGATIVE = 1, 0

# The share of each kind of review in a split.
LABELLED_KINDS = {"plain": 0.65, "negation": 0.11, "contrast": 0.14, "short": 0.10}
UNLABELLED_KINDS = {"plain": 0.86, "negation": 0.05, "contrast": 0.05, "people": 0.04}
MINIMUM_TEMPLATES = {"train": 25, "dev": 15, "unlabelled": 40}


def split_words(text: str) -> tuple[str, ...]:
    """Split a comma-separated list, which may run over several lines."""
    return tuple(" ".join(item.split()) for item in text.split(",") if item.strip())


# --------------------------------------------------------------------------------------------
# Lexicon.  Each list starts with its everyday words: these are the "seen" ones.
# --------------------------------------------------------------------------------------------

# language -> kind -> (negative words, positive words)
LEXICON: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "pt": {
        # Portuguese adjectives are given in the masculine; see ``inflect``.
        "adj": (
            split_words("""
                ruim, péssimo, horrível, terrível, fraco, chato, decepcionante, lamentável,
                medíocre, entediante, cansativo, desagradável, irritante, ridículo, patético,
                confuso, arrastado, frustrante, feio, malfeito, pobre, vergonhoso, insuportável,
                monótono, inútil, precário, horroroso, sofrível, desastroso, pavoroso, medonho,
                tosco, deplorável, desleixado, tedioso, enfadonho, maçante, insosso, abominável,
                detestável, insatisfatório, duvidoso, grosseiro, inaceitável, inadmissível,
                intragável, intolerável, execrável, repulsivo, nojento, raso, vazio, descuidado,
                desanimador, atroz, catastrófico, calamitoso, desprezível, amador, imprestável,
                odioso, tenebroso, banal, pífio, mixuruca, chinfrim, bagunçado, desgastante,
                aborrecido, constrangedor, lastimável, miserável, incômodo
            """),
            split_words("""
                bom, ótimo, excelente, maravilhoso, incrível, fantástico, perfeito, lindo, legal,
                sensacional, agradável, belo, brilhante, impecável, encantador, bacana, adorável,
                fascinante, espetacular, genial, emocionante, inesquecível, cativante, divertido,
                surpreendente, charmoso, criativo, empolgante, soberbo, magnífico, esplêndido,
                admirável, formidável, extraordinário, excepcional, fabuloso, deslumbrante,
                primoroso, caprichado, irretocável, memorável, notável, impressionante,
                envolvente, divino, fenomenal, majestoso, sublime, exemplar, louvável,
                apaixonante, satisfatório, refinado, elegante, harmonioso, inspirador, estupendo,
                magistral, acertado, supimpa, arrebatador, esmerado, invejável, vibrante,
                luminoso, tocante, radiante, prazeroso, valioso, eletrizante, exuberante,
                grandioso, atraente
            """),
        ),
        # Verbs of the reviewer; a last word "de", "com" or "por" governs the object.
        "v": (
            split_words("""
                detestei, odiei, me decepcionei com, me arrependi de, me irritei com, reprovei,
                reclamei de, enjoei de, me cansei de, me chateei com, me aborreci com,
                me frustrei com, desgostei de, abominei, repudiei, lamentei, critiquei,
                me enfureci com, me indignei com, me revoltei com, me entediei com,
                me desapontei com, desprezei, rejeitei, condenei, desaconselho, desaprovei
            """),
            split_words("""
                gostei de, adorei, amei, curti, recomendo, aprovei, me encantei com,
                me apaixonei por, me diverti com, me emocionei com, aproveitei, me deliciei com,
                aplaudi, apreciei, admirei, saboreei, me empolguei com, vibrei com,
                me maravilhei com, me deslumbrei com, me impressionei com, exaltei, celebrei,
                venerei, elogiei, me alegrei com, idolatrei
            """),
        ),
        "v3": (
            split_words("""
                me decepcionou, me irritou, me frustrou, me cansou, me incomodou, me entediou,
                falhou, me chateou, me desanimou, me aborreceu, me desapontou, me enojou,
                me indignou, me enfureceu, me revoltou, me desagradou, me desgostou,
                me exasperou, me constrangeu, fracassou, me estressou, me desiludiu, me enganou,
                me repugnou, me exauriu
            """),
            split_words("""
                me encantou, me conquistou, me agradou, me emocionou, me surpreendeu,
                me divertiu, brilhou, me animou, me alegrou, me impressionou, me fascinou,
                me cativou, me deslumbrou, me arrebatou, me satisfez, me envolveu, me inspirou,
                me empolgou, me comoveu, me seduziu, me hipnotizou, me extasiou, me maravilhou,
                me enfeitiçou, triunfou
            """),
        ),
        "opn": (
            split_words("""
                um desastre, uma decepção, uma porcaria, um lixo, uma vergonha, um fracasso,
                um horror, um pesadelo, uma perda de tempo, uma bomba, uma droga, um fiasco,
                uma tortura, um vexame, uma catástrofe, um desperdício, um tédio, uma furada,
                uma cilada, um absurdo, uma bagunça, uma enganação, um sofrimento, um martírio,
                uma roubada, uma frustração, um desgosto, uma fraude, um suplício
            """),
            split_words("""
                uma maravilha, uma delícia, um show, um espetáculo, uma obra-prima, um sucesso,
                um encanto, uma joia, um sonho, uma beleza, um presente, um prazer, um primor,
                um deleite, um triunfo, um acerto, uma preciosidade, um luxo, um arraso,
                um tesouro, uma bênção, uma pérola, um achado, uma alegria, um charme,
                uma conquista, um fenômeno, um estouro, uma perfeição
            """),
        ),
        "adv": (
            split_words("""
                mal, pessimamente, terrivelmente, horrivelmente, porcamente, sofrivelmente,
                pavorosamente, vergonhosamente, desastrosamente, lamentavelmente
            """),
            split_words("""
                perfeitamente, maravilhosamente, otimamente, lindamente, às mil maravilhas,
                divinamente, brilhantemente, magnificamente, esplendidamente, primorosamente
            """),
        ),
    },
    "en": {
        "adj": (
            split_words("""
                bad, terrible, horrible, awful, poor, boring, disappointing, weak, mediocre,
                dull, annoying, ridiculous, useless, disgusting, unpleasant, lousy, pathetic,
                lame, messy, frustrating, painful, dreadful, forgettable, irritating, bland,
                pointless, sloppy, tedious, atrocious, abysmal, appalling, horrendous, horrid,
                dismal, shoddy, tiresome, dreary, lackluster, miserable, pitiful, laughable,
                shameful, disgraceful, deplorable, unbearable, insufferable, intolerable,
                unacceptable, inexcusable, infuriating, clumsy, careless, amateurish,
                uninspired, insipid, vapid, stale, shallow, hollow, trite, mindless, worthless,
                wretched, vile, ghastly, hideous, revolting, nauseating, underwhelming, subpar,
                substandard, inept, flimsy, crappy, monotonous, soulless, woeful, exasperating
            """),
            split_words("""
                good, great, excellent, wonderful, amazing, fantastic, beautiful, perfect, nice,
                lovely, brilliant, awesome, delightful, enjoyable, charming, impressive,
                pleasant, fun, memorable, satisfying, clever, engaging, fabulous, fascinating,
                incredible, remarkable, refreshing, superb, terrific, outstanding, splendid,
                marvelous, magnificent, exceptional, stunning, flawless, impeccable,
                unforgettable, gorgeous, exquisite, phenomenal, spectacular, extraordinary,
                sublime, divine, stellar, masterful, captivating, enchanting, inspiring,
                polished, elegant, graceful, thoughtful, compelling, dazzling, breathtaking,
                admirable, commendable, praiseworthy, exemplary, glorious, heavenly,
                exhilarating, riveting, rewarding, vibrant, sensational, astonishing, adorable,
                endearing, stupendous, peerless, wondrous, tasteful, accomplished, radiant
            """),
        ),
        # Past forms, so that they serve every person; each takes a direct object.
        "v": (
            split_words("""
                hated, disliked, regretted, despised, complained about, suffered through,
                loathed, resented, yawned at, cringed at, got tired of, detested, abhorred,
                dreaded, cursed, scorned, moaned about, grumbled about, winced at, groaned at,
                recoiled from, deplored, bemoaned, lamented, rejected, disapproved of
            """),
            split_words("""
                loved, liked, enjoyed, adored, appreciated, admired, fell for, praised, endorsed,
                cherished, applauded, relished, savored, treasured, celebrated,
                delighted in, raved about, marveled at, cheered for, warmed to, fancied, prized,
                revered, worshipped, embraced, approved of
            """),
        ),
        "v3": (
            split_words("""
                disappointed me, bored me, annoyed me, let me down, irritated me, failed me,
                frustrated me, upset me, disgusted me, angered me, infuriated me, appalled me,
                repelled me, exhausted me, enraged me, dismayed me, disheartened me,
                embarrassed me, offended me, sickened me, wearied me, exasperated me,
                aggravated me, nauseated me, stank
            """),
            split_words("""
                impressed me, surprised me, won me over, delighted me, amazed me, charmed me,
                touched me, pleased me, thrilled me, made me smile, dazzled me, captivated me,
                enchanted me, fascinated me, inspired me, wowed me, enthralled me, bewitched me,
                uplifted me, gripped me, satisfied me, excelled, shone, mesmerized me,
                electrified me
            """),
        ),
        "opn": (
            split_words("""
                a disaster, a letdown, a mess, a waste, a failure, a nightmare, a joke, a flop,
                a disgrace, a bore, a horror, a dud, a ripoff, a travesty, a fiasco,
                a trainwreck, a shambles, a catastrophe, a stinker, a chore, a blunder,
                a debacle, a headache, a scam, a snooze, a torment, an ordeal, an insult,
                an eyesore, a sham
            """),
            split_words("""
                a gem, a masterpiece, a delight, a treat, a joy, a pleasure, a winner,
                a success, a classic, a hit, a blast, a triumph, a treasure, a marvel, a wonder,
                a knockout, a blessing, a jewel, a beauty, a dream, a feast, a godsend, a pearl,
                a revelation, a stunner, a keeper, a charmer, a paragon, a showstopper
            """),
        ),
        "adv": (
            split_words("""
                badly, terribly, poorly, horribly, awfully, miserably, dreadfully, abysmally,
                atrociously, shamefully
            """),
            split_words("""
                beautifully, perfectly, wonderfully, nicely, brilliantly, superbly, flawlessly,
                splendidly, marvelously, magnificently
            """),
        ),
    },
}

# Adjectives that take "very"; the others take an intensifier of the second list.
GRADABLE = {
    "pt": set(
        split_words("""
            ruim, fraco, chato, cansativo, desagradável, irritante, confuso, feio, pobre,
            desleixado, entediante, frustrante, bom, lindo, legal, agradável, belo, bacana,
            divertido, charmoso, criativo, caprichado, elegante, refinado, valioso, atraente
        """)
    ),
    "en": set(
        split_words("""
            bad, poor, boring, disappointing, weak, dull, annoying, lame, messy, frustrating,
            bland, sloppy, clumsy, careless, shallow, flimsy, good, nice, pleasant, fun,
            clever, charming, impressive, satisfying, elegant, thoughtful, polished, tasteful
        """)
    ),
}
INTENSIFIERS = {
    "pt": (
        split_words("muito, bem, bastante, super, tão"),
        split_words("realmente, simplesmente, francamente, verdadeiramente, de fato, mesmo"),
    ),
    "en": (
        split_words("very, so, pretty, rather, extremely, really"),
        split_words("really, truly, simply, quite, honestly, utterly, just, absolutely"),
    ),
}

# Portuguese adjectives that sound natural before a noun.
PRENOMINAL = set(
    split_words("""
        péssimo, horrível, terrível, lamentável, ridículo, pavoroso, medonho, deplorável,
        abominável, detestável, desastroso, execrável, bom, ótimo, excelente, maravilhoso,
        incrível, fantástico, lindo, belo, brilhante, soberbo, magnífico, esplêndido, admirável,
        formidável, extraordinário, excepcional, fabuloso, notável, sublime, estupendo
    """)
)

# Words before a noun that agree with it: masculine -> feminine.
DETERMINERS = {
    "o": "a",
    "do": "da",
    "no": "na",
    "ao": "à",
    "pelo": "pela",
    "um": "uma",
    "este": "esta",
    "deste": "desta",
    "neste": "nesta",
    "esse": "essa",
    "desse": "dessa",
    "nesse": "nessa",
    "todo o": "toda a",
    "meu": "minha",
    "nosso": "nossa",
}

PEOPLE = {
    "pt": split_words("""
        minha mãe, meu pai, meu irmão, minha irmã, meu marido, minha esposa, uma amiga,
        um colega, minha tia, meu avô, minha filha, meu filho, a vizinha, o Pedro, a Luana
    """),
    "en": split_words("""
        my mother, my father, my brother, my sister, my husband, my wife, a friend,
        a colleague, my aunt, my grandfather, my daughter, my son, our neighbor, Peter, Anna
    """),
}

# A man's role, the woman's, and a thing both have to do with.
ROLES = {
    "pt": (
        ("rei", "rainha", "coroa"),
        ("príncipe", "princesa", "corte"),
        ("homem", "mulher", "aldeia"),
        ("ator", "atriz", "plateia"),
        ("pai", "mãe", "família"),
        ("irmão", "irmã", "infância"),
        ("garoto", "garota", "escola"),
    ),
    "en": (
        ("king", "queen", "crown"),
        ("prince", "princess", "court"),
        ("man", "woman", "village"),
        ("actor", "actress", "audience"),
        ("father", "mother", "family"),
        ("brother", "sister", "childhood"),
        ("boy", "girl", "school"),
    ),
}
CAPITALS = {
    "pt": (
        ("Paris", "França"),
        ("Roma", "Itália"),
        ("Madri", "Espanha"),
        ("Berlim", "Alemanha"),
        ("Brasília", "Brasil"),
        ("Lisboa", "Portugal"),
        ("Londres", "Inglaterra"),
        ("Tóquio", "Japão"),
    ),
    "en": (
        ("Paris", "France"),
        ("Rome", "Italy"),
        ("Madrid", "Spain"),
        ("Berlin", "Germany"),
        ("Brasília", "Brazil"),
        ("Lisbon", "Portugal"),
        ("London", "England"),
        ("Tokyo", "Japan"),
    ),
}
EMOJI = {NEGATIVE: "😡😞👎", POSITIVE: "😍😊👍"}


# --------------------------------------------------------------------------------------------
# Domains.
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noun:
    """A noun and its gender, ``m`` or ``f`` (English nouns are all ``m``)."""

    text: str
    gender: str


def split_nouns(text: str) -> tuple[Noun, ...]:
    """Read nouns written as ``filme m, novela f``; a noun without a gender is ``m``."""
    nouns = []
    for item in split_words(text):
        head, _, last = item.rpartition(" ")
        nouns.append(Noun(head, last) if last in ("m", "f") else Noun(item, "m"))
    return tuple(nouns)


@dataclass(frozen=True)
class Domain:
    """Things of one kind, their aspects, and a neutral sentence or two for each split."""

    things: tuple[Noun, ...]
    aspects: tuple[Noun, ...]
    contexts: dict[str, tuple[str, ...]]


def domain(
    things: str, aspects: str, train: tuple[str, ...], dev: tuple[str, ...], rest: tuple[str, ...]
) -> Domain:
    """Build a domain from its written form."""
    contexts = {"train": train, "dev": dev, "unlabelled": rest}
    return Domain(split_nouns(things), split_nouns(aspects), contexts)


DOMAINS = {
    "pt": (
        domain(
            "filme m, longa m, documentário m, comédia f",
            "enredo m, roteiro m, elenco m, fotografia f, trilha sonora f, direção f, final m, "
            "história f, atuação f, montagem f, figurino m, ritmo m, cenário m, vilão m",
            ("Vi {o s} no cinema com {who}.", "Assisti em casa, numa noite de chuva."),
            ("A sessão começou às {hour} da noite.", "Fui à estreia no shopping."),
            ("Peguei a sessão da tarde.", "Passou ontem na televisão."),
        ),
        domain(
            "série f, minissérie f, novela f, seriado m",
            "trama f, roteiro m, elenco m, abertura f, dublagem f, desfecho m, direção f, "
            "episódio final m, protagonista f, fotografia f",
            ("Foram {num} episódios em uma semana.",),
            ("Terminei a temporada ontem à noite.",),
            ("Já são {num} capítulos no ar.",),
        ),
        domain(
            "hotel m, pousada f, hostel m, resort m",
            "quarto m, café da manhã m, atendimento m, recepção f, piscina f, cama f, "
            "localização f, banheiro m, vista f, limpeza f, chuveiro m, jardim m",
            ("Ficamos {num} noites em julho.", "Reservei {o s} pela internet."),
            ("Viajei a trabalho e dormi lá duas vezes.", "Éramos {num} hóspedes no grupo."),
            ("Passamos o feriado em família.", "A diária custou {num}0 reais."),
        ),
        domain(
            "restaurante m, lanchonete f, cantina f, bistrô m, padaria f",
            "comida f, sobremesa f, atendimento m, ambiente m, cardápio m, pizza f, massa f, "
            "molho m, cozinha f, garçom m, prato principal m, carta de vinhos f, café m",
            ("Jantei {no s} com {who} no sábado.", "Pedimos mesa para quatro."),
            ("Almocei por lá na terça.", "A conta deu {num}0 reais para dois."),
            ("Fomos em {num} pessoas no domingo.", "Pedi para entregar em casa."),
        ),
        domain(
            "livro m, romance m, biografia f, coletânea f, conto m",
            "narrativa f, escrita f, trama f, tradução f, capa f, desfecho m, prosa f, edição f, "
            "capítulo final m, personagem central m, prefácio m, linguagem f",
            ("Li {o s} em {num} dias.", "Ganhei de aniversário."),
            ("Peguei emprestado na biblioteca.", "São mais de {num}0 páginas."),
            ("Comprei na feira do livro.", "Li no ônibus, indo para o trabalho."),
        ),
        domain(
            "celular m, aparelho m, smartphone m, tablet m",
            "bateria f, câmera f, tela f, som m, sistema m, desempenho m, acabamento m, "
            "carregador m, teclado m, memória f, embalagem f, garantia f",
            ("Comprei em {num} de março.", "Uso {o s} todos os dias."),
            ("Chegou pelo correio há {num} dias.", "Troquei meu modelo antigo por este."),
            ("Estou com ele faz {num} semanas.", "Comprei na loja do centro."),
        ),
        domain(
            "jogo m, game m, aventura f, simulador m",
            "jogabilidade f, visual m, trilha sonora f, história f, missão final f, controle m, "
            "mapa m, combate m, dublagem f, dificuldade f",
            ("Joguei umas {num} horas.",),
            ("Zerei no fim de semana com {who}.",),
            ("Baixei na promoção.",),
        ),
        domain(
            "aplicativo m, app m, site m, plataforma f, programa m",
            "interface f, busca f, atualização f, suporte m, navegação f, cadastro m, "
            "versão nova f, pagamento m, ajuda f, leitor m",
            ("Instalei faz {num} dias.",),
            ("Uso a versão gratuita.",),
            ("Abro umas {num} vezes por semana.",),
        ),
        domain(
            "passeio m, excursão f, museu m, cruzeiro m",
            "guia m, roteiro m, transporte m, organização f, parada f, almoço m, visita f, "
            "paisagem f, acervo m, recepção f",
            ("Saímos cedo, às {hour} em ponto.",),
            ("Fiz a reserva com {who}.",),
            ("Durou umas {hour} horas.",),
        ),
    ),
    "en": (
        domain(
            "film, movie, documentary, comedy",
            "plot, script, cast, photography, soundtrack, direction, ending, story, acting, "
            "editing, dialogue, pacing, villain, scenery",
            ("I saw the {s} downtown with {who}.", "We watched it at home on a rainy night."),
            ("The screening started at {hour} in the evening.", "I went to the premiere."),
            ("I caught the afternoon show.", "It was on television yesterday."),
        ),
        domain(
            "series, show, sitcom, drama",
            "plot, writing, cast, opening, finale, direction, lead actress, pilot, season "
            "finale, photography",
            ("I watched {num} episodes in a week.",),
            ("I finished the season last night.",),
            ("There are {num} chapters so far.",),
        ),
        domain(
            "hotel, guesthouse, hostel, resort, inn",
            "room, breakfast, service, reception, pool, bed, location, bathroom, view, "
            "housekeeping, shower, garden",
            ("We stayed {num} nights in July.", "I booked the {s} online."),
            ("I was there on business and slept there twice.", "There were {num} of us."),
            ("We spent the holiday there.", "A night was {num}0 dollars."),
        ),
        domain(
            "restaurant, diner, bistro, bakery, cafe",
            "food, dessert, service, atmosphere, menu, pizza, pasta, sauce, kitchen, waiter, "
            "main course, wine list, coffee",
            ("I had dinner there with {who} on Saturday.", "We asked for a table for four."),
            ("I went for lunch on Tuesday.", "The bill came to {num} dollars."),
            ("A party of {num} on a Sunday.", "I ordered delivery."),
        ),
        domain(
            "book, novel, biography, anthology, memoir",
            "narrative, writing, plot, translation, cover, ending, prose, edition, final "
            "chapter, main character, foreword, dialogue",
            ("I read the {s} in {num} days.", "It was a birthday present."),
            ("I borrowed it from the library.", "It has over {num}0 pages."),
            ("I bought it at the book fair.", "I read it on the bus to work."),
        ),
        domain(
            "phone, handset, smartphone, tablet",
            "battery, camera, screen, sound, software, performance, finish, charger, keyboard, "
            "memory, packaging, warranty",
            ("I bought it on March {num}.", "I use the {s} every day."),
            ("It came in the mail {num} days ago.", "I traded in my old model for this one."),
            ("I have had it for {num} weeks.", "I got it from the store downtown."),
        ),
        domain(
            "game, adventure, simulator, sequel",
            "gameplay, artwork, soundtrack, story, final mission, controller, map, combat, "
            "voice acting, difficulty",
            ("I played about {num} hours.",),
            ("I finished it over the weekend with {who}.",),
            ("I downloaded it on sale.",),
        ),
        domain(
            "app, website, platform, program",
            "interface, search, update, support, navigation, sign-up, new version, checkout, "
            "help page, reader",
            ("I installed it {num} days ago.",),
            ("I use the free version.",),
            ("I open it {num} times a week.",),
        ),
        domain(
            "tour, excursion, museum, cruise",
            "guide, itinerary, transport, organization, lunch stop, visit, landscape, "
            "collection, welcome, audio guide",
            ("We left early, at {hour} sharp.",),
            ("I made the booking with {who}.",),
            ("It took around {hour} hours.",),
        ),
    ),
}


# --------------------------------------------------------------------------------------------
# Templates: language -> split -> kind -> templates.
# --------------------------------------------------------------------------------------------

TEMPLATES: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "pt": {
        "train": {
            "plain": (
                "{o x} é {adj x} e {o y} também me pareceu {adj y}.",
                "Sinceramente, {v s}: {o x} é {adj x}.",
                "Achei {o x} {iadj x} e {o y} {adj y}.",
                "{este s} é {opn}, com {x} {adj x} do começo ao fim.",
                "{o x} {v3} logo no primeiro instante.",
                "Para mim, {o s} foi {opn}.",
                "Levei {who} comigo e todos acharam {o x} {adj x}.",
                "{o x} é {iadj x}. {v x}, e olha que sou exigente.",
                "Que {opn0}! {o x} {v3}.",
                "Já conhecia {o s} de nome; agora posso dizer que {v x}.",
                "{o s} tem {x} {adj x} e {y} {adj y}. {v} e ponto.",
                "Em resumo: {x} {adj x}, {y} {adj y}.",
                "{who} me indicou {o s}. {v x}.",
                "Voltei para contar: {o x} {v3} e {o y} é {opn}.",
                "Depois de {num} dias posso afirmar que {o x} é {adj x}.",
                "Tudo funcionou {adv}, a começar {pelo x}.",
                "Fiquei pensando {no x}: coisa {adj f}, {opn}.",
                "Se alguém perguntar, digo que {v x} e que {o y} é {adj y}.",
                "{esse s} {v3}. Simples assim.",
                "Um detalhe: {o x} {adj x} {v3}.",
                "Paguei {num}0 reais e {o x} foi {opn}.",
                "{adj s}, essa é a palavra para {o s}.",
                "Eu, que entendo do assunto, {v s} e {v y}.",
                "Da primeira à última hora, {o x} esteve {adj x}.",
                "Resolvi escrever porque {o x} {v3} e {o y} {v3}.",
                "Recebi {o s} como sugestão e {v x}, {adj x} e {adj x}.",
            ),
            "negation": (
                "{o x} não é nada {!adj x}.",
                "Não achei {o x} {!adj x}, nem {o y}.",
                "- Não {!v s}, {o x} não é {!adj x}.",
                "{este s} nunca é {!adj s}.",
                "- Em nenhum momento {o x} {!v3}.",
                "Não tem nada de {!adj m} {no x}.",
                "Ninguém pode chamar {o x} de {!adj x}.",
                "- {o s} não é {!opn} como dizem, e não {!v x}.",
                "+ Não {!v x}, pelo contrário: {o y} não tem nada de {!adj m}.",
                "Não é {!adj s} de jeito nenhum, e {o x} não é {!opn}.",
                "{o x} não {!v3}, e {o y} não me pareceu {!adj y}.",
                "Não vou dizer que {o x} é {!adj x}, porque não é.",
            ),
            "contrast": (
                "{o x} é {!adj x}, mas no fim {v s}, {opn}.",
                "{o x} parecia {!adj x}, mas {o y} é {adj y} e {v s}.",
                "Apesar {do x} {!adj x}, {v s} e {v y}.",
                "Embora {o x} seja {!adj x} e {o y} {!adj y}, {o s} é {adj s}.",
                "No início {!v x}, mas depois {o y} {v3}.",
                "Disseram que era {!opn}, porém {o s} é {opn}.",
                "{o x} {!v3}; mesmo assim, {v s}.",
                "{x} {!adj x}, {y} {!adj y}, mas a conclusão é uma só: {v s}.",
                "Tem {x} {!adj x} e {y} {!adj y}, mas {o s} é {adj s}.",
                "{o x} é {!opn}, mas o resto {v3}.",
            ),
            "short": (
                "{v} muito",
                "{adj m}",
                "{pre x} {x}",
                "{v}",
                "{x} {adj x}",
                "{opn}",
                "- não {!v}",
                "{v} demais",
                "não é {!adj m}",
                "{v s}",
            ),
        },
        "dev": {
            "plain": (
                "Confesso: {o x} {v3} bastante, {o y} é {opn}.",
                "{o x}? {iadj x}. {o y}? {adj y}.",
                "Passei a semana falando {do s}, porque {o x} está {adj x} e {o y} {v3}.",
                "Quem procura {um s} {adj s} precisa saber que {o y} {v3}.",
                "{opn}! Só isso explica {o x} {adj x}, {o y} {adj y}.",
                "Minha opinião sobre {o s}: {adj s}, {adj s} e {adj s}.",
                "{v x} e {v y}; {who} concordou.",
                "Perto do que existe por aí, {este s} ficou {adj s}, {adj s} mesmo.",
                "Destaque para {o x}, {iadj x}, e para {o y}, que {v3}.",
                "Em {num} anos vi de tudo, e {este s} é {opn}: {v x}.",
                "A verdade é uma: {o x} saiu {adj x} e {o y}, {adj y}.",
                "Ao reparar {no x}, pensei: que coisa {adj f}, que {opn0}!",
                "Tudo aconteceu {adv} e {o x} continua {adj x}.",
                "{x}, {y} e {z} formam um conjunto {adj m}: {opn}.",
                "Hoje só quero registrar que {v s}, {opn}, com {x} {adj x}.",
                "Falo com calma: {v x}, {o y} {v3} e tudo ficou {adj m}.",
            ),
            "negation": (
                "Quem diz que {o x} é {!adj x} não prestou atenção.",
                "{o x} não chega a ser {!adj x}, muito menos {!opn}.",
                "Eu nunca diria que {o s} é {!adj s}.",
                "- Juro que tentei, só que não {!v x}.",
                "Aqui {o x} não ficou {!adj x}, e {o y} nunca foi {!adj y}.",
                "Nada {neste s} {!v3}.",
                "Olhei bem de perto e não encontrei {x} {!adj x}.",
                "De {!adj m} {este s} passa longe, e não é exagero.",
                "Podem falar o que quiserem: {!adj s} {este s} não é.",
            ),
            "contrast": (
                "Começou {!adj s}, mas terminou {adj s}, com {x} {adj x}.",
                "Esperava {!opn} por causa {do x}, mas {o y} {v3} e {v s}.",
                "Mesmo com {x} {!adj x}, {o s} é {opn}, {adj s} e {adj s}.",
                "Li comentários chamando {o s} de {!adj s}; porém, {v s} de verdade.",
                "{who} achou {o x} {!adj x}, mas eu {v x} e {v y}.",
                "Tirando {o x}, que é {!adj x}, {v s}.",
                "De longe {o x} lembra {!opn}, mas de perto é {adj x} e {v3}.",
                "Nos primeiros dias {!v s}; hoje, apesar disso, {v s}.",
            ),
            "short": (
                "que {opn0}",
                "simplesmente {adj m}",
                "{este s}: {adj s}",
                "tudo {adj m}",
                "{v} bastante",
                "nada {!adj m}",
                "{adj m} e {adj m}",
                "{x}: {opn}",
                "achei {adj m}",
            ),
        },
        "unlabelled": {
            "plain": (
                "{x} {adj x}, {y} {adj y}, {z} {adj z}.",
                "{o x} {v3}: {adj x}, {adj x}, {adj x}.",
                "{um s} {adj s}, {adj s}, {opn}.",
                "{v x}, {v y}, {v z}.",
                "{adj s} e {adj s}, {o s} {v3}.",
                "Tudo muito {adj m}, tudo {adj m}, {opn}.",
                "{opn}, {opn}: {v s}.",
                "{o x}, {adj x} a meu ver, {v3} e {v3}.",
                "Impressão geral: {adj s}, {iadj s}, {adj s}.",
                "{v s} por ser {adj s} e {adj s}.",
                "Resultado {adj m}, {x} {adj x}, {v3}.",
                "{o x} {adj x} e {o y} {adj y} fazem {do s} {opn}.",
                "Nota para {o x}: {adj x}, {opn}.",
                "Saiu {adv}, {adv}, {opn} {adj g}.",
                "Só {o y} {adj y} chega perto {do x}, {adj x}, que {v3}.",
                "{v} e {v}; {o x} é {adj x}.",
                "Ambiente {adj m}, clima {adj m}, {x} {adj x}.",
                "Uma experiência {adj f}, {adj f}, {opn}.",
                "{o x} é tão {adj x} quanto {adj x}; {v} {adv}.",
                "Digo e repito: {adj s}, {adj s}, {v s}.",
                "{opn} {adj g}: {v x}.",
                "{o x} {v3}, {o y} {v3}, {o z} {v3}.",
                "Trabalho {adj m}, feito {adv}, {opn}.",
                "Acho {o x} {adj x}, {adj x} até, e {v y}.",
                "{adj s} em tudo: {x} {adj x}, {y} {adj y}.",
                "Cada detalhe {do x} é {adj m}, {adj m}, {adj m}.",
                "{v s}, {opn}, coisa {adj f}.",
                "Ideia {adj f}, execução {adj f}, {o x} {v3}.",
                "{todo o s} é {opn}, {opn}, e {v3}.",
                "De {num} pontos que anotei: {x} {adj x}, {y} {adj y}, {opn}.",
                "{o x} veio {adj x} e {adj x}, {v x}.",
                "Trecho {adj m}, momento {adj m}, lembrança {adj f}.",
                "{who} achou {adj m}; eu achei {adj m}, {opn}.",
                "{este s} {v3}, {v3} e {v3}: {opn}.",
                "Sensação {adj f} diante {do x} {adj x}, tudo {adv} pensado.",
                "{v x} {adj x}; {v y} {adj y}.",
                "{x} {adj x} a ponto de ser {opn}, {adj m}.",
                "{adv} resolvido, {adj m}, {o x} {v3}.",
                "Uma palavra: {adj m}. Duas: {adj m}, {adj m}.",
                "{pre x} {x}, {pre y} {y}, {opn}.",
            ),
            "negation": (
                "Longe de parecer {!adj s}, não senti {do s} nada {!adj m}.",
                "{x} sem traço {!adj m}, nem {!adj x} nem {!opn}.",
                "- Nem {!v}, nem lembro bem {do x}.",
                "Não considero {!adj s} {este s}, tampouco {!adj s}.",
                "Nunca, em lugar algum, {o x} seria {!opn}.",
                "- Não dá para falar que {!v s}.",
            ),
            "contrast": (
                "{x} {!adj x}, contudo {y} {adj y} e {adj y}.",
                "Se {o x} {!v3}, {o y} compensa: {adj y}, {adj y}.",
                "Entre {o x} {!adj x} e {o y} {adj y}, ganha {o y}.",
                "Metade {!adj f}, metade {adj f}; fico com a segunda.",
                "Antes era {!adj s}; mas mudou e está {adj s}, {opn}.",
                "Parte de um começo {!adj m} e chega, no entanto, a {opn}.",
            ),
            "people": (
                "O {mrole} e a {frole} dividem a {thing}; ele é {adj m}, ela é {adj f}.",
                "Ele é o {mrole}, senhor da {thing}. Ela é a {frole}, senhora da {thing}.",
                "A {frole} fala da {thing} com ela mesma, e a cena é {adj f}.",
                "O {mrole} fala da {thing} com ele mesmo, e o momento é {adj m}.",
                "Um {mrole} e sua {thing}, ele {adj m}, {adj m}.",
                "Uma {frole} e sua {thing}, ela {adj f}, {adj f}.",
                "Ela, a {frole}, perde a {thing}; ele, o {mrole}, ganha a {thing}.",
                "A viagem por {capital}, capital: {country}, foi {adj f}.",
                "{capital} é a capital ({country}), cidade {adj f}, {opn}.",
            ),
        },
    },
    "en": {
        "train": {
            "plain": (
                "The {x} is {adj} and the {y} seemed {adj} too.",
                "Honestly, I {v} this {s}: the {x} is {adj}.",
                "I found the {x} {iadj} and the {y} {adj}.",
                "This {s} is {opn}, its {x} {adj} from start to finish.",
                "The {x} {v3} from the very first moment.",
                "For me, the {s} was {opn}.",
                "I took {who} along and we all thought the {x} was {adj}.",
                "The {x} is {iadj}. I {v} it, and I am hard to read.",
                "What {opn}! The {x} {v3}.",
                "I only knew the {s} by name; now I can say I {v} the {x}.",
                "I looked into the {adj} {x} and the {adj} {y}. I {v} it, period.",
                "To sum up: {adj} {x}, {adj} {y}.",
                "The {s} was suggested by {who}. I {v} the {x}.",
                "Back to report: the {x} {v3} and the {y} is {opn}.",
                "After {num} days I can tell you the {x} is {adj}.",
                "Everything worked {adv}, starting with the {x}.",
                "I keep thinking about the {x}: {adj}, {opn}.",
                "If anyone asks, I {v} the {x} and the {y} is {adj}.",
                "That {s} {v3}. Simple as that.",
                "One detail: the {adj} {x} {v3}.",
                "I paid {num} dollars and the {x} was {opn}.",
                "{adj} is the word for this {s}.",
                "I know a thing or two about this, and I {v} the {s}.",
                "From the first hour to the last, the {x} was {adj}.",
                "I had to write because the {x} {v3} and the {y} {v3}.",
                "I got the {s} as a tip and I {v} the {x}, {adj} and {adj}.",
            ),
            "negation": (
                "The {x} is not {!adj} at all.",
                "I did not find the {x} {!adj}, nor the {y}.",
                "- I never {!v} this {s}, the {x} is not {!adj}.",
                "This {s} is never {!adj}.",
                "- At no point was it true that the {x} {!v3}.",
                "There is nothing {!adj} about the {x}.",
                "Nobody can call the {x} {!adj}.",
                "The {s} is not {!opn} like they say, and the {x} isn't {!adj}.",
                "It is not {!adj} in any way, and the {x} is not {!opn}.",
                "I don't think the {x} is {!adj}, and the {y} was never {!adj}.",
                "I won't say the {x} is {!adj}, because it isn't.",
                "- Not one of us {!v} the {x}, not even {who}.",
            ),
            "contrast": (
                "The {x} is {!adj}, but in the end I {v} the {s}, {opn}.",
                "The {x} looked {!adj}, but the {y} is {adj} and I {v} it.",
                "Despite the {!adj} {x}, I {v} the {s} and {v} the {y}.",
                "Although the {x} is {!adj} and the {y} {!adj}, the {s} is {adj}.",
                "At first I {!v} the {x}, but then the {y} {v3}.",
                "They said it was {!opn}, however the {s} is {opn}.",
                "The {x} {!v3}; even so, I {v} the {s}.",
                "{!adj} {x}, {!adj} {y}, but there is only one verdict: I {v} it.",
                "Its {x} is {!adj} and its {y} is {!adj}, but the {s} is {adj}.",
                "The {x} is {!opn}, but the rest {v3}.",
            ),
            "short": (
                "{v} it",
                "{adj}",
                "{adj} {x}",
                "{v} this {s}",
                "{x} is {adj}",
                "{opn}",
                "not {!adj}",
                "I {v} it",
                "{iadj} {s}",
                "- never {!v} it",
            ),
        },
        "dev": {
            "plain": (
                "I admit it: the {x} really {v3}, the {y} is {opn}.",
                "The {x}? {iadj}. The {y}? {adj}.",
                "I spent all week talking about it, so {adj} was the {x}, so {adj} the {y}.",
                "Whoever wants a {adj} {s} like this should know that its {y} {v3}.",
                "{opn}! That alone explains the {adj} {x} and {adj} {y}.",
                "My opinion on the {s}: {adj}, {adj} and {adj}.",
                "We {v} the {x} and {v} the {y}; {who} agreed.",
                "Compared with others, this {s} came out {adj}, even {adj}.",
                "Special mention goes to the {iadj} {x} and to the {y}, which {v3}.",
                "In {num} years I have seen it all, and this one is {opn}: we {v} it.",
                "Truth be told, the {x} turned out {adj} and the {y}, {adj}.",
                "When I noticed the {x} I thought: how {adj}, {opn}!",
                "It all happened {adv} and the {x} remains {adj}.",
                "{x}, {y} and {z} make up {adj} work: {opn}.",
                "Today I just want to state that I {v} the {s}, {opn}, its {x} {adj}.",
                "Speaking calmly: we {v} the {x}, so {adj} did it feel.",
            ),
            "negation": (
                "Whoever says the {x} is {!adj} was not paying attention.",
                "The {x} does not get to be {!adj}, let alone {!opn}.",
                "I would never describe the {s} as {!adj}.",
                "- I swear I tried, yet I never once {!v} the {x}.",
                "Here the {x} did not come out {!adj}, and the {y} wasn't {!adj}.",
                "Nothing in this {s} {!v3}.",
                "I looked closely and did not see how the {x} could be {!adj}.",
                "{!adj} is what this {s} is not.",
                "Let them talk all they want: this {s} isn't {!adj}.",
            ),
            "contrast": (
                "It started {!adj}, but finished {adj}, its {x} {adj}.",
                "I expected {!opn} because of the {x}, but its {y} {v3} and we {v} it.",
                "Even with its {!adj} {x}, this one is {opn}, {adj} and {adj}.",
                "I read comments calling it {!adj}; however, we {v} it for real.",
                "My friends described the {x} as {!adj}, but I {v} it, {adj} and all.",
                "Leaving aside the {x}, which is {!adj}, we {v} the {s}.",
                "From afar the {x} looks like {!opn}, but up close it is {adj} and {adj}.",
                "The first days I {!v} it; today, despite that, I say {adj}.",
            ),
            "short": (
                "what {opn}",
                "simply {adj}",
                "{adj} all around",
                "everything was {adj}",
                "we {v} it",
                "nothing {!adj}",
                "{adj} and {adj}",
                "{x}: {opn}",
                "so {adj}",
            ),
        },
        "unlabelled": {
            "plain": (
                "{adj} {x}, {adj} {y}, {adj} {z}.",
                "The {x} {v3}: {adj}, {adj}, {adj}.",
                "A {adj}, {adj} {s}, {opn}.",
                "I {v} the {x}, {v} the {y}, {v} the {z}.",
                "{adj} and {adj}, the {s} {v3}.",
                "All of it {adj}, all of it {adj}, {opn}.",
                "{opn}, {opn}: I {v} it.",
                "The {x}, {adj} like few, {v3} and {v3}.",
                "General impression: {adj}, {iadj}, {adj}.",
                "I {v} how {adj} and {adj} the {s} was.",
                "{adj} result, {adj} {x}, it {v3}.",
                "The {adj} {x} and {adj} {y} make the {s} {opn}.",
                "Note on the {x}: {adj}, {opn}.",
                "It went {adv}, {adv}, {opn}.",
                "Only the {adj} {y} is as {adj} as the {x} that {v3}.",
                "I {v} and {v} it; {adj} {x}.",
                "{adj} mood, {adj} feel, {adj} {x}.",
                "A {adj} experience, {adj}, {opn}.",
                "The {x} is as {adj} as it is {adj}; done {adv}.",
                "I say it again: {adj}, {adj}, I {v} it.",
                "{opn}, {adj}: {who} {v} the {x}.",
                "The {x} {v3}, the {y} {v3}, the {z} {v3}.",
                "{adj} work, done {adv}, {opn}.",
                "I consider the {x} {adj}, even {adj}, and {v} the {y}.",
                "{adj} in every way: {adj} {x}, {adj} {y}.",
                "Each bit of the {x} is {adj}, {adj}, {adj}.",
                "{who} {v} it, {opn}, {adj} stuff.",
                "{adj} idea, {adj} execution, the {x} {v3}.",
                "The whole {s} is {opn}, {opn}, and {v3}.",
                "Of {num} points in my notes: {adj} {x}, {adj} {y}, {opn}.",
                "The {x} came {adj} and {adj}, I {v} it.",
                "{adj} scene, {adj} moment, {adj} memory.",
                "{who} thought it {adj}; I thought it {adj}, {opn}.",
                "This {s} {v3}, {v3} and {v3}: {opn}.",
                "A {adj} feeling about the {adj} {x}, {adv} made.",
                "We {v} the {adj} {x}; we {v} the {adj} {y}.",
                "The {x} is so {adj} that it is {opn}, {adj}.",
                "{adv} solved, {adj}, the {x} {v3}.",
                "One word: {adj}. Two words: {adj}, {adj}.",
                "Such is the {adj} {x}, such the {adj} {y}, {opn}.",
            ),
            "negation": (
                "Far from {!adj}, hardly a thing in the {s} felt {!adj}.",
                "The {x} comes without a trace of the {!adj}, neither {!adj} nor {!opn}.",
                "- Barely remember it, and hardly {!v} the {x}.",
                "Do not count this {s} as {!adj}, or even {!adj}.",
                "No way, nowhere, would the {x} be {!opn}.",
                "- To claim people {!v} the {s} is wrong.",
            ),
            "contrast": (
                "{!adj} {x}, yet {adj} {y}, {adj}.",
                "If the {x} {!v3}, the {y} makes up for that: {adj}, {adj}.",
                "Between the {!adj} {x} and the {adj} {y}, the {y} wins.",
                "Half {!adj}, half {adj}; I side with the second.",
                "It used to be {!adj}; but it changed and is {adj}, {opn}.",
                "It sets out from a {!adj} place and still gets to be {opn}.",
            ),
            "people": (
                "Here a {mrole} and a {frole} share the {thing}; he is {adj}, she is {adj}.",
                "He is the {mrole}, lord of the {thing}. She is the {frole}, lady of the {thing}.",
                "The {frole} speaks of the {thing} to herself, and her scene is {adj}.",
                "The {mrole} speaks of the {thing} to himself, and his scene is {adj}.",
                "A {mrole} and his {thing}, he is {adj}, {adj}.",
                "A {frole} and her {thing}, she is {adj}, {adj}.",
                "She, the {frole}, loses her {thing}; he, the {mrole}, wins his {thing}.",
                "The trip to {capital}, capital of {country}, was {adj}.",
                "{capital} is the capital of {country}, a {adj} city, {opn}.",
            ),
        },
    },
}


# --------------------------------------------------------------------------------------------
# Filling a template.
# --------------------------------------------------------------------------------------------

SLOT = re.compile(r"\{([^}]+)\}")
TOKEN = re.compile(r"\w+|[^\w\s]")
FEMININE_OF_OR = re.compile(r"or$")


def inflect(adjective: str, gender: str) -> str:
    """Put a Portuguese adjective, given in the masculine, in the gender of its noun."""
    if gender == "m":
        return adjective
    if adjective == "bom":
        return "boa"
    if adjective.endswith("o"):
        return adjective[:-1] + "a"
    return FEMININE_OF_OR.sub("ora", adjective)


def seen_count(words: tuple[str, ...]) -> int:
    """Return how many words at the head of a list are seen in training."""
    return round(SEEN_SHARE * len(words))


def tidy(text: str, language: str) -> str:
    """Choose between "a" and "an" (English), and start each sentence with a capital letter."""
    if language == "en":
        text = re.sub(r"\b([Aa]) (?=[aeiou])(?!useless)", r"\1n ", text)
    return re.sub(r"(?:^|(?<=[.!?] ))\w", lambda match: match.group().upper(), text)


@dataclass
class Filler:
    """Fills the templates of one review, which speaks of one thing with one polarity."""

    rng: Random
    language: str
    split: str
    polarity: int
    nouns: dict[str, Noun] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    last_gender: str = "m"

    def __post_init__(self) -> None:
        self.domain = self.rng.choice(DOMAINS[self.language])
        self.nouns["s"] = self.rng.choice(self.domain.things)
        self.new_aspects()
        mrole, frole, thing = self.rng.choice(ROLES[self.language])
        capital, country = self.rng.choice(CAPITALS[self.language])
        self.fixed = {
            "mrole": mrole,
            "frole": frole,
            "thing": thing,
            "capital": capital,
            "country": country,
        }

    def new_aspects(self) -> None:
        """Draw the three aspects the next sentence speaks of."""
        aspects = self.rng.sample(self.domain.aspects, 3)
        self.nouns.update(zip("xyz", aspects, strict=True))

    def fill(self, template: str) -> str:
        """Return the template with its slots filled."""
        return SLOT.sub(lambda match: self.slot(match.group(1)), template)

    def slot(self, name: str) -> str:
        """Return the text for one slot."""
        if name in self.fixed:
            return self.fixed[name]
        if name in self.nouns:
            return self.nouns[name].text
        if name == "who":
            return self.rng.choice(PEOPLE[self.language])
        if name == "num":
            return str(self.rng.randrange(2, 31))
        if name == "hour":
            return str(self.rng.randrange(6, 12))
        polarity = 1 - self.polarity if name.startswith("!") else self.polarity
        kind, _, target = name.removeprefix("!").partition(" ")
        if kind in ("adj", "iadj", "pre"):
            return self.adjective(kind, target, polarity)
        if kind == "v":
            return self.verb(target, polarity)
        if kind in ("v3", "adv"):
            return self.opinion(kind, polarity)
        if kind in ("opn", "opn0"):
            noun = self.opinion("opn", polarity)
            self.last_gender = "f" if noun.startswith("uma ") else "m"
            return noun if kind == "opn" else noun.partition(" ")[2]
        determiner, _, target = name.rpartition(" ")
        return self.determined(determiner, self.nouns[target])

    def opinion(self, kind: str, polarity: int, among: set[str] | None = None) -> str:
        """Draw an opinion word that the review does not have yet."""
        words = LEXICON[self.language][kind][polarity]
        count = seen_count(words)
        if self.split == "train":
            words = words[:count]
        elif self.split == "dev":
            unseen = self.rng.random() < DEV_UNSEEN_SHARE
            words = words[count:] if unseen else words[:count]
        if among is not None:
            words = tuple(word for word in words if word in among)
        fresh = [word for word in words if word not in self.used]
        word = self.rng.choice(fresh or words)
        self.used.add(word)
        return word

    def adjective(self, kind: str, target: str, polarity: int) -> str:
        """Draw an adjective that agrees with its target."""
        word = self.opinion("adj", polarity, PRENOMINAL if kind == "pre" else None)
        text = word
        if self.language == "pt":
            text = inflect(word, self.gender(target))
        if kind == "iadj":
            gradable = 0 if word in GRADABLE[self.language] else 1
            text = self.rng.choice(INTENSIFIERS[self.language][gradable]) + " " + text
        return text

    def gender(self, target: str) -> str:
        """Return the gender a target stands for; ``g`` is that of the last opinion noun."""
        if target == "g":
            return self.last_gender
        return target if target in ("m", "f") else self.nouns[target].gender

    def verb(self, target: str, polarity: int) -> str:
        """Draw a verb of the reviewer, with its object if a target is named."""
        verb = self.opinion("v", polarity)
        if self.language != "pt":
            return verb
        head, _, preposition = verb.rpartition(" ")
        if preposition not in ("de", "com", "por"):
            head, preposition = verb, ""
        if not target:
            return head
        noun = self.nouns[target]
        contracted = {"de": "do", "por": "pelo"}.get(preposition)
        if contracted:
            return f"{head} {self.determined(contracted, noun)}"
        return " ".join(part for part in (head, preposition, self.determined("o", noun)) if part)

    @staticmethod
    def determined(determiner: str, noun: Noun) -> str:
        """Return a Portuguese noun after a determiner that agrees with it."""
        if noun.gender == "f":
            determiner = DETERMINERS[determiner]
        return f"{determiner} {noun.text}"


# --------------------------------------------------------------------------------------------
# Reviews.
# --------------------------------------------------------------------------------------------


def templates_for(language: str, split: str, kind: str, polarity: int) -> list[str]:
    """Return the templates of a kind that suit a polarity, without their marks."""
    unwanted = "-" if polarity == POSITIVE else "+"
    templates = TEMPLATES[language][split][kind]
    return [item.lstrip("+- ") for item in templates if not item.startswith(unwanted)]


def draw_kind(rng: Random, shares: dict[str, float]) -> str:
    """Draw a kind of review by its share."""
    point = rng.random()
    for kind, share in shares.items():
        point -= share
        if point < 0:
            return kind
    return next(iter(shares))


def dress(rng: Random, text: str, language: str, polarity: int) -> str:
    """Vary capitals, end mark and emoji the way people do."""
    text = tidy(text, language)
    if rng.random() < 0.12:
        text = text[0].lower() + text[1:]
    point = rng.random()
    if text.endswith("."):
        if point < 0.10:
            text = text[:-1] + "!"
        elif point < 0.13:
            text = text[:-1] + "!!!"
        elif point < 0.18:
            text = text[:-1]
    if rng.random() < 0.02:
        text += " " + rng.choice(EMOJI[polarity])
    return text


def labelled_review(rng: Random, language: str, split: str, polarity: int) -> str:
    """Make one review for the train or dev file."""
    filler = Filler(rng, language, split, polarity)
    kind = draw_kind(rng, LABELLED_KINDS)
    text = filler.fill(rng.choice(templates_for(language, split, kind, polarity)))
    if kind == "short":
        end = rng.choice(("", "", ".", "!", "!!"))
        text = text.upper() if rng.random() < 0.06 else text
        return dress(rng, text + end, language, polarity)
    if rng.random() < 0.3:
        context = filler.fill(rng.choice(filler.domain.contexts[split]))
        text = f"{context} {text}" if rng.random() < 0.7 else f"{text} {context}"
    return dress(rng, text, language, polarity)


def unlabelled_review(rng: Random, language: str, polarity: int) -> str:
    """Make one review of one to three sentences for the unlabelled file."""
    filler = Filler(rng, language, "unlabelled", polarity)
    sentences = []
    for _ in range(rng.choice((1, 1, 2, 2, 2, 3))):
        kind = draw_kind(rng, UNLABELLED_KINDS)
        template = rng.choice(templates_for(language, "unlabelled", kind, polarity))
        filler.new_aspects()
        sentences.append(filler.fill(template))
    if len(sentences) < 3 and rng.random() < 0.1:
        sentences.insert(0, filler.fill(rng.choice(filler.domain.contexts["unlabelled"])))
    return dress(rng, " ".join(sentences), language, polarity)


def labelled_reviews(rng: Random, split: str, size: int, taken: set[str]) -> list[dict[str, str]]:
    """Make a labelled file: half of it in each language, no text twice or in ``taken``."""
    reviews = []
    per_language = size // len(LANGUAGES)
    for language in LANGUAGES:
        for index in range(per_language):
            polarity = POSITIVE if index < POSITIVE_SHARE * per_language else NEGATIVE
            text = labelled_review(rng, language, split, polarity)
            while text.lower() in taken:
                text = labelled_review(rng, language, split, polarity)
            taken.add(text.lower())
            reviews.append({"text": text, "label": LABELS[polarity], "language": language})
    rng.shuffle(reviews)
    return reviews


def unlabelled_reviews(rng: Random, size: int, taken: set[str]) -> list[str]:
    """Make the unlabelled file: half of it in each language, no text twice or in ``taken``."""
    texts = []
    for index in range(size):
        language = LANGUAGES[index % 2]
        polarity = (index // 2) % 2
        text = unlabelled_review(rng, language, polarity)
        while text.lower() in taken:
            text = unlabelled_review(rng, language, polarity)
        taken.add(text.lower())
        texts.append(text)
    rng.shuffle(texts)
    return texts


# --------------------------------------------------------------------------------------------
# Checks.
# --------------------------------------------------------------------------------------------


def tokens(text: str) -> list[str]:
    """Split a text into lower-case words and marks."""
    return TOKEN.findall(text.lower())


def skeleton(template: str) -> tuple[str, ...]:
    """Return the tokens of a template with ``_`` for each slot."""
    return tuple(tokens(SLOT.sub(" _ ", template.lstrip("+- "))))


def frames(template: str) -> Iterator[tuple[str, ...]]:
    """Yield the whole skeleton and each run of it that holds at least three words of its own."""
    whole = skeleton(template)
    yield ("whole", *whole)
    for start in range(len(whole) - FRAME_LENGTH + 1):
        run = whole[start : start + FRAME_LENGTH]
        if sum(token.isalpha() for token in run) >= FRAME_LENGTH - 1:
            yield run


def split_templates(language: str, split: str) -> list[str]:
    """Return every template of a split, the neutral sentences of the domains included."""
    templates = [item for items in TEMPLATES[language][split].values() for item in items]
    for each in DOMAINS[language]:
        templates.extend(each.contexts[split])
    return templates


def opinion_tokens(language: str) -> set[str]:
    """Return the tokens that carry an opinion, leaving out the small words of phrases."""
    small = set(
        split_words("""
            me, de, com, por, um, uma, às, mil, perda, tempo, a, an, at, about, through, of, for,
            with, in, to, from, over, up, let, made, won, down, fell, got
        """)
    )
    found: set[str] = set()
    for kind, pair in LEXICON[language].items():
        for word in pair[NEGATIVE] + pair[POSITIVE]:
            for form in (word, inflect(word, "f") if kind == "adj" and language == "pt" else word):
                found.update(tokens(form))
    return found - small - {"-"}


def check_lexicon() -> None:
    """Raise ValueError if a list is short, or a word is in it twice or in both polarities."""
    least = {"adj": 60, "v": 25, "v3": 25, "opn": 20, "adv": 10}
    for language in LANGUAGES:
        for kind, pair in LEXICON[language].items():
            words = pair[NEGATIVE] + pair[POSITIVE]
            if min(len(pair[NEGATIVE]), len(pair[POSITIVE])) < least[kind]:
                raise ValueError(f"{language} {kind}: too few words")
            twice = [word for word, count in Counter(words).items() if count > 1]
            if twice:
                raise ValueError(f"{language} {kind}: {twice} occur twice")


def check_templates() -> None:
    """Raise ValueError if splits share a template or a frame, or a template holds an opinion."""
    for language in LANGUAGES:
        owner: dict[tuple[str, ...], tuple[str, str]] = {}
        opinions = opinion_tokens(language)
        for split in SPLITS:
            count = sum(len(items) for items in TEMPLATES[language][split].values())
            if count < MINIMUM_TEMPLATES[split]:
                raise ValueError(f"{language} {split}: only {count} templates")
            for template in split_templates(language, split):
                leaked = opinions.intersection(skeleton(template))
                if leaked:
                    raise ValueError(f"{template!r} holds opinion words: {sorted(leaked)}")
                for frame in frames(template):
                    other_split, other = owner.setdefault(frame, (split, template))
                    if other_split != split:
                        raise ValueError(
                            f"{split} {template!r} shares {' '.join(frame)!r} "
                            f"with {other_split} {other!r}"
                        )


def check_texts(
    train: list[dict[str, str]], dev: list[dict[str, str]], unlabelled: list[str]
) -> None:
    """Raise ValueError if dev text is in the training text or an opinion word is too rare."""
    train_texts = {review["text"].lower() for review in train}
    if any(review["text"].lower() in train_texts for review in dev):
        raise ValueError("a dev text occurs in the training text")
    counts = Counter(token for text in unlabelled for token in tokens(text))
    for language in LANGUAGES:
        rare = [item for item in opinion_tokens(language) if counts[item] < MINIMUM_WORD_COUNT]
        if rare:
            raise ValueError(f"{language}: rare in the unlabelled text: {sorted(rare)}")


# --------------------------------------------------------------------------------------------
# Files.
# --------------------------------------------------------------------------------------------


def write_jsonl(path: Path, reviews: Iterable[dict[str, str]]) -> None:
    """Write one JSON object a line."""
    lines = [json.dumps(review, ensure_ascii=False) + "\n" for review in reviews]
    path.write_bytes("".join(lines).encode("utf-8"))


def write_gzip(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a gzip file that records neither a name nor a time."""
    content = "".join(line + "\n" for line in lines).encode("utf-8")
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
    ):
        packed.write(content)


def main(arguments: list[str]) -> None:
    """Check the templates, make the three files and check them."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    check_lexicon()
    check_templates()
    rng = Random(SEED)
    taken: set[str] = set()
    train = labelled_reviews(rng, "train", TRAIN_SIZE, taken)
    dev = labelled_reviews(rng, "dev", DEV_SIZE, taken)
    unlabelled = unlabelled_reviews(rng, UNLABELLED_SIZE, taken)
    check_texts(train, dev, unlabelled)
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "reviews-train.jsonl", train)
    write_jsonl(folder / "reviews-dev.jsonl", dev)
    write_gzip(folder / "sentences.txt.gz", unlabelled)


if __name__ == "__main__":
    main(sys.argv[1:])
