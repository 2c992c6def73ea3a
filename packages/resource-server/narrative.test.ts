/** Narratives that may stand, and a corpus of those that may not. FHIR R4 narrative.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkNarratives, narrativeFault } from './narrative.ts';
import { packageResources, withoutPackage } from './testing/package-examples.ts';

const div = (inner: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

const sound = [
  'plain words &amp; &lt;signs&gt;',
  '<p class="x" style="color: red; width: 10px">a</p>',
  '<p style="background: rgb(1, 2, 3); border: 1px solid rgba(0,0,0,0.5)">a</p>',
  '<table border="1"><thead><tr><th colspan="2">a</th></tr></thead><tbody><tr><td rowspan="1">b</td></tr></tbody></table>',
  '<a href="https://example.org/x?a=b#c">a</a> <a href="#b">b</a> <a name="b"/> <a href="Patient/1">c</a>',
  '<a href="mailto:a@example.org">a</a> <a href="tel:+123">b</a>',
  '<img src="#image" alt="a"/> <img src="data:image/png;base64,QUJD" alt="b"/> <img src="Binary/1" alt="c"/>',
  '<ul><li>a<br/><i>b</i></li></ul><!-- a note -->',
  '<h1>a</h1><blockquote cite="https://example.org">b</blockquote><pre>c</pre><sub>d</sub>',
];

/** Each is refused as it stands. */
const hostile = [
  '<script>alert(1)</script>',
  '<script src="https://evil.example/x.js"/>',
  '<style>p { background: red }</style>',
  '<link rel="stylesheet" href="https://evil.example/x.css"/>',
  '<base href="https://evil.example/"/>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/"/>',
  '<form action="https://evil.example/"><input name="a"/></form>',
  '<input autofocus="autofocus" onfocus="alert(1)"/>',
  '<button>a</button>',
  '<iframe src="https://evil.example/"/>',
  '<frameset><frame/></frameset>',
  '<object data="x"/>',
  '<embed src="x"/>',
  '<applet code="x"/>',
  '<video src="x"/>',
  '<audio src="x"/>',
  '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>a</mi></math>',
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  '<svg><script>alert(1)</script></svg>',
  '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
  '<f:Patient xmlns:f="http://hl7.org/fhir"/>',
  '<title>a</title>',
  '<textarea>a</textarea>',
  '<noscript>a</noscript>',
  '<template>a</template>',
  '<marquee>a</marquee>',
  '<body onload="alert(1)">a</body>',
  '<SCRIPT>alert(1)</SCRIPT>',
  '<p onclick="alert(1)">a</p>',
  '<p ONCLICK="alert(1)">a</p>',
  '<img src="x" onerror="alert(1)"/>',
  '<p formaction="x">a</p>',
  '<p is="x">a</p>',
  '<p background="x">a</p>',
  '<a xlink:href="javascript:alert(1)" xmlns:xlink="http://www.w3.org/1999/xlink">a</a>',
  '<a href="javascript:alert(1)">a</a>',
  '<a href="JaVaScRiPt:alert(1)">a</a>',
  '<a href=" javascript:alert(1)">a</a>',
  '<a href="java&#10;script:alert(1)">a</a>',
  '<a href="&#106;avascript:alert(1)">a</a>',
  '<a href="vbscript:x">a</a>',
  '<a href="data:text/html,x">a</a>',
  '<a href="blob:x">a</a>',
  '<a href="file:///etc/passwd">a</a>',
  '<a href="\\\\evil.example">a</a>',
  '<p href="https://example.org">a</p>',
  '<p src="x">a</p>',
  '<img src="https://evil.example/x.png"/>',
  '<img src="//evil.example/x.png"/>',
  '<img src="/\\evil.example/x.png"/>',
  '<img src="data:image/svg+xml;base64,QUJD"/>',
  '<img src="data:text/html;base64,QUJD"/>',
  '<img src="data:image/png;base64,&quot;x"/>',
  '<img srcset="https://evil.example/x.png 2x" src="#a"/>',
  '<p style="background: url(https://evil.example/x.png)">a</p>',
  '<p style="background: URL (x)">a</p>',
  '<p style="background: u\\72l(x)">a</p>',
  '<p style="background: ur/**/l(x)">a</p>',
  '<p style="width: expression(alert(1))">a</p>',
  '<p style="background: image-set(x)">a</p>',
  '<p style="@import x">a</p>',
  '<p style="behavior: x">a</p>',
  '<p style="-moz-binding: x">a</p>',
  '<p style="position: fixed; top: 0">a</p>',
  '<p style="color: &lt;x">a</p>',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<!--><img src=x onerror=alert(1)>--> a',
  '<!-- --!><img src=x onerror=alert(1)> --> a',
  '<?php x ?>a',
  'a &nbsp; b',
  '<p>a',
  '<p>a</b></p>',
  '<p class=x>a</p>',
  '</div><script>alert(1)</script><div>',
  '',
  '   ',
  '<p> </p>',
];

