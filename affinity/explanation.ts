/**
 * Explanations for administrators, on the command line and on a page: a person, an app and a purpose made into what a
 * token of theirs would say, the request replayed with it, and the question itself recorded. FHIR R4
 * security.html#access-control.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Client, ClientRegistry } from '@affinity/authorization-server/clients.ts';
import { findLiveGrant, type Grant } from '@affinity/authorization-server/grants.ts';
import type { People, Person } from '@affinity/authorization-server/people.ts';
import { purposesOf } from '@affinity/authorization-server/purposes.ts';
import { needsPatient, resolveScope, resolveSystemScope } from '@affinity/authorization-server/requested-scope.ts';
import type { AuditLog, AuditRecord } from '@affinity/core/fhir/audit-event.ts';
import { clientSystem, grantConsentId, type PrivacyConsent } from '@affinity/core/fhir/consent.ts';
import { parseReference, relativeReference } from '@affinity/core/fhir/reference.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import type { ResourceFacts } from '@affinity/core/fhir/resource-facts.ts';
import { isAtMost } from '@affinity/core/fhir/security-label.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { createExplainRequest, type ExplainNeighbours } from '@affinity/resource-server/explain/explain-request.ts';
import type { Explanation } from '@affinity/resource-server/explain/explanation.ts';
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

/** Who asks, for the audit log. */
export interface ExplainedBy {
  readonly source: 'command-line' | 'portal';
  readonly user?: string;
  readonly client?: string;
  readonly address?: string;
}

export type ExplanationResult =
  | { readonly kind: 'explained'; readonly explanation: Explanation; readonly notes: readonly string[] }
  /** in words */
  | { readonly kind: 'refused'; readonly why: string };

/** Resolves when the question is durable in the audit log. */
export type Explain = (call: ExplanationCall, by: ExplainedBy) => Promise<ExplanationResult>;

export interface ExplanationNeighbours extends Omit<ExplainNeighbours, 'facts' | 'now'> {
  readonly pool: pg.Pool;
  readonly people: People;
  readonly clients: ClientRegistry;
  readonly audit: AuditLog;
  readonly issuer: string;
  readonly facts: (principal: Principal) => DecisionFacts | Promise<DecisionFacts>;
  readonly now: () => Date;
}

const supposedGrant = 'not-given-yet';
const unsaid = { actors: [], actions: [], securityLabels: [], purposes: [], classes: [], codes: [], data: [] };

/** A grant that allows all that is asked for: what a token of it may is then bounded by its scope. */
const wholeGrant = (client: string): PrivacyConsent => ({
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

/** What was only supposed is not told as if it were there. */
const withoutSupposed = (explanation: Explanation): Explanation => ({
  ...explanation,
  facts: {
    ...explanation.facts,
    known: explanation.facts.known.filter(({ words }) => words !== supposedGrant),
    consents: explanation.facts.consents.filter(({ id }) => id !== grantConsentId(supposedGrant)),
  },
});

class Refusal extends Error {}
const refuse = (why: string): never => {
  throw new Refusal(why);
};

const levels = ['N', 'R', 'V'] as const;
const clearanceOf = (text: string | undefined): (typeof levels)[number] | undefined =>
  text === undefined
    ? undefined
    : (levels.find((level) => level === text) ?? refuse('How confidential it may see is N, R or V.'));

const limits = { scopeCharacters: 16_384, scopeTokens: 300 };

export const createExplanations = (neighbours: ExplanationNeighbours): Explain => {
  const { pool, people, clients, audit, issuer, base, now } = neighbours;
  const explain = createExplainRequest({
    ...neighbours,
    facts: async (principal) => {
      const facts = await neighbours.facts(principal);
      return principal.grant === supposedGrant ? { ...facts, grant: wholeGrant(principal.clientId) } : facts;
    },
    now: () => now().getTime(),
  });

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
    const tokens = known === undefined ? tokensOf(call, client, resolveScope) : known.scope.split(' ');
    const patient = known === undefined ? await patientOf(call, tokens, person) : known.patient;
    const clearance = clearanceOf(known === undefined ? call.clearance : known.clearance);
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
    const purposes =
      call.purpose === undefined ? await purposesOf(pool, supposed, person, at) : call.purpose.split(' ');
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
    return {
      clientId: client.id,
      tokenId: 'explained',
      service: true,
      scopes: scopesOf(tokensOf(call, client, resolveSystemScope)),
      ...(clearance === undefined ? {} : { clearance }),
      ...(call.purpose === undefined ? {} : { purposes: [call.purpose] }),
    };
  };

  const recordOf = (record: string | undefined) => {
    if (record === undefined) return undefined;
    const [type = '', id = '', ...rest] = record.split('/');
    return /^[A-Z][A-Za-z]{1,63}$/.test(type) && isResourceId(id) && rest.length === 0
      ? { type, id }
      : refuse('A record is named as Type/id, such as Observation/123.');
  };

  const note = (
    call: ExplanationCall,
    by: ExplainedBy,
    principal: Principal,
    told: { readonly target?: string; readonly recordFacts?: ResourceFacts },
  ): Promise<void> => {
    const [, query = ''] = call.url.split(/\?(.*)/s);
    const { recordFacts } = told;
    const whose = principal.user === undefined ? 'for the service itself' : `for the person ${principal.user}`;
    const record: AuditRecord = {
      id: randomUUIDv7(),
      recorded: now().toISOString(),
      event: 'decision-explained',
      outcome: 'permitted',
      ...by,
      ...(by.user === undefined ? {} : { issuer }),
      base,
      method: call.method.toUpperCase(),
      ...(told.target === undefined ? {} : { target: told.target }),
      ...(query === '' ? {} : { query: query.slice(0, 8192) }),
      ...(recordFacts === undefined || recordFacts.owners.length === 0 ? {} : { patients: recordFacts.owners }),
      ...(recordFacts === undefined || isAtMost(recordFacts.confidentiality, 'N')
        ? {}
        : { confidentiality: recordFacts.confidentiality }),
      reason: `${whose}, with the app ${principal.clientId}${recordFacts === undefined ? '' : `, of ${recordFacts.type}/${recordFacts.id}`}`,
    };
    return audit.append(record);
  };

  return async (call, by) => {
    try {
      const client = clients.find(call.client) ?? refuse(`There is no app "${call.client}".`);
      if (call.patient !== undefined && !isResourceId(call.patient))
        refuse(`"${call.patient}" is not the id of a Patient.`);
      const record = recordOf(call.record);
      const principal = call.person === undefined ? ofService(call, client) : await ofPerson(call, client, call.person);
      const named = record === undefined ? {} : { record };
      const result = await explain({ principal, method: call.method, url: call.url, ...named });
      if (result.kind === 'refused') return result;
      await note(call, by, principal, result.explained);
      const { explanation } = result.explained;
      return principal.grant === supposedGrant
        ? {
            kind: 'explained',
            explanation: withoutSupposed(explanation),
            notes: ['As if the person had just allowed the app all of this.'],
          }
        : { kind: 'explained', explanation, notes: [] };
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', why: error.message };
      throw error;
    }
  };
};
