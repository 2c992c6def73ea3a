/** A folder of HL7 v2 messages and CSV extracts as a foreign system of the domain: watched, and shown from the table that it fills. */
import { readFileSync } from 'node:fs';
import { characterSet } from '@affinity/gateway/files/character-set.ts';
import { createFileSource } from '@affinity/gateway/files/file-source.ts';
import { type FolderSettings, watchFolder } from '@affinity/gateway/files/folder.ts';
import { loadHl7Settings } from '@affinity/gateway/files/hl7-settings.ts';
import { extractOf } from '@affinity/gateway/files/take-extract.ts';
import type { FileSettings, TakenFile } from '@affinity/gateway/files/take-file.ts';
import { faultText, loadMapping } from '@affinity/gateway/sql/load-mapping.ts';
import type { Upstream, UpstreamNeighbours } from './opened-upstream.ts';
import type { FilesUpstream } from './upstreams.ts';

/** What messages speak of. */
const messageTypes = ['Patient', 'Encounter', 'Practitioner', 'DiagnosticReport', 'Observation'];

const wrong = (name: string, path: string, faults: readonly Parameters<typeof faultText>[0][]): Error =>
  new Error([`${name}: ${path} cannot be used:`, ...faults.map((one) => `  ${faultText(one)}`)].join('\n'));

const messagesOf = (name: string, path: string): NonNullable<FileSettings['hl7']> => {
  const loaded = loadHl7Settings(readFileSync(path, 'utf8'));
  if (loaded.kind === 'faults') throw wrong(name, path, loaded.faults);
  return loaded.settings;
};
const extractsOf = (
  name: string,
  { mapping: path, extracts, characterSet: set, ...csv }: NonNullable<FilesUpstream['csv']>,
): NonNullable<FileSettings['csv']> => {
  const loaded = loadMapping(readFileSync(path, 'utf8'));
  if (loaded.kind === 'faults') throw wrong(name, path, loaded.faults);
  const { mapping } = loaded;
  const unknown = Object.keys(extracts).filter((one) => extractOf(mapping, one) !== one);
  if (unknown.length > 0) throw new Error(`${name}: ${path} has no “from” called ${unknown.join(', ')} (csv.extracts)`);
  return { ...csv, mapping, characterSet: characterSet(set) ?? 'utf-8', extracts: new Map(Object.entries(extracts)) };
};

const settingsOf = (name: string, { hl7, csv }: FilesUpstream): FileSettings => ({
  ...(hl7 === undefined ? {} : { hl7: messagesOf(name, hl7) }),
  ...(csv === undefined ? {} : { csv: extractsOf(name, csv) }),
});

/** @throws Error with every fault of its files */
export const openFilesUpstream = async (
  upstream: FilesUpstream,
  { name, pool, report }: Pick<UpstreamNeighbours, 'name' | 'pool' | 'report'>,
): Promise<Upstream> => {
  const { folder, done, settleMs, everyMs, limits } = upstream;
  const files = settingsOf(name, upstream);
  const settings: FolderSettings = {
    ...files,
    done,
    limits,
    ...(settleMs === undefined ? {} : { settleMilliseconds: settleMs }),
    ...(everyMs === undefined ? {} : { everyMilliseconds: everyMs }),
  };
  const counts = { files: 0, applied: 0, known: 0, refused: 0, written: 0 };
  const taken = ({ applied, known, refused, written }: TakenFile): void => {
    counts.files += 1;
    counts.applied += applied;
    counts.known += known;
    counts.refused += refused;
    counts.written += written;
    if (refused > 0) report({ kind: 'file-in-quarantine', source: name, detail: `${refused} of a file` });
  };
  const watched = watchFolder({
    pool,
    server: name,
    folder,
    settings,
    report: taken,
    log: (event, { code }) => {
      if (code !== undefined) report({ kind: 'folder-failing', source: name, detail: `${event}: ${code}` });
    },
  });
  await watched.start();
  const mapped = files.csv?.mapping.parts.map(({ type }) => type) ?? [];
  return {
    source: createFileSource({
      pool,
      server: name,
      types: [...(files.hl7 === undefined ? [] : messageTypes), ...mapped],
    }),
    state: () => (watched.health().state === 'failing' ? 'down' : 'up'),
    counts: () => {
      const { pending, quarantined } = watched.health();
      return { ...counts, pending, quarantined };
    },
    close: watched.close,
  };
};
