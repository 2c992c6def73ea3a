/** What a tree of provisions lets through: a base rule and its exceptions. FHIR R4 consent.html#Consent.provision; IHE PCF. */
import type { Provision } from '@affinity/core/fhir/consent.ts';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Question } from '../../decision.ts';
import { isWithin, possiblySpeaksOf, surelySpeaksOf } from './caller.ts';
import { dataSides } from './data.ts';

/** A provision made ready: its exceptions apart. */
interface Ready {
  readonly provision: Provision;
  readonly permits: readonly Ready[];
  readonly denials: readonly Ready[];
}

const orElse = <Item>(own: readonly Item[], inherited: readonly Item[]): readonly Item[] =>
  own.length === 0 ? inherited : own;

/**
 * A permit within a permit says where it goes further, as IHE PCF writes it: restricted records too, or in an emergency
 * too. In all that it does not say it goes no further than the permit that it is in.
 */
const within = (provision: Provision, outer: Provision): Provision => {
  const period = provision.period ?? outer.period;
  const dataPeriod = provision.dataPeriod ?? outer.dataPeriod;
  return {
    type: 'permit',
    ...(period === undefined ? {} : { period }),
    ...(dataPeriod === undefined ? {} : { dataPeriod }),
    actors: orElse(provision.actors, outer.actors),
    actions: orElse(provision.actions, outer.actions),
    securityLabels: orElse(provision.securityLabels, outer.securityLabels),
    purposes: orElse(provision.purposes, outer.purposes),
    classes: orElse(provision.classes, outer.classes),
    codes: orElse(provision.codes, outer.codes),
    data: orElse(provision.data, outer.data),
    provisions: provision.provisions,
  };
};

const makeReady = (provision: Provision): Ready => {
  const permits = provision.provisions.filter(({ type }) => type === 'permit');
  const meant = provision.type === 'permit' ? permits.map((one) => within(one, provision)) : permits;
  return {
    provision,
    permits: meant.map(makeReady),
    denials: provision.provisions.filter(({ type }) => type === 'deny').map(makeReady),
  };
};

/** A base rule with all provisions in it, and what has been worked out of it. */
interface ReadyBase {
  readonly ready: Ready;
  readonly all: readonly Ready[];
  readonly filters: Map<string, Filter>;
}

const allIn = (ready: Ready): readonly Ready[] => [ready, ...[...ready.permits, ...ready.denials].flatMap(allIn)];

const madeReady = new WeakMap<Provision, ReadyBase>();
const readyOf = (base: Provision): ReadyBase => {
  const before = madeReady.get(base);
  if (before !== undefined) return before;
  const ready = makeReady(base);
  const made = { ready, all: allIn(ready), filters: new Map<string, Filter>() };
  madeReady.set(base, made);
  return made;
};

/** What is asked of a tree: of which type of resource, and which of its provisions speak of the caller. */
interface Asked {
  readonly type: string;
  readonly speaking: ReadonlySet<Ready>;
}

/** What is given, but for what is denied beside it: of exceptions side by side, a deny wins. */
const butFor = (given: Filter, denials: readonly Ready[], asked: Asked): Filter =>
  given.kind === 'nothing' ? nothing : allOf([given, ...denials.map((denial) => notDenied(denial, asked))]);

/** What a permit lets through, with its exceptions. */
const permitted = (ready: Ready, asked: Asked): Filter => {
  const { provision, permits, denials } = ready;
  const own = asked.speaking.has(ready) ? dataSides(provision, asked.type).covered : nothing;
  return butFor(anyOf([own, ...permits.map((one) => permitted(one, asked))]), denials, asked);
};

/** What a deny leaves alone, and what its exceptions let through. A deny within a deny is one more. */
const notDenied = (ready: Ready, asked: Asked): Filter => {
  const { provision, permits, denials } = ready;
  const spared = asked.speaking.has(ready) ? dataSides(provision, asked.type).spared : everything;
  return butFor(anyOf([spared, ...permits.map((one) => permitted(one, asked))]), denials, asked);
};

const consentedIn = (ready: Ready, asked: Asked): Filter =>
  ready.provision.type === 'permit'
    ? permitted(ready, asked)
    : butFor(anyOf(ready.permits.map((one) => permitted(one, asked))), ready.denials, asked);

/** Results kept of one Consent: those who ask of a record are few, and so are the types. */
const mostKept = 200;

/**
 * Which resources of the interaction's type the provisions of a Consent let through for this caller. A base permit: what it
 * speaks of, but for what is denied; a base deny: whatever it speaks of, only what its exceptions permit. All depends on
 * the type and on which provisions speak of the caller, so it is worked out once for each of these.
 */
export const consentedBy = (base: Provision, question: Question): Filter => {
  if (base.type === 'deny' && isWithin(base.period, question.facts.now) !== true) return nothing;
  const { ready, all, filters } = readyOf(base);
  const { type } = question.interaction;
  let key = `${type} `;
  for (const { provision } of all) {
    const speaks = provision.type === 'permit' ? surelySpeaksOf : possiblySpeaksOf;
    key += speaks(provision, question) ? '1' : '0';
  }
  const before = filters.get(key);
  if (before !== undefined) return before;
  const bits = key.slice(type.length + 1);
  const filter = consentedIn(ready, { type, speaking: new Set(all.filter((_, at) => bits[at] === '1')) });
  if (filters.size < mostKept) filters.set(key, filter);
  return filter;
};
