/** The one piece of XHTML in FHIR, the `div` of a narrative, as text. FHIR R4 narrative.html#xhtml, xml.html#xhtml. */
import { escapeXml } from './escape.ts';
import { readXml, XmlFault, type XmlTag } from './sax.ts';

export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml';

/** How deep a narrative may nest. */
const maxDepth = 64;

export interface XhtmlEvents {
  readonly open?: (tag: XmlTag) => void;
  readonly text?: (text: string) => void;
  readonly comment?: (text: string) => void;
  readonly cdata?: (text: string) => void;
}

/**
 * Reads the text of a `div`; undefined: it is one element `div`, well-formed, and it and all in it are of the XHTML
 * namespace, declared by itself and without prefixes, so that it can stand in any document.
 */
export const readXhtml = (div: string, events: XhtmlEvents = {}): XmlFault | undefined => {
  if (!div.startsWith('<div')) return new XmlFault('the narrative is one element div');
  let first = true;
  let end = 0;
  const fault = readXml(div, maxDepth, {
    open: (tag) => {
      if (first && (tag.name !== 'div' || tag.attributes.xmlns?.value !== xhtmlNamespace))
        throw new XmlFault(`the div of a narrative declares its namespace: <div xmlns="${xhtmlNamespace}">`);
      first = false;
      if (tag.uri !== xhtmlNamespace || tag.prefix !== '')
        throw new XmlFault('a narrative holds only elements of XHTML, without prefixes');
      events.open?.(tag);
    },
    close: (_, position) => {
      end = position;
    },
    text: (text) => events.text?.(text),
    cdata: (text) => events.cdata?.(text),
    comment: (text) => events.comment?.(text),
  });
  return fault ?? (end === div.length ? undefined : new XmlFault('nothing stands behind the div of a narrative'));
};

/** The `div` as it stands in XML: as it is, or, where it is none, its text shown as text. */
export const embeddableXhtml = (div: string): string =>
  readXhtml(div) === undefined ? div : `<div xmlns="${xhtmlNamespace}">${escapeXml(div)}</div>`;
