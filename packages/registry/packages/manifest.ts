/** What a package says of itself: `package/package.json`. HL7 FHIR package specification, manifest. */
import { parseJson } from '@affinity/core/fhir/json.ts';

export interface Dependency {
  readonly name: string;
  readonly version: string;
}
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly license?: string;
  readonly dependencies: readonly Dependency[];
}

export type ReadManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'fault'; readonly reason: string };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/i.test(name) && name.length <= 128;
const isVersion = (version: unknown): version is string =>
  typeof version === 'string' && /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$/.test(version);
/** `latest`, `current`, `1.0.x` stand there too. */
const mostDependencies = 200;

const fault = (reason: string): ReadManifest => ({ kind: 'fault', reason });
const line = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.replace(/\s+/g, ' ').slice(0, 200) : undefined;

const dependenciesOf = (given: unknown): readonly Dependency[] | undefined => {
  if (given === undefined) return [];
  if (!isObject(given)) return undefined;
  const entries = Object.entries(given);
  const sound = entries.flatMap(([name, version]) => (isName(name) && isVersion(version) ? [{ name, version }] : []));
  return sound.length === entries.length && sound.length <= mostDependencies ? sound : undefined;
};

export const readManifest = (json: string): ReadManifest => {
  const parsed = parseJson(json);
  if (parsed.kind === 'fault' || !isObject(parsed.value)) return fault('its package.json is not sound JSON');
  const { name, version, title, license, dependencies, fhirVersions } = parsed.value;
  if (!isName(name)) return fault('its package.json has no name of a package');
  if (!isVersion(version)) return fault('its package.json has no version');
  const needed = dependenciesOf(dependencies);
  if (needed === undefined) return fault('its dependencies are not names with versions');
  if (Array.isArray(fhirVersions) && !fhirVersions.some((one) => typeof one === 'string' && /^4\.0(\.|$)/.test(one)))
    return fault('it is for another version of FHIR than R4 (4.0)');
  const [called, licensed] = [line(title), line(license)];
  return {
    kind: 'manifest',
    manifest: {
      name,
      version,
      dependencies: needed,
      ...(called === undefined ? {} : { title: called }),
      ...(licensed === undefined ? {} : { license: licensed }),
    },
  };
};

/** Whether a version is what was asked for: the same, any patch of `1.0.x`, any of `latest`. */
export const satisfies = (version: string, wanted: string): boolean => {
  if (wanted === 'latest' || wanted === '*') return true;
  const open = /^(.*)\.x$/.exec(wanted)?.[1];
  return open === undefined ? version === wanted : version.startsWith(`${open}.`);
};
