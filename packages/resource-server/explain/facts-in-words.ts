/** What was known when a request was decided, in words: ids, and what the Consents say, never what a record holds. */
import { isGrantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { printScope } from '@affinity/core/smart/scope.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { describeConsent } from '@affinity/policy/print-consent.ts';
import { confidentialityWords, printInstant } from '@affinity/policy/print-filter.ts';
import type { ExplainedFacts } from './explanation.ts';

const mostNamed = 20;
const named = (ids: readonly string[], none: string): string => {
  if (ids.length === 0) return none;
  const more = ids.length - mostNamed;
  return `${ids.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
const notKnown = 'not known, so that nothing is permitted because of it';
const ids = (given: readonly string[] | undefined): string => (given === undefined ? notKnown : named(given, 'nobody'));

const implicitWords = {
  permit: 'permits: a patient without any has objected to nothing',
  deny: 'denies: a patient without any has allowed nothing',
  'emergency-only': 'permits emergencies alone',
} as const;

/** v3-ActReason, the commonest. */
const purposeWords: Readonly<Record<string, string>> = {
  TREAT: 'treatment',
  PATRQT: 'the patient’s own wish',
  HPAYMT: 'payment',
  HOPERAT: 'running the health service',
  HRESCH: 'research',
  PUBHLTH: 'public health',
  BTG: 'emergency, breaking the glass',
};
const purpose = (code: string): string => (purposeWords[code] === undefined ? code : `${code} (${purposeWords[code]})`);

const whoAsks = (principal: Principal): readonly [string, string][] => {
  const { clientId, user, fhirUser, patient, scopes, clearance = 'N', purposes = [], grant } = principal;
  return [
    ['The app', clientId],
    [
      'The person',
      user === undefined
        ? 'none: the service asks for itself'
        : `${fhirUser ?? 'no record of their own'} (account ${user})`,
    ],
    ...(patient === undefined ? [] : [['The record in context', `Patient/${patient}`] satisfies [string, string]]),
    ['What the app was granted', scopes.length === 0 ? 'no right to any record' : scopes.map(printScope).join(' ')],
    ['How confidential it may see', `up to ${confidentialityWords[clearance]}`],
    ['Purpose', purposes.length === 0 ? 'none is stated, and none is assumed' : purposes.map(purpose).join(', ')],
    ...(grant === undefined ? [] : [['Grant', grant] satisfies [string, string]]),
  ];
};

const whatIsKnown = (principal: Principal, facts: DecisionFacts): readonly [string, string][] => {
  const { user, fhirUser = '' } = principal;
  const { service } = facts;
  const when: [string, string] = ['Decided at', facts.now === undefined ? notKnown : printInstant(facts.now)];
  if (user === undefined) {
    const reach =
      service === undefined ? notKnown : service.records === 'all' ? 'every record' : named(service.records, 'none');
    const most = confidentialityWords[service?.clearance ?? 'N'];
    return [when, ['Records agreed for the service', reach], ['And how confidential', `up to ${most}`]];
  }
  const staff = !fhirUser.startsWith('Patient/') && fhirUser !== '';
  return [
    when,
    ['May act for', ids(facts.patientsOf)],
    ...(staff ? [['Cares for', ids(facts.caredFor)] satisfies [string, string]] : []),
    ['Is known here as', facts.actors === undefined ? notKnown : named(facts.actors, 'nobody')],
    ...(facts.wholeServer === true
      ? [['Staff reach every record', 'yes, by a setting of this server'] satisfies [string, string]]
      : []),
    ...(facts.auditor === true ? [['May read the whole audit log', 'yes'] satisfies [string, string]] : []),
    ...(facts.emergency === true ? [['May declare an emergency', 'yes'] satisfies [string, string]] : []),
    ...(facts.relabel === true ? [['May make a record less confidential', 'yes'] satisfies [string, string]] : []),
  ];
};

/** @param about patients whose Consents are listed even where there are many others */
export const factsInWords = (
  principal: Principal,
  facts: DecisionFacts,
  about: ReadonlySet<string>,
): ExplainedFacts => {
  const { consents, grant } = facts;
  const all = [...(consents?.byPatient ?? [])];
  const listed = all.length <= mostNamed ? all : all.filter(([patient]) => about.has(patient));
  const faulty = listed.filter(([, own]) => own.faulty).map(([patient]) => patient);
  const said = (consent: PrivacyConsent, patient?: string): ExplainedFacts['consents'][number] => ({
    id: consent.id,
    ...(patient === undefined ? {} : { patient }),
    kind: isGrantConsentId(consent.id) ? 'grant' : 'privacy',
    says: describeConsent(consent),
  });
  const known: readonly [string, string][] = [
    ...whoAsks(principal),
    ...whatIsKnown(principal, facts),
    ['Where there is no Consent, the server', consents === undefined ? notKnown : implicitWords[consents.implicit]],
    ...(faulty.length === 0
      ? []
      : [
          ['Consents that cannot be understood', `of ${faulty.join(', ')}: taken as denying everything`] satisfies [
            string,
            string,
          ],
        ]),
  ];
  return {
    known: known.map(([name, words]) => ({ name, words })),
    consents: [
      ...(grant === undefined ? [] : [said(grant, grant.patient)]),
      ...listed.flatMap(([patient, own]) => own.consents.map((consent) => said(consent, patient))),
    ],
    more: all.length - listed.length,
  };
};
