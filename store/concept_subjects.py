"""What companies are asked about, in Portuguese and English: things, people, places and trades; words that mean the same."""

# Written as in store/concept_words.py.
SUBJECTS = """
postpone: adiar adio adiamento remarcar remarco reagendar reagendo postpone put_off reschedule rescheduled push_back
extend: prorrogar prorrogação prolongar prolongo estender extend extended extension keep_longer
pause: pausar pauso suspender suspendo suspensão trancar tranco congelar pause suspend freeze put_on_hold
debt: dívida owe debt owed
transfer: transferir transfiro transferência transfer transferred
withdraw: sacar saque tirar_dinheiro withdraw withdrawal take_out_money cash_machine
atm: caixa_eletrônico atm cashpoint
balance: saldo balance
statement: extrato statement
credit: crédito credit
debit: débito debit
loan: financiamento mortgage hipoteca
invest: investir investimento invisto invest investment
savings: poupança savings
currency: moeda câmbio currency exchange_rate
claim: sinistro claim indenização indemnização indenizar compensation compensate compensated compensação
excess: franquia excess deductible
tow: guincho guinchar reboque rebocar tow towing tow_truck
break: trincou trincado rachou rachado cracked crack
leak: vazamento vazando vazar goteira pingando pingou leak leaking leaks dripping
flood: enchente inundação alagou alagamento alagado flood flooded flooding
found: achados
subscribe: assinante subscribe subscription subscriber
membership: membership filiação associado member sócio
spam: spam lixo_eletrônico junk_mail
chat: chat
internet: internet banda_larga broadband
signal: sem_sinal
backup: backup cópia_de_segurança cópias_de_segurança backed_up back_up
encrypt: criptografar criptografado criptografados criptografia encrypt encrypted encryption
folder: pasta pastas folder directory
link: link links
restore: restaurar restauro restore restored recuperação
version: versão versões version release
licence: licença_de_software licence license licenças licences
device: dispositivo aparelho aparelhos device gadget
tablet: tablet ipad
usb: usb pendrive memory_stick flash_drive usb_stick
mouse: mouse
keyboard: teclado keyboard
monitor: monitor
cable: cabo cabos cable cord
software: software programa programas program programme sistema system
virus: vírus malware
slow: lento lenta devagar lentidão slow slowly
crash: travou trava travando congelou crash crashed crashes frozen freezes
restart: reiniciar reinicio reboot restart restarted
calendar: calendário agenda calendar diary
certificate: certificado certidão atestados certificate certificates
id: identidade rg identity identification proof_of_identity carteira_de_identidade
licence-to-drive: cnh carteira_de_motorista driving_licence driver's_license driving_license
prescription: receita_médica prescrição prescription
diploma: diploma degree
contractor: terceirizado terceirizada contractor contractors
archive: arquivar arquivamento archive filed
scan: digitalizar digitalizo escanear scan scanned scanner
courier: transportadora motoboy courier carrier
tracking: código_de_rastreio tracking_number
customs: alfândega alfândegas aduana customs desembaraço
stamp: carimbo stamp
envelope: envelope
pallet: palete paletes pallet pallets
last-one: último última últimos últimas final
daytime: daytime
absence: falta faltar faltei ausência ausente absence absent miss_work
bonus: bônus bonificação décimo_terceiro thirteenth_salary plr
raise-in-pay: aumento_de_salário pay_rise pay_raise
overtime: hora_extra horas_extras overtime extra_hours
shift: turno turnos escala shift shifts
timesheet: ponto_eletrônico bater_ponto folha_de_ponto timesheet clock_in
expenses: despesas despesa expense expenses gastos
allowance: auxílio ajuda_de_custo allowance adiantamento cash_advance per_diem diárias
pension: aposentadoria aposentar aposento previdência pension retire retirement
maternity: maternidade gestante grávida gravidez maternity pregnant pregnancy
paternity: paternidade paternity
marriage: casamento casar casei marriage wedding married casado
job: vaga_de_emprego emprego empregos career job_opening vacancy jobs
interview: entrevista interview
probation: período_de_experiência contrato_de_experiência probation probationary trial_period
colleague: colega colegas coworker colleague colleagues teammate
trainee: estagiário estagiária estágio intern interns internship trainee aprendiz
union: sindicato
badge: crachá crachás badge access_card
neighbour: vizinho vizinha vizinhos vizinhas neighbour neighbours neighbor neighbors
tenant: inquilino inquilina locatário tenant tenants
landlord: proprietário proprietária locador landlord landlady
apartment: apartamento apartamentos apartment flat
house: casa house home residência lar household
party-room: salão_de_festas party_room function_room
barbecue: churrasqueira churrasco barbecue grill bbq
noise: barulho ruído som_alto noise noisy loud
garbage: lixo resíduo resíduos garbage rubbish trash waste
recycle: reciclagem reciclável recicláveis reciclar recycle recycling recyclable
garage: garagem vaga_de_garagem garage
stairs: escada escadas stairs staircase
electricity: energia energia_elétrica eletricidade electricity electric power elétrica elétrico
gas: gás
outage: queda_de_energia falta_de_luz apagão power_cut blackout outage lights_have_gone_out power_outage
meter: medidor meter relógio_de_luz
socket: tomada tomadas socket outlet
solar: solar solares
heating: aquecimento aquecedor heating heater
air-conditioning: ar_condicionado air_conditioning air_con aircon
fridge: geladeira frigobar fridge refrigerator minibar
oven: forno oven
washing-machine: máquina_de_lavar lavadora washing_machine washer
television: televisão tv tevê television televisor
bed: cama bed
crib: berço crib cot
chair: cadeira cadeiras chair chairs
seat: assento assentos poltrona seat seats
table: mesa mesas table tables
desk: escrivaninha desk
sheet: lençol sheets linen
towel: toalha toalhas towel towels
hotel: hotel inn hostel albergue pousada hospedagem hospedar hospedado accommodation
checkin: checkin check_in
checkout: checkout check_out
pool: piscina pool swim swimming nadar natação
gym: academia ginásio gym fitness_centre
class: aula aulas class classes lesson lessons
trainer: instrutor instrutora trainer instructor
locker: escaninho locker lockers
beach: praia beach
view: vista view
airport: aeroporto airport
luggage: bagagem bagagens mala malas luggage baggage suitcase suitcases
ticket: ingresso ingressos bilhete bilhetes passagem passagens entrada_do_show ticket tickets
tour: passeio excursão tour tours
guide: guia guide guided guiada guiado
map: mapa map
city: cidade city town
country: país country
van: van vans furgão
taxi: táxi cab uber
tyre: pneu pneus tyre tyres tire tires
oil: óleo oil
filter: filtro filtros filter filters
engine: motor motores engine
brake: freio freios brake brakes
inspect: vistoria inspecionar inspeção inspect inspection inspected
adjust: ajustar ajuste regular regulagem adjust adjustment calibrar calibração calibrate calibration
pressure: pressão pressure
speed: velocidade speed
tank: tanque tank
pump: bomba pump
valve: válvula valve
pipe: cano canos tubulação encanamento pipe pipes plumbing
plumber: encanador plumber
electrician: eletricista electrician
locksmith: chaveiro locksmith
screw: parafuso parafusos screw bolt
belt: correia belt
conveyor: esteira conveyor
forklift: empilhadeira forklift
crane: guindaste crane
helmet: capacete helmet hard_hat
gloves: luva luvas gloves
goggles: óculos_de_proteção safety_glasses goggles
protection: proteção epi protective ppe protection
warning: aviso advertência warning
danger: perigo perigoso perigosa danger dangerous hazard hazardous
chemical: produto_químico produtos_químicos químico chemical chemicals
production: produção produzir production produce produced
stock: estoque estoques stock inventory in_stock
catalogue: catálogo catalogue catalog
brand: brand
model: modelo model models
material: materiais material materials
quality: qualidade quality
shoes: sapato sapatos tênis calçado calçados shoes shoe sneakers
shirt: camisa camiseta shirt t_shirt
trousers: calça calças trousers pants
dress: vestido dress
bag: bolsa sacola bag bags
sack: saco sacos sack sacks
bottle: garrafa garrafas bottle bottles galão
wine: vinho vinhos wine
beer: cerveja beer
coffee: café coffee
milk: leite milk
meat: carne meat
fish: peixe fish
bread: pão bread
vegetarian: vegetariano vegetariana vegetarian
vegan: vegano vegana vegan
gluten: glúten celíaco celíaca coeliac celiac
lactose: lactose
allergy: alergia alérgico alérgica allergy allergic allergies
restaurant: restaurante restaurant
menu: cardápio menu
canteen: refeitório cantina canteen cafeteria
dentist: dentista odontológico odontológica dental dentist tooth dente dentes teeth
nurse: enfermeiro enfermeira nurse
medicine: remédio remédios medicamento medicamentos medicine medicines medication
pharmacy: farmácia drogaria pharmacy chemist drugstore
appointment: consulta consultas consultation
exam: exame exames exam exams medical_test
surgery: cirurgia cirurgias operar operação operado operada surgery operated
flu: gripe influenza flu
pain: dor dores pain ache
injury: ferimento machuquei machucado lesão injury injured hurt
treatment: tratamento treatment
patient: paciente pacientes patient patients
health: saúde health
glasses: óculos glasses
blood: sangue blood
health-plan: convênio convênios plano_de_saúde health_plan health_insurance
vet: veterinário veterinária vet veterinarian
puppy: filhote filhotes puppy puppies kitten
neuter: castrar castração castro neuter spay neutered
school: escola colégio escolas school
teacher: professor professora professores teacher teachers
student: aluno aluna alunos estudante estudantes pupil pupils student students
exam-school: prova provas
grade: nota_escolar boletim grade grades report_card
homework: lição_de_casa tarefa_de_casa homework
term: semestre bimestre trimestre semester term
tuition: mensalidade_escolar tuition school_fees
scholarship: bolsa_de_estudos scholarship
university: universidade faculdade university college
library: biblioteca library
book-item: livro livros books
baby: bebê bebês baby babies infant toddler
parent: parent parents
spouse: esposa esposo marido cônjuge wife husband spouse
friend: amigo amiga amigos amigas friend friends
relative: parente parentes relatives relative familiares
age: idade age how_old quantos_anos
birthday: aniversário birthday
party: festa festas party
concert: concerto concert gig
event: evento eventos event events
museum: museu museum
exhibition: exposição exibição exhibition
film: filme filmes film films movie movies filmar filmagem
music: música music
sport: esporte esportes sport sports
rain: chuva rain raining chover
umbrella: guarda_chuva umbrella umbrellas
weather: clima weather
garden: jardim garden
tree: árvore árvores tree trees
plant-crop: plantar plantio planto semear semeada semeadura sow sowing
fertilizer: adubo adubos fertilizante fertilizer fertiliser
pesticide: defensivo defensivos agrotóxico agrotóxicos veneno pesticide pesticides
harvest: colheita colher harvest
seed: semente sementes seed seeds
farm: fazenda sítio farm
soy: soja soy soybean
corn: milho corn maize
cattle: gado boi vaca cattle cow cows
scaffold: andaime andaimes scaffold scaffolding
concrete: concreto concrete
wall: parede paredes muro wall walls
roof: telhado teto roof
window: janela janelas window windows
construction: obra obras construção construction building_site
architect: arquiteto arquiteta architect
accountant: contador contadora contabilidade contábil accountant accounting bookkeeping
income: rendimentos rendimento renda income earnings ganhos
declaration: declaração declarar declaro tax_return declare
lawyer: advogado advogada jurídico lawyer legal attorney
court: tribunal processo_judicial court lawsuit
police: polícia police delegacia boletim_de_ocorrência
privacy: privacidade lgpd gdpr privacy dados_pessoais personal_data
security: vigilante vigilância guarda_de_segurança security_guard
camera: câmera câmeras
first-aid: primeiros_socorros first_aid
evacuate: evacuar evacuação evacuate evacuation
dispose: descartar descarto descarte jogar_fora throw_away dispose discard get_rid_of
assemble: montar montagem monto assemble assembly put_together
dismantle: desmontar desmontagem dismantle disassemble take_apart
pack: embalar embalagem embalo empacotar pack packing packaging
load: carregamento load loading
unload: descarregar descarga unload unloading
lift: erguer levantar
weigh: pesa
distance: distância quilômetros distance
near: perto próximo_de near close_to nearby nearest
far: longe
route: rota trajeto itinerário route
stop-bus: parada_de_ônibus ponto_de_ônibus bus_stop
station: estação station
road: estrada rodovia road highway
border: fronteira border
ship-vessel: embarque embarcar boarding
guitar: violão guitarra guitar
instrument: instrumento instrument
quiet: silencioso silenciosa silêncio quiet silent
frequency: frequência how_often de_quanto_em_quanto_tempo com_que_frequência frequency
reason: motivo razão reason how_come
difference: diferença difference differ
advantage: vantagem vantagens advantage
example: exemplo example
information: informação informações information info details detalhes
instruction: instrução instruções manual_de handbook manual instructions
explain: explicar explicação explain explanation
learn: aprender aprendo learn
know-who: responsável responsible in_charge encarregado
decide: decidir decisão decide decision
reject: rejeitar rejeitado rejeitada recusar recusado recusada recusou negado negada negaram reject rejected decline declined refuse
reject: refused turned_down
authorise: procuração power_of_attorney
prefer: preferência prefere
exclude: excluído excluída exclude excluded
accompany: acompanhante acompanhantes companion accompany accompanied come_along
share-ride: carona carpool
find: localizar localizo locate localização location
visit: visitar visito visitas visit visits visiting
try: experimentar experimento try trial
win: prêmio prize win
loyalty: fidelidade loyalty lock_in minimum_term
upgrade: upgrade melhorar_o_plano
operator: operadora operadoras operator provider
sim: chip sim sim_card
roaming: roaming
half-price: meia_entrada half_price
senior: idoso idosa idosos senior seniors elderly terceira_idade
disabled: deficiente deficiência deficientes pcd disabled disability wheelchair cadeirante acessibilidade accessibility
weekday: dia_útil dias_úteis segunda_a_sexta monday_to_friday weekdays weekday working_days business_days working_day business_day
tomorrow-next: próximo_dia
another: outro outra another a_second different diferente outros outras others
personal: próprio própria own personal particular
private: privado privada private
public: público pública public
temporary: temporário temporária provisório provisória temporary temporarily
permanent: permanente definitivo permanent
urgent: imediato imediatamente immediately right_away asap
automatic: automático automática automaticamente automatic automatically
manual: manualmente
electronic: eletrônico eletrônica digital electronic
paper: papel paper
metal: metal
plastic: plástico plastic
wood: madeira wood wooden
gold: ouro gold
whiten: clareamento clarear clareamento_dental whitening whiten dentes_mais_brancos whiter
black: preto preta black
red: vermelho vermelha red
blue: azul azuis blue
green: verde verdes green
yellow: amarelo amarela yellow
round: redondo round
long: comprido comprida
short: curto curta short
wide: largo larga wide
high: alto alta altos high tall
low: low lower
thick: espessura thickness thick
strong: forte strong
soft: macio soft
wet: molhado molhada úmido wet damp
noisy: barulhento
bird: pássaro ave aves bird birds
fish-pet: aquário aquarium
horse: cavalo horse
left: esquerda esquerdo
right-side: direita right_side right_hand_side
north: norte
south: sul
east: leste
west: oeste
front: frente dianteiro dianteira front
back-side: traseiro traseira rear fundos
above: acima above superior_a more_than mais_de mais_que
below: abaixo below under inferior_a less_than menos_de menos_que fewer_than
upstairs: de_cima em_cima upstairs
downstairs: de_baixo embaixo downstairs
mother: mãe mother mum mom
father: pai father dad
white: branco branca brancos brancas white
airline: airline companhia_aérea
free: sem_custo sem_custos no_charge without_charge at_no_cost
parent: parental
construction: reforma reformar renovation renovate
monday: segunda monday
tuesday: terça tuesday
wednesday: quarta wednesday
thursday: quinta thursday
friday: sexta friday
saturday: sábado saturday
sunday: domingo sunday
"""
