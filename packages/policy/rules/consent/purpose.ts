/** Purposes of use and what they are kinds of. HL7 v3-ActReason, PurposeOfUse; IUA `purpose_of_use`. */
import type { Coding } from '@affinity/core/fhir/resource.ts';

const systems: ReadonlySet<string | undefined> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  'http://hl7.org/fhir/v3/ActReason',
  'urn:oid:2.16.840.1.113883.5.8',
]);

const kinds: Readonly<Record<string, string>> = {
  PurposeOfUse: 'HMARKT HOPERAT HPAYMT HRESCH PATRQT PUBHLTH TREAT',
  HOPERAT: `CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN LABELING
    METAMGT MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN`,
  SYSDEV: 'HTEST',
  HPAYMT: 'CLMATTCH COVAUTH COVERAGE',
  COVERAGE: 'ELIGDTRM ELIGVER ENROLLM MILDCRG REMITADV',
  HRESCH: 'BIORCH CLINTRCH DSRCH POARCH TRANSRCH',
  CLINTRCH: 'CLINTRCHNPC CLINTRCHPC PRECLINTRCH',
  PATRQT: 'FAMRQT PWATRNY SUPNWK',
  PUBHLTH: 'DISASTER THREAT',
  TREAT: 'CLINTRL COC ETREAT POPHLTH',
  ETREAT: 'BTG ERTREAT',
};
const kindOf: ReadonlyMap<string, string> = new Map(
  Object.entries(kinds).flatMap(([general, special]) => special.split(/\s+/).map((code) => [code, general] as const)),
);

const known: ReadonlySet<string | undefined> = new Set([...Object.keys(kinds), ...kindOf.keys()]);

/** It is one of HL7's: of any other it is not known what it is a kind of. */
export const isKnownPurpose = ({ system, code }: Coding): boolean => systems.has(system) && known.has(code);

/** The code is the general one or a kind of it. */
const isKindOf = (code: string, general: string): boolean => {
  for (let one: string | undefined = code; one !== undefined; one = kindOf.get(one)) if (one === general) return true;
  return false;
};

const isNamedBy = (purpose: string, { system, code = '' }: Coding): boolean =>
  systems.has(system) && isKindOf(purpose, code);

/** Each purpose of the caller is one of these, and the caller has said one. */
export const surelyFor = (named: readonly Coding[], purposes: readonly string[] = []): boolean =>
  named.length === 0 ||
  (purposes.length > 0 && purposes.every((purpose) => named.some((one) => isNamedBy(purpose, one))));

/** It cannot be ruled out that the caller has one of these purposes: nothing was said, or what may be it under another name. */
export const possiblyFor = (named: readonly Coding[], purposes: readonly string[] = []): boolean =>
  named.length === 0 ||
  purposes.length === 0 ||
  purposes.some((purpose) => purpose !== 'PurposeOfUse' && !kindOf.has(purpose)) ||
  named.some(
    (one) =>
      !isKnownPurpose(one) ||
      purposes.some((purpose) => isNamedBy(purpose, one) || isKindOf(one.code ?? purpose, purpose)),
  );
