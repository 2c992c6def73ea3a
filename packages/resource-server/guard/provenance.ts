/** Who is responsible for a write, as the header X-Provenance says it: stored in the same transaction. FHIR R4 provenance.html#header. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import {
  confidentialityWithin,
  highestOf,
  isAtMost,
  labelOf,
  labelsWithin,
  mayHoldLabels,
  sensitivitiesOf,
} from '@affinity/core/fhir/security-label.ts';
import type { Permit } from '@affinity/policy/decision.ts';
import { evaluate } from '@affinity/policy/filter.ts';
import { type Answer, refusal } from '../answer.ts';
import { contentOf } from '../body.ts';
import { aboutFacts } from './about.ts';
import { outside } from './refusals.ts';
import type { Place } from './write.ts';

export interface PreparedProvenance {
  /** JSON text without target, which has passed `parseJson` */
  readonly json: string;
  readonly permit: Permit;
  readonly id: string;
}

/** With its targets, and as confidential and sensitive as these, whatever its sender thought of. */
const aimedAt = (json: string, versions: readonly Version[]): string => {
  const provenance = parseExact(json);
  if (!isExactObject(provenance)) return json;
  provenance.target = versions.map(({ type, id, versionId }) => ({
    reference: `${type}/${id}/_history/${versionId}`,
  }));
  const { meta = {} } = provenance;
  const labelled = versions.filter(({ body }) => mayHoldLabels(body)).map(({ body }) => JSON.parse(body) as Resource);
  const level = highestOf(labelled.map(confidentialityWithin)) ?? 'N';
  const labels = [
    ...(isAtMost(level, 'N') ? [] : [labelOf(level)]),
    ...sensitivitiesOf(labelled.flatMap(labelsWithin)),
  ].map(({ system = '', code = '' }) => ({ system, code }));
  if (labels.length > 0 && isExactObject(meta))
    provenance.meta = { ...meta, security: [...(Array.isArray(meta.security) ? meta.security : []), ...labels] };
  return printExact(provenance);
};

export const storeProvenance = async (
  { json, permit, id }: PreparedProvenance,
  versions: readonly Version[],
  { on, around, before, facts: known }: Place,
): Promise<Answer> => {
  const loaded = contentOf(aimedAt(json, versions), { type: 'Provenance' }, around);
  if (loaded instanceof FhirError || loaded.fault !== undefined) {
    const { issues } = loaded instanceof FhirError ? loaded : (loaded.fault ?? { issues: [] });
    return refusal(new FhirError(400, issues));
  }
  const at = { type: 'Provenance', id };
  const content = { ...loaded.content, resource: { ...loaded.content.resource, id } };
  const facts = await around.factsOf(content.resource, known);
  if (!evaluate(permit.filter, facts)) return outside();
  const claim = around.falseClaim(content.resource);
  if (claim !== undefined) return refusal(claim);
  await before(at, aboutFacts(facts));
  const result = await on.create({ ...at, content });
  return result.kind === 'created'
    ? { kind: 'written', status: 201, version: result.version, mayRead: false }
    : refusal(fhirError(409, 'conflict', 'the Provenance could not be stored'));
};
