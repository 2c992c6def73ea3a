/** Dates and times of HL7 v2 as FHIR writes them, as precise as they were given. HL7 v2.5.1 2.A.22 (DTM), 2.A.75 (TM); FHIR R4 datatypes.html#dateTime. */
import { dateRange } from '@affinity/core/fhir/date-range.ts';

/** The offset of a time of the wall at the sender, as FHIR writes it. */
export type Zone = (wall: number) => string;

const pattern = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?$/;

const offsetText = (offset: string): string =>
  /^[+-]0000$/.test(offset) ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(3)}`;

/** A FHIR date or dateTime; undefined: it is none, or there is no such day. */
export const dateTimeOf = (text: string, zone: Zone): string | undefined => {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year = '', month, day, hour, minute = '00', second = '00', fraction, offset] = match;
  const date = [year, month, day].filter((part) => part !== undefined).join('-');
  if (hour === undefined) return dateRange(date) === undefined ? undefined : date;
  const wall = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(wall)) return undefined;
  const time = `${hour}:${minute}:${second}${fraction === undefined || /^0+$/.test(fraction) ? '' : `.${fraction}`}`;
  const made = `${date}T${time}${offset === undefined ? zone(wall) : offsetText(offset)}`;
  return dateRange(made) === undefined ? undefined : made;
};

/** A FHIR time; undefined: it is none. */
export const timeOf = (text: string): string | undefined => {
  const [, hour, minute, second = '00'] =
    /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?:\.\d+)?(?:[+-]\d{4})?$/.exec(text) ?? [];
  return hour === undefined || minute === undefined ? undefined : `${hour}:${minute}:${second}`;
};

/** An instant has a time of the day; a day alone is none. */
export const instantOf = (text: string, zone: Zone): string | undefined => {
  const made = dateTimeOf(text, zone);
  return made?.includes('T') === true ? made : undefined;
};

/** Epoch milliseconds at which it begins. */
export const epochOf = (dateTime: string): number | undefined => dateRange(dateTime)?.start;
