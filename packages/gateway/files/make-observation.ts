/** OBX as an Observation. HL7 v2-to-FHIR Implementation Guide, segment map OBX; HL7 v2.5.1 7.4.2. */
import type { Exact, ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { isInterpretation, observationStatus } from './hl7-codes.ts';
import type { Field, Segment } from './hl7-message.ts';
import { instantOf } from './hl7-time.ts';
import { conceptOf, practitionerOf, refuse, type Sender, timeAt } from './hl7-types.ts';
import { present, some } from './present.ts';
import type { RecordChange } from './record-change.ts';
import { referenceRange, resultValue } from './result-value.ts';

/** What the results of a report have in common. */
export interface ReportAround {
  readonly subject: ExactObject;
  readonly encounter?: ExactObject;
  readonly category?: ExactObject;
  readonly effective?: string;
  readonly issued?: string;
}

const flagSystem = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
const interpretationOf = (field: Field): ExactObject | undefined => {
  const [code, text] = [field.text(1), field.text(2)];
  if (isInterpretation(code)) return present({ coding: [{ system: flagSystem, code }], text });
  return code === '' && text === '' ? undefined : { text: text || code };
};

/** Lines of a text that stands in several segments are one value. */
const joined = (values: readonly ExactObject[]): ExactObject => {
  const [first = {}] = values;
  const texts = values.flatMap(({ valueString }) => (typeof valueString === 'string' ? [valueString] : []));
  return texts.length > 1 ? { ...first, valueString: texts.join('\n') } : first;
};

export interface Result {
  /** the segment, and those that go on with its text */
  readonly segments: readonly [Segment, ...Segment[]];
  readonly id: string;
  readonly notes: readonly string[];
}

export const makeObservation = (
  { segments, id, notes }: Result,
  around: ReportAround,
  sender: Sender,
): { readonly observation: RecordChange; readonly people: readonly RecordChange[] } => {
  const [obx] = segments;
  const { settings } = sender;
  const status = observationStatus(obx.text(11));
  if (status === undefined) throw refuse(obx, 11, 'there is no such status of a result');
  const code = conceptOf(obx.all(3)[0], settings);
  if (code === undefined) throw refuse(obx, 3, 'it does not say what was observed');
  const value = joined(segments.map((segment) => resultValue(segment, sender, code)));
  const hasValue = Object.keys(value).length > 0;
  const performers = obx.all(16).flatMap((field) => practitionerOf(field, sender) ?? []);
  const unknown: Exact = {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }],
  };
  const elements = present({
    status,
    category: some([around.category]),
    code,
    subject: around.subject,
    encounter: around.encounter,
    effectiveDateTime: timeAt(obx, 14, settings.zone) ?? around.effective,
    issued: timeAt(obx, 19, settings.zone, instantOf) ?? around.issued,
    performer: performers.map(({ reference }) => reference),
    ...value,
    dataAbsentReason: hasValue ? undefined : unknown,
    interpretation: some(obx.all(8).map(interpretationOf)),
    note: notes.map((text) => ({ text })),
    method: conceptOf(obx.all(17)[0], settings),
    referenceRange: some([referenceRange(obx, sender)]),
  });
  return {
    observation: { type: 'Observation', id, elements, says: 'whole' },
    people: performers.flatMap(({ change }) => change ?? []),
  };
};
