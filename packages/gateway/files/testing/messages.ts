/** Messages as several kinds of senders write them, of people who do not exist. HL7 v2.5.1 chapters 3 and 7. */

export const settingsText = `
time_zone: Europe/Berlin
patient: HOSP
identifiers:
  HOSP: https://hospital.example/patients
  NHS: https://fhir.nhs.uk/Id/nhs-number
codes:
  99LAB:
    local: https://laboratory.example/codes
    system: http://loinc.org
    map: { GLU: [2345-7, 'Glucose [Mass/volume] in Serum or Plasma'] }
units: { 'mg%': mg/dL }
pass_over: [SIU]
`;

interface AdtOf {
  readonly event?: string;
  readonly id?: string;
  readonly time?: string;
  readonly number?: string;
  readonly pid?: string;
  readonly pv1?: string;
}

/** A registration system of a hospital. */
export const adt = (of: AdtOf = {}): string => {
  const { event = 'A01', id = 'M1', time = '20260301101500', number = '0047113' } = of;
  const visit = number === '0047113' ? 'V77' : `V-${number}`;
  return [
    `MSH|^~\\&|ADMIT|HOSP|AFFINITY|HOSP|${time}||ADT^${event}|${id}|P|2.5|||||DEU|UNICODE UTF-8`,
    `EVN|${event}|${time}`,
    of.pid ??
      `PID|1||${number}^^^HOSP^MR~9434765919^^^NHS^NH||Müller^Anna^Maria^^Dr.^^L||19640229|F|||Lindenstr. 1^^Bremen^HB^28195^DE^H||0421 555^PRN^PH|||M`,
    of.pv1 ??
      `PV1|1|I|W3^12^A||||5501^Weiß^Paul^^^Dr.|||||||E|||||${visit}^^^HOSP|||||||||||||||||||||||||20260301100000`,
  ].join('\r');
};

interface OruOf {
  readonly id?: string;
  readonly time?: string;
  readonly number?: string;
  readonly order?: string;
  readonly status?: string;
  readonly obx?: readonly string[];
}
/** A laboratory. */
export const oru = (of: OruOf = {}): string => {
  const { id = 'L1', time = '20260302080000', number = '0047113', order = '2026-0815', status = 'F' } = of;
  return [
    `MSH|^~\\&|LAB|CENTRAL|AFFINITY|HOSP|${time}||ORU^R01^ORU_R01|${id}|P|2.5.1`,
    `PID|1||${number}^^^HOSP^MR||MUELLER^ANNA||19640229|F`,
    'PV1|1|I|||||||||||||||||V77^^^HOSP',
    `ORC|RE|A100^ORDERS|${order}^LAB`,
    `OBR|1|A100^ORDERS|${order}^LAB|CHEM^Clinical chemistry^99LAB|||20260302070000|||||||||||||||20260302080000||LAB|${status}`,
    ...(of.obx ?? [
      'OBX|1|NM|GLU^Glucose^99LAB||105.0|mg/dL^^UCUM|70-99|H|||F',
      'NTE|1|L|fasting \\T\\ rested',
      'OBX|2|SN|2951-2^Sodium^LN||<^136|mmol/L^^UCUM|136-145|L|||F',
    ]),
  ].join('\r');
};
