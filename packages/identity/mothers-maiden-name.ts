/** The search parameter that PDQm adds to those of HL7. IHE PDQm ITI-78 §2:3.78.4.1.2.1. */
export const mothersMaidenName = {
  resourceType: 'SearchParameter',
  id: 'pdqm-mothers-maiden-name',
  url: 'https://profiles.ihe.net/ITI/PDQm/SearchParameter/IHE.PDQm.mothersMaidenName',
  name: 'MothersMaidenName',
  status: 'active',
  description: "Find patients by their mother's maiden name.",
  code: 'mothersMaidenName',
  base: ['Patient'],
  type: 'string',
  expression:
    "Patient.extension.where(url = 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName').value",
} as const;
