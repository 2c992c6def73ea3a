/** A progress bar on a terminal, a line now and then elsewhere. */

export interface Progress {
  /** @param fraction 0…1, or undefined where the whole is not known */
  show(count: number, fraction: number | undefined): void;
  end(): void;
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const width = 30;

export const createProgress = (output: Output, noun: string, now: () => number): Progress => {
  let last = now();
  let shown = false;
  const line = (count: number, fraction: number | undefined): string => {
    const amount = `${count.toLocaleString('en')} ${noun}`;
    if (fraction === undefined) return amount;
    const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
    return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${String(Math.floor(fraction * 100)).padStart(3)} %  ${amount}`;
  };
  return {
    show: (count, fraction) => {
      const interval = output.isTTY ? 100 : 5_000;
      if (now() - last < interval) return;
      last = now();
      shown = true;
      output.write(output.isTTY ? `\r\x1b[2K${line(count, fraction)}` : `${line(count, fraction)}\n`);
    },
    end: () => {
      if (shown && output.isTTY) output.write('\r\x1b[2K');
    },
  };
};
