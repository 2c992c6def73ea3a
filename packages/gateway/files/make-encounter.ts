/** PV1 as an Encounter. HL7 v2-to-FHIR Implementation Guide, segment map PV1; HL7 v2.5.1 3.4.3. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { encounterClass } from './hl7-codes.ts';
import type { Segment } from './hl7-message.ts';
import { authorityOf, conceptOf, identifierOf, isEmptied, practitionerOf, type Sender, timeAt } from './hl7-types.ts';
import { localId } from './local-key.ts';
import { present, presentOrNone, some } from './present.ts';
import type { RecordChange } from './record-change.ts';

/** What an event of ADT says of the visit. */
const statuses: Readonly<Record<string, string>> = {
  A01: 'in-progress',
  A02: 'in-progress',
  A03: 'finished',
  A04: 'in-progress',
  A05: 'planned',
  A11: 'cancelled',
  A13: 'in-progress',
};

/** Undefined: no visit is named. */
export const encounterId = (pv1: Segment, sender: Sender): string | undefined => {
  const [visit] = pv1.all(19);
  const number = visit?.text(1) ?? '';
  return visit === undefined || number === '' ? undefined : localId(authorityOf(visit) || sender.name, number);
};

/** Ward, room, bed. */
const placeOf = (pv1: Segment): string =>
  [pv1.text(3, 1), pv1.text(3, 2), pv1.text(3, 3)].filter((one) => one !== '').join(' · ');

const roles: readonly (readonly [field: number, code: string])[] = [
  [7, 'ATND'],
  [8, 'REF'],
  [9, 'CON'],
  [17, 'ADM'],
];
const roleSystem = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';

export interface Visit {
  readonly reference: ExactObject;
  /** the Encounter, and who takes part in it */
  readonly changes: readonly RecordChange[];
}

/** `event`: of ADT; absent: the visit is only spoken of. */
export const makeEncounter = (
  pv1: Segment | undefined,
  patient: string,
  sender: Sender,
  event?: string,
): Visit | undefined => {
  const id = pv1 === undefined ? undefined : encounterId(pv1, sender);
  if (pv1 === undefined || id === undefined) return undefined;
  const { settings } = sender;
  const [start, end] = [timeAt(pv1, 44, settings.zone), timeAt(pv1, 45, settings.zone)];
  const people = roles.flatMap(([field, code]) =>
    pv1.all(field).flatMap((one) => {
      const made = practitionerOf(one, sender);
      return made === undefined ? [] : [{ ...made, code }];
    }),
  );
  const place = placeOf(pv1);
  const status = event === undefined ? undefined : statuses[event];
  const isBack = event === 'A13';
  const [visit] = pv1.all(19);
  const elements = present({
    identifier: some([visit && identifierOf(visit, settings)]),
    status,
    class: pv1.text(2) === '' ? undefined : { ...encounterClass(pv1.text(2)) },
    subject: { reference: `Patient/${patient}` },
    participant: people.map(({ reference, code }) => ({
      type: [{ coding: [{ system: roleSystem, code }] }],
      individual: reference,
    })),
    period: presentOrNone({ start, end: isBack ? undefined : end }),
    hospitalization: presentOrNone({
      admitSource: conceptOf(pv1.all(14)[0], settings),
      dischargeDisposition: isBack ? undefined : conceptOf(pv1.all(36)[0], settings),
    }),
    location: place === '' ? undefined : [{ location: { display: place } }],
  });
  const known = end !== undefined ? 'finished' : start !== undefined ? 'in-progress' : 'unknown';
  const encounter: RecordChange = {
    type: 'Encounter',
    id,
    elements,
    emptied: [
      ...(isBack ? ['period.end', 'hospitalization.dischargeDisposition'] : []),
      ...(isEmptied(pv1, 44) ? ['period.start'] : []),
      ...(isEmptied(pv1, 45) ? ['period.end'] : []),
    ],
    otherwise: { status: known, class: { ...encounterClass(pv1.text(2)) } },
    says: event === undefined ? 'mention' : 'part',
  };
  return {
    reference: { reference: `Encounter/${id}` },
    changes: [encounter, ...people.flatMap(({ change }) => change ?? [])],
  };
};
