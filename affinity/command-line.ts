/** The commands that there are. */
import type { Command } from './commands/command.ts';
import { protect, protectSettings, protectUsage } from './commands/protect.ts';

/** Loaded when asked for, so that one command does not wait for the code of the others. */
const commands: readonly Command[] = [
  {
    name: 'start',
    usage: 'start [--only userinfo]',
    summary:
      'starts the domain, or the userinfo endpoint as a process of its own, and stays in the foreground (Ctrl-C stops it)',
    run: async (input) => {
      if (input.args.length === 0) return (await import('./commands/start.ts')).start(input);
      if (input.args.join(' ') === '--only userinfo')
        return (await import('./commands/start-userinfo.ts')).startUserinfo(input);
      input.print('Say "start", or "start --only userinfo": no other part runs by itself.');
      return 2;
    },
  },
  {
    name: 'protect',
    usage: protectUsage,
    summary:
      'puts an authorization server and the guard in front of an existing FHIR R4 server and stays in the foreground; ' +
      'secrets may be named: env:NAME or file:PATH',
    settings: protectSettings,
    run: protect,
  },
  {
    name: 'import',
    usage: 'import FILE… [--all] | import --synthetic N [--seed N]',
    summary: 'takes FHIR Bundles, ndjson, single resources and packages (.tgz), or makes synthetic patients',
    run: async (input) => (await import('./commands/import.ts')).importRecords(input),
  },
  {
    name: 'registry',
    usage: 'registry load FILE… | registry [list]',
    summary:
      'loads FHIR packages (.tgz) into the registry, each whole or not at all; lists them with what they depend on',
    run: async (input) => (await import('./commands/registry.ts')).registry(input),
  },
  {
    name: 'people',
    usage:
      'people add USERNAME --name NAME [--patient ID | --practitioner ID] [--acts-for ID=RELATION]… [--administrator]\n' +
      '      [--auditor] [--emergency] [--relabel] [--steward] [--publisher] [--evidence KIND] [--proved-by NAME]\n' +
      '  people set USERNAME [--administrator on|off] [--auditor on|off] [--emergency on|off] [--relabel on|off]\n' +
      '      [--steward on|off] [--publisher on|off] [--disabled on|off] [--second-factor off]\n' +
      '  people invite --patient ID | --practitioner ID --name NAME [--days N]\n' +
      '  people prove USERNAME --patient ID | --practitioner ID | --acts-for ID=RELATION [--related-person ID]\n' +
      '      [--from DATE] [--until DATE] --evidence KIND --by NAME [--note TEXT]\n' +
      '  people prove USERNAME --end [--acts-for ID] --by NAME --reason TEXT\n' +
      '  people proofs USERNAME',
    summary:
      'adds somebody who may sign in (the password is read from standard input); changes what somebody may do, or ' +
      'whether they may sign in at all; prints a code with which a sign-in elsewhere becomes theirs; ties a sign-in to ' +
      'a Patient, or lets it act for one, by a proof that is kept, and shows these proofs',
    run: async (input) => {
      switch (input.args[0]) {
        case 'set':
          return (await import('./commands/people-set.ts')).setPeople(input);
        case 'invite':
          return (await import('./commands/people-invite.ts')).invitePeople(input);
        case 'prove':
        case 'proofs':
          return (await import('./commands/people-prove.ts')).provePeople(input);
        default:
          return (await import('./commands/people.ts')).people(input);
      }
    },
  },
  {
    name: 'patients',
    usage:
      'patients [list] [--server NAME] [--limit N]\n  patients link ID --server NAME ID_THERE | patients unlink ID --server NAME',
    summary:
      'says under which id a further server (resource_servers) knows a patient of this domain, or takes that back',
    run: async (input) => (await import('./commands/links.ts')).patients(input),
  },
  {
    name: 'practitioners',
    usage:
      'practitioners [list] [--server NAME] [--limit N]\n' +
      '  practitioners link ID --server NAME ID_THERE | practitioners unlink ID --server NAME',
    summary: 'the same for practitioners',
    run: async (input) => (await import('./commands/links.ts')).practitioners(input),
  },
  {
    name: 'clients',
    usage:
      'clients [list] [--limit N]\n  clients show ID\n  clients approve ID [--publisher NAME]\n' +
      '  clients suspend ID | clients resume ID | clients remove ID\n' +
      '  clients token --for NAME [--uses N] [--hours N] [--scope "…"]\n  clients token list | clients token end ID',
    summary:
      'shows the apps that have registered themselves; lets one do what it asked for, stops it or takes it out; makes ' +
      'tokens to register with',
    run: async (input) => (await import('./commands/clients.ts')).clients(input),
  },
  {
    name: 'alerts',
    usage: 'alerts [list] [--limit N]\n  alerts acknowledge ID --by NAME --note TEXT',
    summary: 'shows declared emergencies and what else waits for somebody to look at it; notes that somebody did',
    run: async (input) => (await import('./commands/alerts.ts')).alerts(input),
  },
  {
    name: 'explain',
    usage:
      'explain --client CLIENT_ID [--person USERNAME] [--patient ID] [--scope "…"] [--grant ID] [--purpose CODE]\n' +
      '      [--clearance N|R|V] [--record Type/ID] [--json] METHOD "/fhir/…"',
    summary: 'tells rule by rule how a request would be decided, and why, without executing it',
    run: async (input) => (await import('./commands/explain.ts')).explain(input),
  },
  {
    name: 'matching',
    usage: 'matching learn [--records N]',
    summary: 'learns from the records in the index of persons how they are matched, and prints it for affinity.yaml',
    run: async (input) => (await import('./commands/matching.ts')).matching(input),
  },
  {
    name: 'audit',
    usage: 'audit verify [--heads FILE] [--events PERCENT]',
    summary:
      'looks through the audit log for anything changed, removed, moved or put in; prints the ends of its chains',
    run: async (input) => (await import('./commands/audit.ts')).audit(input),
  },
  {
    name: 'keys',
    usage: 'keys [list]\n  keys rotate [--use id-token|id-token-es256|access-token] [--now]',
    summary:
      'shows the keys that sign tokens; makes new ones, which take over once everybody can know them. With --now, for a ' +
      'key that somebody else may have, the old ones go at once and every token of theirs with them',
    run: async (input) => (await import('./commands/keys.ts')).keys(input),
  },
  {
    name: 'check',
    usage: 'check',
    summary: 'checks the settings, the database and the chain of the audit log',
    run: async (input) => (await import('./commands/check.ts')).check(input),
  },
];

export const findCommand = (name: string): Command | undefined => commands.find((command) => command.name === name);

export const describeCommands = (): string =>
  [
    'Usage: npx affinity COMMAND',
    '',
    ...commands.map(({ usage, summary }) => `  ${usage}\n      ${summary}`),
    '',
    'Settings: AFFINITY_ORIGIN, AFFINITY_PORT, AFFINITY_HOST, AFFINITY_DATA, AFFINITY_DEMO, AFFINITY_DEMO_PATIENTS,',
    'AFFINITY_CONFIG, DATABASE_URL, and affinity.yaml. See README.md.',
  ].join('\n');
