/** A resource that stands as JSON in a column, as it stands there, with the id and the version that the gateway gives it. FHIR R4 json.html. */
import { parseJson, rewriteJson } from '@affinity/core/fhir/json.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Held } from '../source.ts';
import { type Identity, Unmappable, versionOf } from './make-resource.ts';

/** @throws Unmappable */
export const bodyOf = (text: string | null, path: string, { type, id, lastUpdated }: Identity): Held => {
  const parsed = parseJson(text ?? '');
  if (parsed.kind === 'fault' || text === null) throw new Unmappable(path, 'what stands there is not JSON');
  const versionId = versionOf(text);
  const body = rewriteJson(text, parsed.members, { id, meta: { versionId, lastUpdated } });
  const resource = JSON.parse(body) as Resource;
  if (resource.resourceType !== type) throw new Unmappable(path, 'it is no resource of this type');
  return { type, id, versionId, lastUpdated, body, resource };
};
