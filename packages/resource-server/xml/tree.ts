/** XML as a tree that can be changed, of what FHIR's XML is made of: elements with attributes, and the `div` as its text. FHIR R4 xml.html. */
import { escapeXml } from './escape.ts';
import { readXml, XmlFault } from './sax.ts';
import { xhtmlNamespace } from './xhtml.ts';

export interface XmlElement {
  /** without prefix */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  /** prefixes that are declared on it; '' for the default namespace */
  readonly declared: ReadonlyMap<string, string>;
  /** of a narrative's `div`: the whole of it, in place of attributes and children */
  readonly verbatim?: string;
  /** what stands between its tags as text, put together */
  text: string;
}

export type ReadTree =
  | { readonly kind: 'ok'; readonly root: XmlElement }
  | { readonly kind: 'fault'; readonly fault: XmlFault };

const declarations = 'http://www.w3.org/2000/xmlns/';

export const readTree = (xml: string, maxDepth: number): ReadTree => {
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  /** where the outermost open element of XHTML begins, and how many are open in it */
  let narrative = { start: 0, depth: 0 };
  const text = (given: string) => {
    const element = open.at(-1);
    if (element !== undefined && narrative.depth === 0) element.text += given;
  };
  const fault = readXml(xml, maxDepth, {
    open: (tag, start) => {
      if (narrative.depth > 0 || tag.uri === xhtmlNamespace) {
        if (narrative.depth === 0) narrative = { start, depth: 0 };
        narrative.depth += 1;
        return;
      }
      const all = Object.values(tag.attributes);
      const element: XmlElement = {
        name: tag.local,
        namespace: tag.uri,
        attributes: new Map(all.filter(({ uri }) => uri !== declarations).map(({ name, value }) => [name, value])),
        children: [],
        declared: new Map(
          all
            .filter(({ uri }) => uri === declarations)
            .map(({ prefix, local, value }) => [prefix === '' ? '' : local, value]),
        ),
        text: '',
      };
      const parent = open.at(-1);
      if (parent === undefined) root = element;
      else parent.children.push(element);
      open.push(element);
    },
    close: (tag, end) => {
      if (narrative.depth === 0) {
        open.pop();
        return;
      }
      narrative.depth -= 1;
      if (narrative.depth > 0) return;
      const verbatim = xml.slice(narrative.start, end);
      const parent = open.at(-1);
      if (parent === undefined) throw new XmlFault('the document is a narrative alone');
      const empty = { attributes: new Map(), children: [], declared: new Map(), text: '' };
      parent.children.push({ name: tag.local, namespace: xhtmlNamespace, verbatim, ...empty });
    },
    text,
    cdata: text,
  });
  if (fault !== undefined) return { kind: 'fault', fault };
  return root === undefined
    ? { kind: 'fault', fault: new XmlFault('the XML is not well-formed') }
    : { kind: 'ok', root };
};

const printInto = (out: string[], element: XmlElement, declaration: string): void => {
  if (element.verbatim !== undefined) {
    out.push(element.verbatim);
    return;
  }
  out.push(`<${element.name}${declaration}`);
  for (const [name, value] of element.attributes) out.push(` ${name}="${escapeXml(value)}"`);
  out.push('>', escapeXml(element.text));
  for (const child of element.children) printInto(out, child, '');
  out.push(`</${element.name}>`);
};

/** The tree as a document of one namespace; only narratives are of another. */
export const printTree = (root: XmlElement, namespace: string): string => {
  const out: string[] = [];
  printInto(out, root, ` xmlns="${namespace}"`);
  return out.join('');
};
