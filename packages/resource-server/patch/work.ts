/** How much a patch may do: a small text must not make a large resource, nor keep the server busy. RFC 6902; FHIR R4 http.html#patch. */
import { type Exact, type ExactObject, isExactNumber } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';

export interface PatchLimits {
  /** characters of the resource that results, and of all that is put into it on the way */
  readonly characters: number;
  /** how deep the result may nest */
  readonly depth: number;
  /** operations in one patch */
  readonly operations: number;
}

/** Thrown by an operation and caught where the patch is applied. */
export class PatchFault extends Error {
  readonly error: FhirError;
  constructor(error: FhirError) {
    super(error.message);
    this.error = error;
  }
}

/** The patch says something that cannot be understood. */
export const malformed = (message: string, expression?: string): PatchFault =>
  new PatchFault(fhirError(400, 'invalid', message, expression));

/** The patch is understood, and does not fit the resource. */
export const inapplicable = (message: string, expression?: string): PatchFault =>
  new PatchFault(fhirError(422, 'processing', message, expression));

const tooMuch = (): PatchFault =>
  new PatchFault(fhirError(422, 'too-costly', 'the patch makes or moves more than one patch may'));

/** What is left of the work that one patch may do. */
export interface Work {
  /** Counts one thing looked at. */
  look(): void;
  /** A value to be put at this depth, counted and made anew, so that no two places share it. */
  place<Value extends Exact>(value: Value, depth: number): Value;
}

export const createWork = (limits: PatchLimits): Work => {
  let left = limits.characters;
  const spend = (characters: number): void => {
    left -= characters;
    if (left < 0) throw tooMuch();
  };
  const copy = (value: Exact, depth: number): Exact => {
    spend(typeof value === 'string' ? value.length + 2 : isExactNumber(value) ? value.rawJSON.length : 4);
    if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
    if (depth >= limits.depth) throw inapplicable('the result nests too deep');
    if (Array.isArray(value)) return value.map((one) => copy(one, depth + 1));
    const object: ExactObject = {};
    for (const [key, member] of Object.entries(value)) {
      spend(key.length + 4);
      object[key] = copy(member, depth + 1);
    }
    return object;
  };
  return {
    look: () => spend(1),
    place: <Value extends Exact>(value: Value, depth: number) => copy(value, depth) as Value,
  };
};
