/** What the store can do for each resource type, from HL7's definitions: the CapabilityStatement is written from it. FHIR R4 capabilitystatement.html. */
import type { TypeCapability } from '@affinity/core/fhir/backend.ts';
import { isResourceType, resourceTypes } from '@affinity/core/fhir/resource-type.ts';
import { searchParametersOf } from '@affinity/core/fhir/search-parameter.ts';
import { sortableParams } from './page-order.ts';

/**
 * Types that are not stored: Bundle and Parameters are messages, OperationOutcome is an answer, Binary is no JSON
 * resource, and an AuditEvent comes from the audit log alone.
 */
const notStored: ReadonlySet<string> = new Set(['AuditEvent', 'Binary', 'Bundle', 'OperationOutcome', 'Parameters']);

/** Whether resources of this type may be stored. */
export const isStored = (type: string): boolean => isResourceType(type) && !notStored.has(type);

/** All types that may be stored, with the search parameters that work. */
export const storeCapabilities = (): readonly TypeCapability[] =>
  resourceTypes.filter(isStored).map((type) => {
    const params = searchParametersOf(type);
    return {
      type,
      interactions: ['read', 'vread', 'create', 'update', 'delete', 'history-instance', 'search-type'],
      searchParams: params.map(({ code, type: kind, definition }) => ({ name: code, type: kind, definition })),
      sort: sortableParams(new Set(params.map(({ code }) => code))),
    };
  });
