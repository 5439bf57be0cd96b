"""Words that mean the same in questions to a company, in Portuguese and English, and those that exclude each other."""

from functools import cache

from store.lexical import fold, words_of

# A concept a line: its name, then words. Everyday vocabulary of many trades, no company's own. Words are listed as they are asked with;
# their plurals and most inflections follow from `stem`.
_CONCEPTS = """
cost: custa custo custar custam preço preços valor price cost costs charge charged tarifa cobrar cobram cobrado cobrança pricing
fee: taxa fee
free: grátis gratuito gratuita gratuitamente complimentary
pay: pagar pago paga pagam pagamento pay paid paying payment payable
buy: comprar compra compro comprei buy purchase bought
sell: vender vende venda vendem sell sold sale
order: pedido encomenda order
cancel: cancelar cancelo cancelei cancela cancelamento cancelado cancel cancelled cancelling canceled cancellation desmarcar desmarco
change: trocar troco troca trocam mudar mudo muda alterar altero alteração alterado change changed changing modificar modify
replace: substituir substitui substitua substituto replace replaces replaced
renew: renovar renovo renova renovação renew renewal
refund: reembolso reembolsar reembolsado ressarcimento estorno refund refunded reimburse reimbursed reimbursement restituição
giveback: devolver devolvo devolução devolvido
return: retornar retorno retorna return returned
discount: desconto abatimento discount rebate
penalty: multa penalidade fine penalty
deposit: sinal depósito entrada deposit downpayment
interest: juros
instalment: parcela parcelar parcelo parcelado parcelamento prestação instalment installment
invoice: fatura nota invoice bill
receipt: recibo comprovante receipt
tax: imposto tributo tax
bank: banco bank
card: cartão card
cash: dinheiro espécie cash
money: grana money
insurance: seguro seguros insurance insured insure cobertura cover coverage
contract: contrato contract agreement
warranty: garantia warranty guarantee
repair: consertar conserto reparo reparar repair repaired fix fixed fixing mend
solve: resolver resolvo resolve solucionar solve solved
error: erro error
problem: problema problem issue trouble
broken: quebrado quebrou quebrada estragou broken broke damaged danificado danificada damage dano danos avaria
lost: perdi perder perdido perdida lost lose missing sumiu extraviado
forgot: esqueci esquecer forgot forgotten forget
stolen: roubado roubo furtado furto stolen theft
password: senha password passphrase
user: usuário usuária username login-name
account: cadastro account
register: cadastrar cadastro-me inscrever inscrição inscrevo register registration registered enrol enroll enrolment sign-up
login: entrar logar acessar acesso acesse access
app: app aplicativo application
phone: telefone fone phone telephone celular
call: ligar-para telefonar call ring
email: email e-mail mail correio
message: mensagem sms message texts
address: endereço address
site: site website página webpage web portal
number: número number
code: código code pin
form: formulário form
fill: preencher preencho preenchimento fill filled complete
sign: assinar assina assino assinatura assinado sign signed signs signature signing
document: documento documentação document paperwork papelada papéis
file: arquivo file
copy: cópia copiar copy
print: imprimir impressão imprimo print printed printing
printer: impressora printer
computer: computador notebook laptop computer pc
screen: tela screen display
panel: painel panel
network: rede network
wifi: wifi wi-fi
download: baixar baixo download
upload: subir upload
install: instalar instalação instalo install installed installation
uninstall: desinstalar uninstall
update: atualizar atualização atualizo update updated
delete: apagar excluir deletar apago excluo delete erase
remove: remover remoção retirar remove
add: adicionar incluir-mais acrescentar acrescento add
include: incluir inclui incluído incluída inclusos incluso include included includes
send: enviar envio envia enviam mandar mando mandam send sent sending
ship: transportar transporte transporta levar levam leva despachar ship shipped shipping shipment carry transport transported take
receive: receber recebo recebe recebem recebido ganho receive received get got
collect: coleta coletar buscar retirada recolher recolhem collect pick-up pickup collection
deliver: entregar entrega entregam entregue deliver delivered delivery deliveries
arrive: chegar chega chegam chegou arrive arrives arrived arrival
depart: partir partida parte sair sai saem saída departure depart departs departing leaves leave leaving
go: ir vai vão vou
late: atrasada atrasado atrasar atrasou atraso atrasados late delay delayed overdue
early: antecedência ahead advance cedo adiantado early
before: antes before prior
after: depois após after
during: durante during
wait: esperar espero espera aguardar wait waiting
begin: começar começa início iniciar inicia start starts begin begins starting
end: terminar termina fim encerrar encerra acabar end ends finish finishes
last: demorar demora demoram durar dura last lasts lasting take-time
open: abrir abre abrem abertura aberto aberta open opens opening
close: fechar fecha fecham fechado fechada close closes closed closing
hours: horário horários hours schedule timetable expediente
serve: atender atende atendem atendimento serve attend answers answered
date: data datas date
deadline: prazo deadline due
expire: vencer vence vencimento expirar expira validade expire expires expiry expiration
valid: válido válida vale valem valid
day: dia dias day
week: semana semanas week
month: mês meses month
year: ano anos year
hour: hora horas hour
minute: minuto minutos minute
second: segundo segundos seconds
daily: diário diária diariamente daily
weekly: semanal semanalmente weekly
monthly: mensal mensalmente mensalidade monthly
yearly: anual anualmente yearly annual annually
weekend: fim-de-semana weekend
holiday: feriado
vacation: férias vacation annual-leave
sick: doente doença sick ill illness atestado
salary: salário remuneração salary wage pay-check paycheck
benefit: benefício benefit
meal: refeição vale-refeição meal
lunch: almoço almoçar lunch
breakfast: café-da-manhã breakfast
dinner: jantar dinner supper
food: comida alimento alimentos food
allowed: permitido permitida permitidos permitidas permite permitem autorizado pode-se allowed permitted allow permit-me
permit: licença alvará permit
approve: aprovar aprova aprovam aprovação autorizar autoriza autorização approve approves approval authorise authorize authorisation
need: precisar necessário necessária exigido exige exigem obrigatório obrigatória required require requires mandatory compulsory necessary
available: disponível disponíveis available availability disponibilidade vaga
space: espaço lugar-livre room-left space
limit: limite limit
maximum: máximo máxima maximum max
minimum: mínimo mínima minimum min
size: tamanho medida medidas dimensão dimensões size dimensions measure
weight: peso pesar weight weigh
volume: volume
length: comprimento length
height: altura height
width: largura width
colour: cor cores colour color
big: grande grandes big large
medium: médio média medium
small: pequeno pequena pequenos small
new: novo nova novos new
old: velho velha antigo old
fast: rápido rápida urgente expresso fast quick express urgent
extra: adicional extra additional
manager: gerente gestor gestora chefe manager boss supervisor
employee: funcionário funcionária colaborador colaboradora empregado employee staff
customer: cliente customer client
supplier: fornecedor supplier vendor
partner: parceiro partner
visitor: visitante visitor guest convidado
team: equipe pessoal turma crew team
company: empresa firma companhia company firm business
office: escritório office
branch: filial unidade agência branch
shop: loja shop store
warehouse: armazém depósito-de galpão warehouse
factory: fábrica planta-industrial factory plant
reception: recepção reception
human-resources: rh hr
it-department: ti
department: departamento setor department
meeting: reunião reuniões meeting appointment
book: marcar marco marca agendar agendo agendamento reservar reserva reservo schedule-it book booking booked reserve reservation
training: treinamento curso capacitação training course
move: mudança mudanças move relocation removal
storage: guarda-móveis storage
store: guardar guardo armazenar armazeno armazenamento guarda keep stored
box: caixa caixas boxes
unit: box
container: contêiner container
truck: caminhão caminhões lorry truck
car: carro automóvel car
motorbike: moto motocicleta motorbike motorcycle
bicycle: bicicleta bike bicycle
bus: ônibus bus
train: trem train
plane: avião voo flight fly plane flies voar
boat: navio barco marítimo marítima mar sea ship-by-sea ocean
drive: dirigir motorista driver drive
park: estacionar estacionamento estaciono parking park
fuel: combustível gasolina fuel petrol gasoline
dog: cachorro cão cães dog
cat: gato gata cat
pet: animal animais bicho bichos pet pets
travel: viajar viagem viajo travel trip
passport: passaporte passport
visa: visto
key: chave chaves key
lock: fechadura cadeado lock
door: porta door
gate: portão gate
battery: bateria baterias pilha pilhas battery batteries
light: luz light lamp
alarm: alarme alarm
machine: máquina machine
equipment: equipamento equipment
part: peça peças parts spare
tool: ferramenta tool
maintenance: manutenção maintenance
clean: limpar limpeza limpo clean cleaning cleaned
safety: segurança safety security
accident: acidente accident
emergency: emergência emergency
fire: incêndio fogo fire
doctor: médico médica doctor physician
hospital: hospital clínica clinic
vaccine: vacina vaccine vaccination
water: água water
elevator: elevador lift elevator
floor: andar piso floor
room: sala quarto room
kitchen: cozinha kitchen
toilet: banheiro toilet bathroom restroom
building: prédio edifício building
furniture: móvel móveis mobília furniture
sofa: sofá sofa couch
glass: vidro vidros glass
clothes: roupa roupas clothes clothing
uniform: uniforme uniform
child: criança crianças filho filhos child children kid kids
adult: adulto adult
family: família family
man: homem homens man men
woman: mulher mulheres woman women
gift: presente gift
coupon: cupom voucher coupon
points: pontos points
plan: plano plan
package: pacote embrulho package parcel
product: produto product
item: item itens coisa coisas artigo things stuff
service: serviço service
support: suporte support
help: ajuda ajudar help assist assistance
complain: reclamar reclamação reclamo complain complaint
report: relatar relatório informar-sobre report
technician: técnico técnica technician engineer
language: idioma idiomas língua línguas language
speak: falar fala falam speak speaks speaking
translate: tradução traduzir translation translate
english: inglês english
portuguese: português portuguese
status: status situação andamento
track: rastrear rastreamento rastreio acompanhar track tracking trace
mean: significa significar significado quer-dizer mean means meaning
work: trabalhar trabalho trabalham job
remote: remoto home-office remote remotely
function: funcionar funciona funcionam works working operate
use: usar uso usa utilizar utilizo utiliza use using
turn-on: ligar ligo liga ativar ativo ativa habilitar turn-on switch-on activate enable
turn-off: desligar desligo desliga desativar desativo desabilitar turn-off switch-off deactivate disable
stop: parar parou para-de stop stopped halt
block: bloquear bloqueado bloqueada bloqueio bloqueadas bloqueados block blocked locked
unlock: desbloquear desbloqueio unlock unblock
import: importar importação import
export: exportar exportação export
increase: aumentar aumento increase raise
reduce: reduzir redução diminuir reduce decrease
hire: contratar contratação hire recruit
dismiss: demitir demissão dismiss dismissal fired
resign: pedir-demissão resign quit
borrow: emprestado emprestar borrow lend loan empréstimo
rent: alugar aluguel rent rental
first: primeiro primeira first
previous: anterior previous
next: próximo próxima seguinte next following
inside: dentro inside
outside: fora outside
domestic: nacional doméstico domestic national
international: internacional international abroad exterior overseas
online: online virtual
in-person: presencial presencialmente pessoalmente in-person personally
contact: contato contatar contact reach falar-com
delivery-note: romaneio
address-change: mudança-de-endereço
hand: mão manual hand
photo: foto fotos imagem photo picture
video: vídeo video
question: pergunta dúvida question
answer: resposta answer
rule: regra regras norma política rule policy
list: lista list
temperature: temperatura temperature
share: dividir dividem compartilhar share shared compartilhado
accept: aceitar aceita aceitam accept accepted accepts
request: pedir peço pede solicitar solicito solicitação requisitar request ask apply
show: mostrar mostra aparece apareceu aparecer exibe consta indica show shows showing appear appears appeared says
summon: chamar chamo chama call-in
bring: trazer trago bring
hold: cabe cabem comporta capacidade capacity hold holds fit fits
put: colocar coloco pôr put place placed
choose: escolher escolha choose select pick
connect: conectar conexão conecto connect connection
check: verificar conferir consultar consulto check verify
reset: redefinir resetar recuperar reset recover
entitled: direito elegível eligible entitled
confirm: confirmar confirmação confirm confirmation
duration: tempo time duração duration
join: participar participo join attend-to
teach: ensinar teach
cook: cozinhar cook
wash: lavar lavagem wash washing laundry
wear: vestir usar-roupa wear
eat: comer eat
drink: beber bebida drink drinks
smoke: fumar smoke smoking
sleep: dormir sleep
charge-up: carregar carregador charger recharge
measure: medir measure
test: testar teste test
build: construir build
paint: pintar pintura paint
cut: cortar corte cut
dry: seco seca dry
cold: frio fria cold chilled
hot: quente hot
heavy: pesado pesada heavy
empty: vazio vazia empty
full: cheio cheia full
wrong: errado errada wrong incorrect
safe: seguro-de safe
real: reais brl
dollar: dólar dólares dollars usd
euro: euros eur
pound: libra libras pounds gbp
lisbon: lisboa lisbon
"""

