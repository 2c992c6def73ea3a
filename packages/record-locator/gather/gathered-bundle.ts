/**
 * The answer over several servers as one searchset: each entry under the base of the server that holds it, what is missing in an
 * entry of its own, a total only where it is exact. FHIR R4 bundle.html, http.html#search.
 */
import { type ExactObject, isExactObject, printExact } from '@affinity/core/fhir/exact-json.ts';
import { bundleLabels } from '@affinity/resource-server/bundle-labels.ts';
import type { Gathered } from './gather-page.ts';
import { type Missing, missingOutcome } from './missing.ts';

/** Where it is from, unless it says so itself: `meta.source`. */
const withSource = (resource: ExactObject, fullUrl: string): ExactObject => {
  const meta = isExactObject(resource.meta) ? resource.meta : {};
  const { resourceType, id, ...rest } = resource;
  return {
    ...(resourceType === undefined ? {} : { resourceType }),
    ...(id === undefined ? {} : { id }),
    ...rest,
    meta: { ...meta, source: meta.source ?? fullUrl },
  };
};

export interface GatheredBundle {
  readonly self: string;
  readonly next?: string;
  readonly gathered: readonly Gathered[];
  readonly missing: readonly Missing[];
  readonly total?: number;
}

export const printGathered = ({ self, next, gathered, missing, total }: GatheredBundle): string => {
  const bodies: string[] = [];
  const entries = gathered.map(({ fullUrl, resource, alternates }) => {
    const body = printExact(withSource(resource, fullUrl));
    bodies.push(body);
    const links = alternates.map((url) => ({ relation: 'alternate', url }));
    const linked = links.length === 0 ? '' : `"link":${JSON.stringify(links)},`;
    return `{${linked}"fullUrl":${JSON.stringify(fullUrl)},"resource":${body},"search":{"mode":"match"}}`;
  });
  if (missing.length > 0)
    entries.push(`{"resource":${JSON.stringify(missingOutcome(missing))},"search":{"mode":"outcome"}}`);
  const labels = bundleLabels(bodies);
  const link = [{ relation: 'self', url: self }, ...(next === undefined ? [] : [{ relation: 'next', url: next }])];
  return [
    '{"resourceType":"Bundle"',
    ...(labels.length === 0 ? [] : [`"meta":${JSON.stringify({ security: labels })}`]),
    '"type":"searchset"',
    ...(total === undefined ? [] : [`"total":${total}`]),
    `"link":${JSON.stringify(link)}`,
    ...(entries.length === 0 ? [] : [`"entry":[${entries.join(',')}]`]),
  ]
    .join(',')
    .concat('}');
};
