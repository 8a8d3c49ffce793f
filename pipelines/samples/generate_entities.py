"""Invented sentences with their entities, in Portuguese and Spanish, as CoNLL columns.

A template holds slots: ``{PER}``, ``{ORG}``, ``{LOC}`` and so on are entities of that type,
``{day}`` and its like plain words. Names of people are drawn from first names and surnames, names
of laws and firms from their parts; institutions and places are those that there are. Of each list
the last third is for development sentences alone, so that many of their entities hold words that
training never saw.

Run it as ``python pipelines/samples/generate_entities.py [FOLDER]``; FOLDER defaults to the folder
of this file. It needs the standard library alone, and writes the same bytes on each run.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

TRAIN, DEV = 1500, 300
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Language:
    """What sentences are made of."""

    code: str
    templates: str  #: one a line
    first_names: str
    surnames: str
    lists: dict[str, str]  #: slot → its fillers, with ``;`` between


PT = Language(
    "pt",
    """\
O {ORG} julgou o recurso de {PER} contra {ORG}.
{PER} mora em {LOC} desde {year}.
A empresa {FIRM}, com sede em {LOC}, foi condenada a pagar multa.
Nos termos do {LEI}, o pedido de {PER} foi negado.
O relator, {PER}, votou com base no {LEI} e no {LEI}.
A audiência será em {LOC}, no dia {day} de {month}, às {hour} horas.
Segundo {PER}, o contrato entre {FIRM} e {ORG} perdeu a validade.
{PER} e {PER} nasceram em {LOC}.
O {ORG} abriu concurso para {num} vagas em {LOC} e {LOC}.
Foram ouvidas {num} testemunhas durante a tarde.
O prazo para recorrer termina em {day} de {month} de {year}.
A decisão ainda não foi publicada.
Não houve acordo entre as partes, e o processo segue.
Chove em {LOC}, mas faz sol em {LOC}.
A ministra {PER} visitou {LOC} e {LOC} em {month}.
O {LEI} não se aplica ao caso, disse {PER}.
A {FIRM} comprou {num} caminhões; {PER} assinou a nota.
Conforme o {LEI}, cabe ao {ORG} decidir.
O acórdão do {ORG} cita {PER}, professor em {LOC}.
As custas serão pagas em {num} parcelas.
RECURSO CONHECIDO E PROVIDO.
O jornal ouviu {PER}, de {LOC}, sobre a obra da {FIRM}.
""",
    "Ana;João;Maria;Pedro;Luísa;Carlos;Beatriz;Paulo;Helena;Rui;Teresa;Marcos;Inês;Tiago;Cecília;"
    "Otávio;Iracema;Davi",
    "Silva;Souza;Lopes;Ferreira;Almeida;Ramos;Cardoso;Barros;Moreira;Teixeira;Nogueira;Pires;"
    "Queiroz;Bragança;Falcão;Uchoa;Vilela;Zanetti",
    {
        "ORG": "Supremo Tribunal Federal;Tribunal de Contas da União;Ministério da Saúde;"
        "Senado Federal;Banco Central;Ministério Público;Tribunal Superior Eleitoral;INSS;IBGE;"
        "Superior Tribunal de Justiça;Ministério da Educação;STF;Receita Federal",
        "LOC": "São Paulo;Lisboa;Recife;Porto Alegre;Rio de Janeiro;Brasília;Minas Gerais;Coimbra;"
        "Belo Horizonte;Manaus;Porto;Santa Catarina;Fortaleza;Braga;Campo Grande;Rio Branco;Évora;"
        "Foz do Iguaçu",
        "FIRM": "Café;Metal;Vidro;Água;Nuvem;Trigo;Pedra;Lã;Sal",
    },
)
ES = Language(
    "es",
    """\
