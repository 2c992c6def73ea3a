/**
 * A foreign system that does not answer is left alone for a while, and then tried by one request before all others.
 * RFC 9110 §15.6.4.
 */
export interface BreakerLimits {
  /** failures one after another, after which it is left alone */
  readonly failures: number;
  /** for how long */
  readonly openMs: number;
}
export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitBreaker {
  readonly state: CircuitState;
  /** epoch milliseconds since when it is so */
  readonly since: number;
  /** Whether a request may be made now; each that may ends in exactly one of the three below. */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
  /** it says nothing of the system: whoever asked has gone */
  ended(): void;
}

export const createCircuitBreaker = (
  limits: BreakerLimits,
  now: () => number,
  changed: (state: CircuitState) => void = () => {},
): CircuitBreaker => {
  let state: CircuitState = 'closed';
  let since = now();
  let inARow = 0;
  let isProbing = false;
  const become = (next: CircuitState): void => {
    if (state === next) return;
    state = next;
    since = now();
    changed(next);
  };
  return {
    get state() {
      return state;
    },
    get since() {
      return since;
    },
    admits() {
      if (state === 'open' && now() - since >= limits.openMs) become('half-open');
      if (state === 'closed') return true;
      if (state === 'open' || isProbing) return false;
      isProbing = true;
      return true;
    },
    succeeded() {
      inARow = 0;
      isProbing = false;
      become('closed');
    },
    failed() {
      inARow += 1;
      isProbing = false;
      if (state === 'half-open' || inARow >= limits.failures) become('open');
    },
    ended() {
      isProbing = false;
    },
  };
};
