/** PID as a Patient, and MRG as the end of a number. HL7 v2-to-FHIR Implementation Guide, segment map PID; HL7 v2.5.1 3.4.2, 3.4.9. */
import { exactNumber } from '@affinity/core/fhir/exact-json.ts';
import { codeSystem, genderOf } from './hl7-codes.ts';
import type { Field, Segment } from './hl7-message.ts';
import {
  addressOf,
  authorityOf,
  conceptOf,
  eachOf,
  identifierOf,
  isEmptied,
  personName,
  refuse,
  type Sender,
  telecomOf,
  timeAt,
} from './hl7-types.ts';
import { localId } from './local-key.ts';
import { present } from './present.ts';
import type { RecordChange } from './record-change.ts';

/** The number of the authority that the settings name, and no other: two hospitals count from one. */
const numberOf = (segment: Segment, field: number, { settings }: Sender): Field => {
  const numbers = segment.all(field).filter((one) => one.text(1) !== '' && authorityOf(one) === settings.patient);
  const [first, ...others] = numbers;
  if (first === undefined)
    throw refuse(segment, field, 'there is no number of the authority that the settings name under “patient”');
  if (others.some((other) => other.text(1) !== first.text(1)))
    throw refuse(segment, field, 'there are several numbers of the authority that the settings name under “patient”');
  return first;
};

export const patientId = (segment: Segment, sender: Sender, field = 3): string =>
  localId(numberOf(segment, field, sender).text(1));

const marital = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus';
const knownMarital = 'ADILMPSTUW';

const truths: Readonly<Record<string, boolean>> = { Y: true, N: false };

/** Elements by the fields that they come from. */
const fields: readonly (readonly [element: string, field: number])[] = [
  ['name', 5],
  ['birthDate', 7],
  ['gender', 8],
  ['address', 11],
  ['telecom', 13],
  ['maritalStatus', 16],
  ['deceasedDateTime', 29],
  ['deceasedBoolean', 30],
];

export const makePatient = (pid: Segment, sender: Sender, says: 'part' | 'mention'): RecordChange => {
  const { settings } = sender;
  const identifier = eachOf(pid, 3, (field) => identifierOf(field, settings));
  const [sex, married, died, multiple] = [pid.text(8), pid.text(16), pid.text(30), pid.text(24)];
  const deceasedDateTime = timeAt(pid, 29, settings.zone);
  const isDead = Object.hasOwn(truths, died) ? truths[died] : undefined;
  const order = pid.text(25);
  const language = conceptOf(pid.all(15)[0], settings);
  const maritalStatus = conceptOf(pid.all(16)[0], settings);
  const isKnownMarital = married.length === 1 && knownMarital.includes(married);
  const elements = present({
    identifier: [...identifier],
    name: [...eachOf(pid, 5, personName)],
    telecom: [
      ...eachOf(pid, 13, (field) => telecomOf(field, 'home')),
      ...eachOf(pid, 14, (field) => telecomOf(field, 'work')),
    ],
    gender: sex === '' ? undefined : genderOf(sex),
    birthDate: timeAt(pid, 7, settings.zone)?.slice(0, 10),
    deceasedDateTime,
    deceasedBoolean: deceasedDateTime === undefined ? isDead : undefined,
    address: [...eachOf(pid, 11, addressOf)],
    maritalStatus: isEmptied(pid, 16)
      ? undefined
      : isKnownMarital && codeSystem(pid.text(16, 3)) === undefined
        ? present({ coding: [{ system: marital, code: married }], text: pid.text(16, 2) })
        : maritalStatus,
    multipleBirthInteger: /^[1-9]$/.test(order) ? exactNumber(order) : undefined,
    multipleBirthBoolean: /^[1-9]$/.test(order) || !Object.hasOwn(truths, multiple) ? undefined : truths[multiple],
    communication: language === undefined || isEmptied(pid, 15) ? undefined : [{ language }],
  });
  const emptied = fields.flatMap(([element, field]) => (isEmptied(pid, field) ? [element] : []));
  const choices = ['deceasedDateTime', 'deceasedBoolean', 'multipleBirthInteger', 'multipleBirthBoolean'];
  const replaced = choices.filter((one) =>
    choices.some((other) => other.slice(0, 8) === one.slice(0, 8) && Object.hasOwn(elements, other)),
  );
  return { type: 'Patient', id: patientId(pid, sender), elements, emptied: [...emptied, ...replaced], says };
};

/**
 * The old number stands no longer by itself, and leads to the one that took its place. What was recorded under it stays
 * there: a merge can be a mistake, and nobody's records become another's by a message.
 */
export const mergePatients = (pid: Segment, mrg: Segment, sender: Sender): readonly RecordChange[] => {
  const surviving = makePatient(pid, sender, 'part');
  const id = patientId(mrg, sender, 1);
  if (id === surviving.id) throw refuse(mrg, 1, 'a number cannot be merged into itself');
  const linkTo = (other: string, type: string) => ({ other: { reference: `Patient/${other}` }, type });
  return [
    { ...surviving, added: { link: [linkTo(id, 'replaces')] } },
    {
      type: 'Patient',
      id,
      says: 'part',
      elements: { active: false },
      added: { link: [linkTo(surviving.id, 'replaced-by')] },
      otherwise: present({ identifier: [...eachOf(mrg, 1, (field) => identifierOf(field, sender.settings))] }),
    },
  ];
};
