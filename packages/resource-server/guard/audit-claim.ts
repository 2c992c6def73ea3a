/** An AuditEvent that somebody sends is taken, whatever profile it misses, but not as one of this server's own. RESTful ATNA ITI-20. */
import { foreignClaim } from '@affinity/core/balp/foreign-claim.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';

/** @param ownNames URLs under which parts of this domain speak in its audit log */
export const auditClaim = (resource: Resource, ownNames: readonly string[]): FhirError | undefined => {
  const claim = foreignClaim(resource, ownNames);
  if (claim === undefined) return undefined;
  const diagnostics = 'this marks the events of the domain itself: an event that is sent names its own observer';
  return new FhirError(422, [{ severity: 'error', code: 'business-rule', diagnostics, expression: [claim] }]);
};
