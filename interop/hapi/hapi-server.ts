/** A real HAPI FHIR server (R4, JPA, in memory) as a process of its own: built from its published artifacts by Maven. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const target = join(folder, 'target');
const jar = join(target, 'hapi-0.1.0.jar');
const libraries = join(target, 'lib');

/** Reading its own definitions takes most of the start, and more where others work too. */
const patienceMilliseconds = 600_000;

/** What is missing to build and run it, in words; undefined: nothing. */
export const missingTools = (): string | undefined => {
  const missing = ['java', 'mvn'].filter((name) => spawnSync(name, ['-version'], { stdio: 'ignore' }).status !== 0);
  return missing.length === 0 ? undefined : `not on this machine: ${missing.join(', ')} (a JDK 17 and Maven)`;
};

const isBuilt = (): boolean => {
  if (!existsSync(jar) || !existsSync(libraries)) return false;
  const sources = [
    join(folder, 'pom.xml'),
    ...globSync('src/**/*.java', { cwd: folder }).map((file) => join(folder, file)),
  ];
  return sources.every((file) => statSync(file).mtimeMs <= statSync(jar).mtimeMs);
};

/** The first time this fetches about 300 MB of libraries into Maven's own store. @throws Error when Maven fails */
export const buildHapi = (): void => {
  if (isBuilt()) return;
  const built = spawnSync('mvn', ['--quiet', '--batch-mode', 'package'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) throw new Error('Maven could not build the HAPI server.');
};

export interface Hapi {
  /** its FHIR base */
  readonly url: string;
  stop(): Promise<void>;
}

/** @param port of loopback; a free one unless told. @throws Error with the end of its output when it does not start */
export const startHapi = (port = 0): Promise<Hapi> =>
  new Promise((done, fail) => {
    const child = spawn(
      'java',
      [
        '-Xmx1g',
        '-XX:TieredStopAtLevel=1',
        '-XX:+UseSerialGC',
        '-cp',
        `${jar}:${libraries}/*`,
        'affinity.interop.Main',
        String(port),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise<void>((over) => child.once('close', () => over()));
    let output = '';
    const tooLate = setTimeout(() => child.kill('SIGKILL'), patienceMilliseconds);
    const hear = (chunk: Buffer): void => {
      output = (output + chunk).slice(-20_000);
      const url = /^ready: (\S+)$/m.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(tooLate);
      done({
        url,
        stop: async () => {
          child.kill('SIGKILL');
          await ended;
        },
      });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', fail);
    child.once('close', () => {
      clearTimeout(tooLate);
      fail(new Error(`HAPI did not start:\n${output}`));
    });
  });
