/** Why records are asked for, as codes of v3-ActReason, and the claim that carries them. IHE IUA 3.71.4.2.2.1.1; IHE PCF. */

export const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

/** Breaking the glass: a declared emergency. */
export const emergency = 'BTG';

/** HL7's value set v3-PurposeOfUse. */
export const purposesOfUse: readonly string[] = (
  'HMARKT HOPERAT CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN ' +
  'LABELING METAMGT MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV HTEST TRAIN HPAYMT CLMATTCH COVAUTH ' +
  'COVERAGE ELIGDTRM ELIGVER ENROLLM MILDCRG REMITADV HRESCH BIORCH CLINTRCH CLINTRCHNPC CLINTRCHPC PRECLINTRCH ' +
  'DSRCH POARCH TRANSRCH PATRQT FAMRQT PWATRNY SUPNWK PUBHLTH DISASTER THREAT TREAT CLINTRL COC ETREAT BTG ERTREAT POPHLTH'
).split(' ');

/** The purposes of patients and of those who act for them; every other is a practitioner's or a service's. */
export const personalPurposes: ReadonlySet<string> = new Set(['PATRQT', 'FAMRQT', 'PWATRNY', 'SUPNWK']);

export interface PurposeClaim {
  readonly ihe_iua: { readonly purpose_of_use: readonly { readonly system: string; readonly code: string }[] };
}

export const purposeClaim = (codes: readonly string[]): PurposeClaim => ({
  ihe_iua: { purpose_of_use: codes.map((code) => ({ system: actReason, code })) },
});

const maxPurposes = 20;

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The codes in a claim `extensions`, each once; none where it says nothing of a purpose. A purpose of another system is
 * none of ours. Undefined where it is malformed: a claim that is not understood could be one that narrows.
 */
export const readPurposeClaim = (extensions: unknown): readonly string[] | undefined => {
  if (extensions === undefined) return [];
  if (!isObject(extensions)) return undefined;
  const { ihe_iua: iua } = extensions;
  if (iua === undefined) return [];
  if (!isObject(iua)) return undefined;
  const { purpose_of_use: given } = iua;
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > maxPurposes) return undefined;
  const codes = new Set<string>();
  for (const one of given as readonly unknown[]) {
    if (!isObject(one)) return undefined;
    const { system, code } = one;
    if (typeof system !== 'string' || typeof code !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(code)) return undefined;
    if (system === actReason) codes.add(code);
  }
  return [...codes];
};

/** The parameter `purpose_of_use`: codes separated by one space, each once. */
export const parsePurposes = (
  text: string,
): { readonly kind: 'purposes'; readonly codes: readonly string[] } | { readonly kind: 'fault'; reason: string } => {
  const codes = text.split(' ');
  if (!codes.every((code) => purposesOfUse.includes(code)))
    return { kind: 'fault', reason: 'purpose_of_use holds something that is no purpose of v3-ActReason' };
  if (new Set(codes).size < codes.length) return { kind: 'fault', reason: 'purpose_of_use holds a code twice' };
  if (codes.includes(emergency) && codes.length > 1)
    return { kind: 'fault', reason: `purpose_of_use=${emergency} stands alone` };
  return { kind: 'purposes', codes };
};
