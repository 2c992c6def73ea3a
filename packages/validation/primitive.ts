/** The forms of primitive values. FHIR R4 datatypes.html#primitive. */

const dateForm = String.raw`\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?`;
const dayForm = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const timeForm = String.raw`([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?`;
const zoneForm = String.raw`(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))`;

const forms: ReadonlyMap<string, RegExp> = new Map([
  ['base64Binary', /^[A-Za-z0-9+/=\s]*$/],
  ['canonical', /^\S+$/],
  ['code', /^\S+(\s\S+)*$/],
  ['date', new RegExp(`^${dateForm}$`)],
  ['dateTime', new RegExp(`^(${dateForm}|${dayForm}T${timeForm}${zoneForm})$`)],
  ['id', /^[A-Za-z0-9\-.]{1,64}$/],
  ['instant', new RegExp(`^${dayForm}T${timeForm}${zoneForm}$`)],
  ['markdown', /\S/],
  ['oid', /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/],
  ['string', /\S/],
  ['time', new RegExp(`^${timeForm}$`)],
  ['uri', /^\S+$/],
  ['url', /^\S+$/],
  ['uuid', /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i],
  ['xhtml', /^\s*<div[\s>]/],
]);

/** Whole numbers and their least value. */
const least: ReadonlyMap<string, number> = new Map([
  ['integer', -2_147_483_648],
  ['unsignedInt', 0],
  ['positiveInt', 1],
]);

/** 30 February has the form of a date. */
const isDay = (text: string): boolean => {
  const [, day] = /^(\d{4}-\d{2}-\d{2})/.exec(text) ?? [];
  return day === undefined || new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
};

export const isPrimitive = (type: string): boolean =>
  type.startsWith('System.') || type === 'boolean' || type === 'decimal' || least.has(type) || forms.has(type);

/** What is wrong with a primitive value, in words; undefined where nothing is. */
export const primitiveFault = (type: string, value: unknown): string | undefined => {
  if (type.startsWith('System.')) return typeof value === 'string' ? undefined : 'a string is expected';
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false is expected';
  if (type === 'decimal') return typeof value === 'number' ? undefined : 'a number is expected';
  const from = least.get(type);
  if (from !== undefined) {
    if (!Number.isInteger(value)) return 'a whole number is expected';
    return Number(value) >= from && Number(value) <= 2_147_483_647 ? undefined : `not within the range of ${type}`;
  }
  if (typeof value !== 'string') return 'a string is expected';
  if (forms.get(type)?.test(value) === false) return `not a valid ${type}`;
  return /^(date|dateTime|instant)$/.test(type) && !isDay(value) ? 'there is no such day' : undefined;
};
