/** `DocumentReference/$generate-metadata`: a document is sent, and published with what it says of itself. IHE MHD ITI-106. */
import { type ExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { OwnOperation } from '@affinity/resource-server/own-operation.ts';
import { bytesOf } from '../attachment.ts';
import { objectsAt, textAt } from '../json-reading.ts';
import { metadataOfClinicalDocument } from './clinical-document.ts';
import { entryOfDocument } from './entry-of-document.ts';
import { metadataOfBundle } from './fhir-document.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const entryFrom = (document: ExactObject | undefined): ExactObject | FhirError => {
  if (document?.resourceType === 'Bundle') {
    const metadata = metadataOfBundle(document);
    return metadata instanceof FhirError
      ? metadata
      : entryOfDocument(metadata, 'application/fhir+json', base64(printExact(document)));
  }
  const data = textAt(document, 'data');
  const bytes = bytesOf(data);
  if (document?.resourceType !== 'Binary' || data === undefined || bytes === undefined)
    return fhirError(400, 'required', 'the parameter document is a Binary or a Bundle', 'Parameters.parameter');
  const metadata = metadataOfClinicalDocument(bytes.toString('utf8'));
  return metadata instanceof FhirError
    ? metadata
    : entryOfDocument(metadata, textAt(document, 'contentType') ?? 'text/xml', data);
};

export const generateMetadata: OwnOperation = {
  name: 'generate-metadata',
  on: 'type',
  types: ['DocumentReference'],
  methods: ['POST'],
  definition: 'https://profiles.ihe.net/ITI/MHD/OperationDefinition/generate-metadata',
  affectsState: true,
  needs: () => [{ kind: 'create', type: 'DocumentReference' }],
  creates: {
    type: 'DocumentReference',
    content: (json) => {
      const named = objectsAt(parseExact(json), 'parameter').filter(({ name }) => name === 'document');
      const entry = entryFrom(objectsAt(named[0], 'resource')[0]);
      return entry instanceof FhirError ? entry : printExact(entry);
    },
  },
  perform: async () => ({ kind: 'refused', error: fhirError(400, 'not-supported', 'this is not possible here') }),
};
