/** How long a batch or transaction may take as a whole, whatever each of its entries may. FHIR R4 http.html#transaction. */
import { fhirError } from '@affinity/core/fhir/outcome.ts';

export interface BundleTime {
  /** aborted with what the caller is told: the time is up, or the caller has gone */
  readonly signal: AbortSignal;
  /** The Bundle has been answered. */
  end(): void;
}

export const timeOfBundle = (caller: AbortSignal, seconds: number): BundleTime => {
  const time = new AbortController();
  const timer = setTimeout(() => {
    time.abort(fhirError(400, 'too-costly', `a Bundle takes at most ${seconds} s here; send it in parts`));
  }, seconds * 1000);
  return { signal: AbortSignal.any([caller, time.signal]), end: () => clearTimeout(timer) };
};
