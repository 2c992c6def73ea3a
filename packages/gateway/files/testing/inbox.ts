/** A folder of its own for a test, with a database behind it. */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { testDatabase } from '@affinity/store/testing/database.ts';
import type { Pool } from 'pg';
import { loadMapping } from '../../sql/load-mapping.ts';
import { createFolder, type Folder, type FolderOptions, type FolderSettings } from '../folder.ts';
import { loadHl7Settings } from '../hl7-settings.ts';
import { settingsText } from './messages.ts';

export const mappingText = `
time_zone: Europe/Berlin
updated: 2020-01-01T00:00:00Z
resources:
  Patient:
    from: patients
    id: number
    elements:
      identifier: { system: 'https://hospital.example/patients', value: { column: number } }
      name: { family: { column: name } }
      birthDate: { column: born, date: DD.MM.YYYY }
  Observation:
    from: weights
    id: { columns: [number, taken] }
    updated: { column: changed, date: YYYYMMDDHHmmss }
    elements:
      status: final
      code: { text: Weight }
      subject: { column: number, reference: Patient }
      effectiveDateTime: { column: taken, date: YYYYMMDD }
      valueQuantity: { column: weight, unit: kg }
      note: { text: { column: remark } }
`;

export const testSettings = (extracts: Readonly<Record<string, 'whole' | 'changes'>> = {}): FolderSettings => {
  const hl7 = loadHl7Settings(settingsText);
  const mapping = loadMapping(mappingText);
  if (hl7.kind !== 'settings' || mapping.kind !== 'mapping') throw new Error(JSON.stringify([hl7, mapping]));
  const csv = {
    mapping: mapping.mapping,
    delimiter: ';',
    characterSet: 'utf-8',
    extracts: new Map(Object.entries(extracts)),
    mostGone: 0.5,
  } as const;
  return { hl7: hl7.settings, csv, settleMilliseconds: 0 };
};

export interface Inbox {
  readonly pool: Pool;
  readonly url: string;
  readonly root: string;
  readonly folder: Folder;
  /** Another one that looks at the same folder. */
  open(more?: Partial<FolderOptions>): Promise<Folder>;
  put(name: string, content: string | Uint8Array): Promise<void>;
  names(place: 'inbox' | 'work' | 'done' | 'quarantine'): Promise<readonly string[]>;
  /** every text in quarantine that ends so */
  texts(ending: string): Promise<readonly string[]>;
  resource(type: string, id: string): Promise<Resource | undefined>;
  /** Puts a file there and has it taken. */
  take(name: string, content: string | Uint8Array): Promise<void>;
}

interface TestContext {
  after(work: () => Promise<void>): void;
}
export const testInbox = async (t: TestContext, options: Partial<FolderOptions> = {}): Promise<Inbox> => {
  const { pool, url, close } = await testDatabase();
  const root = await mkdtemp(join(tmpdir(), 'affinity-files-'));
  const given = { pool, server: 'files', folder: root, settings: testSettings(), ...options };
  const folders: Folder[] = [];
  const open = async (more: Partial<FolderOptions> = {}): Promise<Folder> => {
    const folder = await createFolder({ ...given, ...more });
    folders.push(folder);
    return folder;
  };
  const folder = await open();
  t.after(async () => {
    // Each holds a connection.
    for (const one of folders) await one.close();
    await close();
    await rm(root, { recursive: true, force: true });
  });
  const put: Inbox['put'] = async (name, content) => {
    await writeFile(join(root, `.${name}`), content);
    await rename(join(root, `.${name}`), join(root, 'inbox', name));
  };
  const names: Inbox['names'] = async (place) => (await readdir(join(root, place))).sort();
  return {
    pool,
    url,
    root,
    folder,
    open,
    put,
    names,
    async texts(ending) {
      const found = (await names('quarantine')).filter((name) => name.endsWith(ending));
      return Promise.all(found.map((name) => readFile(join(root, 'quarantine', name), 'utf8')));
    },
    async resource(type, id) {
      const text = `select body from file_record where type = $1 and id = $2 and method <> 'DELETE'`;
      const { rows } = await pool.query<{ readonly body: string }>(text, [type, id]);
      return rows[0] === undefined ? undefined : (JSON.parse(rows[0].body) as Resource);
    },
    async take(name, content) {
      await put(name, content);
      await folder.look();
    },
  };
};
