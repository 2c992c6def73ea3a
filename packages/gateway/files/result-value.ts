/** What OBX-5 says, by the type that OBX-2 names, as the value of an Observation. HL7 v2-to-FHIR Implementation Guide, segment map OBX. */
import { type Exact, type ExactObject, exactNumber } from '@affinity/core/fhir/exact-json.ts';
import type { Field, Segment } from './hl7-message.ts';
import { dateTimeOf, timeOf } from './hl7-time.ts';
import { conceptOf, refuse, type Sender } from './hl7-types.ts';
import { present } from './present.ts';

const ucum = 'http://unitsofmeasure.org';

/** OBX-6 */
const unitOf = (obx: Segment, { settings }: Sender): ExactObject => {
  const [code, text, system] = [obx.text(6, 1), obx.text(6, 2), obx.text(6, 3)];
  const known = settings.units.get(code) ?? (system === 'UCUM' ? code : undefined);
  if (known !== undefined) return { unit: text || code, system: ucum, code: known };
  return present({ unit: text || code });
};

/** As senders write it: a sign before it, zeros, a comma. */
export const numberOf = (text: string): Exact | undefined => {
  const [, sign = '', whole = '', fraction] = /^([+-]?)0*(\d+)(?:[.,](\d+))?$/.exec(text) ?? [];
  if (whole !== '')
    return exactNumber(`${sign === '-' ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`);
  const [, minus = '', part] = /^([+-]?)\.(\d+)$/.exec(text) ?? [];
  return part === undefined ? undefined : exactNumber(`${minus === '-' ? '-' : ''}0.${part}`);
};

const comparators = ['<', '<=', '>', '>='];

/** A number with its unit; what is none, such as `pending`, is kept as a text. */
const measured = (text: string, obx: Segment, sender: Sender): ExactObject => {
  const [, comparator, amount = ''] = /^([<>]=?)?\s*(.*)$/s.exec(text) ?? [];
  const value = numberOf(amount);
  return value === undefined
    ? { valueString: text }
    : { valueQuantity: present({ value, comparator, ...unitOf(obx, sender) }) };
};

/** SN: comparator, number, separator, number. */
const structured = (field: Field, obx: Segment, sender: Sender): ExactObject => {
  const [sign, first, between, second] = [1, 2, 3, 4].map((i) => field.text(i));
  const [low, high] = [numberOf(first ?? ''), numberOf(second ?? '')];
  const unit = unitOf(obx, sender);
  const isPlain = sign === '' || sign === '=';
  if (low !== undefined && second === '' && between === '' && (isPlain || comparators.includes(sign ?? '')))
    return { valueQuantity: present({ value: low, comparator: isPlain ? undefined : sign, ...unit }) };
  if (low !== undefined && high !== undefined && isPlain) {
    if (between === '-') return { valueRange: { low: { value: low, ...unit }, high: { value: high, ...unit } } };
    if (between === ':' || between === '/')
      return { valueRatio: { numerator: { value: low }, denominator: { value: high } } };
  }
  return { valueString: [sign, first, between, second].join('') };
};

const textTypes = ['ST', 'TX', 'FT', 'IS', 'ID'];
const codedTypes = ['CE', 'CWE', 'CNE', 'CF'];

const oneValue = (field: Field, kind: string, obx: Segment, sender: Sender): ExactObject => {
  if (codedTypes.includes(kind)) {
    const concept = conceptOf(field, sender.settings);
    return concept === undefined ? {} : { valueCodeableConcept: concept };
  }
  switch (kind) {
    case 'NM':
    case 'SI':
      return measured(field.text(1), obx, sender);
    case 'SN':
      return structured(field, obx, sender);
    case 'NR': {
      const [low, high] = [numberOf(field.text(1)), numberOf(field.text(2))];
      const unit = unitOf(obx, sender);
      const end = (value: Exact | undefined) => (value === undefined ? undefined : { value, ...unit });
      return { valueRange: present({ low: end(low), high: end(high) }) };
    }
    case 'DT':
    case 'TS':
    case 'DTM': {
      const time = dateTimeOf(field.text(1), sender.settings.zone);
      if (time === undefined) throw refuse(obx, 5, 'it is no date that there is');
      return { valueDateTime: time };
    }
    case 'TM': {
      const time = timeOf(field.text(1));
      if (time === undefined) throw refuse(obx, 5, 'it is no time of the day');
      return { valueTime: time };
    }
    default:
      throw refuse(
        obx,
        2,
        kind === ''
          ? 'it is missing, and OBX-5 has a value'
          : `values of type ${/^[A-Z]{2,3}$/.test(kind) ? kind : '?'} are not read`,
      );
  }
};

/** `component`s where a value that is no text stands there several times. */
export const resultValue = (obx: Segment, sender: Sender, code: ExactObject): ExactObject => {
  const kind = obx.text(2);
  const given = obx.all(5).filter(({ isNull }) => !isNull);
  const [first, ...others] = given;
  if (first === undefined) return {};
  if (textTypes.includes(kind)) return present({ valueString: given.map(({ whole }) => whole).join('\n') });
  if (others.length === 0) return oneValue(first, kind, obx, sender);
  return { component: given.map((field) => ({ code, ...oneValue(field, kind, obx, sender) })) };
};

export const isText = (obx: Segment): boolean => textTypes.includes(obx.text(2));

/** OBX-7: a text, and the numbers in it where it is a range of numbers. */
export const referenceRange = (obx: Segment, sender: Sender): ExactObject | undefined => {
  const text = obx.text(7);
  if (text === '') return undefined;
  const [, from, to] = /^\s*([\d.,]+)\s*-\s*([\d.,]+)\s*$/.exec(text) ?? [];
  const [, sign, limit] = /^\s*([<>])=?\s*([\d.,]+)\s*$/.exec(text) ?? [];
  const end = (amount: string | undefined) => {
    const value = amount === undefined ? undefined : numberOf(amount);
    return value === undefined ? undefined : { value, ...unitOf(obx, sender) };
  };
  return present({ low: end(sign === '>' ? limit : from), high: end(sign === '<' ? limit : to), text });
};
