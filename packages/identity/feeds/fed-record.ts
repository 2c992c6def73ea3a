/**
 * A resource of a server of the domain as the identity server keeps it: under an id that only this place has, saying where it
 * is from, its references leading to what is kept beside it or back to its server. FHIR R4 resource.html#Meta, references.html.
 */
import { createHash } from 'node:crypto';
import { type Exact, type ExactObject, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';

/** What is taken over from the servers of the domain. IHE mCSD; PIXm. */
export const fedTypes: ReadonlySet<string> = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'OrganizationAffiliation',
  'Endpoint',
]);

/** The same place has the same id at any time and in any process. It tells nothing of the place. */
export const fedId = (base: string, type: string, id: string): string =>
  `fed-${createHash('sha256').update(`${base} ${type}/${id}`).digest('hex').slice(0, 40)}`;

/** Whether an id is one of those: nobody else may give such a one. */
export const isFedId = (id: string): boolean => id.startsWith('fed-');

const movedReference = (base: string, reference: string): string => {
  const target = parseReference(reference, [base]);
  if (target.kind !== 'local') return reference;
  const { type, id } = target;
  return fedTypes.has(type) ? `${type}/${fedId(base, type, id)}` : `${base}/${type}/${id}`;
};

/** `reference` is a name of the data type Reference alone. */
const moved = (value: Exact, base: string): Exact => {
  if (Array.isArray(value)) return value.map((one) => moved(one, base));
  if (!isExactObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      name === 'reference' && typeof one === 'string' ? movedReference(base, one) : moved(one, base),
    ]),
  );
};

export interface FedRecord {
  readonly record: string;
  readonly json: string;
}

/** @param body of a resource of one of these types */
export const fedRecord = (base: string, type: string, id: string, body: string): FedRecord => {
  const record = fedId(base, type, id);
  const parsed = parseExact(body);
  const { meta, text: _, id: _id, resourceType: _type, ...rest } = isExactObject(parsed) ? parsed : {};
  const { versionId: _version, lastUpdated: _updated, source: _source, ...kept } = isExactObject(meta) ? meta : {};
  const resource: ExactObject = {
    resourceType: type,
    id: record,
    meta: { ...kept, source: `${base}/${type}/${id}` },
    ...(moved(rest, base) as ExactObject),
  };
  return { record, json: printExact(resource) };
};
