/**
 * The facts that a decision is made by, gathered once for each request. They are asked of the backend for the policy, not
 * for a caller, so that nothing hides them. What cannot be learned is an error, never an empty fact. FHIR R4
 * security.html#access-control; docs/decisions/0015-facts-of-a-decision.md.
 */
import type { ConsentFeed } from '@affinity/core/fhir/consent-feed.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { ConsentFacts, DecisionFacts, ImplicitConsent, ServiceFacts } from '@affinity/policy/facts.ts';
import type { FactsBackend } from './all-matches.ts';
import type { CareRules } from './care.ts';
import { type ConsentLimits, createConsentSource } from './consents.ts';
import {
  type Alike,
  consentsElsewhere,
  grantsElsewhere,
  peopleElsewhere,
  serviceElsewhere,
  usersElsewhere,
} from './elsewhere.ts';
import { createGrantSource } from './grants.ts';
import { type AskLinks, createLinks } from './links.ts';
import { createRemembered } from './remembered.ts';
import { type Report, reportOnce } from './report.ts';
import { createSameFacts } from './same-facts.ts';
import { type ServicePolicy, serviceFactsOf } from './service-policy.ts';
import { FactsUnavailable } from './unavailable.ts';
import { createUserSource, type People } from './user.ts';

export interface FactsSettings extends CareRules, ConsentLimits {
  readonly implicit: ImplicitConsent;
  /** every practitioner reaches every record */
  readonly wholeServerPractitioners: boolean;
  /** how long what is not on the feed is remembered */
  readonly seconds: number;
}

/** The server of the domain that keeps the Consents, where it is another one than this. */
export interface Home {
  readonly backend: FactsBackend;
  readonly ownBases: readonly string[];
  readonly links: AskLinks;
  /** where this server has several records of a person */
  readonly alike?: Alike;
  /** the reference by which this server knows a user: absolute, of the home where it does not */
  readonly identityOf: (user: string) => Promise<string | undefined>;
}

export interface DecisionFactsOptions {
  readonly backend: FactsBackend;
  readonly ownBases: readonly string[];
  /** absent: this server itself */
  readonly home?: Home;
  readonly feed: ConsentFeed;
  /** by ids of the home */
  readonly people: People;
  /** of a client that was declared as a backend service; undefined for any other */
  readonly serviceOf: (clientId: string) => ServicePolicy | undefined | Promise<ServicePolicy | undefined>;
  /** what services of another domain may reach of the home's records, by their issuer; without it nothing */
  readonly recordsForeign?: (issuer: string) => ServicePolicy['records'] | undefined;
  readonly settings: FactsSettings;
  /** to the administrator */
  readonly report: Report;
  /** epoch milliseconds */
  readonly now: () => number;
}

const emergency = 'BTG';

