/** What is left of the work that one answer may cost. A question that needs more is refused, never answered in part. FHIR R4 search.html. */
import { BackendTooSlow } from '@affinity/core/fhir/backend.ts';

export interface Budget {
  /** @throws BackendTooSlow */
  spend(resources: number): void;
}

export const createBudget = (most: number): Budget => {
  let left = most;
  return {
    spend(resources) {
      left -= resources;
      if (left < 0) throw new BackendTooSlow(new Error(`more than ${most} resources of the source to look at`));
    },
  };
};
