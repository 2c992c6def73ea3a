/** Given names that one person goes by: what somebody is called for short, and the same name in other languages. */

const groups = `
abigail abby gail
alexander alex alec sandy sasha alejandro
alexandra alex sandra sasha alejandra
alfred fred alf
amanda mandy
andrew andy drew andreas andre andres
anna ann anne annie annika ana
anthony tony antonio anton
barbara barb babs
benjamin ben benny
bernard bernie bernhard
catherine cathy kate katie kathryn katherine kathy cate katharina catalina
charles charlie chuck carl karl carlos chas
charlotte lottie charlie
christina chris tina christine kristina kirsten christiane
christopher chris kit christoph kristof
cynthia cindy
daniel dan danny
david dave davy
deborah deb debbie debra
dennis denny
donald don donnie
dorothy dot dottie dorothea
douglas doug
edward ed eddie ted ned eduard eduardo
eleanor ellie nora ella
elizabeth liz beth betty eliza lisa elisabeth bess elsa isabel
emily em emma
eugene gene
florence flo
frances fran francine francisca
francis frank francisco franz
franklin frank
frederick fred freddy friedrich
gabriel gabe
gerald gerry jerry gerhard
gregory greg gregor
harold harry hal
heinrich heinz henry hank harry enrique
helen helena nell ellen elena
jacob jake jakob
jacqueline jackie
james jim jimmy jamie jaime
janet jan
jeffrey jeff geoffrey geoff
jennifer jen jenny
jessica jess jessie
joan joanna joanne jo
johann john johnny jack jon hans johannes juan ivan
jonathan jon jonny
joseph joe joey jose josef
joshua josh
judith judy
julia julie juliana
kenneth ken kenny
kimberly kim
larry lawrence lorenz lorenzo
leonard leo len lenny
lillian lily lilly
louis lou lewis luis ludwig
louise lou luisa
lucille lucy lucia
margaret maggie meg peggy marge greta margarete rita margarita
maria mary marie molly polly mia
martha marty
matthew matt matthias mateo
maximilian max
michael mike mickey mick miguel mikhail
mildred millie
nancy nan
natalie nat natalia
nathaniel nathan nate nat
nicholas nick nico nikolaus nicolas
nicole nikki nicky
pamela pam
patricia pat patty tricia trish
patrick pat paddy
paul pablo paulo
peter pete pedro petra
philip phil
rachel rae
randall randy
raymond ray
rebecca becky becca
richard rick dick rich ricky ricardo
robert bob rob bobby robbie bert roberto
rodney rod
roger rodge
ronald ron ronnie
rosemary rose rosie
russell russ
samantha sam
samuel sam sammy
sarah sally sara
stephanie steph steffi
stephen steve steven stefan esteban
susan sue susie suzanne susanne
teresa terry tess theresa teri
theodore ted teddy theo
thomas tom tommy tomas
timothy tim timmy
valerie val
victoria vicky tori
vincent vince vinny
virginia ginny
walter walt wally
william bill will billy willy liam wilhelm guillermo
zachary zach zack
`;

const groupsOf = new Map<string, number[]>();
for (const [at, line] of groups.trim().split('\n').entries())
  for (const name of line.split(' ')) groupsOf.set(name, [...(groupsOf.get(name) ?? []), at]);

/** Groups that a name stands in, by number: two names of one group may be one person's. */
export const nicknameGroups = (given: string): readonly number[] => groupsOf.get(given) ?? [];

/** Not of the same name: that is no nickname. */
export const isNickname = (one: string, other: string): boolean => {
  if (one === other) return false;
  const groups = nicknameGroups(other);
  return nicknameGroups(one).some((group) => groups.includes(group));
};

/** Every name that stands with this one in a group; for those who make people up. */
export const variantsOf = (given: string): readonly string[] => {
  const own = nicknameGroups(given);
  return [...groupsOf]
    .filter(([name, at]) => name !== given && at.some((one) => own.includes(one)))
    .map(([name]) => name);
};
