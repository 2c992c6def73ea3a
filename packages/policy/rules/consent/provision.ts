/** What a tree of provisions lets through: a base rule and its exceptions. FHIR R4 consent.html#Consent.provision; IHE PCF. */
import type { Provision } from '@affinity/core/fhir/consent.ts';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Question } from '../../decision.ts';
import { isWithin, possiblySpeaksOf, surelySpeaksOf } from './caller.ts';
import { dataSides, type Sides } from './data.ts';

/** A provision made ready: its exceptions apart, and what it says of each type worked out once. */
interface Ready {
  readonly provision: Provision;
  readonly permits: readonly Ready[];
  readonly denials: readonly Ready[];
  readonly sides: Map<string, Sides>;
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
    sides: new Map(),
  };
};

const madeReady = new WeakMap<Provision, Ready>();
const readyOf = (provision: Provision): Ready => {
  const before = madeReady.get(provision);
  if (before !== undefined) return before;
  const ready = makeReady(provision);
  madeReady.set(provision, ready);
  return ready;
};

const sidesOf = ({ provision, sides }: Ready, type: string): Sides => {
  const before = sides.get(type);
  if (before !== undefined) return before;
  const worked = dataSides(provision, type);
  sides.set(type, worked);
  return worked;
};

/** What is given, but for what is denied beside it: of exceptions side by side, a deny wins. */
const butFor = (given: Filter, denials: readonly Ready[], question: Question): Filter =>
  given.kind === 'nothing' ? nothing : allOf([given, ...denials.map((denial) => notDenied(denial, question))]);

/** What a permit lets through, with its exceptions. */
const permitted = (ready: Ready, question: Question): Filter => {
  const { provision, permits, denials } = ready;
  const own = surelySpeaksOf(provision, question) ? sidesOf(ready, question.interaction.type).covered : nothing;
  return butFor(anyOf([own, ...permits.map((one) => permitted(one, question))]), denials, question);
};

/** What a deny leaves alone, and what its exceptions let through. A deny within a deny is one more. */
const notDenied = (ready: Ready, question: Question): Filter => {
  const { provision, permits, denials } = ready;
  const spared = possiblySpeaksOf(provision, question) ? sidesOf(ready, question.interaction.type).spared : everything;
  return butFor(anyOf([spared, ...permits.map((one) => permitted(one, question))]), denials, question);
};

/**
 * Which resources of the interaction's type the provisions of a Consent let through for this caller. A base permit: what it
 * speaks of, but for what is denied; a base deny: whatever it speaks of, only what its exceptions permit.
 */
export const consentedBy = (base: Provision, question: Question): Filter => {
  const ready = readyOf(base);
  if (base.type === 'permit') return permitted(ready, question);
  if (isWithin(base.period, question.facts.now) !== true) return nothing;
  return butFor(anyOf(ready.permits.map((one) => permitted(one, question))), ready.denials, question);
};
