/** What of terminology can be asked of the registry. FHIR R4 terminologycapabilities.html, http.html#capabilities. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { expandParameters } from './terminology/expand.ts';
import { textOf } from './terminology/json-read.ts';

export interface TerminologyDescribed {
  readonly name: string;
  /** of the server, without trailing slash */
  readonly base: string;
  /** those that anybody may see */
  readonly codeSystems: readonly Resource[];
}

/** One for each url, with the editions that are there. */
const listed = (codeSystems: readonly Resource[]) => {
  const byUrl = new Map<string, Set<string>>();
  for (const { url, version } of codeSystems) {
    const uri = textOf(url);
    if (uri === undefined) continue;
    const versions = byUrl.get(uri) ?? new Set<string>();
    byUrl.set(uri, versions);
    const code = textOf(version);
    if (code !== undefined) versions.add(code);
  }
  return [...byUrl].sort().map(([uri, versions]) => ({
    uri,
    ...(versions.size === 0 ? {} : { version: [...versions].sort().map((code) => ({ code })) }),
  }));
};

/** Without its date, which says nothing of what can be asked. */
export const terminologyCapabilities = ({ name, base, codeSystems }: TerminologyDescribed): object => {
  const systems = listed(codeSystems);
  return {
    resourceType: 'TerminologyCapabilities',
    status: 'active',
    kind: 'instance',
    implementation: { description: name, url: base },
    ...(systems.length === 0 ? {} : { codeSystem: systems }),
    expansion: {
      hierarchical: true,
      paging: true,
      incomplete: false,
      parameter: expandParameters.filter((each) => each !== 'contextDirection').map((each) => ({ name: each })),
      textFilter: 'Each word is somewhere in the display, a designation or the code, whatever its case and accents.',
    },
    codeSearch: 'all',
    validateCode: { translations: false },
    translation: { needsMap: true },
    closure: { translation: false },
  };
};
