/**
 * The condition of a write: the parameters of a search that must all be understood, since one that were passed over would
 * let the write meet another resource. FHIR R4 http.html#ccreate, #cond-update.
 */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Condition } from './asked.ts';
import { type Surroundings, searchOf } from './parameters.ts';

/** They shape an answer, and a condition has none. */
const shapes = new Set(['_count', '_sort', '_total', '_summary', '_elements', '_cursor', '_include', '_revinclude']);

/** `params`: of the URL, or of `If-None-Exist`. */
export const conditionOf = (
  capability: TypeCapability,
  params: URLSearchParams,
  around: Surroundings,
): Condition | FhirError => {
  const own = new URLSearchParams([...params].filter(([name]) => name !== '_format' && name !== '_pretty'));
  const shape = [...own.keys()].find((name) => shapes.has(name.split(':')[0] ?? ''));
  if (shape !== undefined) return fhirError(400, 'invalid', `a condition takes no ${shape.slice(0, 64)}`);
  const parsed = searchOf(capability, own, { ...around, handling: 'strict' });
  if (parsed instanceof FhirError) return parsed;
  const { query } = parsed;
  if (query.clauses.length === 0 && (query.joins ?? []).length === 0)
    return fhirError(400, 'invalid', 'the condition is empty: it would meet any resource of the type');
  const key = query.understood.map(([name, value]) => `${name}=${value}`).sort();
  // Two are enough to know that it is not one.
  return { query: { ...query, count: 2, total: 'none' }, hold: `${query.type}?${key.join('&')}` };
};

/** `If-None-Exist: identifier=…`, with or without a question mark before it. */
export const ifNoneExistOf = (header: string): URLSearchParams => new URLSearchParams(header.trim().replace(/^\?/, ''));
