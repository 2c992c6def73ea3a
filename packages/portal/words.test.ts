/** What things are called: every group, every error, types known and unknown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsentItem, consentGroups } from '@affinity/authorization-server/page-views.ts';
import { nameType } from '@affinity/core/fhir/resource-type-words.ts';
import { html } from './markup.ts';
import { english } from './words.ts';
import { namePurposes } from './words-purposes.ts';

const { consent } = english;
const itemOf = (group: ConsentItem['group'], types: readonly string[], future = false): ConsentItem => ({
  group,
  thing: group,
  types,
  future,
  scope: 's',
  access: ['see'],
  required: false,
  checked: true,
});

test('each group has words of its own, and none of them is a scope or a type name', () => {
  const titles = consentGroups.map((group) => consent.describeItem(itemOf(group, ['Observation', 'CarePlan'])));
  assert.equal(new Set(titles.map((words) => words.title)).size, consentGroups.length);
  for (const { title, about } of titles) {
    assert.match(about, /\.$/);
    assert.doesNotMatch(title + about, /Observation|CarePlan|patient\/|openid|offline_access/);
  }
});

test('other types are named in plain words; a wildcard says that it reaches into the future', () => {
  assert.deepEqual(consent.describeItem(itemOf('other', ['Procedure'])), {
    title: 'Operations and procedures',
    about: 'Other clinical information.',
  });
  assert.equal(consent.describeItem(itemOf('other', ['CarePlan', 'Goal'])).about, 'Care plans and goals of care.');
  assert.match(consent.describeItem(itemOf('everything-else', [], true)).about, /do not exist yet/);
  assert.doesNotMatch(consent.describeItem(itemOf('everything-else', [], false)).about, /do not exist yet/);
});

test('E75: purposes are named in plain words; one without words, as it is', () => {
  assert.equal(namePurposes(['HRESCH']), 'research');
  assert.equal(
    namePurposes(['TREAT', 'HQUALIMP', 'MILDCRG']),
    'treatment, improving quality and the purpose “MILDCRG”',
  );
  assert.equal(namePurposes(['constructor']), 'the purpose “constructor”');
});

test('a type without a plain name is spelt out, and names of Object’s own are no types', () => {
  assert.equal(nameType('MolecularSequence'), 'molecular sequence');
  assert.equal(nameType('constructor'), 'constructor');
  assert.equal(nameType('__proto__'), '__proto__');
});

test('the question names the app, the record, and whether the app may write', () => {
  const app = html`Vitals`;
  const ask = (see: boolean, write: boolean, who = true) => ({ see, write, who });
  const milo = { name: html`Milo` };
  assert.equal(consent.title(app, 'own', ask(true, false)).toString(), 'Let Vitals see your record?');
  assert.equal(consent.title(app, milo, ask(true, true)).toString(), 'Let Vitals see Milo’s record and write in it?');
  assert.equal(consent.title(app, 'own', ask(false, true)).toString(), 'Let Vitals write in your record?');
  assert.equal(
    consent.title(app, 'any', ask(true, true)).toString(),
    'Let Vitals see the records that you may open and write in them?',
  );
  assert.equal(consent.title(app, 'own', ask(false, false)).toString(), 'Let Vitals know who you are?');
  assert.equal(consent.title(app, 'any', ask(false, false, false)).toString(), 'Let Vitals go on?');
});

test('waiting is said in seconds, then in minutes, never as nothing', () => {
  assert.match(english.signIn.throttled(0), /wait 1 second,/);
  assert.match(english.signIn.throttled(30), /wait 30 seconds,/);
  assert.match(english.signIn.throttled(600), /wait 10 minutes,/);
});
