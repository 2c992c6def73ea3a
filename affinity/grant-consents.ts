/**
 * The Consents that grants are, kept with the records of the clinic. FHIR R4 consent.html;
 * docs/decisions/0014-the-grant-is-a-consent.md. Not through the guard: what is written here is what a person has just
 * allowed or ended at the authorization server, and what is read is read for nobody but that server.
 */
import type { ClientRegistry } from '@affinity/authorization-server/clients.ts';
import { createCrossReference } from '@affinity/authorization-server/cross-reference.ts';
import type { GrantConsents } from '@affinity/authorization-server/grant-consents.ts';
import { presentGrant, termsOf } from '@affinity/authorization-server/grant-terms.ts';
import type { Grant } from '@affinity/authorization-server/grants.ts';
import { findPatientsOf, findPerson } from '@affinity/authorization-server/people.ts';
import { purposesOf } from '@affinity/authorization-server/purposes.ts';
import { grantConsentId } from '@affinity/core/fhir/consent.ts';
import { isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { everything } from '@affinity/core/fhir/filter.ts';
import { parseReference, relativeReference } from '@affinity/core/fhir/reference.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { endedConsent, grantConsent } from '@affinity/core/smart/grant-consent.ts';
import type { StoreBackend } from '@affinity/store/backend.ts';
import type pg from 'pg';

export interface ConsentKeeping {
  readonly backend: Pick<StoreBackend, 'within' | 'read'>;
  /** of the clinic */
  readonly base: string;
  readonly clients: ClientRegistry;
}

/** Those who may be a `performer` of a Consent. */
const performers = ['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson'];

/** How often somebody else may write the same Consent while it is being ended. */
const attempts = 10;

const place = (grantId: string) => ({ type: 'Consent', id: grantConsentId(grantId) });
const contentOf = (resource: Resource): Content => ({ resource, json: JSON.stringify(resource) });

/** Consents whose text need not be parsed again while it is the same, letter by letter. */
const mostRemembered = 1_000;

const createReading = (): ((grantId: string, body: string) => Resource) => {
  const remembered = new Map<string, { readonly body: string; readonly resource: Resource }>();
  return (grantId, body) => {
    const known = remembered.get(grantId);
    if (known?.body === body) return known.resource;
    const resource = JSON.parse(body) as Resource;
    remembered.delete(grantId);
    remembered.set(grantId, { body, resource });
    const [oldest] = remembered.keys();
    if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
    return resource;
  };
};

/** The stored text with what has changed; everything else in it as it was. */
const changed = (body: string, change: (resource: Resource) => Resource): Content => {
  const stored = JSON.parse(body) as Resource;
  const resource = change(stored);
  const exact = parseExact(body);
  if (!isExactObject(exact)) throw new Error('A stored Consent is not an object.');
  const json = printExact({
    ...exact,
    text: parseExact(JSON.stringify(resource.text)),
    status: String(resource.status),
  });
  return { resource, json };
};

export const createGrantConsents = ({ backend, base, clients }: ConsentKeeping): GrantConsents => {
  const people = createCrossReference(base);
  const resourceOf = createReading();
  /** Who allowed it: the person's own resource, or the patient whose own record it is. */
  const performerOf = async (
    client: pg.PoolClient,
    { sub, patient, createdAt }: Grant,
  ): Promise<string | undefined> => {
    const person = await findPerson(client, sub);
    const target = person?.fhirUser === undefined ? undefined : parseReference(person.fhirUser, [base]);
    if (target?.kind === 'local' && performers.includes(target.type)) return relativeReference(target);
    const acts = patient === undefined ? [] : await findPatientsOf(client, sub, createdAt);
    return acts.some((one) => one.patient === patient && one.relation === 'self') ? `Patient/${patient}` : undefined;
  };
  return {
    urlOf: (grantId) => `${base}/Consent/${grantConsentId(grantId)}`,
    async write(client, grant) {
      const performer = await performerOf(client, grant);
      const terms = termsOf(grant, {
        app: (await clients.find(grant.clientId, client))?.name ?? grant.clientId,
        ...(performer === undefined ? {} : { person: performer }),
      });
      const input = { ...place(grant.id), content: contentOf(grantConsent(terms)) };
      const result = await backend.within(client).create(input);
      if (result.kind !== 'created') throw new Error(`The Consent of a grant was not written: ${result.kind}`);
    },
    async read(client, grant, at) {
      const found = await backend.within(client).read(place(grant.id));
      if (found.kind !== 'found') return undefined;
      const person = await findPerson(client, grant.sub);
      const there = person === undefined ? undefined : await people.personAt(client, person, grant.audience);
      const purposes = there === undefined ? [] : await purposesOf(client, grant, there, at);
      const consent = JSON.parse(found.version.body) as Resource;
      return presentGrant(grant, consent, { purposes, ownBases: [base] }, at);
    },
    async look(grantId, db) {
      const found =
        db === undefined
          ? await backend.read(place(grantId), everything)
          : await backend.within(db).read(place(grantId));
      return found.kind === 'found' ? resourceOf(grantId, found.version.body) : undefined;
    },
    async end(client, grantId, at) {
      const within = backend.within(client);
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await within.read(place(grantId));
        if (found.kind !== 'found') return;
        const { body, versionId } = found.version;
        if ((JSON.parse(body) as Resource).status === 'inactive') return;
        const content = changed(body, (consent) => endedConsent(consent, at.getTime()));
        const result = await within.update({ ...place(grantId), content, ifMatch: versionId });
        if (result.kind !== 'version-conflict') return;
      }
      throw new Error('The Consent of a grant could not be ended: others write it at the same time.');
    },
  };
};
