/** A resource made into its row, by the search parameters that are known and the owners of what decides about it. */
import type { OwnersOf } from '@affinity/core/fhir/compartment.ts';
import type { Content, Resource } from '@affinity/core/fhir/resource.ts';
import { factsOf } from '@affinity/core/fhir/resource-facts.ts';
import type { SearchParameters } from '@affinity/core/fhir/search-parameter.ts';
import { canonicalRow } from './canonical.ts';
import { speaksOfOthers } from './ownership.ts';
import { type ResourceRow, toResourceRow } from './resource-row.ts';

/** The resource as it will be stored, under the type and id of its place. */
export const storedResource = (
  { type, id }: { readonly type: string; readonly id: string },
  { resource }: Content,
): Resource => ({ ...resource, resourceType: type, id });

export interface IndexedBy {
  readonly ownBases: readonly string[];
  readonly parameters: SearchParameters;
  /** whose record the resources are that decide about this one */
  readonly ownersOf?: OwnersOf;
}

export const rowOf = (resource: Resource, { ownBases, ...around }: IndexedBy): ResourceRow =>
  toResourceRow(factsOf(resource, ownBases, around));

/** Whether its rows are all that a resource changes: no other decides about it, and it says nothing to the others. */
export const isSimple = (resource: Resource, ownBases: readonly string[]): boolean =>
  resource.resourceType !== 'SearchParameter' &&
  !speaksOfOthers(resource, ownBases) &&
  canonicalRow(resource) === undefined;
