/** A caller with all that is known around it: purposes, a grant as it stands, Consents of patients, an emergency. */
import { clientSystem, grantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import fc from 'fast-check';
import type { DecisionFacts } from '../facts.ts';
import { arbitraryConsents, arbitraryNow, arbitraryProvision } from './arbitrary-consent.ts';
import { arbitraryFacts, arbitraryPrincipal, patients } from './arbitrary-question.ts';
import { unsaid, wholeFacts } from './whole-facts.ts';

const client = { roles: [], identifier: { system: clientSystem, value: 'app' } };

/** Of a grant with this id: base deny, and now and then exceptions that are hard to read. */
const arbitraryGrant = (id: string): fc.Arbitrary<PrivacyConsent> =>
  fc
    .record({ whole: fc.boolean(), others: fc.array(arbitraryProvision, { maxLength: 2 }), over: fc.boolean() })
    .map(({ whole, others, over }) => ({
      id: grantConsentId(id),
      given: 1,
      grantors: [],
      provision: {
        ...unsaid,
        type: 'deny' as const,
        ...(over ? { period: { end: arbitraryNow + 1 } } : {}),
        provisions: [
          ...(whole ? [{ ...unsaid, type: 'permit' as const, actors: [client], provisions: [] }] : []),
          ...others.map((one) => ({ ...one, actors: [client] })),
        ],
      },
    }));

export interface Situation {
  readonly principal: Principal;
  readonly facts: DecisionFacts;
}

export const arbitrarySituation: fc.Arbitrary<Situation> = fc
  .record({
    principal: arbitraryPrincipal,
    purposes: fc.constantFrom(undefined, undefined, ['TREAT'], ['ETREAT'], ['HRESCH'], ['BTG']),
    facts: arbitraryFacts,
    actors: fc.option(fc.subarray(['Practitioner/1', 'RelatedPerson/1'])),
    emergency: fc.boolean(),
    grant: fc.option(arbitraryGrant('g'), { freq: 1 }),
    consents: fc.option(arbitraryConsents(patients), { freq: 1 }),
  })
  .map(({ principal: drawn, purposes, facts, actors, emergency, grant, consents }) => {
    const principal = { ...drawn, ...(purposes === undefined ? {} : { purposes }) };
    return {
      principal,
      facts: {
        ...wholeFacts(principal),
        ...facts,
        now: arbitraryNow,
        emergency,
        ...(actors === null ? {} : { actors }),
        ...(grant === null ? {} : { grant }),
        ...(consents === null ? {} : { consents }),
      },
    };
  });
