/** Why an app asks, in plain words: the codes of HL7's value set v3-PurposeOfUse. */

const purposes: Readonly<Record<string, string>> = {
  TREAT: 'treatment',
  ETREAT: 'emergency treatment',
  ERTREAT: 'treatment in the emergency room',
  CAREMGT: 'managing care',
  COC: 'coordinating care',
  CLINTRL: 'treatment within a clinical trial',
  POPHLTH: 'the health of a population',
  PUBHLTH: 'public health',
  DISASTER: 'help in a disaster',
  THREAT: 'averting a threat to somebody',
  HPAYMT: 'payment',
  CLMATTCH: 'papers for a claim',
  COVAUTH: 'approval of coverage',
  COVERAGE: 'coverage',
  ELIGDTRM: 'finding out what is covered',
  ELIGVER: 'checking what is covered',
  ENROLLM: 'enrolment with an insurer',
  REMITADV: 'payment advice',
  HOPERAT: 'running health services',
  PATADMIN: 'patient administration',
  RECORDMGT: 'keeping records',
  HQUALIMP: 'improving quality',
  HOUTCOMS: 'measuring outcomes',
  PATSFTY: 'patient safety',
  PERFMSR: 'measuring performance',
  HACCRED: 'accreditation',
  HCOMPL: 'compliance with rules',
  HLEGAL: 'legal matters',
  HDIRECT: 'directories',
  HMARKT: 'marketing',
  FRAUD: 'finding fraud',
  GOV: 'government business',
  DONAT: 'organ donation',
  HTEST: 'testing of systems',
  TRAIN: 'teaching',
  HRESCH: 'research',
  CLINTRCH: 'research in clinical trials',
  BIORCH: 'research on samples and devices',
  DSRCH: 'research on diseases',
  POARCH: 'research on populations and origins',
  PATRQT: 'a wish of the patient',
  FAMRQT: 'a wish of the family',
  PWATRNY: 'somebody with power of attorney',
  SUPNWK: 'people who support the patient',
};

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** A code without words here is named as it is: it is better asked about than guessed. */
export const namePurposes = (codes: readonly string[]): string =>
  list.format(
    codes.map((code) => (Object.hasOwn(purposes, code) ? (purposes[code] ?? code) : `the purpose “${code}”`)),
  );
