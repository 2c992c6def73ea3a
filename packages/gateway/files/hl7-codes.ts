/** Tables of HL7 v2 as FHIR's codes. HL7 v2-to-FHIR Implementation Guide, concept maps; FHIR R4 terminologies-systems.html. */

type Table = Readonly<Record<string, string>>;
const look = (table: Table, code: string): string | undefined => (Object.hasOwn(table, code) ? table[code] : undefined);

/** Table 0001. Others are said to be unknown, as FHIR must have one of four. */
const sexes: Table = { M: 'male', F: 'female', O: 'other', A: 'other', U: 'unknown', N: 'unknown' };
export const genderOf = (code: string): string => look(sexes, code.toUpperCase()) ?? 'unknown';

/** Table 0085, of OBX-11. */
const resultStatuses: Table = {
  F: 'final',
  U: 'final',
  C: 'corrected',
  A: 'amended',
  B: 'amended',
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  I: 'registered',
  O: 'registered',
  N: 'cancelled',
  X: 'cancelled',
  D: 'entered-in-error',
  W: 'entered-in-error',
};
export const observationStatus = (code: string): string | undefined => look(resultStatuses, code);

/** Table 0123, of OBR-25. */
const reportStatuses: Table = {
  O: 'registered',
  I: 'registered',
  S: 'registered',
  A: 'partial',
  R: 'preliminary',
  P: 'preliminary',
  F: 'final',
  C: 'corrected',
  M: 'amended',
  X: 'cancelled',
  Y: 'unknown',
  Z: 'unknown',
};
export const reportStatus = (code: string): string | undefined => look(reportStatuses, code);

/** Table 0004. */
const classes: Table = { I: 'IMP', O: 'AMB', E: 'EMER', P: 'PRENC' };
export const encounterClass = (code: string): { readonly system: string; readonly code: string } => {
  const known = look(classes, code);
  return known === undefined
    ? { system: 'http://terminology.hl7.org/CodeSystem/v2-0004', code: code === '' ? 'U' : code }
    : { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: known };
};

/** Table 0078, as far as the codes of FHIR's own system have the same name. */
const interpretations = 'L H LL HH HU LU N A AA S R I MS VS POS NEG DET ND IND < > B W U D'.split(' ');
export const isInterpretation = (code: string): boolean => interpretations.includes(code);

/** Table 0200, as far as FHIR has the use. */
const nameUses: Table = { L: 'official', D: 'usual', M: 'maiden', N: 'nickname', S: 'anonymous', T: 'temp' };
export const nameUse = (code: string): string | undefined => look(nameUses, code);

/** Table 0190. */
const addressUses: Table = { H: 'home', B: 'work', O: 'work', C: 'temp', BA: 'old' };
export const addressUse = (code: string): string | undefined => look(addressUses, code);

/** Table 0201, and 0202 for what is no telephone. */
const telecomUses: Table = { PRN: 'home', ORN: 'home', VHN: 'home', WPN: 'work', PRS: 'mobile' };
export const telecomUse = (code: string): string | undefined => look(telecomUses, code);
const telecomSystems: Table = { PH: 'phone', CP: 'phone', FX: 'fax', BP: 'pager', Internet: 'email', 'X.400': 'email' };
export const telecomSystem = (code: string): string | undefined => look(telecomSystems, code);

/** Table 0396, as senders write it. `HL70078` is a table of HL7. */
const systems: Table = {
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNM: 'http://snomed.info/sct',
  UCUM: 'http://unitsofmeasure.org',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  I10C: 'http://hl7.org/fhir/sid/icd-10-cm',
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  CVX: 'http://hl7.org/fhir/sid/cvx',
  NDC: 'http://hl7.org/fhir/sid/ndc',
  RXNORM: 'http://www.nlm.nih.gov/research/umls/rxnorm',
};
export const codeSystem = (name: string): string | undefined => {
  const [, table] = /^HL7(\d{4})$/.exec(name) ?? [];
  return table === undefined ? look(systems, name) : `http://terminology.hl7.org/CodeSystem/v2-${table}`;
};

/** Table 0074: sections of a laboratory, and what is made of pictures. */
const laboratory = 'LAB CH HM MB MCB MYC VR SR BLB TX IMM SP CP PAT GE CG'.split(' ');
const imaging = 'RAD CT NMR RUS XRC NMS RX VUS OUS CUS MRI'.split(' ');
export const observationCategory = (section: string): string | undefined =>
  laboratory.includes(section) ? 'laboratory' : imaging.includes(section) ? 'imaging' : undefined;
