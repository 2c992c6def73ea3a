/**
 * What may stand in a narrative: the elements and attributes of formatted text, and nothing that runs, loads or covers.
 * FHIR R4 narrative.html (txt-1, txt-2), security.html#narrative.
 */
import type { Issue } from '@affinity/core/fhir/outcome.ts';
import { readXhtml } from './xml/xhtml.ts';

const elements = new Set(
  'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var'.split(
    ' ',
  ),
);
const attributes = new Set(
  'abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xmlns xml:lang xml:space'.split(
    ' ',
  ),
);
/** Attributes that hold an address, and the only elements that may have them. */
const addresses: Readonly<Record<string, ReadonlySet<string>>> = {
  href: new Set(['a']),
  cite: new Set(['blockquote', 'q']),
  longdesc: new Set(['img']),
  src: new Set(['img']),
};

/** An address that is followed by a person: no scheme that runs or shows what it carries. */
const isFollowable = (address: string): boolean => {
  const scheme = /^([^/?#]*?):/.exec(address)?.[1]?.toLowerCase();
  return scheme === undefined || ['http', 'https', 'mailto', 'tel', 'urn'].includes(scheme);
};
/** An image is shown without being asked for: it is of the resource or this server, never of a stranger who would learn of it. */
const isOwnImage = (address: string): boolean =>
  /^data:image\/(png|jpeg|gif|webp|bmp);base64,[A-Za-z0-9+/=]*$/.test(address) ||
  (!/^[^/?#]*:/.test(address) && !address.startsWith('//'));

const isSafeAddress = (name: string, address: string): boolean =>
  // Browsers pass over control characters and take a backslash for a slash.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\u0000-\u0020\u007f\\]/.test(address) && (name === 'src' ? isOwnImage(address) : isFollowable(address));

/** Declarations of plain values; of functions only colours; nothing that takes the text out of its place. */
const isSafeStyle = (style: string): boolean =>
  style.length <= 2000 &&
  /^[\w\s:;,.#%()\-'"!/+]*$/.test(style) &&
  !/\/\*|\/\//.test(style) &&
  style
    .split('(')
    .slice(0, -1)
    .every((before) => /(?:^|[\s:,])(?:rgba?|hsla?)$/i.test(before)) &&
  !/position\s*:|behaviou?r\s*:|binding\s*:/i.test(style);

const attributeFault = (element: string, name: string, value: string): string | undefined => {
  if (!attributes.has(name)) return 'an attribute that a narrative may not have';
  if (name === 'style' && !isSafeStyle(value)) return 'a style that a narrative may not have';
  const bearers = addresses[name];
  if (bearers === undefined) return undefined;
  if (!bearers.has(element)) return 'an address on an element that may not have one';
  return isSafeAddress(name, value) ? undefined : 'an address that a narrative may not have';
};

/** Why the `div` may not stand, in plain words; undefined: it may. */
export const narrativeFault = (div: string): string | undefined => {
  let fault: string | undefined;
  let shown = false;
  const unreadable = readXhtml(div, {
    open: (tag) => {
      if (!elements.has(tag.local)) fault ??= 'an element that a narrative may not hold';
      if (tag.local === 'img') shown = true;
      for (const { name, value } of Object.values(tag.attributes)) fault ??= attributeFault(tag.local, name, value);
    },
    text: (text) => {
      if (/\S/.test(text)) shown = true;
    },
    // HTML ends comments elsewhere than XML does, and has no CDATA: what was text would come to life.
    comment: (text) => {
      if (/[<>]|^-|-$/.test(text)) fault ??= 'a comment that holds < or >';
    },
    cdata: () => {
      fault ??= 'a narrative holds no CDATA';
    },
  });
  return unreadable?.message ?? fault ?? (shown ? undefined : 'a narrative must show something');
};

const mostIssues = 20;

/** The faults of every narrative in a resource and in the resources within it, at most 20. Its shape has been judged before. */
export const checkNarratives = (resource: object): readonly Issue[] => {
  const issues: Issue[] = [];
  const visit = (value: object, path: string): void => {
    for (const [key, member] of Object.entries(value)) {
      if (issues.length >= mostIssues) return;
      const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
      if (typeof member === 'object' && member !== null) visit(member, at);
      // Only a narrative has an element of this name.
      else if (key === 'div' && typeof member === 'string') {
        const fault = narrativeFault(member);
        if (fault !== undefined)
          issues.push({ severity: 'error', code: 'invariant', diagnostics: fault, expression: [at.slice(0, 256)] });
      }
    }
  };
  visit(resource, 'resourceType' in resource ? String(resource.resourceType) : '$');
  return issues;
};
