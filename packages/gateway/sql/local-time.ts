/** What clocks on the wall of a time zone show, and the instant that it is. IANA time zone database; ECMA-402. */

export const isTimeZone = (zone: string): boolean => {
  try {
    return zone.length > 0 && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
};

const day = 86_400_000;
const quarter = 900_000;
const week = 7 * day;
/** how many quarter hours and weeks are remembered */
const remembered = 20_000;

const kept = (find: (key: number) => number | undefined): ((key: number) => number | undefined) => {
  const known = new Map<number, number | undefined>();
  return (key) => {
    if (known.has(key)) return known.get(key);
    if (known.size >= remembered) known.clear();
    const found = find(key);
    known.set(key, found);
    return found;
  };
};

/** Minutes east of UTC at an instant. Nobody changes the clocks twice in a week, so that most weeks are asked for twice only. */
const offsetsOf = (zone: string): ((epoch: number) => number) => {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const inQuarter = kept((number) => {
    const text = format.formatToParts(number * quarter).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(text) ?? [];
    return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  });
  const at = (epoch: number): number => inQuarter(Math.floor(epoch / quarter)) ?? 0;
  const inWeek = kept((number) => {
    const offset = at(number * week);
    return offset === at((number + 1) * week - quarter) ? offset : undefined;
  });
  return (epoch) => inWeek(Math.floor(epoch / week)) ?? at(epoch);
};

const two = (value: number): string => String(Math.abs(value)).padStart(2, '0');

/** As FHIR writes it: `Z`, `+02:00`. */
const offsetText = (minutes: number): string =>
  minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;

/**
 * The offset of a time of the wall, given as if it were UTC. Of an hour that comes twice, the first; an hour that is left out
 * in spring is read as if the clocks had not been changed yet.
 */
export const createZone = (zone: string): ((wall: number) => string) => {
  const offsetAt = offsetsOf(zone);
  return (wall) => {
    const candidates = [offsetAt(wall - day), offsetAt(wall + day)];
    const [first = 0] = candidates;
    return offsetText(candidates.find((minutes) => offsetAt(wall - minutes * 60_000) === minutes) ?? first);
  };
};
