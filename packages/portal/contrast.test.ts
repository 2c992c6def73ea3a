/** Every pair of colours that stands together can be told apart, in light and in dark. WCAG 2.2 §1.4.3, §1.4.11. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readStylesheet, stylesheetParts } from './stylesheet.ts';

const read = (part: string): string => readFileSync(new URL(`styles/${part}.css`, import.meta.url), 'utf8');
const [lightRules = '', darkRules = ''] = read('tokens').split('@media (prefers-color-scheme: dark)');
const colours = (rules: string) =>
  new Map([...rules.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
const light = colours(lightRules);
const dark = colours(darkRules);

const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one: string, other: string): number => {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
};

const grounds = ['paper', 'card', 'sunken', 'accent-tint'];
const text: readonly (readonly [string, string])[] = [
  ...['ink', 'muted', 'accent', 'accent-strong', 'look'].flatMap((ink) =>
    grounds.map((ground) => [ink, ground] as const),
  ),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ['on-bar', 'bar'],
  ['look', 'look-tint'],
  ['ink', 'look-tint'],
  ['allowed', 'allowed-tint'],
  ['allowed', 'card'],
  ['danger', 'danger-tint'],
  ['ink', 'danger-tint'],
  ['danger', 'card'],
];
const shapes: readonly (readonly [string, string])[] = [
  ...['control', 'focus', 'accent'].flatMap((shape) =>
    ['paper', 'card', 'sunken', 'accent-tint'].map((ground) => [shape, ground] as const),
  ),
  ['focus', 'danger-tint'],
  ['bar-glow', 'bar'],
  ['danger', 'paper'],
  ['allowed', 'paper'],
  ['look', 'card'],
];

for (const [scheme, tokens] of [
  ['light', light],
  ['dark', dark],
] as const) {
  for (const [kind, pairs, least] of [
    ['text', text, 4.5],
    ['shapes', shapes, 3],
  ] as const) {
    test(`${scheme}: ${kind} at least ${least}:1`, () => {
      const low = pairs.flatMap(([over, under]) => {
        const ratio = contrast(tokens.get(over) ?? assert.fail(over), tokens.get(under) ?? assert.fail(under));
        return ratio < least ? [`${over} on ${under}: ${ratio.toFixed(2)}`] : [];
      });
      assert.deepEqual(low, []);
    });
  }
}

test('the sum is right where the answer is known', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

test('dark names every colour that light names, and colours stand nowhere but among the tokens', () => {
  assert.deepEqual([...dark.keys()].sort(), [...light.keys()].sort());
  for (const part of stylesheetParts.filter((name) => name !== 'tokens')) {
    assert.doesNotMatch(read(part), /#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|oklch\(/i, part);
  }
});

test('every token that is used is defined, and the stylesheet fetches nothing', () => {
  const sheet = readStylesheet();
  const defined = new Set([...sheet.matchAll(/(--[\w-]+):/g)].map(([, name]) => name));
  for (const [, name] of sheet.matchAll(/var\((--[\w-]+)/g)) assert.ok(defined.has(name), name);
  assert.doesNotMatch(sheet, /url\(|@import|@font-face/);
});
