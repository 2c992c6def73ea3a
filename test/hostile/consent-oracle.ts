/**
 * What Consents let through, read from their plan one resource at a time: the reading of the standards that the policy is
 * held against. FHIR R4 consent.html#provision: a provision speaks of what it names, and its exceptions turn it round.
 * IHE PCF. What may be unknown is read twice: a permit must surely hold, a denial possibly.
 */
import type { Facts, PlannedConsent, PlannedProvision } from './world-plan.ts';

/** Who asks, as far as Consents speak of callers. */
export interface Asker {
  /** references and client ids by which a provision may mean the caller */
  readonly actors: readonly string[];
  readonly purpose?: string;
  readonly now: number;
}

const holds = ({ from = -Infinity, until = Infinity }: PlannedProvision, now: number): boolean =>
  from <= now && now < until;

const isMeant = (provision: PlannedProvision, { actors, purpose, now }: Asker): boolean => {
  if (!holds(provision, now)) return false;
  if (provision.actor !== undefined && !actors.includes(provision.actor)) return false;
  if (provision.purpose === undefined) return true;
  // Who does not say why meets every denial for a purpose, and no permit for one.
  return purpose === undefined ? provision.type === 'deny' : purpose === provision.purpose;
};

const speaksOf = (provision: PlannedProvision, facts: Facts): boolean => {
  const { type, class: of, code, label, data, dataFrom, dataUntil } = provision;
  if (of !== undefined && of !== facts.type) return false;
  if (code !== undefined && code !== facts.code) return false;
  if (label !== undefined && !facts.labels.some((each) => each.system === label.system && each.code === label.code))
    return false;
  if (data !== undefined && data !== `${facts.type}/${facts.id}`) return false;
  if (dataFrom === undefined && dataUntil === undefined) return true;
  if (facts.dated === undefined) return type === 'deny';
  const [from, until] = facts.dated;
  const [first, last] = [dataFrom ?? -Infinity, dataUntil ?? Infinity];
  return type === 'permit' ? first <= from && until <= last : from < last && first < until;
};

/** What the provision comes to for one resource; undefined where it does not speak of it. */
const comesTo = (provision: PlannedProvision, facts: Facts, asker: Asker): 'permit' | 'deny' | undefined => {
  if (!isMeant(provision, asker) || !speaksOf(provision, facts)) return undefined;
  const exceptions = provision.provisions.map((each) => comesTo(each, facts, asker));
  if (exceptions.includes('deny')) return 'deny';
  return exceptions.includes('permit') ? 'permit' : provision.type;
};

/** One Consent by itself. A base that does not speak of the resource permits nothing. */
export const consentPermits = ({ provision }: PlannedConsent, facts: Facts, asker: Asker): boolean =>
  comesTo(provision, facts, asker) === 'permit';

/** All Consents of one patient: the strictest, of each grantor's the latest. */
export const consentsPermit = (
  consents: readonly PlannedConsent[],
  implicit: 'permit' | 'deny',
  facts: Facts,
  asker: Asker,
): boolean => {
  const active = consents.filter((consent) => consent.active);
  if (active.some(({ faulty }) => faulty)) return false;
  const present = active.filter(({ provision }) => holds(provision, asker.now));
  const latest = present.filter(
    (one) => !present.some((other) => other.grantor === one.grantor && other.given > one.given),
  );
  if (latest.length === 0) return implicit === 'permit';
  return latest.every((consent) => consentPermits(consent, facts, asker));
};
