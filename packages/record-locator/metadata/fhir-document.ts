/** What a FHIR document says of itself: the Composition at its head, and whom that names. FHIR R4 documents.html, composition.html. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { objectsAt, textAt, textsAt } from '../json-reading.ts';
import type { DocumentMetadata } from './entry-of-document.ts';

const confidentialitySystem = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

export const metadataOfBundle = (bundle: ExactObject): DocumentMetadata | FhirError => {
  const lacking = (what: string, at: string): FhirError => fhirError(422, 'required', what, at);
  const entries = objectsAt(bundle, 'entry');
  const [head] = objectsAt(entries[0], 'resource');
  if (bundle.type !== 'document' || head?.resourceType !== 'Composition')
    return lacking('a document is a Bundle of type document that begins with a Composition', 'Bundle.entry');
  /** By its fullUrl, or by type and id as that ends. */
  const named = (reference: string | undefined): ExactObject | undefined => {
    const entry = entries.find(({ fullUrl }) => {
      const url = typeof fullUrl === 'string' ? fullUrl : '';
      return reference !== undefined && (url === reference || url.endsWith(`/${reference}`));
    });
    return objectsAt(entry, 'resource')[0];
  };
  const patient = named(textAt(head, 'subject.reference'));
  const [identifier] = [...objectsAt(head, 'subject.identifier'), ...objectsAt(patient, 'identifier')];
  const [uniqueId] = objectsAt(bundle, 'identifier');
  if (identifier === undefined)
    return lacking('the document does not say by any identifier whom it is of', 'Composition.subject');
  if (uniqueId === undefined) return lacking('the document has no identifier', 'Bundle.identifier');
  const [type] = objectsAt(head, 'type');
  const [category] = objectsAt(head, 'category');
  const [period] = objectsAt(head, 'event.period');
  const code = textAt(head, 'confidentiality');
  const [title, created, language] = ['title', 'date', 'language'].map((name) => textAt(head, name));
  const authors = textsAt(head, 'author.reference').flatMap((reference) => {
    const author = named(reference);
    return author?.resourceType === 'Practitioner' ? objectsAt(author, 'name').slice(0, 1) : [];
  });
  return {
    uniqueId,
    patient: identifier,
    authors,
    ...(type === undefined ? {} : { type }),
    ...(category === undefined ? {} : { category }),
    ...(period === undefined ? {} : { period }),
    ...(title === undefined ? {} : { title }),
    ...(created === undefined ? {} : { created }),
    ...(language === undefined ? {} : { language }),
    ...(code === undefined ? {} : { confidentiality: { system: confidentialitySystem, code } }),
  };
};
