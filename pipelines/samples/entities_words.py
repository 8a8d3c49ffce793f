"""The grammars of ``generate_entities.py``, which says how a rule is written."""

PT = """
first_m: Hugo | Pedro | Carlos | Fábio | Rui | Marcos | Tiago | Antônio | José | Rafael | André |
    Luís | Vítor | Miguel || Otávio | Davi | Caio | Heitor | Joaquim | Wagner | Ícaro
first_f: Ana | Maria | Luísa | Beatriz | Helena | Teresa | Inês | Cecília | Rosa | Júlia | Clara |
    Vitória | Sônia || Iracema | Yasmin | Lorena | Zélia | Flávia | Noemi | Úrsula
last: Silva | Souza | Lopes | Ferreira | Almeida | Ramos | Cardoso | Barros | Moreira | Teixeira |
    Nogueira | Pires | Santos | Campos | Braga | Rocha | Salvador | Coimbra | Prado | Vieira ||
    Queiroz | Bragança | Falcão | Uchoa | Vilela | Zanetti | Tavares | Peixoto | Figueiredo |
    Drummond | Guarulhos
initial: A. | B. | C. | F. | M. | R.
tail_m: {last} | {last} | {last} | {last} {last} | de {last} | {initial} {last} | {last} Filho |
    {last} Neto | {last} {last} Júnior | da Silva | dos Santos
tail_f: {last} | {last} | {last} {last} | de {last} | {initial} {last} | da Silva | de {last} {last}
PER_M: {first_m} {tail_m}
PER_F: {first_f} {tail_f}
PER: {first_m} | {first_f} | {first_m} {tail_m} | {first_m} {last} | {first_f} {tail_f} |
    {first_f} {last} | {last}
who: {PER} | {PER} | o ministro {PER_M} | a ministra {PER_F} | o advogado {PER_M} |
    a juíza {PER_F} | o deputado {PER_M} | a professora {PER_F} | o relator {PER_M} |
    a defensora {PER_F} || o desembargador {PER_M} | a promotora {PER_F} | o perito {PER_M}

town: São Paulo | Recife | Porto Alegre | Brasília | Coimbra | Lisboa | Belo Horizonte | Manaus |
    Fortaleza | Santos | Braga | Salvador | Curitiba | Natal | Campinas | Santa Maria | Vitória |
    Três Rios || Campo Grande | Rio Branco | Évora | Foz do Iguaçu | Ouro Preto | Teresina |
    Aracaju | Juazeiro do Norte | Guarulhos | Feira de Santana | Bragança
LOC: {town} | {town} | {town} | {town} | {town} | Minas Gerais | Santa Catarina | Vila {last} |
    Portugal | São {first_m} || Mato Grosso | Cabo Verde | Angola | Nova {last}
LOC_M: Brasil | Rio de Janeiro | Paraná | Ceará | Acre | Pará | Rio Grande do Sul | Parque {last} |
    Largo {first_f} {last} || Amapá | Piauí | Uruguai | Espírito Santo | Morro Azul
LOC_F: Bahia | Paraíba | Argentina | Avenida {last} | Rua {first_m} {last} | Praça {last} |
    Serra das Pedras || Amazônia | Ilha do Mel | Travessa {last} | Itália
LOC_V: Vila {last} | São {first_m} | Santa {first_f} || Nova {last}
LOC_UF: SP | RJ | MG | RS | PE | BA || AM | TO | GO
at: em {LOC} | em {LOC} | em {LOC} | no {LOC_M} | na {LOC_F} | em {LOC_V} ({LOC_UF})
from: de {LOC} | de {LOC} | do {LOC_M} | da {LOC_F}
of_state: de São Paulo | do Paraná | da Bahia | de Minas Gerais | de Pernambuco || do Amapá |
    de Mato Grosso

jobs: Professores | Motoristas | Médicos | Servidores || Padeiros | Carteiros
brand: Nuvem | Solar | Trigal | Maré | Alvorada | Ipê | Horizonte | Pedra Lisa || Jacarandá |
    Quartzo | Zênite | Araucária
ORG_M: Supremo Tribunal Federal | STF | Superior Tribunal de Justiça | STJ | Ministério da Saúde |
    Tribunal de Justiça {of_state} | Tribunal de Contas da União | TCU | Ministério Público |
    Senado Federal | Senado | Banco Central | INSS | IBGE | Banco {brand} | Grupo {brand} |
    Sindicato dos {jobs} de {town} | Tribunal Regional do Trabalho da {1-9}ª Região ||
    Tribunal Superior Eleitoral | TSE | Ministério da Educação | Conselho Nacional de Justiça |
    CNJ | Instituto {last} | Hospital {first_f} {last} | Cartório {last}
ORG_F: Câmara dos Deputados | Câmara Municipal de {town} | Receita Federal | Polícia Federal |
    Defensoria Pública da União | Construtora {last} | {brand} S.A. | {last} & Filhos |
    Associação dos {jobs} de {town} | Universidade de {town} | Universidade Federal {of_state} |
    Petrobras || Advocacia-Geral da União | Fundação {last} | Cooperativa {brand} | OAB | Anatel |
    Caixa Econômica Federal | Transportes {brand} Ltda. | Secretaria de Saúde de {town}
ORG_FIRM: Construtora {last} | {brand} S.A. | {last} & Filhos | Metalúrgica {brand} | {brand} ||
    {last}, {last} & Cia. | Transportes {brand} Ltda. | Padaria {last} | Vinícola {brand}
ORG_CLUB: Atlético {town} | Esporte Clube {brand} | {brand} F.C. || Náutico {town}
the_org: o {ORG_M} | o {ORG_M} | a {ORG_F} | a {ORG_F}
of_org: do {ORG_M} | da {ORG_F}
by_org: pelo {ORG_M} | pela {ORG_F}
to_org: ao {ORG_M} | à {ORG_F}

code: do Código Civil | do Código Penal | da Constituição Federal | da CLT | da CF/88 ||
    do Código Tributário Nacional | do Código Eleitoral | do Código Florestal
long_code: {code} | {code} | do Código de Processo Civil | da Lei {1-14}.{100-999}
LEI_M: artigo {1-9}º {long_code} | artigo {10-199} {long_code} | art. {1-9}º {code} |
    art. {10-99} {code} | Decreto nº {1-9}.{100-999} | Código Civil | Código Penal |
    Código de Defesa do Consumidor | Decreto-Lei nº {1-9}.{100-999} |
    Estatuto da Criança e do Adolescente || Código de Trânsito Brasileiro | Estatuto do Idoso |
    Código de Águas | Marco Civil da Internet
LEI_F: Lei nº {1-9}.{100-999}/{88-99} | Lei nº {10-14}.{100-999}/{2001-2024} |
    Constituição Federal | Lei {1-14}.{100-999} | Constituição | Lei Complementar nº {10-199} |
    Lei Maria da Penha | CLT | Lei de Licitações | CF/88 ||
    Medida Provisória nº {100-999}/{2001-2020} | Lei de Falências | Lei do Inquilinato |
    Emenda Constitucional nº {10-99} | Lei {last}
law: o {LEI_M} | a {LEI_F}
of_law: do {LEI_M} | da {LEI_F}
in_law: no {LEI_M} | na {LEI_F}

month: janeiro | fevereiro | março | abril | maio | junho | julho | agosto | setembro | outubro |
    novembro | dezembro
day: segunda-feira | terça-feira | quarta-feira | quinta-feira | sexta-feira
when: em {2-28} de {month} de {1990-2024} | na {day} | em {month} | ontem | às {8-19}h{10-59} |
    nesta {day} || no fim de {month} | há {2-9} meses
lead: _ | _ | _ | _ | na {day}, | em {month}, | segundo nota oficial, | por outro lado, |
    nesse sentido, || ao que tudo indica, | em {1-28}/{1-12}/{2001-2024},
source: _ | _ | _ | _ | , informou {PER} | , segundo {the_org} | , nos termos {of_law} ||
    , disse {who} | , conforme {law}

dateline: {LOC}, {2-28} de {month} de {1990-2024}. | {LOC_V} ({LOC_UF}), {2-28} de {month}.
speech: “{claim}”, disse {who}. | “{claim}”, disse {who} {when}. | {who} perguntou: “{claim}?”
report: {lead} {clause}{source}. | {lead} {clause}{source}. | {clause} {when}{source}.
clause: {the_org} julgou o recurso de {PER} contra {the_org} | {PER} mora {at} |
    a empresa {ORG_FIRM}, com sede {at}, vai pagar multa | {who} visitou {LOC} e {LOC} |
    nos termos {of_law}, o pedido de {PER} foi negado | {PER} e {PER} nasceram {at} |
    o relator, {PER_M}, votou contra | a ministra, {PER_F}, adiou o voto |
    o voto de {PER} tem por base {law} e {law} | a audiência será {at} |
    {law} não se aplica ao caso | o contrato entre {the_org} e {the_org} perdeu a validade |
    {PER} pediu ajuda {to_org} | {the_org} abriu concurso para {20-90} vagas {at} |
    {who} citou {law} | {the_org} recorreu | a proposta {of_org} divide {LOC} |
    o acórdão {of_org} cita {PER_M}, professor {from} |
    {ORG_FIRM} comprou {2-90} caminhões; {PER} assinou a nota | cabe {to_org} decidir |
    a obra {of_org} liga {LOC} a {LOC} | {who} viajou {from} para {LOC} | há vagas {at} e {at} |
    o processo foi enviado {by_org} {to_org} | o prazo está previsto {in_law} | chove {at} |
    {PER}, {30-80} anos, trabalha {at} para {the_org} | {the_org} elegeu {PER} presidente |
    o pedido de {PER} tem amparo {in_law} | {the_org}, {the_org} e {the_org} aplicam {law} |
    o jornal ouviu {PER}, {PER} e {PER} | houve violação {of_law} | {who} deixou {the_org} ||
    {the_org} publicou edital {at} | {PER_M} foi recebido {by_org} | a sede {of_org} fica {at} |
    a leitura {of_law} por {PER} surpreendeu {the_org} | {PER} voltou {from} |
    {the_org} revogou {law} | {PER} chegou {from} com {PER} | a greve parou {LOC} e {LOC}
claim: {law} é claro | {PER} não mora {at} | {ORG_FIRM} errou | não há provas | o prazo acabou |
    {PER} tem razão | a Constituição garante isso || quem conhece {LOC} entende | falta ouvir {PER}

role: o juiz | a relatora | a defesa | o réu | a empresa | a Turma | a Corte | o Relator | o Autor |
    a parte autora | o governo | a prefeitura | o sindicato | a comissão | a testemunha ||
    o perito | o escrivão | a Ré
did: negou | aceitou | pediu | analisou | adiou | discutiu | recebeu | contestou || refutou |
    acolheu
thing: o pedido de liminar | o recurso | a perícia | o acordo | o prazo de {2-90} dias |
    a multa de R$ {1-9}.{100-999},{10-99} | o laudo de {2-90} páginas | a prova oral | os embargos |
    o relatório final || o agravo | a nova tese
plain: {remark} | {remark} | {remark} | {formula}
remark: {lead} {role} {did} {thing}. | {role} não {did} {thing} {when}. |
    {lead} {role} não {did} {thing}. |
    {lead} {role} {did} {thing} e {thing}, mas não {did} {thing}. | {role} {did} {thing}?
formula: foram ouvidas {2-90} testemunhas {when}. | as custas somam R$ {100-999},{10-99}. |
    {thing}: eis o que {role} {did}. | o processo nº {1000-9999}-{10-99} está com {role}. |
    “não vi {thing}”, disse {role} {when}. | vistos, relatados e discutidos estes autos. |
    é o relatório. | publique-se; intimem-se. || de {2-9} a {10-90} pessoas esperam {thing}. |
    campos, rochas e ramos cobrem a estrada {when}.
heading: {ORG_M} julga recurso de {PER} | {PER} visita {LOC} | recurso nº {100-999}/{2001-2024} |
    {ORG_M} e {ORG_F} fazem acordo | apelação cível. {thing}. recurso provido. | {LEI_F} vale {at} |
    chuva para {LOC} {when} | ementa: {thing}. {role}. {LEI_M}. | {ORG_FIRM} abre loja {at} |
    edital nº {1-99}/{2001-2024} – {ORG_F} | {role} {did} {thing} | voto de {PER} || greve {at} |
    {who} defende {law} | {PER} e {PER}: acordo {at}
list: presentes: {PER_M} {PER_F}. | presentes: {PER_F} {PER_M} {PER_F}. | trecho: {LOC} {LOC}. |
    linhas: {LOC} {LOC_M} {LOC_F}. | placar: {ORG_CLUB} {ORG_CLUB}, {2-4} a {0-1}. |
    ver: {LEI_F} {LEI_M}. | partes: {PER_F} {ORG_M}.
"""

