/**
 * What launches ask about records, answered by the decision that the resource server makes: whoever is not shown a record
 * there does not learn here that there is one. SMART App Launch 2.2, EHR launch and launch/encounter.
 */

import type { LaunchRecords } from '@affinity/authorization-server/launch-records.ts';
import type { EncounterView } from '@affinity/authorization-server/page-views.ts';
import type { Person } from '@affinity/authorization-server/people.ts';
import { purposesOf } from '@affinity/authorization-server/purposes.ts';
import type { Backend } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { parseReference, relativeReference } from '@affinity/core/fhir/reference.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { SearchQuery } from '@affinity/core/fhir/search-query.ts';
import type { AccessTokenClaims } from '@affinity/core/smart/launch-context.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import { readPurposeClaim } from '@affinity/core/smart/purpose-of-use.ts';
import type { ResourceScope } from '@affinity/core/smart/scope.ts';
import { parseScopes } from '@affinity/core/smart/scope-request.ts';
import { decide } from '@affinity/policy/decide.ts';
import type { Intent } from '@affinity/policy/decision.ts';
import type { DecisionFacts } from '@affinity/policy/facts.ts';
import { patientsReached } from '@affinity/policy/rules/role.ts';
import type pg from 'pg';
import { supposedGrant, wholeGrant } from './supposed-caller.ts';

export interface LaunchRecordsNeighbours {
  readonly pool: pg.Pool;
  readonly backend: Pick<Backend, 'read' | 'searchType'>;
  readonly facts: (principal: Principal) => Promise<DecisionFacts>;
  /** of the clinic: of other servers nothing is known */
  readonly base: string;
  readonly now: () => Date;
}

const reading = (type: string): ResourceScope => ({
  compartment: 'patient',
  type,
  permissions: ['r', 's'],
  constraints: [],
  form: 'v2',
});

interface Concept {
  readonly text?: string;
  readonly coding?: readonly { readonly display?: string }[];
}
const said = (concept: Concept | undefined): string | undefined => concept?.text ?? concept?.coding?.[0]?.display;

interface Encounter extends Resource {
  readonly type?: readonly Concept[];
  readonly class?: { readonly display?: string };
  readonly period?: { readonly start?: string; readonly end?: string };
  readonly status?: string;
  readonly location?: readonly { readonly location?: { readonly display?: string } }[];
  readonly serviceProvider?: { readonly display?: string };
}

export const encounterView = (encounter: Resource): EncounterView => {
  const { id = '', type, class: kind, period, status, location, serviceProvider } = encounter as Encounter;
  const place = location?.[0]?.location?.display ?? serviceProvider?.display;
  return {
    id,
    title: said(type?.[0]) ?? kind?.display ?? '',
    ...(period?.start === undefined ? {} : { start: period.start }),
    ...(period?.end === undefined ? {} : { end: period.end }),
    ...(status === undefined ? {} : { status }),
    ...(place === undefined ? {} : { place }),
  };
};

export const createLaunchRecords = (neighbours: LaunchRecordsNeighbours): LaunchRecords => {
  const { pool, backend, facts, base, now } = neighbours;

  const ownReference = (url: string | undefined): { readonly fhirUser?: string } => {
    const target = url === undefined ? undefined : parseReference(url, [base]);
    return target?.kind === 'local' ? { fhirUser: relativeReference(target) } : {};
  };

  /** As the resource server reads the token. */
  const bearerOf = (claims: AccessTokenClaims): Principal => {
    const { clearance, patient, grant_id: grant } = claims;
    const scopes = parseScopes(claims.scope);
    const purposes = readPurposeClaim(claims.extensions) ?? [];
    return {
      clientId: claims.client_id,
      tokenId: claims.jti,
      user: claims.sub,
      scopes: scopes.kind === 'scopes' ? scopes.scopes.resources : [],
      ...ownReference(claims.fhirUser),
      ...(grant === undefined ? {} : { grant }),
      ...(patient === undefined ? {} : { patient }),
      ...(clearance === 'R' || clearance === 'V' ? { clearance } : {}),
      ...(purposes.length === 0 ? {} : { purposes }),
    };
  };

  const filterOf = (principal: Principal, interaction: Intent, known: DecisionFacts): Filter | undefined => {
    const decision = decide({ principal, interaction, facts: known });
    return decision.kind === 'permit' ? decision.filter : undefined;
  };

  const read = async (
    principal: Principal,
    known: DecisionFacts,
    type: string,
    id: string,
  ): Promise<Resource | undefined> => {
    const filter = filterOf(principal, { kind: 'read', type, id }, known);
    const result = filter === undefined ? undefined : await backend.read({ type, id }, filter);
    return result?.kind === 'found' ? (JSON.parse(result.version.body) as Resource) : undefined;
  };

  const isOf = (encounter: Resource, patient: string): boolean => {
    const { subject } = encounter as { readonly subject?: { readonly reference?: string } };
    return ownReference(subject?.reference).fhirUser === `Patient/${patient}`;
  };

  /** Somebody with an app that was opened for this patient. */
  const ofPerson = ({ sub, fhirUser }: Person, clientId: string, patient: string, type: string): Principal => ({
    clientId,
    tokenId: 'launch',
    user: sub,
    scopes: [reading(type)],
    patient,
    ...ownReference(fhirUser),
  });

  return {
    async shows(claims, audience, { patient, encounter }) {
      if (audience !== base) return 'no-patient';
      const principal = bearerOf(claims);
      const known = await facts(principal);
      if ((await read(principal, known, 'Patient', patient)) === undefined) return 'no-patient';
      if (encounter === undefined) return 'shown';
      const found = await read(principal, known, 'Encounter', encounter);
      return found !== undefined && isOf(found, patient) ? 'shown' : 'no-encounter';
    },
    async reaches(person, audience, patient) {
      if (audience !== base) return false;
      const principal = ofPerson(person, 'launch', patient, 'Patient');
      const interaction = { kind: 'read', type: 'Patient', id: patient } as const;
      const reached = patientsReached('patient', { principal, interaction, facts: await facts(principal) });
      return reached !== 'everybody' && reached.includes(patient);
    },
    async encounters(person, clientId, audience, patient, most) {
      if (audience !== base) return [];
      const scope = 'patient/Encounter.rs';
      const at = now();
      const grant = { sub: person.sub, clientId, audience, scope, patient };
      const purposes = await purposesOf(
        pool,
        { ...grant, id: supposedGrant, requestedScope: scope, lasting: false, createdAt: at, expiresAt: at },
        person,
        at,
      );
      const principal: Principal = {
        ...ofPerson(person, clientId, patient, 'Encounter'),
        ...(purposes.length === 0 ? {} : { purposes }),
      };
      // No grant is given yet: it is decided as if the person allowed all of it. Everything else holds as it stands.
      const known = { ...(await facts(principal)), grant: wholeGrant(clientId) };
      const query: SearchQuery = {
        type: 'Encounter',
        clauses: [{ param: 'patient', values: [{ kind: 'reference', type: 'Patient', id: patient }] }],
        sort: [{ param: 'date', descending: true }],
        count: most,
        total: 'none',
        understood: [],
      };
      const judged = { ...principal, grant: supposedGrant };
      const filter = filterOf(judged, { kind: 'search-type', type: 'Encounter', query }, known);
      const found = filter === undefined ? undefined : await backend.searchType(query, filter);
      return (found?.matches ?? []).map(({ body }) => encounterView(JSON.parse(body) as Resource));
    },
  };
};
