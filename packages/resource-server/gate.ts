/** Lets at most so many pieces of work run at once; the others wait their turn. */
export const createGate = (most: number): (<Result>(work: () => Promise<Result>) => Promise<Result>) => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, not given back and taken again.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};
