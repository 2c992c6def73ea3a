/** Which resource a write is about, once its condition has been searched for. FHIR R4 http.html#cond-update, #ccreate, #trules. */
import type { Version } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { type Answer, notFound, refusal } from '../answer.ts';
import { meeting } from './condition.ts';
import type { Prepared } from './preparation.ts';
import { absentUpdate, several } from './refusals.ts';
import type { On, Surroundings } from './surroundings.ts';

export interface At {
  readonly type: string;
  readonly id: string;
}
export type Plan =
  | { readonly kind: 'create'; readonly at: At }
  /** of an update, a patch or a delete */
  | { readonly kind: 'change'; readonly at: At }
  /** a conditional create that finds what it would make */
  | { readonly kind: 'found'; readonly version: Version }
  /** a conditional delete of nothing */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly answer: Answer };

const refused = (answer: Answer): Plan => ({ kind: 'refused', answer });

/** Nothing of the type can be hidden from the caller by whose record it is, so a free id tells nothing. */
const reachesAll = (filter: Filter): boolean =>
  filter.kind === 'everything' ||
  filter.kind === 'confidentiality' ||
  (filter.kind === 'and' && filter.filters.every(reachesAll));

/**
 * Whether an update of what is not there creates it. Only for those who reach every record: to anybody else an id that is
 * taken by a record out of reach would answer otherwise than one that is free.
 */
export const mayUpdateCreate = ({ permit }: Prepared, { updateCreate }: Surroundings): boolean =>
  updateCreate && reachesAll(permit.filter);

/** The id in the content of a conditional update, where there is one. */
const ownId = async ({ asked }: Prepared): Promise<string | undefined | FhirError> => {
  const loaded = await asked.content?.();
  return loaded === undefined || loaded instanceof FhirError ? loaded : loaded.content.resource.id;
};

/** `freshId`: of what would be created. */
export const planOf = async (on: On, prepared: Prepared, freshId: string, around: Surroundings): Promise<Plan> => {
  const { asked, search } = prepared;
  const { type, kind } = asked.intent;
  const id = 'id' in asked.intent ? asked.intent.id : undefined;
  if (search === undefined) {
    if (kind === 'create') return { kind: 'create', at: { type, id: freshId } };
    return id === undefined ? refused(notFound()) : { kind: 'change', at: { type, id } };
  }
  const found = await meeting(on, search, around.signal());
  if (found === 'several') return refused(several());
  if (kind === 'create')
    return found === 'none' ? { kind: 'create', at: { type, id: freshId } } : { kind: 'found', version: found };
  if (kind !== 'update') {
    if (found !== 'none') return { kind: 'change', at: { type, id: found.id } };
    return kind === 'delete' ? { kind: 'nothing' } : refused(notFound());
  }
  const own = await ownId(prepared);
  if (own instanceof FhirError) return refused(refusal(own));
  if (found !== 'none') {
    return own === undefined || own === found.id
      ? { kind: 'change', at: { type, id: found.id } }
      : refused(refusal(fhirError(400, 'invalid', 'the condition meets a resource with another id', `${type}.id`)));
  }
  if (own !== undefined) {
    return mayUpdateCreate(prepared, around) ? { kind: 'create', at: { type, id: own } } : refused(absentUpdate());
  }
  const { create } = prepared;
  return create?.kind === 'denied' ? refused(refusal(create.error)) : { kind: 'create', at: { type, id: freshId } };
};
