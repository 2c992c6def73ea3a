/** The provisions of a Consent: a base rule and its exceptions, read strictly. FHIR R4 consent.html#Consent.provision. */
import type { ConsentActor, DataMeaning, Provision } from './consent.ts';
import {
  codingAt,
  conceptAt,
  itemsAt,
  localAt,
  objectAt,
  onlyElements,
  spanAt,
  textAt,
  unclear,
} from './consent-elements.ts';
import { relativeReference } from './reference.ts';
import type { Coding } from './resource.ts';

/** A person writes no more of them by hand; a machine that does has gone wrong. */
const most = { depth: 8, provisions: 1000 } as const;

const elements = new Set(
  'type period actor action securityLabel purpose class code dataPeriod data provision'.split(' '),
);
const actionSystems = new Set([
  'http://terminology.hl7.org/CodeSystem/consentaction',
  'http://hl7.org/fhir/consentaction',
]);

const typeAt = (value: unknown, at: string): Provision['type'] =>
  value === 'permit' || value === 'deny' ? value : unclear(at, 'is neither permit nor deny');

/** The code of HL7's actions; one of another system keeps it, so that it is known as none of HL7's. */
const actionOf = (codings: readonly Coding[]): string => {
  const known = codings.find(({ system }) => system !== undefined && actionSystems.has(system));
  return known?.code ?? `${codings[0]?.system ?? ''}|${codings[0]?.code ?? ''}`;
};

const actorAt = (value: unknown, ownBases: readonly string[], at: string): ConsentActor => {
  const actor = objectAt(value, at);
  onlyElements(actor, new Set(['role', 'reference']), at);
  const roles = conceptAt(actor.role, `${at}.role`);
  const where = `${at}.reference`;
  const local = localAt(actor.reference, ownBases, where);
  if (local !== undefined) return { roles, reference: relativeReference(local) };
  const { identifier } = objectAt(actor.reference, where);
  const { system, value: number } = objectAt(identifier, `${where}.identifier`);
  return {
    roles,
    identifier: {
      ...(system === undefined ? {} : { system: textAt(system, `${where}.identifier.system`) }),
      value: textAt(number, `${where}.identifier.value`),
    },
  };
};

const meanings: readonly unknown[] = ['instance', 'related', 'dependents', 'authoredby'] satisfies DataMeaning[];
const dataAt = (value: unknown, ownBases: readonly string[], at: string): Provision['data'][number] => {
  const data = objectAt(value, at);
  onlyElements(data, new Set(['meaning', 'reference']), at);
  if (!meanings.includes(data.meaning)) unclear(`${at}.meaning`, 'is not a meaning that is known');
  const target = localAt(data.reference, ownBases, `${at}.reference`);
  if (target === undefined) return unclear(`${at}.reference`, 'is not a resource of this server');
  return { meaning: data.meaning as DataMeaning, ...target };
};

/** All that a provision speaks of, whichever it says of it: for telling whether two say the same of it, or the opposite. */
const conditionsOf = ({ type, provisions, ...conditions }: Provision): string => JSON.stringify(conditions);
const unconditional = conditionsOf({
  type: 'permit',
  actors: [],
  actions: [],
  securityLabels: [],
  purposes: [],
  classes: [],
  codes: [],
  data: [],
  provisions: [],
});

/** Rules that cannot both be meant. An exception that has exceptions itself says less than its conditions. */
const checkSense = (provision: Provision, at: string): void => {
  const plain = new Map<string, Provision['type']>();
  provision.provisions.forEach((exception, index) => {
    const where = `${at}.provision[${index}]`;
    const conditions = conditionsOf(exception);
    if (exception.provisions.length > 0) return;
    if (exception.type === provision.type && conditions === unconditional) {
      unclear(where, 'says of everything what is said already');
    }
    if (exception.type !== provision.type && conditions === conditionsOf(provision)) {
      unclear(where, 'takes back the whole rule that it is an exception of');
    }
    if ((plain.get(conditions) ?? exception.type) !== exception.type) unclear(where, 'contradicts another exception');
    plain.set(conditions, exception.type);
  });
};

/**
 * A provision with its exceptions.
 * @param base what the base rule is where it does not say; exceptions must say
 * @throws Unclear
 */
export const readProvision = (
  value: unknown,
  ownBases: readonly string[],
  base: () => Provision['type'],
): Provision => {
  let count = 0;
  const read = (given: unknown, at: string, depth: number): Provision => {
    if (depth > most.depth) unclear(at, `is nested deeper than ${most.depth} levels`);
    if (++count > most.provisions) unclear(at, `is one of more than ${most.provisions} provisions`);
    const provision = objectAt(given, at);
    onlyElements(provision, elements, at);
    const period = spanAt(provision.period, `${at}.period`);
    const dataPeriod = spanAt(provision.dataPeriod, `${at}.dataPeriod`);
    const concepts = (name: string) => itemsAt(provision[name], `${at}.${name}`, conceptAt);
    const codings = (name: string) => itemsAt(provision[name], `${at}.${name}`, codingAt);
    const result: Provision = {
      type: provision.type === undefined && depth === 1 ? base() : typeAt(provision.type, `${at}.type`),
      ...(period === undefined ? {} : { period }),
      actors: itemsAt(provision.actor, `${at}.actor`, (actor, where) => actorAt(actor, ownBases, where)),
      actions: concepts('action').map(actionOf),
      securityLabels: codings('securityLabel'),
      purposes: codings('purpose'),
      classes: codings('class'),
      codes: concepts('code'),
      ...(dataPeriod === undefined ? {} : { dataPeriod }),
      data: itemsAt(provision.data, `${at}.data`, (data, where) => dataAt(data, ownBases, where)),
      provisions: itemsAt(provision.provision, `${at}.provision`, (nested, where) => read(nested, where, depth + 1)),
    };
    checkSense(result, at);
    return result;
  };
  return read(value, 'Consent.provision', 1);
};
