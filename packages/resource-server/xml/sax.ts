/**
 * The one place that reads XML text: strict and without any of what makes XML dangerous. No DTD and so no entities, no
 * processing instructions, XML 1.0 in UTF-8 only, a bounded depth. XML 1.0; Namespaces in XML; OWASP XXE prevention.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';

export type XmlTag = SaxesTagNS;

/** Why a document was not taken; `message` is in plain words and repeats nothing of the document. */
export class XmlFault extends Error {
  /** FHIRPath of the faulty element, where there is one */
  readonly path: string | undefined;
  constructor(message: string, path?: string) {
    super(message);
    this.name = 'XmlFault';
    this.path = path;
  }
}

export interface XmlEvents {
  /** `start`: offset of its `<` */
  readonly open: (tag: XmlTag, start: number) => void;
  /** `end`: offset behind its `>` */
  readonly close: (tag: XmlTag, end: number) => void;
  readonly text: (text: string) => void;
  readonly comment?: (text: string) => void;
  readonly cdata?: (text: string) => void;
}

/** Reads a whole document in time proportional to its length. Undefined: it was well-formed, and no event threw. */
export const readXml = (xml: string, maxDepth: number, events: XmlEvents): XmlFault | undefined => {
  const parser = new SaxesParser({ xmlns: true, position: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  let depth = 0;
  let start = 0;
  const refuse = (what: string) => () => {
    throw new XmlFault(what);
  };
  parser.on('error', () => {
    throw new XmlFault(`the XML is not well-formed (line ${parser.line}, column ${parser.column})`);
  });
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw new XmlFault('XML must be of version 1.0');
    if ((encoding ?? 'utf-8').toLowerCase() !== 'utf-8') throw new XmlFault('XML must be in UTF-8');
  });
  parser.on('doctype', refuse('a document type declaration is not taken'));
  parser.on('processinginstruction', refuse('a processing instruction is not taken'));
  parser.on('opentagstart', () => {
    depth += 1;
    if (depth > maxDepth) throw new XmlFault('the XML nests too deep');
    // The name has been read, and no name holds a `<`.
    start = xml.lastIndexOf('<', parser.position - 1);
  });
  parser.on('opentag', (tag) => events.open(tag, start));
  parser.on('closetag', (tag) => {
    depth -= 1;
    events.close(tag, parser.position);
  });
  parser.on('text', events.text);
  parser.on('cdata', events.cdata ?? events.text);
  if (events.comment !== undefined) parser.on('comment', events.comment);
  try {
    parser.write(xml).close();
    return undefined;
  } catch (error) {
    if (error instanceof XmlFault) return error;
    throw error;
  }
};
