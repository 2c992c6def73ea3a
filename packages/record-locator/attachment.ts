/** The document that an entry speaks of: its size and its SHA-1 are those of the bytes. FHIR R4 datatypes.html#Attachment; IHE MHD ITI-65, ITI-68. */
import { createHash } from 'node:crypto';
import { type ExactObject, exactNumber, isExactNumber, numberText } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { textAt } from './json-reading.ts';

/** SHA-1 as FHIR has it: it recognises a document, and protects nothing. */
export const hashOf = (document: Buffer): string => createHash('sha1').update(document).digest('base64');

/** The bytes of a Binary; undefined where it holds none that can be read. */
export const bytesOf = (base64: string | undefined): Buffer | undefined =>
  base64 === undefined || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64) ? undefined : Buffer.from(base64, 'base64');

const at = 'DocumentReference.content.attachment';

/** The attachment with the address, size and hash of a document; what it said of them before must be true. */
export const describing = (attachment: ExactObject, document: Buffer, url: string): ExactObject | FhirError => {
  const { data: _, ...rest } = attachment;
  const { hash = hashOf(document), size } = rest;
  if (hash !== hashOf(document))
    return fhirError(422, 'value', 'the hash is not the SHA-1 of the document, in base64', `${at}.hash`);
  if (size !== undefined && !(isExactNumber(size) && Number(numberText(size)) === document.length))
    return fhirError(422, 'value', 'the size is not the number of bytes of the document', `${at}.size`);
  const counted = exactNumber(String(document.length));
  return { ...rest, url, hash, ...(counted === undefined ? {} : { size: counted }) };
};

interface Attached {
  readonly url?: unknown;
  readonly hash?: unknown;
}
const attachmentsOf = ({ content }: Resource): readonly Attached[] =>
  (Array.isArray(content) ? content : []).flatMap(({ attachment }) =>
    typeof attachment === 'object' && attachment !== null ? [attachment as Attached] : [],
  );

/**
 * Why a document is not given out that its entry may be read of: one that was replaced or withdrawn is gone, and one whose bytes
 * are not those of which the entry speaks is none of it.
 */
export const documentFault =
  (base: string) =>
  (binary: Resource, entry: Resource): FhirError | undefined => {
    if (entry.resourceType !== 'DocumentReference') return undefined;
    if (entry.status !== 'current') return fhirError(410, 'deleted', 'the document was replaced or withdrawn');
    const attached = attachmentsOf(entry).find(({ url }) => url === `${base}/Binary/${binary.id}`);
    if (attached === undefined) return fhirError(404, 'not-found', 'there is no such resource');
    const document = bytesOf(textAt(binary as ExactObject, 'data'));
    return document !== undefined && attached.hash === hashOf(document)
      ? undefined
      : fhirError(410, 'processing', 'the document is not the one that its entry speaks of');
  };
