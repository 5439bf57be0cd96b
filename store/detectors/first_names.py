"""First names and surnames that are common in Brazil and in English-speaking countries, and hardly anything but names."""

_FIRST = """
aaron abigail adam ademar ademir adilson adriana adriano agnes aidan alan albert alcides aldo alex alexandre alexis alice aline alison
allison altair alyssa alzira amanda amauri amber amelia amy ana anderson andre andrea andreia andressa andrew angela angus anita anna anne
annie anthony antonia antonio aparecida aparecido argemiro ariane ariel arjun arlindo armando arnaldo arthur artur ashley audrey augusto
aurelio barbara beatriz ben benedita benedito benjamin bento berenice bernardo beth bettina bianca brad bradley brandon brenda brent brian
bridget bruna bruno caio caleb camila carl carla carlos carmen carol carole carolina caroline cassandra cassia cassiano cassio catarina
catherine catia cecilia celia celina celso cesar chad charles charlotte chloe chris christian christine christopher cicero cindy cintia
claire clara claudia claudio cleber cleide clement cleonice clovis colin conceicao connor courtney craig crisostomo cristian cristiane
cristiano cristina cynthia daiane dale dalva damiao daniel daniela daniele danielle danilo darci darren dave davi david debora deborah
debra denise dennis derek desmond diana diane diego diogo dirce djalma dolores donizete donna doralice doris dorothy douglas dulcineia
duncan dwayne dylan edilson edmilson edna edson eduarda eduardo edvaldo edward edwin eileen elaine elcio eleanor elena eliana eliane elias
eliete elisa elisabeth elizabeth ellen ellie eloisa elza emerson emily emma enzo eric erica erick erika erin ermelinda ernesto estela
estevao ethan eugene eugenio eunice eva evan evandro evaristo evelyn everton ezequiel fabiana fabiano fabio fabricio fatima felipe
fernanda fernando filipe fiona flavia flavio flora francisca francisco frank fred frederico gabriel gabriela gareth gary gavin gemma
george gerald geraldo gilberto gilmar gilson gina giovana giovani giovanna gisele gislaine giulia glauber glaucia gleice glenn gordon
graham grazi greg gregory guilherme gustavo hamilton hank hannah harold harry hassan heather heidi heitor helen helena helio heloisa
henrique henry herbert hilda howard hugo humberto iago ian ibrahim idalina igor inacio ines ingo ingrid iolanda iracema iraci irani irene
isaac isabel isabela isabella isadora isaias isaura ivan ivo ivone ivonete jack jackie jacob jacqueline jader jair jake jamal james jamie
jan janaina jandira jane janet janice jaqueline jared jasmine jason jean jeane jeferson jeff jeffrey jenna jennifer jenny jeremy jerome
jerry jerusa jessica jill jim jimmy joan joana joao joaquim joe joel johanna john jon jonas jonathan jordan jorge jose josefa joseph josh
joshua josiane josias josue joyce juan judite judith judy julia juliana juliano julio jurandir jussara justin kaique karen karina karine
karl karla kate katherine kathleen kathryn katia katie keila keith kelly ken kenneth kevin kristen kristin kyle laercio laerte lais lance
larissa larry laura lauren lauro lavinia lawrence leah leandro leila lenita leo leon leonardo leonor leopold leslie leticia lewis liam
lidia lilian linda lisa livia logan lorena lorenzo lori louis louise lourdes luan luana lucas lucia luciana luciano lucimara luis luisa
luiz luiza luke luzia lynn madison magali magda malcolm manoel manuel manuela mara marc marcela marcelino marcelo marcia marcio marcos
marcus margaret margarida maria mariana mariane marie marilene marilia marilyn marilza marinalva marineide mario marisa maristela marjorie
marlene marli marlon marta martha martin marvin mary mateus matheus matilde matthew maureen mauricio mauro maya mayara megan mei melanie
melissa michael michele michelle miguel mike milena milton mirela miriam mirtes moacir mohammed moises molly monica monique morgan murilo
nadia nair nancy naomi natalia natalie natan nathalia nathan neide neil nelio nelson neusa neuza nicholas nicolas nicole nigel nilson
nilton nilza nina noah noemi nora norman odair odete olga oliver olivia olivio omar orlando oscar osmar osvaldo otacilio otavio otilia
owen palmira pamela patricia patrick paul paula paulo pedro peggy penelope pete peter phil philip philippa phillip poliana priscila priya
quentin rachel rafael rafaela railda raimunda raimundo rajesh ralph ramiro randy raquel raul raymond rebeca rebecca regiane regina
reginaldo reinaldo renan renata renato renilda rhys ricardo richard rick riley rita robert roberta roberto robson rodrigo roger rogerio
ron ronald ronaldo rosalia rosalina rosalind rosana rosangela roseane roseli rosemary rosilene ross roy ruben rubens rui russell ruth ryan
salete sally sam samanta samantha samara samuel sandra sanjay sara sarah scott sean sebastiao selma sergio seth severino shane sharon
shaun shawn sheila shirlei shirley sidney silas silvana silvia silvio simao simon simone siobhan sofia solange sonia sophia sophie stacy
stanley stefany stela stella stephanie stephen steve steven stuart suelen sueli sunita susan suzana sylvia tabata tadeu tainara tais
talita tamara tania tanya tatiana telma teresa tereza terry thainara thais theo thiago thomas tiago tiffany tim timothy tina todd tom
tomas tony tracy travis trevor tyler ubirajara ulisses ursula valdemar valdir valdirene valdomiro valentina valeria valerie valmir vanda
vanderlei vanderson vanessa vania vera veronica vicente victor victoria vilma vincent vinicius virginia vitor vivian viviane wagner
waldemar walter wanda wanderley wayne wellington wendy wesley william wilma wilson yara yasmin yuri yvonne zachary zelia zenaide zilda zoe
zuleica
"""
_SURNAMES = """
silva santos oliveira souza sousa rodrigues ferreira alves pereira lima gomes costa ribeiro martins carvalho almeida lopes soares fernandes
vieira barbosa rocha dias nascimento andrade moreira nunes marques machado mendes freitas cardoso ramos goncalves santana teixeira araujo
castro correia correa azevedo cavalcanti monteiro moura cunha pinto borges batista campos duarte farias fonseca macedo medeiros melo miranda
morais neves nogueira peixoto pires prado queiroz reis rezende sales sampaio siqueira tavares toledo torres viana xavier barros braga
brito coelho franco guimaraes leite leal magalhaes maia matos menezes neto paiva passos pacheco
smith johnson williams brown jones davis miller
wilson moore taylor anderson thomas jackson harris martin thompson garcia martinez robinson clark lewis walker hall allen wright
hill scott adams baker nelson carter mitchell roberts turner phillips campbell parker evans edwards collins murphy cooper morgan hughes
"""
FIRST_NAMES = frozenset(_FIRST.split())  # without accents, in lower case
SURNAMES = frozenset(_SURNAMES.split())
