/** Data types of HL7 v2 as those of FHIR. HL7 v2-to-FHIR Implementation Guide, datatype maps; HL7 v2.5.1 chapter 2.A. */
import type { Exact, ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { codingsOf } from '../sql/code-map.ts';
import { addressUse, codeSystem, nameUse, telecomSystem, telecomUse } from './hl7-codes.ts';
import type { Field, Segment } from './hl7-message.ts';
import type { Hl7Settings } from './hl7-settings.ts';
import { dateTimeOf, instantOf, type Zone } from './hl7-time.ts';
import { localId } from './local-key.ts';
import { present, presentOrNone, some } from './present.ts';
import { type RecordChange, Refused } from './record-change.ts';

/** Whose message it is. */
export interface Sender {
  readonly settings: Hl7Settings;
  /** sending application and facility: whose numbers they are that name no authority */
  readonly name: string;
}

export const refuse = ({ name, number }: Segment, field: number, reason: string): Refused =>
  new Refused(`${name}-${field} (segment ${number}): ${reason}`);

/** Of CX, the authority by its local name, else by the universal one. */
export const authorityOf = (field: Field, component = 4): string =>
  field.text(component, 1) || field.text(component, 2);

const typeSystem = 'http://terminology.hl7.org/CodeSystem/v2-0203';

/** CX */
export const identifierOf = (field: Field, { identifiers }: Hl7Settings): ExactObject | undefined => {
  const value = field.text(1);
  const authority = authorityOf(field);
  const system = identifiers.get(authority);
  const type = field.text(5);
  return value === ''
    ? undefined
    : present({
        type: type === '' ? undefined : { coding: [{ system: typeSystem, code: type }] },
        system,
        value,
        assigner: system === undefined && authority !== '' ? { display: authority } : undefined,
      });
};

/** XPN, and XCN from its second component on */
export const nameOf = (field: Field, from = 1, use?: string): ExactObject | undefined => {
  const text = (component: number): string => field.text(from + component);
  const given = [text(1), text(2)].filter((one) => one !== '');
  const name = presentOrNone({
    family: text(0),
    given,
    prefix: some([text(4) || undefined]),
    suffix: some([text(3) || undefined]),
  });
  return name === undefined ? undefined : present({ use, ...name });
};
export const personName = (field: Field): ExactObject | undefined => nameOf(field, 1, nameUse(field.text(7)));

/** XAD */
export const addressOf = (field: Field): ExactObject | undefined => {
  const address = presentOrNone({
    line: [field.text(1), field.text(2)].filter((one) => one !== ''),
    city: field.text(3),
    state: field.text(4),
    postalCode: field.text(5),
    country: field.text(6),
  });
  return address === undefined ? undefined : present({ use: addressUse(field.text(7)), ...address });
};

/** XTN, whose number may stand in its first component, in its fourth, in its twelfth, or in parts */
export const telecomOf = (field: Field, use: string): ExactObject | undefined => {
  const kind = field.text(3);
  const parts = [field.text(5) && `+${field.text(5)}`, field.text(6), field.text(7)].filter((one) => one !== '');
  const email = field.text(4) || (telecomSystem(kind) === 'email' ? field.text(1) : '');
  const number = field.text(1) || field.text(12) || (field.text(7) === '' ? '' : parts.join(' '));
  const value = email || number;
  if (value === '') return undefined;
  const system = email === '' ? (telecomSystem(kind) ?? 'phone') : 'email';
  return { system, value, use: kind === 'CP' ? 'mobile' : (telecomUse(field.text(2)) ?? use) };
};

/** One coding of a CWE, with those that a code of the sender stands for. */
const codingsAt = (field: Field, at: number, { codes }: Hl7Settings): readonly ExactObject[] => {
  const [code, display, system] = [field.text(at), field.text(at + 1), field.text(at + 2)];
  if (code === '') return [];
  const map = codes.get(system);
  if (map === undefined) return [present({ system: codeSystem(system), code, display })];
  const made = codingsOf(map, code).map((coding) =>
    present({ display: coding.system === map.local ? display : undefined, ...coding }),
  );
  return made.length > 0 ? made : [present({ code, display })];
};

/** CWE, CNE and CE */
export const conceptOf = (field: Field | undefined, settings: Hl7Settings): ExactObject | undefined => {
  if (field === undefined) return undefined;
  const coding = [...codingsAt(field, 1, settings), ...codingsAt(field, 4, settings)];
  return presentOrNone({ coding, text: field.text(9) || field.text(2) || field.text(5) || field.text(1) });
};

/** XCN: who it is, where a number says so, and the name alone where none does. */
export const practitionerOf = (
  field: Field,
  sender: Sender,
): { readonly reference: ExactObject; readonly change?: RecordChange } | undefined => {
  const number = field.text(1);
  const name = nameOf(field, 2);
  const display = [field.text(6), field.text(3), field.text(4), field.text(2)].filter((one) => one !== '').join(' ');
  if (number === '') return display === '' ? undefined : { reference: { display } };
  const authority = authorityOf(field, 9);
  const id = localId(authority || sender.name, number);
  const system = sender.settings.identifiers.get(authority);
  const elements = present({ identifier: [present({ system, value: number })], name: some([name]) });
  return {
    reference: present({ reference: `Practitioner/${id}`, display }),
    change: { type: 'Practitioner', id, elements, says: 'mention' },
  };
};

/** A date or a time; none where none stands. @throws Refused where it is none */
export const timeAt = (
  segment: Segment,
  field: number,
  zone: Zone,
  read: (text: string, zone: Zone) => string | undefined = dateTimeOf,
): string | undefined => {
  const text = segment.text(field);
  if (text === '') return undefined;
  const made = read(text, zone);
  if (made === undefined && read !== instantOf) throw refuse(segment, field, 'it is no date that there is');
  return made;
};

/** What stands in a field, made of each of its repetitions; `emptied` where the sender says that nothing does. */
export const eachOf = <Made extends Exact>(
  segment: Segment,
  field: number,
  make: (field: Field) => Made | undefined,
): readonly Made[] =>
  some(
    segment
      .all(field)
      .filter(({ isNull }) => !isNull)
      .map(make),
  );

export const isEmptied = (segment: Segment, field: number): boolean => segment.all(field).some(({ isNull }) => isNull);
