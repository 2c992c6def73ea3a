/** What a clinical document (CDA R2) says of itself in its header. IHE PCC TF-2 4.1; HL7 CDA R2. */
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { type FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { readTree, type XmlElement } from '@affinity/resource-server/xml/tree.ts';
import type { DocumentMetadata } from './entry-of-document.ts';

const deepest = 64;

const at = (element: XmlElement, path: string): readonly XmlElement[] =>
  path
    .split('/')
    .reduce<readonly XmlElement[]>(
      (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
      [element],
    );

/** Code systems that FHIR has a URL for; others are named by their OID. */
const systems: Readonly<Record<string, string>> = {
  '2.16.840.1.113883.6.1': 'http://loinc.org',
  '2.16.840.1.113883.6.96': 'http://snomed.info/sct',
  '2.16.840.1.113883.5.25': 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
};

const codingOf = (element: XmlElement | undefined): ExactObject | undefined => {
  const [code, system = '', display] = ['code', 'codeSystem', 'displayName'].map((name) =>
    element?.attributes.get(name),
  );
  if (code === undefined) return undefined;
  return { system: systems[system] ?? `urn:oid:${system}`, code, ...(display === undefined ? {} : { display }) };
};

/** An instance identifier: a root alone, or an extension under it (ITI TF-2x Appendix E). */
const identifierOf = (element: XmlElement | undefined): ExactObject | undefined => {
  const root = element?.attributes.get('root');
  const extension = element?.attributes.get('extension');
  if (root === undefined) return undefined;
  const urn = /^[0-9.]+$/.test(root) ? `urn:oid:${root}` : `urn:uuid:${root.toLowerCase()}`;
  return extension === undefined ? { system: 'urn:ietf:rfc:3986', value: urn } : { system: urn, value: extension };
};

/** HL7 version 3 TS as FHIR has it, as far as it is precise: 20261128103000+0100. A time without a zone is left out. */
const dateTimeOf = (value: string | undefined): string | undefined => {
  const [, year, month, day, hour, minute, second = '00', zone] =
    /^(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?(?:\.\d+)?)?([+-]\d{4})?$/.exec(value ?? '') ?? [];
  const date = [year, month, day].filter((part) => part !== undefined).join('-');
  if (date === '') return undefined;
  return hour === undefined || zone === undefined
    ? date
    : `${date}T${hour}:${minute}:${second}${zone.slice(0, 3)}:${zone.slice(3)}`;
};

const nameOf = (element: XmlElement): ExactObject => {
  const texts = (name: string): string[] => at(element, name).map(({ text }) => text.trim());
  const [family] = texts('family');
  const given = texts('given');
  return {
    ...(family === undefined ? { text: element.text.trim() } : { family }),
    ...(given.length === 0 ? {} : { given }),
  };
};

export const metadataOfClinicalDocument = (xml: string): DocumentMetadata | FhirError => {
  const tree = readTree(xml, deepest);
  if (tree.kind === 'fault' || tree.root.name !== 'ClinicalDocument' || tree.root.namespace !== 'urn:hl7-org:v3')
    return fhirError(422, 'structure', 'a document in XML is a ClinicalDocument of CDA', 'Binary.data');
  const { root } = tree;
  const first = (path: string): XmlElement | undefined => at(root, path)[0];
  const uniqueId = identifierOf(first('id'));
  const patient = identifierOf(first('recordTarget/patientRole/id'));
  if (uniqueId === undefined || patient === undefined)
    return fhirError(422, 'required', 'the header has the id of the document and one of the patient', 'Binary.data');
  const type = codingOf(first('code'));
  const confidentiality = codingOf(first('confidentialityCode'));
  const created = dateTimeOf(first('effectiveTime')?.attributes.get('value'));
  const language = first('languageCode')?.attributes.get('code');
  const title = first('title')?.text.trim();
  return {
    uniqueId,
    patient,
    authors: at(root, 'author/assignedAuthor/assignedPerson/name').map(nameOf),
    ...(type === undefined ? {} : { type: { coding: [type] } }),
    ...(confidentiality === undefined ? {} : { confidentiality }),
    ...(created === undefined ? {} : { created }),
    ...(language === undefined ? {} : { language }),
    ...(title === undefined || title === '' ? {} : { title }),
  };
};
