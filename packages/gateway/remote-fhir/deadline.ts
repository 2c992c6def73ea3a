/** How long something may take: until its time is over, or whoever waits for it has gone. RFC 9110 §15.6.5. */

export interface Deadline {
  readonly isOver: boolean;
  /** it is over because of the time */
  readonly isLate: boolean;
  /** What is then given up; one thing at a time. */
  whenOver(giveUp: (() => void) | undefined): void;
  /** It is not needed any more. */
  end(): void;
}

/** Lighter than a signal for each request. */
export const createDeadline = (milliseconds: number, signals: readonly (AbortSignal | undefined)[] = []): Deadline => {
  let isOver = false;
  let isLate = false;
  let giveUp: (() => void) | undefined;
  const over = (): void => {
    isOver = true;
    giveUp?.();
  };
  const timer = setTimeout(() => {
    isLate = true;
    over();
  }, milliseconds);
  for (const signal of signals) {
    if (signal?.aborted) isOver = true;
    signal?.addEventListener('abort', over);
  }
  return {
    get isOver() {
      return isOver;
    },
    get isLate() {
      return isLate;
    },
    whenOver: (work) => {
      giveUp = work;
    },
    end: () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', over);
    },
  };
};
