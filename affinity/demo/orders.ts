/** Orders of counselling and of imaging (US Core 6.1.0 ServiceRequest). */
import { addDays, instantOf } from './calendar.ts';
import type { Chart } from './chart.ts';
import { type Confidentiality, metaOf } from './confidentiality.ts';
import { type CodeableConcept, type Reference, snomed } from './datatypes.ts';
import type { Practitioner } from './practitioners.ts';

export const counselling = snomed('409063005', 'Counselling');
export const imaging = snomed('363679005', 'Imaging');

export interface Order {
  readonly code: CodeableConcept;
  readonly category: CodeableConcept;
  readonly date: string;
  readonly requester: Practitioner;
  readonly reason?: CodeableConcept | undefined;
  readonly problem?: Reference | undefined;
  readonly confidentiality?: Confidentiality | undefined;
}

/** Adds an order that was carried out. */
export function addOrder(chart: Chart, order: Order): Reference {
  return chart.add({
    resourceType: 'ServiceRequest',
    id: chart.id('order', order.date),
    meta: metaOf('us-core-servicerequest', order.confidentiality),
    status: 'completed',
    intent: 'order',
    category: [order.category],
    code: order.code,
    subject: chart.subject,
    occurrencePeriod: { start: order.date, end: addDays(order.date, 30) },
    authoredOn: instantOf(order.date, 690),
    requester: order.requester.reference,
    ...(order.reason ? { reasonCode: [order.reason] } : {}),
    ...(order.problem ? { reasonReference: [order.problem] } : {}),
  });
}
