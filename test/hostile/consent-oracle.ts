/**
 * What Consents let through, read from their plan one resource at a time: the reading of the standards that the policy is
 * held against. FHIR R4 consent.html#provision: a provision speaks of what it names, and its exceptions turn it round.
 * IHE PCF. What may be unknown is read twice: a permit must surely hold, a denial possibly.
 */
import { confidentiality, type Facts, isAtMost, type PlannedConsent, type PlannedProvision } from './world-plan.ts';

/** Who asks, as far as Consents speak of callers. */
export interface Asker {
  /** references and client ids by which a provision may mean the caller */
  readonly actors: readonly string[];
  readonly purpose?: string;
  readonly now: number;
  /** not a service */
  readonly isPerson: boolean;
}

const holds = ({ from = -Infinity, until = Infinity }: PlannedProvision, now: number): boolean =>
  from <= now && now < until;

const isMeant = (provision: PlannedProvision, { actors, purpose, now, isPerson }: Asker): boolean => {
  const denies = provision.type === 'deny';
  if (!holds(provision, now)) return false;
  if (provision.actor !== undefined && !actors.includes(provision.actor)) {
    // A service is no person; which organization stands behind it is not known.
    const mayBe = denies && !isPerson && provision.actor.startsWith('Organization/');
    if (!mayBe) return false;
  }
  if (provision.purpose === undefined) return true;
  // Who does not say why meets every denial for a purpose, and no permit for one.
  return purpose === undefined ? denies : purpose === provision.purpose;
};

/** A confidentiality is up to that level in a permit, from it on in a denial; any other label is itself. */
const isLabelled = ({ type, label }: PlannedProvision, { level, labels }: Facts): boolean => {
  if (label === undefined) return true;
  if (label.system !== confidentiality)
    return labels.some(({ system, code }) => system === label.system && code === label.code);
  const said = label.code as Facts['level'];
  return type === 'permit' ? isAtMost(level, said) : isAtMost(said, level);
};

/** No code of such a type can be asked for, so that it may have any. */
const isCoded = ({ type, code }: PlannedProvision, facts: Facts): boolean =>
  code === undefined || code === facts.code || (type === 'deny' && facts.type === 'Binary');

const isDated = ({ type, dataFrom, dataUntil }: PlannedProvision, { dated }: Facts): boolean => {
  if (dataFrom === undefined && dataUntil === undefined) return true;
  if (dated === undefined) return type === 'deny';
  const [from, until] = dated;
  const [first, last] = [dataFrom ?? -Infinity, dataUntil ?? Infinity];
  return type === 'permit' ? first <= from && until <= last : from < last && first < until;
};

const speaksOf = (provision: PlannedProvision, facts: Facts, asker: Asker): boolean =>
  isMeant(provision, asker) &&
  (provision.class === undefined || provision.class === facts.type) &&
  (provision.data === undefined || provision.data === `${facts.type}/${facts.id}`) &&
  isCoded(provision, facts) &&
  isLabelled(provision, facts) &&
  isDated(provision, facts);

/** It speaks of the resource, and none of its exceptions turns it round. */
const applies = (provision: PlannedProvision, facts: Facts, asker: Asker): boolean =>
  speaksOf(provision, facts, asker) && !provision.provisions.some((exception) => applies(exception, facts, asker));

/** One Consent by itself: a base permit but for its exceptions, or of a base denial the exceptions alone. */
export const consentPermits = ({ provision }: PlannedConsent, facts: Facts, asker: Asker): boolean => {
  if (!holds(provision, asker.now)) return false;
  const excepted = provision.provisions.some((exception) => applies(exception, facts, asker));
  return provision.type === 'permit' ? !excepted : excepted;
};

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
