import type { Row } from './row.ts';

const usage = { exit: 2, code: 'Usage' } as const;
/** Nothing listens on port 1. */
const NOWHERE = ['--address', '127.0.0.1:1'];

const flags: readonly Row[] = [
  { what: 'a command that does not exist', args: ['frobnicate'], says: ['frobnicate', 'sluice --help'] },
  { what: 'a command with a typo', args: ['statsu'], says: ['statsu', 'Did you mean status?', 'sluice --help'] },
  { what: 'a flag that does not exist', args: ['run', 'rents', '--frob'], says: ["'--frob'", 'sluice run --help'] },
  { what: 'a flag with a typo', args: ['run', 'rents', '--parm', 'a=1'], says: ['--parm', 'Did you mean --param'] },
  { what: 'a flag of another command', args: ['status', '--hard'], says: ['--hard', 'sluice status --help'] },
  { what: 'a run of no pipeline', args: ['run'], says: ["'pipeline'", 'sluice run --help'] },
  { what: 'a run of two pipelines', args: ['run', 'rents', 'rents'], says: [/[Tt]oo many arguments/, 'run --help'] },
  { what: 'a flag without its value', args: ['run', 'rents', '--key'], says: ['--key <key>', 'argument missing'] },
  { what: 'a step of no pipeline', args: ['step'], says: ["'pipeline'", 'sluice step --help'] },
  { what: 'a rollback of no endpoint', args: ['rollback'], says: ["'endpoint'", 'sluice rollback --help'] },
  { what: 'a retry from nowhere', args: ['retry', 'rents/1'], says: ['--from <step>', 'sluice retry --help'] },
  { what: 'a port that is too large', args: ['dev', '--ui-port', '70000'], says: ['--ui-port', '0 to 65535'] },
  { what: 'a port that is no number', args: ['dev', '--mlflow-port', 'x'], says: ['--mlflow-port', 'a number'] },
  { what: 'a port below zero', args: ['dev', '--gateway-port=-1'], says: ['--gateway-port', 'a number'] },
  { what: 'a port with a fraction', args: ['dev', '--temporal-port', '7233.5'], says: ['--temporal-port', '65535'] },
  { what: 'an empty port', args: ['dev', '--events-port', ''], says: ['--events-port', 'a number'] },
  { what: 'an attempt that is no number', args: ['logs', 'r/1', '--attempt', 'last'], says: ['--attempt', 'a number'] },
  { what: 'an attempt that is NaN', args: ['logs', 'r/1', '--attempt', 'NaN'], says: ['--attempt', 'NaN', 'a number'] },
  { what: 'a limit that is infinite', args: ['status', '--limit', 'Infinity'], says: ['--limit', 'a number'] },
  { what: 'a time of no seconds', args: ['rollback', 'rents', '--timeout', 'soon'], says: ['--timeout', 'a number'] },
  { what: 'a notice of no seconds', args: ['preempt', 'r/1', '--in', '1m'], says: ['--in', '1m', 'a number'] },
  {
    what: 'a wait for what does not exist',
    args: ['run', 'rents', '--wait=never'],
    says: ['--wait=never', 'approval'],
  },
  { what: 'code of another kind', args: ['retry', 'r/1', '--from', 'fit', '--code', 'old'], says: ['old', 'original'] },
  { what: 'an override without a reason', args: ['override', 'r/1'], says: ['needs a reason', '--reason'] },
  {
    what: 'an override of a blank reason',
    args: ['override', 'r/1', '--reason', '  '],
    says: ['a reason', '--reason'],
  },
  { what: 'a worker of nothing', args: ['worker'], says: ['--class (', '--control'] },
  { what: 'a worker of two things', args: ['worker', '--class', 'cpu', '--control'], says: ['--class', '--control'] },
  { what: 'a name with spaces around it', args: ['run', ' rents '], says: ['" rents "', 'Did you mean "rents"'] },
  {
    what: 'a pipeline with a typo',
    args: ['run', 'rent'],
    says: ['"rent"', 'Did you mean "rents"', 'There is: rents'],
  },
  { what: 'a pipeline of another case', args: ['run', 'RENTS'], says: ['"RENTS"', 'Did you mean "rents"'] },
  { what: 'a pipeline of no letters', args: ['run', ''], says: ['There is no pipeline ""', 'There is: rents'] },
  { what: 'a pipeline in another script', args: ['run', 'аренда'], says: ['"аренда"', 'There is: rents'] },
  { what: 'a pipeline given as its file', args: ['run', 'pipelines/rents.ts'], says: ['pipelines/rents.ts', 'rents'] },
  { what: 'a step of a pipeline that does not exist', args: ['step', 'rent'], says: ['Did you mean "rents"'] },
  {
    what: 'a step that does not exist, before anything trains',
    args: ['step', 'rents', 'fitt'],
    says: ['no step "fitt"', 'Did you mean "fit"', 'Nothing has been run', 'flats, fit, holdout, rents'],
  },
  {
    what: 'a step of a branch that does not exist',
    args: ['step', 'rents', 'city=Bonn/fitt'],
    says: ['no step "city=Bonn/fitt"', 'flats, fit, holdout'],
  },
  { what: 'a key with a slash', args: ['run', 'rents', '--key', 'a/b', ...NOWHERE], says: ['"a/b"', 'without spaces'] },
  { what: 'a key with a space', args: ['run', 'rents', '--key', 'a b', ...NOWHERE], says: ['"a b"', 'without spaces'] },
  { what: 'an empty key', args: ['run', 'rents', '--key', '', ...NOWHERE], says: ['""', '1 to 200 characters'] },
  {
    what: 'a key of 300 letters',
    args: ['run', 'rents', '--key', 'k'.repeat(300), ...NOWHERE],
    says: ['kkk', '1 to 200 characters'],
  },
].map((row) => ({ ...usage, ...row }));

const away: readonly Row[] = [
  ['run', 'rents'],
  ['status'],
  ['status', 'rents/1', '--follow'],
  ['logs', 'rents/1'],
  ['approve', 'rents/1'],
  ['reject'],
  ['override', 'rents/1', '--reason', 'x'],
  ['retry', 'rents/1', '--from', 'fit'],
  ['endpoints'],
  ['rollback', 'rents'],
  ['setup'],
  ['gc'],
].map((args) => ({
  what: `sluice ${args.join(' ')} without a server`,
  args: [...args, ...NOWHERE],
  exit: 6,
  code: 'Unreachable',
  says: ['does not answer', '127.0.0.1:1', 'sluice dev'],
}));

const addresses: readonly Row[] = [
  ['an address that is a URL', 'http://127.0.0.1:1'],
  ['an empty address', ''],
  ['an address with a port that is too large', '127.0.0.1:99999'],
  ['an address of words', 'the server'],
].map(([what = '', address = '']) => ({
  ...usage,
  what,
  args: ['status', '--address', address],
  says: [`"${address}"`, '--address 127.0.0.1:7233'],
}));

/** The command line itself. */
export const commandLineRows: readonly Row[] = [
  ...flags,
  ...away,
  ...addresses,
  { ...usage, what: 'no command', args: [], says: ['No command', 'sluice --help'] },
  {
    ...usage,
    what: 'a worker of a class that does not exist',
    alone: true,
    args: ['worker', '--class', 'gpu', ...NOWHERE],
    says: ['"gpu"', 'There is: '],
  },
];
