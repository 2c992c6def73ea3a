/**
 * Known traps, each as the caller who knows the id, the url or the identifier of what is hidden, and asks in a way that
 * goes round the reading of it: what is there and hidden is answered as what never was. docs/decisions/0005-403-and-404.md.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type TestDatabase, testDatabase } from '@affinity/store/testing/database.ts';
import { openClinic, patientClaims, type StandingClinic, sending } from '../clinic/clinic.ts';
import { confidentiality } from './world-plan.ts';

const label = (code: string) => ({ meta: { security: [{ system: confidentiality, code }] } });
const observation = (subject: string, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'weight' },
  subject: { reference: `Patient/${subject}` },
  ...more,
});
const provenanceOf = (target: string, more: object = {}) => ({
  resourceType: 'Provenance',
  target: [{ reference: target }],
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: { display: 'somebody' } }],
  ...more,
});
const header = JSON.stringify({ ...provenanceOf(''), target: undefined });

suite('what is hidden and known by name', () => {
  let database: TestDatabase;
  let clinic: StandingClinic;
  let service: string;
  let own: string;
  let cleared: string;
  const put = async (resource: object & { readonly id: string; readonly resourceType: string }): Promise<void> => {
    const response = await clinic.send(`/${resource.resourceType}/${resource.id}`, service, sending('PUT', resource));
    assert.equal(response.status, 201, await response.text());
  };
  const ask = async (token: string, method: string, path: string, body?: unknown, headers = {}): Promise<string> => {
    const init = body === undefined ? { method, headers } : sending(method, body, headers);
    const response = await clinic.send(path, token, init);
    return `${response.status} ${await response.text()}`;
  };
  /** The same for what is hidden and for what is not there. */
  const alike = async (token: string, ask1: (id: string) => Promise<string>): Promise<string> => {
    const [hidden, absent] = [await ask1('restricted'), await ask1('nothing-here')];
    const plain = (text: string): string =>
      text
        .replaceAll(/restricted|nothing-here/g, 'id')
        .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
    assert.equal(plain(hidden), plain(absent), token.slice(0, 0));
    return hidden;
  };

  before(async () => {
    database = await testDatabase();
    clinic = await openClinic(database.url, { updateCreate: true });
    service = await clinic.token({ clearance: 'V' });
    own = await clinic.token(patientClaims('a'));
    cleared = await clinic.token({ ...patientClaims('a'), clearance: 'R' });
    for (const id of ['a', 'b']) await put({ resourceType: 'Patient', id });
    await put({ ...observation('a', label('R')), id: 'restricted', identifier: [{ value: 'known' }] } as never);
    await put({ ...observation('b'), id: 'others', identifier: [{ value: 'theirs' }] } as never);
    await put({ ...observation('a'), id: 'mine' } as never);
  });
  after(async () => {
    await clinic?.close();
    await database?.close();
  });

  test('E54: a Provenance of it, or a Binary in its context, is refused as of what is not there', async () => {
    const provenance = await alike(own, (id) => ask(own, 'POST', '/Provenance', provenanceOf(`Observation/${id}`)));
    assert.match(provenance, /^403 /);
    const binary = await alike(own, (id) =>
      ask(own, 'POST', '/Binary', {
        resourceType: 'Binary',
        contentType: 'text/plain',
        data: 'dGV4dA==',
        securityContext: { reference: `Observation/${id}` },
      }),
    );
    assert.match(binary, /^403 /);
    assert.match(await ask(own, 'POST', '/Provenance', provenanceOf('Observation/others')), /^403 /);
    assert.match(await ask(own, 'POST', '/Provenance', provenanceOf('Observation/mine')), /^201 /);
    const narrow = await clinic.token(patientClaims('a', 'patient/Provenance.cruds'));
    assert.match(await ask(narrow, 'POST', '/Provenance', provenanceOf('Observation/mine')), /^403 /);
  });

  test('E56: what speaks of a confidential resource is not less confidential', async () => {
    const about = (more: object = {}) => provenanceOf('Observation/restricted', more);
    assert.match(await ask(cleared, 'POST', '/Provenance', about()), /^403 .*meta\.security/);
    assert.match(await ask(cleared, 'POST', '/Provenance', about(label('R'))), /^201 /);
    const made = await ask(cleared, 'POST', '/Observation', observation('a', label('R')), { 'X-Provenance': header });
    assert.match(made, /^201 /);
    const { id } = JSON.parse(made.slice(4)) as Resource;
    const search = `/Provenance?target=Observation/${id}`;
    assert.match(await ask(cleared, 'GET', search), new RegExp(`Observation/${id}/_history/1`));
    assert.doesNotMatch(await ask(own, 'GET', search), new RegExp(`Observation/${id}/_history/1`));
    assert.match(
      await ask(own, 'POST', '/Observation', observation('a'), { 'X-Provenance': header }),
      /^201 /,
      'what is normal gets no label',
    );
  });

  test('E56: a label is not lowered by whoever does not see it, in any way', async () => {
    const lower = { ...observation('a'), id: 'restricted' };
    const patch = [{ op: 'remove', path: '/meta/security' }];
    const json = { 'Content-Type': 'application/json-patch+json' };
    const requests: [string, string, unknown, object?][] = [
      ['PUT', '/Observation/restricted', lower],
      ['PATCH', '/Observation/restricted', patch, json],
      ['PUT', '/Observation?identifier=known', { ...observation('a') }],
      ['PATCH', '/Observation?identifier=known', patch, json],
      ['DELETE', '/Observation/restricted', undefined],
      ['DELETE', '/Observation?identifier=known', undefined],
    ];
    for (const [method, path, body, headers] of requests) await ask(own, method, path, body, headers);
    const entries = requests.flatMap(([method, url, resource]) =>
      method === 'PATCH' ? [] : [{ request: { method, url: url.slice(1) }, ...(resource ? { resource } : {}) }],
    );
    await ask(own, 'POST', '/', { resourceType: 'Bundle', type: 'batch', entry: entries });
    for (const entry of entries)
      await ask(own, 'POST', '/', { resourceType: 'Bundle', type: 'transaction', entry: [entry] });
    const after = await ask(service, 'GET', '/Observation/restricted');
    assert.match(after, /"code":"R"/);
    assert.match(after, /"versionId":"1"/);
    for (const [method, path, body, headers] of requests.slice(0, 2))
      assert.match(await ask(cleared, method, path, body, headers), /^403 .*meta\.security/);
  });

  test('E54: a condition that only what is hidden meets is met by nothing', async () => {
    for (const condition of ['identifier=known', 'identifier=theirs', 'identifier=nobodys']) {
      const body = observation('a');
      const minimal = { Prefer: 'return=minimal' };
      assert.equal(
        await ask(own, 'POST', '/Observation', body, { ...minimal, 'If-None-Exist': `${condition}&status=final` }),
        '201 ',
        condition,
      );
      assert.equal(await ask(own, 'DELETE', `/Observation?${condition}`), '204 ');
      assert.match(
        await ask(own, 'PATCH', `/Observation?${condition}`, [], { 'Content-Type': 'application/json-patch+json' }),
        /^404 /,
      );
      const entry = [
        {
          request: { method: 'POST', url: 'Observation' },
          resource: observation('a', { hasMember: [{ reference: `Observation?${condition}` }] }),
        },
      ];
      assert.match(await ask(own, 'POST', '/', { resourceType: 'Bundle', type: 'transaction', entry }), /^412 /);
    }
    for (const id of ['restricted', 'others'])
      assert.match(await ask(service, 'GET', `/Observation/${id}`), /"versionId":"1"/);
  });

  test('E60: nothing is drawn into or pushed out of the own record by what names its patient', async () => {
    const patch = [{ op: 'replace', path: '/subject/reference', value: 'Patient/b' }];
    const json = { 'Content-Type': 'application/json-patch+json' };
    assert.match(await ask(own, 'PATCH', '/Observation/mine', patch, json), /^403 /);
    assert.match(await ask(own, 'PUT', '/Observation/mine', { ...observation('b'), id: 'mine' }), /^403 /);
    for (const bridge of [
      {
        resourceType: 'List',
        status: 'current',
        mode: 'working',
        subject: { reference: 'Patient/a' },
        entry: [{ item: { reference: 'Observation/others' } }],
      },
      observation('a', { hasMember: [{ reference: 'Observation/others/_history/1' }] }),
      observation('a', { derivedFrom: [{ reference: 'Observation/restricted' }] }),
    ])
      assert.match(await ask(own, 'POST', `/${bridge.resourceType}`, bridge), /^201 /);
    const paths = [
      '/List?_include=List:item',
      '/Observation?_include=Observation:has-member',
      '/Observation?_include:iterate=Observation:derived-from',
      '/Patient/a/$everything',
      '/List?item:Observation.identifier=theirs',
      '/Observation?has-member.identifier=theirs',
    ];
    for (const path of paths) {
      const shown = await ask(own, 'GET', path);
      assert.match(shown, /^200 /, path);
      assert.doesNotMatch(shown, /"id":"(others|restricted)"/, path);
      if (path.includes('theirs')) assert.match(shown, /"total":0/, path);
    }
    const linked = { resourceType: 'Patient', id: 'a', link: [{ other: { reference: 'Patient/b' }, type: 'seealso' }] };
    assert.match(await ask(service, 'PUT', '/Patient/a', linked), /^200 /);
    assert.doesNotMatch(await ask(own, 'GET', '/Patient?_include=Patient:link'), /"id":"b"/);
    const contained = observation('b', {
      contained: [{ resourceType: 'Patient', id: 'a' }],
      subject: { reference: '#a' },
    });
    assert.match(await ask(own, 'POST', '/Observation', contained), /^403 /);
  });

  test('N12: a url of an entry leads nowhere but to this server, and a page link opens for nobody else', async () => {
    const urls = [
      'http://evil.example/fhir/Patient/b',
      '//evil.example/Patient/b',
      '/Patient/b',
      '../Patient/b',
      'Patient/..%2FPatient%2Fb',
      'Patient%2Fb',
      'file:///etc/passwd',
      'Patient/b;x',
      'Patient//b',
    ];
    const entry = urls.map((url) => ({ request: { method: 'GET', url } }));
    const answer = await ask(own, 'POST', '/', { resourceType: 'Bundle', type: 'batch', entry });
    const { entry: answers } = JSON.parse(answer.slice(4)) as { entry: { response: { status: string } }[] };
    assert.ok(
      answers.every(({ response }) => /^40[04]/.test(response.status)),
      answer,
    );
    const overridden = await ask(own, 'POST', '/Observation/mine', {}, { 'X-HTTP-Method-Override': 'DELETE' });
    assert.match(overridden, /^405 /);
    const page = await ask(own, 'GET', '/Observation?_count=1');
    const next = /"next","url":"http:\/\/localhost:4000\/fhir([^"]+)"/.exec(page)?.[1] ?? assert.fail(page);
    const other = await clinic.token({ ...patientClaims('b'), sub: 'user-2', grant_id: 'grant-2' });
    assert.match(await ask(other, 'GET', next), /^404 /);
    assert.match(await ask(own, 'GET', next.replace('Observation', 'Condition')), /^404 /);
    const narrower = await clinic.token(patientClaims('a', 'patient/Observation.rs?status=amended'));
    assert.doesNotMatch(await ask(narrower, 'GET', next), /"resourceType":"Observation"/);
  });

  test('E50: when a hidden version came is not told by _at', async () => {
    const write = async (resource: object): Promise<string> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const text = await ask(service, 'PUT', '/Observation/moving', { id: 'moving', ...resource });
      return /"lastUpdated":"([^"]+)"/.exec(text)?.[1] ?? assert.fail(text);
    };
    await write(observation('a'));
    const hidden = await write(observation('b'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await write(observation('a'));
    const at = (instant: number): string => new Date(Date.parse(hidden) + instant).toISOString();
    for (const path of ['/Observation/moving/_history', '/Observation/_history', '/_history']) {
      const seen = async (instant: number): Promise<number> => {
        const text = await ask(own, 'GET', `${path}?_at=${at(instant)}`);
        const { entry = [] } = JSON.parse(text.slice(4)) as { entry?: readonly { readonly resource?: Resource }[] };
        return entry.filter(({ resource }) => resource?.id === 'moving' && resource.meta?.versionId === '1').length;
      };
      assert.equal(await seen(-1), 1, path);
      assert.equal(await seen(2), 1, path);
    }
  });
});
