"""What people do with a company, and ask of it, in Portuguese and English: words that mean the same."""

# A concept a line: its name, then words; a name may have several lines. "_" stands between the words of what is said in several, where
# there may be a space or a hyphen. Words are listed as they are asked with; plurals and most inflections follow from `stem`.
DEALINGS = """
cost: custa custo custar custam preço preços valor price cost costs charge charged tarifa cobrar cobram cobrado cobrança pricing
cost: quanto_vale quanto_vou_gastar how_much_money price_tag orçamento orçar quote quotation cotação sai_do_meu_bolso set_me_back
fee: taxa fee surcharge acréscimo
free: grátis gratuito gratuita gratuitamente complimentary gratuidade isento isenção exempt exemption de_brinde cortesia free_of_charge
pay: pagar pago paga pagam pagamento pay paid paying payment payable quitar quito liquidar settle
buy: comprar compra compro comprei buy purchase bought adquirir adquiro adquirido aquisição acquire purchasing
sell: vender vende venda vendem sell sold sale
order: pedido encomenda order
cancel: cancelar cancelo cancelei cancela cancelamento cancelado cancel cancelled cancelling canceled cancellation desmarcar desmarco
cancel: call_off called_off desistir desisto desistência withdraw_from anular
change: trocar troco troca trocam mudar mudo muda alterar altero alteração alterado change changed changing modificar modify mudado
change: trocado modificação swap swapped switch_to
replace: substituir substitui substitua substituto replace replaces replaced
renew: renovar renovo renova renovação renew renewal
refund: reembolso reembolsar reembolsado ressarcimento estorno refund refunded reimburse reimbursed reimbursement restituição
giveback: devolver devolvo devolução devolvido send_back sent_back sending_back give_back gave_back take_back mandar_de_volta
return: retornar retorno retorna return returned
discount: desconto abatimento discount rebate promoção promocional promotion oferta deal
penalty: multa penalidade fine penalty penalização penalizado penalised penalized
deposit: sinal depósito entrada deposit downpayment caução calção security_deposit
interest: juros
instalment: parcela parcelar parcelo parcelado parcelamento prestação instalment installment prestações em_vezes pay_in_parts payment_plan
invoice: fatura nota invoice bill notas_fiscais nota_fiscal faturas invoices bills
receipt: recibo comprovante receipt
tax: imposto tributo tax impostos taxes tributos tributação
bank: banco bank bancário bancária banking
card: cartão card
cash: dinheiro espécie cash
money: grana money
insurance: seguro seguros insurance insured insure cobertura cover coverage apólice segurado segurada segurar
contract: contrato contract agreement contratual deed
warranty: garantia warranty guarantee garantido
repair: consertar conserto reparo reparar repair repaired fix fixed fixing mend
solve: resolver resolvo resolve solucionar solve solved
error: erro error falha failure erros errors bug
problem: problema problem issue trouble
broken: quebrado quebrou quebrada estragou broken broke damaged danificado danificada damage dano danos avaria defeito defeituoso
broken: defeituosa faulty defective pifou quebrar
lost: perdi perder perdido perdida lost lose missing sumiu extraviado sumir desapareceu perca can't_find cannot_find nao_encontro nao_acho
lost: extravio went_missing
forgot: esqueci esquecer forgot forgotten forget não_lembro nao_me_lembro don't_remember can't_remember
stolen: roubado roubo furtado furto stolen theft roubaram furtaram robbed robbery burglary assalto
password: senha password passphrase passcode
user: usuário usuária username nome_de_usuário
account: cadastro account perfil profile accounts contas
register: cadastrar inscrever inscrição inscrevo register registration registered enrol enroll enrolment matrícula matricular matriculo
register: enrolling registro registrar registrado cadastramento signing_up sign_up signup
login: entrar logar acessar acesso acesse access autenticar login logon get_into
app: app aplicativo application
phone: telefone fone phone telephone celular celulares smartphone mobile telefônico telephone_number
call: ligar_para telefonar call ring telefonema telefono ligação ligações calling phoned rang phone_call
email: email mail correio correio_eletrônico emails mails caixa_de_entrada inbox mailbox
message: mensagem sms message texts mensagens messages recado
address: endereço address endereços
site: site website página webpage web portal web_site
number: número number números numbers
code: código code pin
form: formulário form formulários forms requerimento
fill: preencher preencho preenchimento fill filled complete fill_in fill_out filling completar
sign: assinar assina assino assinatura assinado sign signed signs signature signing sign_off signs_off assinada
document: documento documentação document paperwork papelada papéis documentos documents papers comprovação
file: arquivo file arquivos files anexo attachment ficheiro
copy: cópia copiar copy
print: imprimir impressão imprimo print printed printing imprima impresso
printer: impressora printer
computer: computador notebook laptop computer pc
screen: tela screen display
panel: painel panel
network: rede network
wifi: wifi rede_sem_fio wireless_network sem_fio wireless
download: baixar baixo download
upload: subir upload
install: instalar instalação instalo install installed installation
uninstall: desinstalar uninstall
update: atualizar atualização atualizo update updated
delete: apagar excluir deletar apago excluo delete erase
remove: remover remoção retirar remove
add: adicionar acrescentar acrescento add
include: incluir inclui incluído incluída inclusos incluso include included includes inclusa embutido comes_with vem_com part_of
send: enviar envio envia enviam mandar mando mandam send sent sending remeter remeto postar posto encaminhar encaminho forward submit
send: submitted submeter mailed posted
ship: transportar transporte transporta levar levam leva despachar ship shipped shipping shipment carry transport transported take
ship: shipments frete freight cargo carga mercadoria goods transporting
receive: receber recebo recebe recebem recebido ganho receive received get got recebendo receiving
collect: coleta coletar buscar retirada recolher recolhem collect pickup collection buscando coletam retiro fetch picked_up picking_up
deliver: entregar entrega entregam entregue deliver delivered delivery deliveries entregas entregador bring_to_my_home em_domicílio
deliver: home_delivery delivering
arrive: chegar chega chegam chegou arrive arrives arrived arrival chegando arriving
depart: partir partida parte sair sai saem saída departure depart departs departing leaves leave leaving
go: ir vai vão vou
late: atrasada atrasado atrasar atrasou atraso atrasados late delay delayed overdue atrasei running_late not_on_time
early: antecedência ahead advance cedo adiantado early antecipado beforehand adiantar adianto antecipar antecipo ahead_of_time in_advance
early: com_antecedência
before: antes before prior previamente
after: depois após after once a_partir_de depois_de após_o afterwards
during: durante during
wait: esperar espero espera aguardar wait waiting fila queue demorando waiting_time
begin: começar começa início iniciar inicia start starts begin begins starting inicial comece kick_off começo comecei começou iniciado
begin: started
end: terminar termina fim encerrar encerra acabar end ends finish finishes finalizar finalizo finaliza conclui concluir término final
end: finished ending
last: demorar demora demoram durar dura last lasts lasting
open: abri abro abrimos opened abrir abre abrem abertura aberto aberta open opens opening
close: fecho fechei fechar fecha fecham fechado fechada close closes closed closing
hours: horário horários hours schedule timetable expediente opening_times opening_hours funcionamento horas_de_atendimento
serve: atender atende atendem atendimento serve attend answers answered
date: data datas date
deadline: prazo deadline due data_limite prazos cut_off último_dia final_day latest_date
expire: vencer vence vencimento expirar expira validade expire expires expiry expiration validity vencida vencido vencendo expired
expire: expiring run_out prazo_de_validade best_before
valid: válido válida vale valem valid
day: dia dias day diário diária diariamente daily daytime_rate
week: semana semanas week semanal semanalmente weekly
month: mês meses month mensal mensalmente mensalidade monthly
year: ano anos year anual anualmente yearly annual annually
hour: hora horas hour
minute: minuto minutos minute
second: segundo segundos seconds
weekend: fim_de_semana weekend
spring: primavera spring
summer: verão summer
autumn: outono autumn
winter: inverno winter
holiday: feriado feriados bank_holiday public_holiday
vacation: férias vacation recesso folga day_off days_off time_off annual_leave holiday_leave paid_leave dias_de_descanso
sick: doente doença sick ill illness adoecer adoeci fever febre passar_mal passando_mal unwell fallen_ill moléstia sick_leave sickness
salary: salário remuneração salary wage pay_check paycheck salários wages payroll folha_de_pagamento contracheque payslip pay_slip
salary: holerite
benefit: benefício benefit benefícios benefits perks
meal: refeição vale_refeição meal refeições meals prato pratos dish dishes
lunch: almoço almoçar lunch almoça lunchtime
breakfast: café_da_manhã breakfast
dinner: jantar dinner supper
food: comida alimento alimentos food
allowed: permitido permitida permitidos permitidas permite permitem allowed permitted allow proibido proibida proibidos forbidden
allowed: prohibited banned pode_se dá_para_levar
permit: alvará permit permits alvarás
approve: aprovar aprova aprovam aprovação autorizar autoriza autorização approve approves approval authorise authorize authorisation
approve: aprovada aprovado liberar libera liberação approved go_ahead aval
need: precisam precisamos precisar necessário necessária exigido exige exigem obrigatório obrigatória required require requires mandatory
need: compulsory necessary
need: precisam precisamos needed preciso_ter obrigado_a must_have indispensável
available: disponível disponíveis available availability disponibilidade vaga
space: espaço space
limit: limite limit
maximum: máximo máxima maximum max
minimum: mínimo mínima minimum min
size: tamanho dimensão dimensões size dimensions measure tamanhos
weight: peso pesar weight weigh
volume: volume
length: comprimento length
height: altura height
width: largura width
colour: cor cores colour color colors colours
big: grande grandes grandão grandona enorme big large huge
medium: médio média medium
small: pequeno pequena pequenos pequenininho pequenininha small tiny
new: novo nova novos new
old: velho velha antigo old
fast: rápido rápida urgente expresso fast quick express urgent
extra: adicional extra additional
manager: gerente gestor gestora chefe manager boss supervisor chefia superior liderança líder leader coordenador coordenadora diretor
manager: diretora line_manager superiors
employee: funcionário funcionária colaborador colaboradora empregado employee staff empregados funcionários colaboradores workers worker
employee: trabalhador trabalhadores
customer: cliente customer client clientes clients customers consumidor freguês
supplier: fornecedor supplier vendor fornecedores vendors suppliers
partner: parceiro partner
visitor: visitante visitor guest convidado visitantes visitors guests
team: equipe pessoal turma crew team
company: empresa firma companhia company firm business
office: escritório office
branch: filial unidade agência branch
shop: loja shop store
mall: shopping mall shopping_centre shopping_center
warehouse: armazém galpão warehouse
factory: fábrica factory plant fábricas usina mill
reception: recepção reception
human-resources: rh hr departamento_pessoal personnel
it-department: ti
department: departamento setor department
meeting: reunião reuniões meeting appointment videoconferência conference_call
book: marcar marco marca agendar agendo agendamento reservar reserva reservo book booking booked reserve reservation
training: treinamento curso capacitação training course cursos treinamentos workshop capacitar trainings courses
move: mudança mudanças move relocation removal
storage: guarda_móveis storage
store: guardar guardo armazenar armazeno armazenamento guarda keep stored
box: caixa caixas boxes
unit: box
container: contêiner container
truck: caminhão caminhões lorry truck
car: carro automóvel car carros cars veículo veículos automóveis vehicle vehicles
motorbike: moto motocicleta motorbike motorcycle
bicycle: bicicleta bike bicycle
bus: ônibus bus
train: trem train
plane: aéreo aérea air by_air avião voo flight fly plane flies voar voos flights airline_flight
boat: by_sea by_ship vessel navio barco marítimo marítima mar sea ocean
drive: dirigir motorista driver drive
park: estacionar estacionamento estaciono parking park
fuel: combustível gasolina fuel petrol gasoline
dog: cachorro cão cães dog
cat: gato gata cat
pet: animal animais bicho bichos pet pets
travel: viajar viagem viajo travel trip
passport: passaporte passport passaportes
visa: visto vistos visas
key: chave chaves key keys
lock: fechadura cadeado lock
door: porta door
gate: portão gate
battery: bateria baterias pilha pilhas battery batteries
light: luz light lamp
alarm: alarme alarm sirene siren alarmes
machine: máquina machine
equipment: equipamento equipment
part: peça peças parts spare
tool: ferramenta tool ferramentas tools
maintenance: manutenção maintenance revisão servicing overhaul
clean: limpar limpeza limpo clean cleaning cleaned limpando faxina faxineira cleaner sujo suja dirty sujeira cleaning_lady
safety: segurança safety security
accident: acidente accident
emergency: emergência emergency emergências urgência
fire: incêndio fogo fire chamas flames fogo_no
doctor: médico médica doctor physician médicos doctors doutor doutora clínico gp
hospital: hospital clínica clinic internação posto_de_saúde
vaccine: vacina vaccine vaccination vacinas vacinar vacinação vaccines vaccinate vaccinated jab
water: água water
elevator: elevador lift elevator elevadores
floor: andar piso floor floors andares pavimento storey
room: sala quarto room quartos bedroom rooms
kitchen: cozinha kitchen copa
toilet: banheiro toilet bathroom restroom
building: prédio edifício building condomínio edifícios bloco
furniture: móvel móveis mobília furniture
sofa: sofá couch
glass: vidro vidros glass
clothes: roupa roupas clothes clothing
uniform: uniforme uniform farda
child: criança crianças filho filhos child children kid kids daughter son menino menina boy girl boys girls filha filhas
adult: adulto adult adultos adults
family: família family
man: homem homens man men
woman: mulher mulheres woman women
gift: presente gift
coupon: cupom voucher coupon
points: pontos points milhas miles loyalty_points
plan: plano plan planos plans
package: pacote embrulho package parcel
product: produto product
item: item itens coisa coisas artigo things stuff
service: serviço service
support: suporte support
help: ajuda ajudar help assist assistance
complain: reclamar reclamação reclamo complain complaint queixa complaining complaints insatisfeito
report: relatar relatório report avisar comunicar comunico notificar notifico informar informo inform notify reporting reportar
technician: técnico técnica technician engineer
language: idioma idiomas língua línguas language
speak: falar fala falam speak speaks speaking
translate: tradução traduzir translation translate
english: inglês english
portuguese: português portuguese
status: status situação andamento
track: rastrear rastreamento rastreio acompanhar track tracking trace
mean: significa significar significado quer_dizer mean means meaning
work: trabalhar trabalho trabalham job
remote: remoto home_office remote remotely teletrabalho work_from_home working_from_home trabalhar_de_casa
function: funcionar funciona funcionam works working operate
use: usar uso usa utilizar utilizo utiliza use using utilização utilizado used usado
turn-on: ligar ligo liga ativar ativo ativa habilitar activate enable
turn-off: desligar desligo desliga desativar desativo desabilitar deactivate disable
stop: parar parou stop stopped halt
block: bloquear bloqueado bloqueada bloqueio bloqueadas bloqueados block blocked locked
unlock: desbloquear desbloqueio unlock unblock
import: importar importação import
export: exportar exportação export
increase: subir sobe sobem suba rise rises rising go_up goes_up went_up encarecer aumenta aumentam aumentar aumento increase raise
reduce: diminui diminuem abaixar cair cai go_down goes_down reduzir redução diminuir reduce decrease
hire: contratar contratação hire recruit
dismiss: demitir demissão dismiss dismissal fired
resign: pedir_demissão resign quit
borrow: emprestado emprestar borrow lend loan empréstimo
rent: alugar aluguel rent rental
first: primeiro primeira first
previous: anterior previous
next: próximo próxima seguinte next following
inside: dentro inside
outside: fora outside
domestic: nacional doméstico domestic national nacionais
international: internacional international abroad exterior overseas estrangeiro estrangeira foreign no_exterior fora_do_brasil
international: fora_do_país outside_the_country another_country
online: online virtual
in-person: presencial presencialmente pessoalmente personally
contact: get_in_touch in_touch entrar_em_contato entro_em_contato contato contatar contact reach falar_com
delivery-note: romaneio
address-change: mudança_de_endereço
hand: mão hand
photo: foto fotos imagem photo picture fotografar fotografia fotografo tirar_foto photos pictures photograph photographs
video: vídeo
question: pergunta dúvida question
answer: resposta answer
rule: regra regras norma política rule policy
list: lista list
temperature: temperatura temperature
share: dividir dividem compartilhar share shared compartilhado compartilho compartilhamento
accept: aceitar aceita aceitam accept accepted accepts aceito accepting
request: pedir peço pede solicitar solicito solicitação requisitar request ask apply
show: mostrar mostra aparece apareceu aparecer exibe consta indica show shows showing appear appears appeared says
summon: chamar chamo chama
bring: trazer trago traga tragam bring carry_in take_along levar_junto
hold: cabe cabem comporta capacidade capacity hold holds fit fits aguenta suporta suportar
put: colocar coloco pôr put place placed
choose: escolher escolha choose select pick escolho opção opções option options preferir selecionar
connect: conectar conexão conecto connect connection conectado connected conexões plug_in
check: verificar conferir consultar consulto check verify
reset: redefinir resetar recuperar reset recover recovering get_back
entitled: direito elegível eligible entitled entitlement tenho_direito
confirm: confirmar confirmação confirm confirmation
duration: tempo time duração duration
join: participar participo join participação participate taking_part take_part
teach: ensinar teach
cook: cozinhar cook cozinheiro chef
wash: lavar lavagem wash washing laundry
wear: vestir wear put_on
eat: comer eat comemos coma eating eaten
drink: beber bebida drink drinks
smoke: fumar smoke smoking
sleep: dormir sleep
charge-up: carregar carregador charger recharge
measure: medir
test: testar teste test
build: construir build
paint: pintar pintura paint tinta pintado painting
cut: cortar corte cut
dry: seco seca dry
cold: frio fria cold chilled
hot: quente hot
weight: pesado pesada heavy
empty: vazio vazia empty
full: cheio cheia full
wrong: errado errada wrong incorrect
safe: safe
real: reais brl
dollar: dólar dólares dollars usd
euro: euros eur
pound: libra libras pounds gbp
"""
