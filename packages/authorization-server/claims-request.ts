/** The `claims` parameter: single claims about the person, asked for by name, for the id_token or for userinfo. OIDC Core 1.0 §5.5. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { identifierScopes } from '@affinity/core/smart/scope-request.ts';
import type { Client } from './clients.ts';
import type { Settings } from './settings.ts';

/** Where a claim is told. */
export const claimPlaces = ['id_token', 'userinfo'] as const;
export type ClaimPlace = (typeof claimPlaces)[number];

/** The claims that a person is asked about, each with the scopes of which one must be registered for an app that has a list. */
const scopesOfClaim: Readonly<Record<string, readonly string[]>> = {
  name: ['profile'],
  fhirUser: ['fhirUser'],
  ...Object.fromEntries(identifierScopes.map((name) => [name, identifierScopes])),
};

export interface ClaimsRequest {
  /** such as `id_token.name`; of what a person is asked about, in the order asked */
  readonly asked: readonly string[];
  /** `sub` with a value: only this person will do */
  readonly subject?: string;
  /** how somebody should have signed in */
  readonly acr?: { readonly essential: boolean; readonly values: readonly string[] };
}

export type ParsedClaims =
  | { readonly kind: 'claims'; readonly request: ClaimsRequest }
  | { readonly kind: 'fault'; readonly description: string };

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** OIDC Core 1.0 §5.5.1: null, or an object with any of these. */
const isInOrder = (wish: unknown): wish is Members | null =>
  wish === null ||
  (isObject(wish) &&
    (wish.essential === undefined || typeof wish.essential === 'boolean') &&
    (wish.values === undefined || Array.isArray(wish.values)));

/** What the app may have at all. An app that was registered with a list of scopes has no claims beyond it. */
const mayHave = (client: Client, claim: string): boolean =>
  Object.hasOwn(scopesOfClaim, claim) &&
  (client.allowed === undefined ||
    scopesOfClaim[claim]?.some((scope) => client.allowed?.identity.some((name) => name === scope)) === true);

/**
 * Claims that we do not have are ignored; what is essential to an app is asked about like everything else, for a person
 * may refuse it.
 */
export function parseClaims(
  text: string,
  client: Client,
  limits: Pick<Settings, 'claimsCharacters' | 'claimsMost'>,
): ParsedClaims {
  const fault = (description: string): ParsedClaims => ({ kind: 'fault', description });
  if (text.length > limits.claimsCharacters)
    return fault(`claims is longer than ${limits.claimsCharacters} characters`);
  const parsed = parseJson(text, { depth: 4 });
  if (parsed.kind !== 'ok' || !isObject(parsed.value))
    return fault('claims is not a JSON object that says each thing once');
  const asked: string[] = [];
  let acr: ClaimsRequest['acr'];
  const subjects = new Set<string>();
  for (const place of claimPlaces) {
    const wishes = parsed.value[place];
    if (wishes === undefined || wishes === null) continue;
    if (!isObject(wishes)) return fault(`claims: ${place} is not an object`);
    const names = Object.entries(wishes);
    if (names.length > limits.claimsMost) return fault(`claims: ${place} has more than ${limits.claimsMost} members`);
    for (const [name, wish] of names) {
      if (!isInOrder(wish)) return fault(`claims: a member of ${place} is neither null nor a wish in order`);
      if (mayHave(client, name)) asked.push(`${place}.${name}`);
      if (name === 'sub' && typeof wish?.value === 'string') subjects.add(wish.value);
      if (name !== 'acr' || place !== 'id_token' || wish === null) continue;
      const values = wish.values ?? (wish.value === undefined ? [] : [wish.value]);
      if (!isTexts(values)) return fault('claims: acr is asked for by values that are no strings');
      if (values.length > 0) acr = { essential: wish.essential === true, values };
    }
  }
  const [subject, ...others] = subjects;
  if (others.length > 0) return fault('claims: sub has more than one value');
  return {
    kind: 'claims',
    request: { asked, ...(subject === undefined ? {} : { subject }), ...(acr === undefined ? {} : { acr }) },
  };
}

/** The names asked for, in whichever place. */
export const namesAsked = (asked: readonly string[]): readonly string[] => [
  ...new Set(asked.map((entry) => entry.slice(entry.indexOf('.') + 1))),
];
