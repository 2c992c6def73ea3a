/**
 * What an access token would say of a person, an app and a purpose, without anybody signing in: as the authorization server
 * would make it. RFC 9068 §2.2; SMART App Launch 2.2.
 */
import type { Client, ClientRegistry } from '@affinity/authorization-server/clients.ts';
import { emergencyScope } from '@affinity/authorization-server/emergency-scope.ts';
import { findLiveGrant, type Grant } from '@affinity/authorization-server/grants.ts';
import type { People, Person } from '@affinity/authorization-server/people.ts';
import { purposesOf } from '@affinity/authorization-server/purposes.ts';
import { needsPatient, resolveScope, resolveSystemScope } from '@affinity/authorization-server/requested-scope.ts';
import { clientSystem, grantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import { parseReference, relativeReference } from '@affinity/core/fhir/reference.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { emergency, parsePurposes } from '@affinity/core/smart/purpose-of-use.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import type pg from 'pg';

export interface ExplanationCall {
  /** name that the person signs in with; absent: a backend service that asks for itself */
  readonly person?: string;
  /** client_id */
  readonly client: string;
  /** the record in context, a bare id */
  readonly patient?: string;
  /** what the app asks for; what it is registered for unless told */
  readonly scope?: string;
  /** id of a grant that is in force: it says scope, patient and clearance */
  readonly grant?: string;
  /** code of v3-ActReason; what the token would say by itself unless told */
  readonly purpose?: string;
  /** highest confidentiality; N unless told */
  readonly clearance?: string;
  readonly method: string;
  /** path and query */
  readonly url: string;
  /** `Type/id` of a stored record to be judged */
  readonly record?: string;
}

export const supposedGrant = 'not-given-yet';
const unsaid = { actors: [], actions: [], securityLabels: [], purposes: [], classes: [], codes: [], data: [] };

/** A grant that allows all that is asked for: what a token of it may is then bounded by its scope. */
export const wholeGrant = (client: string): PrivacyConsent => ({
  id: grantConsentId(supposedGrant),
  given: 0,
  grantors: [],
  provision: {
    ...unsaid,
    type: 'deny',
    provisions: [
      {
        ...unsaid,
        type: 'permit',
        actors: [{ roles: [], identifier: { system: clientSystem, value: client } }],
        provisions: [],
      },
    ],
  },
});

/** The one patient whom an address names: whose record the app would have been opened for. */
const patientIn = (url: string): string | undefined => {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const [, inPath] = /\/Patient\/([^/]+)/.exec(path) ?? [];
  const params = new URLSearchParams(query);
  const inQuery = [...params.getAll('patient'), ...params.getAll('subject')].map((one) =>
    one.replace(/^Patient\//, ''),
  );
  const [only, ...others] = new Set([...(inPath === undefined ? [] : [inPath]), ...inQuery]);
  return only !== undefined && others.length === 0 && isResourceId(only) ? only : undefined;
};

/** An emergency is declared for one patient, whoever the person acts for otherwise. */
const declaredFor = ({ patient, url }: ExplanationCall): string =>
  patient ?? patientIn(url) ?? refuse('An emergency is declared for one patient: say for whom.');

/** Why a call cannot be explained, in words. */
export class Refusal extends Error {}
export const refuse = (why: string): never => {
  throw new Refusal(why);
};

const levels = ['N', 'R', 'V'] as const;
const clearanceOf = (text: string | undefined): (typeof levels)[number] | undefined =>
  text === undefined
    ? undefined
    : (levels.find((level) => level === text) ?? refuse('How confidential it may see is N, R or V.'));

const purposesSaid = ({ purpose }: ExplanationCall): readonly string[] | undefined => {
  if (purpose === undefined) return undefined;
  const parsed = parsePurposes(purpose);
  return parsed.kind === 'purposes'
    ? parsed.codes
    : refuse(`The purpose is a code of v3-ActReason, such as TREAT, HRESCH or BTG: ${parsed.reason}.`);
};

const limits = { scopeCharacters: 16_384, scopeTokens: 300 };

export interface CallerNeighbours {
  readonly pool: pg.Pool;
  readonly people: People;
  readonly clients: ClientRegistry;
  /** of the clinic */
  readonly base: string;
  readonly now: () => Date;
}

/** @throws Refusal from what it returns, where no token would be given or something is named that is not there */
export const createSupposedCaller = ({ pool, people, clients, base, now }: CallerNeighbours) => {
  const grantOf = async (id: string, client: Client, person: Person): Promise<Grant> => {
    const grant = await findLiveGrant(pool, id, now());
    if (grant === undefined) return refuse(`There is no grant "${id}" in force: a token of it is answered with 401.`);
    return grant.clientId === client.id && grant.sub === person.sub
      ? grant
      : refuse(`The grant "${id}" is of another person or another app.`);
  };

  const patientOf = async (call: ExplanationCall, tokens: readonly string[], person: Person) => {
    if (call.patient !== undefined || !needsPatient(tokens)) return call.patient;
    const acts = await people.patientsOf(person.sub, now());
    const [only] = acts;
    if (acts.length === 1 && only !== undefined) return only.patient;
    const named = patientIn(call.url);
    if (named !== undefined) return named;
    return refuse(
      acts.length === 0
        ? 'The app asks for one patient’s record: say whose it would be.'
        : `The app asks for one patient’s record: say whose it would be, such as ${acts[0]?.patient}.`,
    );
  };

  const scopesOf = (tokens: readonly string[]): Principal['scopes'] => {
    const parsed = parseScopes(tokens.join(' '));
    return parsed.kind === 'scopes' ? parsed.scopes.resources : refuse(parsed.reason);
  };

  const tokensOf = (call: ExplanationCall, client: Client, resolve: typeof resolveScope): readonly string[] => {
    const asked =
      call.scope ??
      client.metadata.scope ??
      refuse('Say what the app asks for: it is registered for no certain scope.');
    const resolved = resolve(asked, client, limits);
    return resolved.kind === 'scopes'
      ? resolved.tokens
      : refuse(`The app would be given no token: ${resolved.description}.`);
  };

  const fhirUserOf = ({ fhirUser }: Person): { readonly fhirUser?: string } => {
    const target = fhirUser === undefined ? undefined : parseReference(fhirUser, [base]);
    return target?.kind === 'local' ? { fhirUser: relativeReference(target) } : {};
  };

  const ofPerson = async (call: ExplanationCall, client: Client, name: string): Promise<Principal> => {
    const person = (await people.findNamed(name)) ?? refuse(`Nobody signs in as "${name}", or the account is closed.`);
    const known = call.grant === undefined ? undefined : await grantOf(call.grant, client, person);
    const said = purposesSaid(call);
    const declared = known === undefined && said?.includes(emergency) === true;
    const asked = known === undefined ? tokensOf(call, client, resolveScope) : known.scope.split(' ');
    const tokens = declared ? emergencyScope(asked) : asked;
    const patient =
      known !== undefined ? known.patient : declared ? declaredFor(call) : await patientOf(call, tokens, person);
    const clearance = declared ? 'V' : clearanceOf(known === undefined ? call.clearance : known.clearance);
    const at = now();
    const supposed: Grant = known ?? {
      id: supposedGrant,
      sub: person.sub,
      clientId: client.id,
      audience: base,
      requestedScope: tokens.join(' '),
      scope: tokens.join(' '),
      ...(patient === undefined ? {} : { patient }),
      lasting: false,
      createdAt: at,
      expiresAt: at,
    };
    const purposes = said ?? (await purposesOf(pool, supposed, person, at));
    return {
      clientId: client.id,
      tokenId: 'explained',
      user: person.sub,
      grant: supposed.id,
      scopes: scopesOf(tokens),
      ...fhirUserOf(person),
      ...(patient === undefined ? {} : { patient }),
      ...(clearance === undefined ? {} : { clearance }),
      ...(purposes.length === 0 ? {} : { purposes }),
    };
  };

  const ofService = (call: ExplanationCall, client: Client): Principal => {
    if (!client.grantTypes.includes('client_credentials'))
      return refuse(`"${client.id}" is no backend service: say who uses it.`);
    const clearance = clearanceOf(call.clearance);
    const purposes = purposesSaid(call) ?? client.purposes;
    return {
      clientId: client.id,
      tokenId: 'explained',
      service: true,
      scopes: scopesOf(tokensOf(call, client, resolveSystemScope)),
      ...(clearance === undefined ? {} : { clearance }),
      ...(purposes.length === 0 ? {} : { purposes }),
    };
  };

  return async (call: ExplanationCall): Promise<Principal> => {
    const client = (await clients.find(call.client)) ?? refuse(`There is no app "${call.client}".`);
    if (call.patient !== undefined && !isResourceId(call.patient))
      refuse(`"${call.patient}" is not the id of a Patient.`);
    return call.person === undefined ? ofService(call, client) : ofPerson(call, client, call.person);
  };
};