/** @throws FactsUnavailable from what it returns, when something could not be learned */
export const createDecisionFacts = (
  options: DecisionFactsOptions,
): ((principal: Principal) => Promise<DecisionFacts>) => {
  const { backend, ownBases, feed, people, serviceOf, settings, now } = options;
  const report = reportOnce(options.report);
  const { rememberedPatients, patientsMost } = settings;
  const short = { seconds: settings.seconds, most: rememberedPatients, now };
  const { home } = options;
  const common = { backend: home?.backend ?? backend, ownBases: home?.ownBases ?? ownBases, report };
  const atHome = {
    consents: createConsentSource({ ...common, feed, limits: settings, now }),
    grantOf: createGrantSource({ ...common, feed, remembered: rememberedPatients }),
    userOf: createUserSource({ ...common, people, rules: settings, short }),
    service: (policy: ServicePolicy, at: number) => serviceFactsOf(policy, at, { ...common, patientsMost }),
    generation: () => 0,
  };
  const elsewhere = ({ links: ask, alike, identityOf }: Home): typeof atHome => {
    const links = createLinks({ ask, feed, remembered: rememberedPatients });
    const { generation } = links;
    const own = { backend, ownBases, report, rules: settings, short, generation };
    const userOf = createUserSource({ ...own, people: peopleElsewhere(people, atHome.userOf, identityOf, links) });
    return {
      consents: consentsElsewhere(atHome.consents, links, alike),
      grantOf: grantsElsewhere(atHome.grantOf, links),
      userOf: usersElsewhere(userOf, atHome.userOf),
      service: async (policy, at) => serviceElsewhere(await atHome.service(policy, at), links),
      generation,
    };
  };
  const {
    consents,
    grantOf,
    userOf,
    service: serviceOfPolicy,
    generation,
  } = home === undefined ? atHome : elsewhere(home);
  const services = createRemembered<ServiceFacts>(short);
  const said = createRemembered<boolean>(short);
  const same = createSameFacts();

  const consentsOf = async (patients: 'everybody' | readonly string[]): Promise<ConsentFacts> => {
    const { implicit } = settings;
    return patients === 'everybody'
      ? { implicit, byPatient: await consents.ofEverybody(), covers: 'everybody' }
      : { implicit, byPatient: await consents.of(patients), covers: new Set(patients) };
  };

  /** Whatever their token says: normal records, and no policy of a client of ours. */
  const agreedWith = (issuer: string): ServicePolicy | undefined => {
    const records = options.recordsForeign?.(issuer);
    return records === undefined ? undefined : { records, clearance: 'N' };
  };

  const ofService = async ({ clientId, foreign }: Principal): Promise<DecisionFacts> => {
    const at = now();
    const policy = foreign === undefined ? await serviceOf(clientId) : agreedWith(foreign.issuer);
    if (policy === undefined) return { now: at };
    const service = await services(`${generation()} ${clientId}`, () => serviceOfPolicy(policy, at));
    const reached = service.records === 'all' ? 'everybody' : service.records;
    return { now: at, service, consents: await consentsOf(reached) };
  };

  /** Nobody who cares for somebody here: the Consents of the patient whom both domains know are all that there is. */
  const ofForeign = async ({ patient }: Principal): Promise<DecisionFacts> => {
    const at = now();
    return patient === undefined ? { now: at } : { now: at, consents: await consentsOf([patient]) };
  };

  const ofUser = async (user: string, principal: Principal): Promise<DecisionFacts> => {
    const at = now();
    const { scopes, patient, purposes = [] } = principal;
    const known = await userOf(user, principal.fhirUser);
    // Who may not work here, or is not known any more, has no grant either: the token is as one that was never given.
    if (known === undefined) return { now: at };
    const { patientsOf, caredFor, actors, isPractitioner } = known;
    const wholeServer = isPractitioner && settings.wholeServerPractitioners;
    const asksForAll = scopes.some(({ compartment }) => compartment === 'user');
    const reached = new Set([
      ...(patient === undefined ? [] : [patient]),
      ...(asksForAll ? [...patientsOf, ...caredFor] : []),
    ]);
    const asksForLog = asksForAll && scopes.some(({ type }) => type === 'AuditEvent' || type === '*');
    const asksToChange = scopes.some(({ permissions }) => permissions.includes('u'));
    const [grant, held, auditor, mayDeclare, relabel] = await Promise.all([
      principal.grant === undefined ? undefined : grantOf(principal.grant),
      consentsOf(asksForAll && wholeServer ? 'everybody' : [...reached]),
      asksForLog ? said(`auditor ${user}`, () => people.isAuditor(user)) : false,
      isPractitioner || purposes.includes(emergency)
        ? said(`emergency ${user}`, () => people.mayDeclareEmergency(user))
        : false,
      asksToChange ? said(`relabel ${user}`, () => people.mayRelabel(user)) : false,
    ]);
    return {
      now: at,
      patientsOf,
      caredFor,
      actors,
      wholeServer,
      auditor,
      emergency: mayDeclare,
      relabel,
      consents: held,
      ...(grant === undefined ? {} : { grant }),
    };
  };

  return async (principal) => {
    try {
      if (principal.service === true) return same(principal, await ofService(principal));
      if (principal.foreign !== undefined) return same(principal, await ofForeign(principal));
      if (principal.user === undefined) return { now: now() };
      return same(principal, await ofUser(principal.user, principal));
    } catch (error) {
      throw error instanceof FactsUnavailable ? error : new FactsUnavailable('a fact could not be learned', error);
    }
  };
};