# Of one such set a question means one: with another member in its place it is another question.
_CONTRASTS = """
open close
before after
buy sell
send receive
turn-on turn-off
block unlock
import export
install uninstall
increase reduce
minimum maximum
begin end
hire dismiss
add remove
first last-one
previous next
inside outside
domestic international
online in-person
big medium small
new old
daily weekly monthly yearly
day week month year hour minute
employee customer supplier visitor partner
dog cat bird
car motorbike bicycle bus train truck
adult child
man woman
left right
north south east west
debit credit
real dollar euro pound
boleto pix card cash cheque
email phone post fax whatsapp
iphone android
windows mac linux
breakfast lunch dinner
red blue green yellow black white
english portuguese spanish french german
passport visa
weight height length width volume
deliver collect
invoice receipt
import-duty export-duty
password user
"""


def stem(word: str) -> str:
    """Return what is left of a folded *word* without the endings of its kind; the same for Portuguese and English."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST[min(len(ending), 3)]:
            return word[: -len(ending)]
    return word


_SHORTEST = {1: 5, 2: 4, 3: 3}  # by the ending's length: what must be left
_ENDINGS = sorted(
    words_of(
        "amento imento mente acao icao acoe icoe ation ment ement ing ed ar er ir ando endo indo ado ada ido ida aram eram ava am em amo "
        "emo imo aria eria ou eu iu anca encia or a e o"
    ),
    key=len,
    reverse=True,
)


@cache
def _by_stem() -> dict[str, str]:
    concepts: dict[str, str] = {}
    for line in _CONCEPTS.strip().splitlines():
        name, _, words = line.partition(":")
        for word in words.split():
            folded = fold(word)
            concepts.setdefault(folded, name)
            concepts.setdefault(stem(folded), name)
    return concepts


def concept_of(word: str) -> str:
    """Return the concept that a folded *word* stands for, or its stem where it has none of its own."""
    concepts = _by_stem()
    return concepts.get(word) or concepts.get(stem(word)) or stem(word)


def is_common(word: str) -> bool:
    """Tell whether a folded *word* is a common one: it stands for a concept as it is."""
    return word in _by_stem()


@cache
def contrasts() -> tuple[frozenset[str], ...]:
    """Return the sets of concepts that exclude each other."""
    return tuple(frozenset(map(concept_of, line.split())) for line in _CONTRASTS.strip().splitlines())
