/**
 * An entry with its document: the Binary gets an address at the locator, the entry says it and what the document is, and the
 * Binary hangs on the entry. FHIR R4 binary.html#security; IHE MHD ITI-65 §2:3.65.4.1.2.1.
 */
import { type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { bytesOf, describing } from './attachment.ts';
import { textAt } from './json-reading.ts';
import { labelsFor, stamped } from './source.ts';

export interface Publishing {
  /** of the locator, without trailing slash */
  readonly base: string;
  readonly source: string;
}

/** The parts of an entry with the one attachment in it changed. */
const withAttachment = (entry: ExactObject, attachment: ExactObject): ExactObject => {
  const [content] = Array.isArray(entry.content) ? entry.content : [];
  return { ...entry, content: [{ ...(isExactObject(content) ? content : {}), attachment }] };
};

export const attachmentOf = (entry: ExactObject): ExactObject | undefined => {
  const [content, ...others] = Array.isArray(entry.content) ? entry.content : [];
  const attachment = isExactObject(content) ? content.attachment : undefined;
  return others.length === 0 && isExactObject(attachment) ? attachment : undefined;
};

export interface Published {
  readonly entry: ExactObject;
  readonly binary: ExactObject;
}

/** @param ids those that the two will have */
export const publishedWith = (
  entry: ExactObject,
  binary: ExactObject,
  ids: { readonly entry: string; readonly binary: string },
  { base, source }: Publishing,
): Published | FhirError => {
  const attachment = attachmentOf(entry);
  const document = bytesOf(textAt(binary, 'data'));
  if (attachment === undefined || document === undefined)
    return fhirError(
      422,
      'required',
      'an entry has one attachment, and its Binary has data',
      'DocumentReference.content',
    );
  if (textAt(attachment, 'contentType') !== textAt(binary, 'contentType'))
    return fhirError(
      422,
      'value',
      'the entry and its Binary name two media types',
      'DocumentReference.content.attachment.contentType',
    );
  const described = describing(attachment, document, `${base}/Binary/${ids.binary}`);
  if (described instanceof FhirError) return described;
  return {
    entry: withAttachment(entry, described),
    binary: {
      ...stamped(binary, source, labelsFor(entry)),
      securityContext: { reference: `DocumentReference/${ids.entry}` },
    },
  };
};