El {ORG} rechazó la propuesta de {PER}.
{PER} vive en {LOC} desde {year}.
La empresa {FIRM}, con sede en {LOC}, abrirá {num} tiendas.
{PER} ganó el {MISC} en {LOC}.
El presidente, {PER}, viajó de {LOC} a {LOC}.
La reunión será en {LOC} el {day} de {month}, a las {hour}.
Según {PER}, el acuerdo entre {FIRM} y el {ORG} terminó.
{PER} y {PER} nacieron en {LOC}.
El {ORG} abrió {num} plazas en {LOC} y {LOC}.
Fueron escuchados {num} testigos durante la tarde.
El plazo termina el {day} de {month} de {year}.
La decisión no se ha publicado todavía.
No hubo acuerdo entre las partes.
Llueve en {LOC}, pero hace sol en {LOC}.
La ministra {PER} visitó {LOC} en {month}.
El {MISC} empezará en {month}, dijo {PER}.
{FIRM} compró {num} camiones; {PER} firmó la nota.
El {ORG} organiza el {MISC} con {FIRM}.
El informe cita a {PER}, profesora en {LOC}.
Los gastos se pagarán en {num} plazos.
ÚLTIMA HORA: {PER} llega a {LOC}.
El diario habló con {PER}, de {LOC}, sobre la obra de {FIRM}.
""",
    "Ana;Juan;María;Pedro;Lucía;Carlos;Elena;Pablo;Teresa;Diego;Rosa;Marcos;Inés;Javier;Celia;"
    "Octavio;Itziar;Iván",
    "García;Sánchez;López;Herrera;Moreno;Ramos;Castro;Vega;Ortiz;Navarro;Iglesias;Prieto;Quiroga;"
    "Belmonte;Ugarte;Zamora;Villar;Echeverría",
    {
        "ORG": "Banco de España;Tribunal Supremo;Ministerio de Sanidad;Senado;Partido del Centro;"
        "Ayuntamiento de Toledo;Tribunal Constitucional;INE;RENFE;Ministerio de Cultura;"
        "Congreso;Cruz Roja;Instituto Cervantes",
        "LOC": "Madrid;Sevilla;Buenos Aires;Bogotá;La Coruña;Ciudad de México;Lima;Toledo;"
        "San Sebastián;Quito;Granada;Montevideo;Santiago de Chile;Cuenca;La Paz;Ávila;Caracas;"
        "Las Palmas",
        "FIRM": "Café;Metal;Vidrio;Agua;Nube;Trigo;Piedra;Lana;Sal",
        "MISC": "Festival de Otoño;Premio Lumen;Maratón del Norte;Torneo Plata;Feria del Libro;"
        "Congreso de Poesía;Copa Verde;Premio Ágora;Semana del Mar",
    },
)
_MONTHS = {
    "pt": "janeiro;março;abril;maio;junho;agosto;outubro;dezembro",
    "es": "enero;marzo;abril;mayo;junio;agosto;octubre;diciembre",
}
_FIRM_ENDS = ("& Filhos", "Brasil", "S.A.", "do Sul"), ("e Hijos", "Ibérica", "S.A.", "del Sur")


class Maker:
    """Draws sentences of one side.

    :param dev: draws from whole lists; else the last third of each is left out
    """

    def __init__(self, language: Language, dev: bool) -> None:
        self.language, self.dev = language, dev
        self.random = Random(f"{language.code} {dev}")
        self.makers: dict[str, Callable[[], str]] = {
            "PER": self._person,
            "LEI": self._law,
            "FIRM": self._firm,
            "day": lambda: str(self.random.randint(1, 28)),
            "hour": lambda: str(self.random.randint(8, 19)),
            "num": lambda: str(self.random.randint(2, 90)),
            "year": lambda: str(self.random.randint(1950, 2024)),
            "month": lambda: self.random.choice(_MONTHS[language.code].split(";")),
        }

    def sentence(self) -> list[tuple[str, str]]:
        """Words and tags, IOB2."""
        template = self.random.choice(self.language.templates.splitlines())
        rows: list[tuple[str, str]] = []
        for i, part in enumerate(_SLOT.split(template)):
            words = _WORD.findall(self._fill(part) if i % 2 else part)
            kind = {"FIRM": "ORG"}.get(part, part) if i % 2 and part.isupper() else None
            for j, word in enumerate(words):
                rows.append((word, "O" if kind is None else f"{'I' if j else 'B'}-{kind}"))
        return rows

    def _fill(self, slot: str) -> str:
        maker = self.makers.get(slot)
        return maker() if maker else self._choice(self.language.lists[slot])

    def _choice(self, names: str) -> str:
        known = names.split(";")
        return self.random.choice(known if self.dev else known[: len(known) * 2 // 3])

    def _person(self) -> str:
        first, last = self._choice(self.language.first_names), self._choice(self.language.surnames)
        shape = self.random.random()
        if shape < 0.15:
            return last
        middle = self._choice(self.language.surnames)
        if shape < 0.4:
            return f"{first} {middle} {last}"
        return f"{first} da {last}" if shape < 0.5 and self.language is PT else f"{first} {last}"

    def _firm(self) -> str:
        ends = _FIRM_ENDS[self.language is ES]
        return f"{self._choice(self.language.lists['FIRM'])} {self.random.choice(ends)}"

    def _law(self) -> str:
        number = self.random.randint(1, 199)
        body = self.random.choice(["Constituição Federal", "Código Civil", "Código Penal"])
        if self.random.random() < 0.6:
            return f"artigo {number} d{'a' if body.startswith('Con') else 'o'} {body}"
        return f"Decreto {self.random.randint(1000, 9999)}"


def sentences(language: Language, number: int, dev: bool) -> Iterator[str]:
    """Blocks of CoNLL, each once."""
    maker, seen = Maker(language, dev), set[str]()
    while len(seen) < number:
        block = "".join(f"{word} {tag}\n" for word, tag in maker.sentence())
        if block not in seen:
            seen.add(block)
            yield block


def main(folder: Path) -> None:
    """Write the files."""
    for language in (PT, ES):
        taken: set[str] = set()
        for side, number in (("train", TRAIN), ("dev", DEV)):
            blocks = list(sentences(language, number, side == "dev"))
            blocks = [block for block in blocks if block not in taken]
            taken.update(blocks)
            path = folder / f"entities-{language.code}-{side}.conll"
            path.write_text("\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
