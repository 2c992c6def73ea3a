/**
 * Whether an AuditEvent that somebody sends speaks as if it were ours. Any other is taken as it is, whatever profile it
 * misses (IHE BALP 152.1; RESTful ATNA ITI-20), and is told from ours by what only ours bear.
 */
import type { Resource } from '../fhir/resource.ts';
import { ownTag } from './audit-event-resources.ts';

const valuesIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Where it claims to be ours, as a FHIRPath expression; undefined where it does not. */
export const foreignClaim = (resource: Resource, ownBases: readonly string[]): string | undefined => {
  if (resource.resourceType !== 'AuditEvent') return undefined;
  const tagged = valuesIn(resource.meta?.tag).some((tag) => member(tag, 'system') === ownTag.system);
  if (tagged) return 'AuditEvent.meta.tag';
  const observer = member(resource.source, 'observer');
  const claimed = [member(member(observer, 'identifier'), 'value'), member(observer, 'reference')];
  const isOurs = claimed.some(
    (value) => typeof value === 'string' && ownBases.some((base) => value.replace(/\/+$/, '') === base),
  );
  return isOurs ? 'AuditEvent.source.observer' : undefined;
};