ES = """
first_m: Juan | Carlos | Pablo | Diego | Marcos | Javier | Luis | Andrés | Miguel | José | Manuel |
    Tomás | Ángel | Santiago || Octavio | Iván | Gonzalo | Néstor | Ulises | Joaquín | Álvaro
first_m2: {first_m} | {first_m} | {first_m} {first_m}
first_f: Ana | María | Lucía | Elena | Teresa | Rosa | Inés | Celia | Carmen | Laura | Paula |
    Julia | Mercedes || Itziar | Ximena | Noelia | Úrsula | Begoña | Zoraida | Victoria
last: García | López | Herrera | Moreno | Ramos | Vega | Ortiz | Navarro | Prieto | Toledo |
    Molina | Ávila | Salas | Campos | Romero | Medina | Núñez | Fuentes | Soto | Luna || Quiroga |
    Belmonte | Ugarte | Zamora | Villar | Echeverría | Olmedo | Granados | Ibáñez | Yáñez | Cuenca
initial: A. | J. | L. | M. | R.
tail_p: {last} | {last} | {last} | {last} {last} | {last} {last} | de {last} | de la Torre |
    del Río | {initial} {last} | {last} y {last}
PER_M: {first_m2} {tail_p}
PER_F: {first_f} {tail_p}
PER: {first_m} | {first_f} | {first_m2} {tail_p} | {first_f} {tail_p} | {first_m} {last} |
    {first_f} {last} | {last}
who: {PER} | {PER} | el ministro {PER_M} | la ministra {PER_F} | el alcalde {PER_M} |
    la escritora {PER_F} | el técnico {PER_M} | la jueza {PER_F} | la directora {PER_F} ||
    el portavoz {PER_M} | la pianista {PER_F} | el ciclista {PER_M}

town: Madrid | Sevilla | Buenos Aires | Bogotá | Lima | Toledo | San Sebastián | Quito | Granada |
    Ávila | Montevideo | Ciudad de México | Valencia | Bilbao | La Habana | Santiago | Rosario |
    Santa Cruz || Cuenca | Zamora | La Paz | Caracas | Las Palmas | Santiago de Chile | Oviedo |
    Guayaquil | Puerto Montt | Écija | Mérida
LOC: {town} | {town} | {town} | {town} | España | Chile | Perú | Andalucía | Villa {last} |
    San {first_m} | México | Europa || Uruguay | Extremadura | Bolivia | Nueva {last} | Marruecos
LOC_V: Villa {last} | San {first_m} | Santa {first_f} || Nueva {last}
LOC_C: España | Chile | Perú | México || Uruguay | Bolivia
LOC_M: río Duero | Mar Menor | Parque {last} | País Vasco | Puerto de {town} | Ecuador ||
    Valle del Sol | Golfo de {town} | Cerro {last} | lago Azul
LOC_F: Avenida {last} | Plaza de {town} | Argentina | Rioja | calle {first_f} {last} || Patagonia |
    Sierra {last} | Costa Brava | Isla {first_f}
at: en {LOC} | en {LOC} | en {LOC} | en el {LOC_M} | en la {LOC_F} | en {LOC_V} ({LOC_C})
from: de {LOC} | de {LOC} | del {LOC_M} | de la {LOC_F}
of_town: de {town}

jobs: Médicos | Maestros | Taxistas | Periodistas || Panaderos | Ganaderos
brand: Nube | Solar | Trigal | Marea | Alborada | Encina | Horizonte | Piedra Lisa || Jacaranda |
    Cuarzo | Cénit | Araucaria
ORG_M: Banco de España | Tribunal Supremo | Tribunal Constitucional | Senado | Congreso | INE |
    Ayuntamiento {of_town} | Ministerio de Sanidad | Partido del {brand} | Banco {brand} |
    Grupo {brand} | Real {town} | Atlético {town} | Hospital {first_f} {last} |
    Colegio de {jobs} {of_town} | Museo {last} || Ministerio de Cultura | Instituto {last} |
    Deportivo {town} | Consejo General del Poder Judicial | Teatro {brand} | IPN
ORG_F: Cruz Roja | Universidad {of_town} | Guardia Civil | Asociación de {jobs} {of_town} | RENFE |
    ONU | Unión Europea | Fundación {last} | Policía Nacional | Editorial {brand} | UNAM |
    Cámara de Comercio {of_town} || Fiscalía General | Orquesta {of_town} | UGT |
    Aerolínea {brand} | Comisión Europea | Real Academia Española
ORG_FIRM: {last} e Hijos | {brand} S.A. | Bodegas {last} | Talleres {brand} | {brand} |
    {last} Hermanos || {last} y {last} | Transportes {brand} | Panadería {last} | Telas {brand} S.L.
ORG_CLUB: Real {town} | Atlético {town} | Olímpico {town} || Deportivo {town} | Racing {town}
the_org: el {ORG_M} | el {ORG_M} | la {ORG_F}
of_org: del {ORG_M} | de la {ORG_F}
to_org: al {ORG_M} | a la {ORG_F}

noun: sombra | casa | noche | memoria | luz | lluvia || ceniza | marea
end: del río | de los árboles | de invierno | sin puertas | de mi padre || de cristal | del faro
title: La {noun} {end} | Una {noun} {end} | Cartas a {first_f} | El último verano |
    Los días {end} || Nadie en {town} | Elogio de la {noun} | Adiós, {first_m}
MISC_T: {title}
MISC_M: Premio {last} | Premio Nacional de Poesía | Festival de Cine {of_town} | Maratón {of_town} |
    Mundial de Ajedrez | Torneo {brand} | Festival de Otoño | Rally {of_town} ||
    Gran Premio {of_town} | Premio {first_f} {last} | Congreso de Poesía {of_town} | Día del Árbol |
    Carnaval {of_town}
MISC_F: Feria del Libro {of_town} | Copa {brand} | Liga | Vuelta a {town} | Copa del Sur |
    Semana Santa | Bienal {of_town} || Copa {last} | Carrera de San {first_m} | Noche Blanca |
    Operación {brand}
the_misc: el {MISC_M} | la {MISC_F}
of_misc: del {MISC_M} | de la {MISC_F}

month: enero | febrero | marzo | abril | mayo | junio | julio | agosto | septiembre | octubre |
    noviembre | diciembre
day: lunes | martes | miércoles | jueves | viernes | sábado | domingo
when: el {2-28} de {month} de {1990-2024} | el {day} | en {month} | ayer | a las {8-19}:{10-59} |
    este {day} || a finales de {month} | hace {2-9} meses
lead: _ | _ | _ | _ | el {day}, | en {month}, | según fuentes oficiales, | por otra parte, |
    sin embargo, || al parecer, | a las {8-19} horas,
source: _ | _ | _ | _ | , informó {PER} | , según {the_org} | , dijo {who} || , aseguró {PER} |
    , tras {the_misc}

dateline: {LOC}, {2-28} {month} ({ORG_FIRM}). | {LOC_V} ({LOC_C}), {2-28} de {month}.
speech: «{claim}», dijo {who}. | «{claim}», dijo {who} {when}. | ¿{ask}?
report: {lead} {clause}{source}. | {lead} {clause}{source}. | {clause} {when}{source}.
clause: {the_org} rechazó la propuesta de {PER} | {PER} vive {at} | {PER} ganó {the_misc} {at} |
    la empresa {ORG_FIRM}, con sede {at}, abrirá {2-90} tiendas | {who} visitó {LOC} y {LOC} |
    {who} viajó {from} a {LOC} | el alcalde, {PER_M}, dimitió | la autora, {PER_F}, nació {at} |
    la reunión será {at} | {PER} y {PER} nacieron {at} |
    el acuerdo entre {the_org} y {the_org} terminó | {PER} pidió ayuda {to_org} |
    {the_org} abrió {2-90} plazas {at} | llueve {at} | {the_misc} empezará pronto |
    {ORG_FIRM} compró {2-90} camiones; {PER} firmó la nota | {the_org} organiza {the_misc} |
    el informe {of_org} cita a {PER_F}, profesora {at} | {PER} publicó «{MISC_T}» |
    {who} presentó «{MISC_T}» en la {MISC_F} | la obra {of_org} une {LOC} con {LOC} |
    el diario habló con {PER}, {PER} y {PER} | {PER}, de {20-80} años, trabaja {at} para {the_org} |
    {the_org} eligió presidenta a {PER_F} | la final {of_misc} se jugará {at} |
    {who} dejó {the_org} | el {ORG_CLUB} venció al {ORG_CLUB} por {2-5} a {0-1} |
    {PER} leyó «{MISC_T}», de {PER} | la novela «{MISC_T}» sucede {at} |
    el tren {from} llegó tarde | hay nieve {at} y {at} || {who} inauguró {the_misc} |
    la sede {of_org} está {at} | {PER} volvió {from} con {PER} | {the_org} canceló {the_misc} {at} |
    la huelga paró {LOC} y {LOC} | {PER} tradujo «{MISC_T}» | el jurado {of_misc} premió a {PER} |
    {who} elogió {to_org}
claim: {PER} tiene razón | {LOC} es mi casa | no hay dinero | {ORG_FIRM} se equivoca |
    nadie lo esperaba | {the_misc} me cambió || quiero volver a {LOC} | falta {PER}
ask: quién es {PER} | qué hará {the_org} | cuándo llegará {PER} a {LOC} || por qué {LOC}

role: el juez | la alcaldesa | el equipo | la oposición | el Gobierno | la empresa | el público |
    el Presidente | la policía | el sindicato | la comisión | un vecino | la orquesta ||
    el portavoz | la Ministra | el jurado
did: rechazó | aceptó | pidió | estudió | aplazó | discutió | celebró | criticó || aplaudió |
    retrasó
thing: el plan | la reforma | el nuevo horario | la ayuda de {2-90} millones de euros | el acuerdo |
    la subida del {2-20} % | el partido | los {2-90} despidos | la ley | el concierto || la moción |
    el recorte
plain: {remark} | {remark} | {remark} | {formula}
remark: {lead} {role} {did} {thing}. | {role} no {did} {thing} {when}. |
    {lead} {role} no {did} {thing}. |
    {lead} {role} {did} {thing} y {thing}, pero no {did} {thing}. | ¿{role} {did} {thing}?
formula: fueron escuchados {2-90} testigos {when}. | los gastos suman {100-999},{10-99} euros. |
    {thing}: eso {did} {role}. | ¡qué noche! | no hubo sorpresas {when}. |
    «no he visto {thing}», dijo {role} {when}. || unas {10-90} personas esperan {thing}. |
    vega, campos y fuentes: así se ve el valle {when}.
heading: {PER} llega a {LOC} | {ORG_M} rechaza {thing} | {ORG_F} y {ORG_M} firman convenio |
    última hora: {PER} deja {the_org} | {PER} gana {the_misc} | {ORG_FIRM} abre tienda {at} |
    {role} {did} {thing} | lluvia {at} {when} | {MISC_M}: {thing} | {LOC}, sin agua |
    {ORG_CLUB}, {2-5}; {ORG_CLUB}, {0-1} || nieve {at} | {who} defiende {to_org} |
    {LOC} celebra {the_misc}
list: premiados: {PER_M} {PER_F}. | premiados: {PER_F} {PER_M} {PER_F}. | ruta: {LOC} {LOC}. |
    jornada {1-38}: {ORG_CLUB} {ORG_CLUB} {2-4}-{0-1}. | ruta: {LOC_M} {LOC} {LOC}. |
    calendario: {MISC_F} {MISC_M}. | contacto: {PER_F} {ORG_F}.
"""

GRAMMARS = {"pt": PT, "es": ES}