test('Q14: formatted text may stand', () => {
  for (const inner of sound) assert.equal(narrativeFault(div(inner)), undefined, inner);
});

test('Q14: what runs, loads, asks or covers may not, in any place', () => {
  for (const inner of hostile) {
    assert.equal(typeof narrativeFault(div(inner)), 'string', inner);
    if (inner.trim() === '' || inner === '<p> </p>') continue;
    assert.equal(typeof narrativeFault(div(`<p>before</p>${inner}<p>after</p>`)), 'string', inner);
    assert.equal(typeof narrativeFault(div(`<table><tr><td>${inner}</td></tr></table>`)), 'string', inner);
  }
});

test('Q14: the div is one, and of XHTML', () => {
  for (const text of [
    '<div>a</div>',
    '<p xmlns="http://www.w3.org/1999/xhtml">a</p>',
    '<divx xmlns="http://www.w3.org/1999/xhtml">a</divx>',
    '<div xmlns="urn:x">a</div>',
    `${div('a')}${div('b')}`,
    `${div('a')}<!-- b -->`,
    ` ${div('a')}`,
    `<!DOCTYPE div [<!ENTITY a "b">]>${div('&a;')}`,
    'a',
    '',
  ])
    assert.equal(typeof narrativeFault(text), 'string', text);
});

test('Q14: pieces of attacks put together never let an element or attribute through that is not on the list', () => {
  const piece = fc.constantFrom(
    ...sound,
    ...hostile,
    '<',
    '>',
    '"',
    "'",
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&#60;',
    'script',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const inner = pieces.join('');
      if (narrativeFault(div(inner)) !== undefined) return;
      const unescaped = inner.replace(/<!--[\s\S]*?-->/g, '');
      for (const [, name = ''] of unescaped.matchAll(/<\/?([a-zA-Z][\w:]*)/g))
        assert.match(name, /^(a|p|b|i|br|h1|ul|li|img|sub|pre|table|thead|tbody|tr|th|td|blockquote)$/, inner);
      assert.doesNotMatch(unescaped, /<[^>]*\son\w+=|<[^>]*javascript:|<[^>]*url\s*\(/i);
    }),
    { numRuns: 3000 },
  );
});

test('Q14: narratives are found wherever they stand, and told with their place', () => {
  const bad = { status: 'generated', div: div('<script>x</script>') };
  const resource = {
    resourceType: 'Bundle',
    entry: [{ resource: { resourceType: 'Patient', text: bad, contained: [{ resourceType: 'Basic', text: bad }] } }],
  };
  assert.deepEqual(
    checkNarratives(resource).map(({ code, expression }) => [code, expression?.[0]]),
    [
      ['invariant', 'Bundle.entry[0].resource.text.div'],
      ['invariant', 'Bundle.entry[0].resource.contained[0].text.div'],
    ],
  );
  assert.deepEqual(checkNarratives({ resourceType: 'Patient', text: { status: 'generated', div: div('a') } }), []);
  const many = { resourceType: 'Bundle', entry: Array.from({ length: 100 }, () => ({ resource: { text: bad } })) };
  assert.equal(checkNarratives(many).length, 20);
});

test('Q28: long values are judged in one pass', () => {
  for (const piece of ['a', 'rgb', ' ', 'position', '-', 'url', '(', '/', 'a:'])
    for (const attribute of ['style', 'href', 'class'])
      narrativeFault(div(`<a ${attribute}="${piece.repeat(500_000)}">x</a>`));
});

test('Q14: narratives of records in US Core 6.1.0 may stand', { skip: withoutPackage }, async () => {
  const records = new Set([
    'Patient',
    'Observation',
    'Condition',
    'Encounter',
    'Immunization',
    'Procedure',
    'CareTeam',
  ]);
  let seen = 0;
  for await (const json of packageResources()) {
    const resource = JSON.parse(json);
    if (!records.has(resource.resourceType)) continue;
    assert.deepEqual(checkNarratives(resource), [], `${resource.resourceType}/${resource.id}`);
    if (resource.text !== undefined) seen += 1;
  }
  assert.ok(seen > 40, `${seen} narratives`);
});
