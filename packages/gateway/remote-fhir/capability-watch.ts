/**
 * The statement of a foreign server, looked at again and again: as long as it has not been had nothing is offered, and what
 * was had last stands while the server is away. FHIR R4 http.html#capabilities.
 */
import type { Statement } from './capability-statement.ts';

export interface CapabilityWatch {
  /** the same object as long as nothing has changed */
  readonly current: Statement;
  readonly isKnown: boolean;
  /** the first look has ended, however it did */
  readonly looked: Promise<void>;
  close(): void;
}

const nothing: Statement = { types: [], transacts: false };

export const watchCapabilities = (
  look: () => Promise<Statement>,
  { metadataMs, metadataRetryMs }: { readonly metadataMs: number; readonly metadataRetryMs: number },
): CapabilityWatch => {
  let current = nothing;
  let isKnown = false;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const lookNow = async (): Promise<void> => {
    try {
      const found = await look();
      if (JSON.stringify(found) !== JSON.stringify(current)) current = found;
      isKnown = true;
    } catch {
      // Reported by who asks; what was known stands.
    }
    if (isClosed) return;
    timer = setTimeout(() => void lookNow(), isKnown ? metadataMs : metadataRetryMs);
    timer.unref();
  };
  const looked = lookNow();
  return {
    get current() {
      return current;
    },
    get isKnown() {
      return isKnown;
    },
    looked,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
};
