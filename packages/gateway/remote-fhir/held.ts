/**
 * A resource of a foreign system as the gateway holds it: parsed, its text in our terms, with its version and its instant.
 * FHIR R4 resource.html#Meta, http.html#versioning.
 */
import { createHash } from 'node:crypto';
import { isResourceId, type Resource } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import type { Held } from '../source.ts';
import { isMembers } from './json-text.ts';
import type { UpstreamNames } from './upstream-names.ts';

/** What the headers of the answer, or the entry of the Bundle, say beside the resource. */
export interface Beside {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** As FHIR or HTTP writes it, in UTC to the millisecond. */
export const instantOf = (text: unknown): string | undefined => {
  if (typeof text !== 'string') return undefined;
  if (instantForm.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

/** FHIR R4 http.html#versioning: `W/"3"`. */
export const versionOfTag = (tag: string | undefined): string | undefined => {
  const [, id] = /^(?:W\/)?"([A-Za-z0-9\-.]{1,64})"$/.exec(tag ?? '') ?? [];
  return id;
};

/** Of a system that counts no versions: what the content says, so that it changes when the content does. */
const digest = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 32);
/** Of a system that keeps no times. */
const noInstant = '1970-01-01T00:00:00.000Z';

/** undefined: it is no resource that can be told in our terms */
export const heldOf = (value: unknown, text: string, names: UpstreamNames, beside: Beside = {}): Held | undefined => {
  if (!isMembers(value)) return undefined;
  const { resourceType, id, meta } = value;
  if (typeof resourceType !== 'string' || !isResourceType(resourceType)) return undefined;
  if (typeof id !== 'string' || !isResourceId(id)) return undefined;
  const body = names.localised(text);
  if (body === undefined) return undefined;
  const resource = (body === text ? value : JSON.parse(body)) as Resource;
  const { versionId, lastUpdated } = isMembers(meta) ? meta : ({} as Readonly<Record<string, unknown>>);
  return {
    type: resourceType,
    id,
    versionId:
      typeof versionId === 'string' && isResourceId(versionId)
        ? versionId
        : (versionOfTag(beside.etag) ?? digest(body)),
    lastUpdated: instantOf(lastUpdated) ?? instantOf(beside.lastModified) ?? noInstant,
    body,
    resource,
  };
};
