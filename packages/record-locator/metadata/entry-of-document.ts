/** An entry from what a document says of itself, with the document within it, as it would be published by itself. IHE MHD ITI-106. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';

/** What a document says of itself; what it leaves out the entry leaves out. */
export interface DocumentMetadata {
  readonly uniqueId: ExactObject;
  /** identifiers of the patient, of which the first counts */
  readonly patient: ExactObject;
  readonly type?: ExactObject;
  readonly category?: ExactObject;
  readonly title?: string;
  readonly created?: string;
  readonly language?: string;
  readonly confidentiality?: ExactObject;
  readonly period?: ExactObject;
  readonly authors: readonly ExactObject[];
}

const given = (name: string, value: ExactObject | ExactObject[] | string | undefined): ExactObject =>
  value === undefined || (Array.isArray(value) && value.length === 0) ? {} : { [name]: value };

export const entryOfDocument = (metadata: DocumentMetadata, contentType: string, data: string): ExactObject => {
  const { uniqueId, patient, type, category, title, created, language, confidentiality, period, authors } = metadata;
  const contained = authors.map(
    (name, at): ExactObject => ({
      resourceType: 'Practitioner',
      id: `author-${at}`,
      name: [name],
    }),
  );
  return {
    resourceType: 'DocumentReference',
    ...given('contained', contained),
    masterIdentifier: uniqueId,
    status: 'current',
    ...given('type', type),
    ...given('category', category === undefined ? undefined : [category]),
    subject: { identifier: patient },
    ...given(
      'author',
      contained.map(({ id }): ExactObject => ({ reference: `#${String(id)}` })),
    ),
    ...given('description', title),
    ...given('securityLabel', confidentiality === undefined ? undefined : [{ coding: [confidentiality] }]),
    content: [
      {
        attachment: {
          contentType,
          ...given('language', language),
          data,
          ...given('title', title),
          ...given('creation', created),
        },
      },
    ],
    ...given('context', period === undefined ? undefined : { period }),
  };
};
