/**
 * The addresses by which a foreign server calls itself, and how they are told in our terms: references to its own resources
 * become relative, its base becomes ours, and its host stands nowhere in what is handed out. FHIR R4 http.html#general,
 * references.html#literal.
 */
import { type Exact, isExactObject, parseExact, printExact } from '@affinity/core/fhir/exact-json.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';

export interface UpstreamNames {
  /** addresses of the base without trailing slash, http and https, with its default port and without */
  readonly spellings: readonly string[];
  /** Whether a text names the foreign system: its base, or its host where that is no everyday word. */
  namesIt(text: string): boolean;
  /** JSON text of a resource in our terms; as it is where nothing need be changed; undefined: a name of it would be left */
  localised(json: string): string | undefined;
  /** JSON text of a resource in the terms of the foreign system; undefined: it names the foreign system itself */
  foreign(json: string): string | undefined;
  /** a single value, such as a canonical URL that is searched for */
  foreignValue(value: string): string;
}

export interface NameOptions {
  readonly url: URL;
  /** further addresses that it uses for itself, such as behind a proxy */
  readonly aliases: readonly URL[];
  /** our own base, without trailing slash */
  readonly publicBase: string;
  /** its host is known to everybody: only addresses below its base are told in our terms */
  readonly showsHost: boolean;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const withoutSlash = (text: string): string => text.replace(/\/+$/, '');
const defaultPorts = ['80', '443'];
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const spellingsOf = ({ hostname, port, pathname }: URL): readonly string[] =>
  ['http', 'https'].map((scheme) => withoutSlash(`${scheme}://${hostname}${port === '' ? '' : `:${port}`}${pathname}`));

/** The host with its port as it may stand in a URL: a default port may be said or not. */
const authorityPattern = ({ hostname, port }: URL): string =>
  escaped(hostname) + (port === '' || defaultPorts.includes(port) ? '(?::(?:80|443))?(?![:\\d])' : `:${port}(?!\\d)`);

const basePattern = (url: URL): string =>
  `https?:\\/\\/${authorityPattern(url)}${escaped(withoutSlash(url.pathname))}(?![A-Za-z0-9_~%-]|\\.[A-Za-z0-9])`;

/**
 * Where a host name is an everyday word, such as `fhir` or `localhost`, it names the system only as part of an address; so
 * does one that is ours too.
 */
const isWord = ({ hostname }: URL, ours: URL): boolean =>
  !/[.:]/.test(hostname) || loopback.test(hostname) || hostname === ours.hostname;

/** How the host stands outside of an address. */
const replacedHost = (url: URL, ours: URL): readonly string[] => {
  const name = escaped(url.hostname);
  if (isWord(url, ours)) return url.port === '' ? [] : [`${name}:${url.port}(?!\\d)`];
  return [url.port === '' ? name : `${name}(?::${url.port}(?!\\d))?`];
};

const hiddenHost = (url: URL, ours: URL): readonly string[] =>
  url.host === ours.host ? [] : [`\\/\\/${authorityPattern(url)}`, ...replacedHost(url, ours)];

/** What follows the base in a reference: `Type/id`, perhaps with a version. */
const isRelativeReference = (rest: string): boolean => {
  const [type = '', id = '', history, version = '', ...more] = rest.split('/');
  return (
    isResourceType(type) &&
    isResourceId(id) &&
    (history === undefined || (history === '_history' && isResourceId(version))) &&
    more.length === 0
  );
};

/** Strings of a tree replaced, with the name of the property in which each stands. */
const mapStrings = (value: Exact, change: (text: string, key: string) => string, key = ''): Exact => {
  if (typeof value === 'string') return change(value, key);
  if (Array.isArray(value)) return value.map((one) => mapStrings(one, change, key));
  if (!isExactObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapStrings(one, change, name)]));
};

/** In JSON a text may hide what it names behind escapes. */
const mayHide = (json: string): boolean => json.includes('\\u') || json.includes('\\/');

export const createUpstreamNames = ({ url, aliases, publicBase, showsHost }: NameOptions): UpstreamNames => {
  const ours = new URL(publicBase);
  // Where it calls itself by our own address, that is no secret and needs no change.
  const all = [url, ...aliases].filter((one) => one === url || withoutSlash(one.href) !== withoutSlash(ours.href));
  const bases = all.map(basePattern).join('|');
  const hosts = showsHost ? [] : all.flatMap((one) => hiddenHost(one, ours));
  const anyName = new RegExp([bases, ...hosts].join('|'), 'i');
  /** every name has one of these in it: found faster */
  const anyHost = new RegExp(all.map(({ hostname }) => escaped(hostname)).join('|'), 'i');
  const base = new RegExp(bases, 'gi');
  const wholeBase = new RegExp(`^(?:${bases})\\/(.+)$`, 'i');
  const origin = new RegExp(`(https?:)?\\/\\/(?:${all.map(authorityPattern).join('|')})`, 'gi');
  const host = new RegExp(all.flatMap((one) => replacedHost(one, ours)).join('|') || '(?!)', 'gi');
  const upstream = withoutSlash(url.href);
  const ownBase = new RegExp(`${escaped(withoutSlash(publicBase))}(?![A-Za-z0-9_~%-]|\\.[A-Za-z0-9])`, 'g');
  const wholeOwn = new RegExp(`^${escaped(withoutSlash(publicBase))}\\/(.+)$`);

  const relativeOr = (text: string, key: string, whole: RegExp, otherwise: () => string): string => {
    const [, rest = ''] = key === 'reference' ? (whole.exec(text) ?? []) : [];
    return isRelativeReference(rest) ? rest : otherwise();
  };
  const inOurTerms = (text: string, key: string): string =>
    anyName.test(text)
      ? relativeOr(text, key, wholeBase, () => {
          const based = text.replace(base, withoutSlash(publicBase));
          if (!anyName.test(based)) return based;
          const rooted = based.replace(origin, (_, scheme) => (scheme === undefined ? `//${ours.host}` : ours.origin));
          return anyName.test(rooted) ? rooted.replace(host, ours.host) : rooted;
        })
      : text;
  const inItsTerms = (text: string, key: string): string =>
    relativeOr(text, key, wholeOwn, () => text.replace(ownBase, upstream));

  const namesItWithin = (json: string): boolean => {
    if (anyHost.test(json) && anyName.test(json)) return true;
    return mayHide(json) && anyName.test(printExact(parseExact(json)));
  };
  return {
    spellings: [...new Set([url, ...aliases].flatMap(spellingsOf))],
    namesIt: (text) => anyName.test(text),
    localised: (json) => {
      if (!namesItWithin(json)) return json;
      const told = printExact(mapStrings(parseExact(json), inOurTerms));
      return anyName.test(told) ? undefined : told;
    },
    foreign: (json) => {
      if (namesItWithin(json)) return undefined;
      return json.includes(withoutSlash(publicBase)) || mayHide(json)
        ? printExact(mapStrings(parseExact(json), inItsTerms))
        : json;
    },
    foreignValue: (value) => value.replace(ownBase, upstream),
  };
};
