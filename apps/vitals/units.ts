/** Units of the measures shown: UCUM codes, how people write them, and the factors between them. UCUM §§28–46; FHIR R4 datatypes.html#Quantity. */

export interface Amount {
  readonly value: number;
  /** UCUM code */
  readonly unit: string;
}

/** Units of one kind can be turned into one another: the value times its factor is in the first unit of the kind. */
const kinds: readonly Readonly<Record<string, number>>[] = [
  { kg: 1, g: 0.001, '[lb_av]': 0.45359237 },
  { 'mm[Hg]': 1, kPa: 7.50062 },
  // Glucose weighs 180.16 g/mol, so 1 mmol/L is 18.016 mg/dL.
  { 'mg/dL': 1, 'mmol/L': 18.016 },
];

const written: Readonly<Record<string, string>> = { 'mm[Hg]': 'mmHg', '[lb_av]': 'lb' };
export const unitName = (unit: string): string => written[unit] ?? unit;

/** What records say instead of the UCUM code. */
const spoken: Readonly<Record<string, string>> = {
  mmhg: 'mm[Hg]',
  lb: '[lb_av]',
  lbs: '[lb_av]',
  kgs: 'kg',
  'mg/dl': 'mg/dL',
  'mmol/l': 'mmol/L',
};

/** A FHIR Quantity whose unit is known; undefined for no number, or for a unit that cannot be put on the axis. */
export function readAmount(quantity: unknown): Amount | undefined {
  if (typeof quantity !== 'object' || quantity === null) return undefined;
  const { value, code, unit } = quantity as {
    readonly value?: unknown;
    readonly code?: unknown;
    readonly unit?: unknown;
  };
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  for (const name of [code, unit]) {
    if (typeof name !== 'string') continue;
    const known = spoken[name.toLowerCase()] ?? name;
    if (kinds.some((kind) => Object.hasOwn(kind, known))) return { value, unit: known };
  }
  return undefined;
}

/** The same amount in another unit; undefined where the units are of different kinds. */
export function convert(amount: Amount, unit: string): Amount | undefined {
  if (amount.unit === unit) return amount;
  const kind = kinds.find((one) => Object.hasOwn(one, amount.unit));
  const [from, to] = [kind?.[amount.unit], kind?.[unit]];
  return from === undefined || to === undefined ? undefined : { value: (amount.value * from) / to, unit };
}

/** As many decimals as people use: none for mmHg and mg/dL, one otherwise. */
export const showValue = ({ value, unit }: Amount): string =>
  value.toFixed(unit === 'mm[Hg]' || unit === 'mg/dL' ? 0 : 1);
