/**
 * Which resources the security labels of a provision speak of. A confidentiality in a permit is up to that level, in a
 * deny from that level on; any other label is itself. FHIR R4 security-labels.html; IHE PCF, Advanced Consent.
 */
import {
  allOf,
  anyOf,
  type Confidentiality,
  confidentialityLevels,
  type Filter,
  nothing,
} from '@affinity/core/fhir/filter.ts';
import type { Coding } from '@affinity/core/fhir/resource.ts';
import { isAtMost, isOfConfidentiality } from '@affinity/core/fhir/security-label.ts';
import { actCode, presentLabel } from '@affinity/core/fhir/sensitivity.ts';

type Said =
  | { readonly kind: 'level'; readonly level: Confidentiality }
  | { readonly kind: 'label'; readonly system: string; readonly code: string }
  | { readonly kind: 'unknown' };

const saidBy = (label: Coding): Said => {
  const { system, code } = presentLabel(label);
  if (system === undefined || code === undefined) return { kind: 'unknown' };
  if (!isOfConfidentiality(system)) return { kind: 'label', system, code };
  const level = confidentialityLevels.find((one) => one === code);
  return level === undefined ? { kind: 'unknown' } : { kind: 'level', level };
};

export const isKnownLabel = (label: Coding): boolean => saidBy(label).kind !== 'unknown';

/** Any of the labels will do: a resource above the levels is let through where it carries one of the others. */
export const labelsCovered = (labels: readonly Coding[]): Filter =>
  anyOf(
    labels.map((label): Filter => {
      const said = saidBy(label);
      if (said.kind === 'level') return { kind: 'confidentiality', atMost: said.level };
      return said.kind === 'label' ? said : nothing;
    }),
  );

/** Sensitivities that whoever says no to one says no to as well. HL7 v3-ActCode, InformationSensitivityPolicy; IHE PCF. */
const kinds: Readonly<Record<string, string>> = {
  BH: 'COGN DVD EMOTDIS MH PSY PSYTHPN ETH SUD ETHUD OPIOIDUD',
  MH: 'PSY PSYTHPN',
  PSY: 'PSYTHPN',
  ETH: 'SUD ETHUD OPIOIDUD',
  SUD: 'ETHUD OPIOIDUD',
  STD: 'HIV',
  SEX: 'GENDER PREGNANT',
  VIO: 'SDV MST',
  SDV: 'MST',
};

const without = (system: string, code: string): Filter => {
  // The codes that stand for all sensitivities: what carries one is restricted.
  if (system === actCode && code.startsWith('_')) return { kind: 'confidentiality', atMost: 'N' };
  const special = system === actCode && Object.hasOwn(kinds, code) ? (kinds[code] ?? '').split(' ') : [];
  return allOf(
    [code, ...special].map((one): Filter => ({ kind: 'not', filter: { kind: 'label', system, code: one } })),
  );
};

const below = (level: Confidentiality): Filter => {
  const next = confidentialityLevels.findLast((one) => one !== level && isAtMost(one, level));
  return next === undefined ? nothing : { kind: 'confidentiality', atMost: next };
};

/** None of the labels can be meant. */
export const labelsSpared = (labels: readonly Coding[]): Filter =>
  allOf(
    labels.map((label) => {
      const said = saidBy(label);
      if (said.kind === 'level') return below(said.level);
      return said.kind === 'label' ? without(said.system, said.code) : nothing;
    }),
  );
