/**
 * What the security labels other than confidentiality say of a resource: that its content is sensitive, or what whoever
 * receives it must do or may not do. HL7 v3-ActCode (InformationSensitivityPolicy, ActPrivacyLaw, ObligationPolicy,
 * RefrainPolicy); FHIR R4 security-labels.html.
 */
import type { Coding } from './resource.ts';

/** The system of sensitivities, privacy laws, obligations and refrains, as it is named in R4. */
export const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

/** The system and its older names; the laws had one of their own. */
const actCodeSystems = new Set([
  actCode,
  'http://hl7.org/fhir/v3/ActCode',
  'urn:oid:2.16.840.1.113883.5.4',
  'http://terminology.hl7.org/CodeSystem/v3-ActUSPrivacyLaw',
  'http://hl7.org/fhir/v3/ActUSPrivacyLaw',
  'urn:oid:2.16.840.1.113883.5.1138',
]);

/** Sensitivities that make a resource restricted, whatever confidentiality it is labelled with beside. */
export const restrictingCodes = [
  '_InformationSensitivityPolicy', // sensitive, without a word why
  '_ActInformationSensitivityPolicy',
  'ETH', // substance abuse
  'ETHUD', // alcohol use disorder
  'OPIOIDUD', // opioid use disorder
  'SUD', // substance use disorder
  'GDIS', // a genetic disease speaks of relatives too
  'HIV',
  'STD', // sexually transmitted disease
  'SCA', // sickle cell anaemia
  'SICKLE',
  'PREGNANT',
  'SEX', // sexuality and reproductive health
  'GENDER', // gender and sexual orientation
  'MST', // military sexual trauma
  'SDV', // sexual assault, abuse, domestic violence: knowing may endanger
  'VIO', // violence
  'BH', // behavioural health
  'COGN', // cognitive disability
  'DVD', // developmental disability
  'EMOTDIS', // emotional disturbance
  'MH', // mental health
  'PSY', // psychiatric disorder
  'PSYTHPN', // psychotherapy notes
  'SPI', // specially protected by law
  'TBOO', // not to be told before somebody has talked with the patient
  'RACE', // by which people are discriminated against, as by the next
  'REL', // religion
  'ADOL', // an adolescent's own care, not for the parents
  'DIA', // the diagnosis is what is sensitive
  'DRGIS', // the drug tells of it
  'SSP', // who treats tells what is treated
  'PDS', // the enterprise takes it as sensitive
  'PHY', // the physician asked for it
  'PRS', // the patient asked for it
  '42CFRPart2', // US law: records of treatment of substance use
  '42CFRPart2CD', // and the consent to tell of them
  'HIPAAPsyNotes', // US law: psychotherapy notes
  'Title38Part1', // US law for veterans: substance use, HIV, sickle cell
  'Title38Section7332',
] as const;

/** Sensitivities that leave the confidentiality as it is labelled: they say who somebody is, not what the matter is. */
export const plainCodes = [
  '_EntitySensitivityPolicyType', // something of the person; to hide it would hide the whole Patient
  '_RoleInformationSensitivityPolicy', // something of a role
  'DEMO', // demographics: every reception needs them
  'DOB',
  'LIVARG', // living arrangement
  'MARST', // marital status
  'PATLOC', // where the patient is: a matter of who asks, which consents and roles decide
  'LOCIS', // where the care is
  'IDS', // identifiers
  'CEL', // a celebrity: the whole record would be hidden, from its subject's own apps too; against curiosity there is the log
  'VIP',
  'EMP', // staff as patients: the same
  'EMPL', // the employer
  'B', // trade secrets
  'HIPAASelfPay', // US law: not told to the insurer, by those who bill
] as const;

/** What the receiver must do. ObligationPolicy. */
const obligationCodes = [
  'ObligationPolicy',
  ...['ANONY', 'AOD', 'AUDIT', 'AUDTR', 'CPLYCC', 'CPLYCD', 'CPLYCUI', 'CPLYJPP', 'CPLYJSP', 'CPLYOPP', 'CPLYOSP'],
  ...['CPLYPOL', 'CUIMark', 'DECLASSIFYLABEL', 'DEID', 'DELAU', 'DOWNGRDLABEL', 'DRIVLABEL', 'ENCRYPT', 'ENCRYPTR'],
  ...['ENCRYPTT', 'ENCRYPTU', 'HUAPRV', 'LABEL', 'MASK', 'MINEC', 'PERSISTLABEL', 'PRIVMARK', 'PROCESSINLINELABEL'],
  ...['PSEUD', 'REDACT', 'UPGRDLABEL'],
] as const;

/** What the receiver may not do. RefrainPolicy; NOREDISCLOSE is what implementations write for NORDSCLCD. */
const refrainCodes = [
  'RefrainPolicy',
  ...['NOAUTH', 'NOCOLLECT', 'NODSCLCD', 'NODSCLCDS', 'NOINTEGRATE', 'NOLIST', 'NOMOU', 'NOORGPOL', 'NOPAT'],
  ...['NOPERSISTP', 'NORDSCLCD', 'NORDSCLCDS', 'NORDSCLW', 'NORDSLCD', 'NOREDISCLOSE', 'NORELINK', 'NOREUSE'],
  ...['NOVIP', 'ORCON'],
] as const;

const restricting: ReadonlySet<string> = new Set(restrictingCodes);
const known: ReadonlySet<string> = new Set([...restrictingCodes, ...plainCodes, ...obligationCodes, ...refrainCodes]);
const handling: ReadonlySet<string> = new Set([...obligationCodes, ...refrainCodes]);

/** A label that lacks its system is taken at its word: it may only narrow. */
const isActCode = ({ system }: Coding): boolean => system === undefined || actCodeSystems.has(system);

/** Whether the label makes a resource restricted. */
export const isRestricting = (label: Coding): boolean =>
  isActCode(label) && label.code !== undefined && restricting.has(label.code);

/** Whether the label says what whoever receives the resource must do or may not do. */
export const isHandling = (label: Coding): boolean =>
  isActCode(label) && label.code !== undefined && handling.has(label.code);

/** The label under the present name of its system; itself where it is none of these. */
export const presentLabel = (label: Coding): Coding =>
  isActCode(label) && label.code !== undefined && (label.system !== undefined || known.has(label.code))
    ? { ...label, system: actCode }
    : label;
