import type { Row } from './row.ts';

const NOWHERE = ['--address', '127.0.0.1:1'];
const head =
  "import { check, command, deploy, evaluate, extract, map, pipeline, python, step, train } from '@sluice/sdk';\nimport { z } from 'zod';\n";

/** A pipeline with this body, which begins in line 4. */
const body = (code: string, before = '') => ({
  'pipelines/rents.ts': `${before}${head}export const p = pipeline({ name: 'rents', params: z.object({}), run: async () => {\n${code}\n} });\n`,
});

const wrong = (what: string, code: string, files: Row['files'], ...says: (string | RegExp)[]): Row => ({
  what: `a pipeline ${what}`,
  exit: 2,
  code,
  files: files ?? {},
  args: ['run', 'rents', ...NOWHERE],
  says,
});

const data = "const d = await extract('d', { sql: 'select 1 as a' });";
const fit = (options = '') => `const m = await train('m', { run: python('trainers/train.py'), ${options} });`;
const judged = (suite: string) => `${fit()}\nawait evaluate('e', { model: m, suite: ${suite} });`;

const plans: readonly Row[] = [
  wrong('whose step has no name', 'InvalidStep', body("await extract('', { sql: 'select 1' });"), '""'),
  wrong('whose step has a slash in its name', 'InvalidStep', body("await extract('a/b', { sql: 'select 1' });"), 'a/b'),
  wrong('with two steps of a name', 'DuplicateStep', body(`${data}\nawait extract('d', { sql: 'select 2' });`), '"d"'),
  wrong(
    'with an option that does not exist',
    'InvalidStep',
    body("await extract('d', { sq: 'x' } as any);"),
    'sq',
    '(pipelines/rents.ts:4)',
  ),
  wrong('without SQL', 'InvalidStep', body("await extract('d', {} as any);"), 'sql'),
  wrong(
    'whose extract is to read what another step made',
    'InvalidStep',
    body(`${data}\nawait extract('e', { sql: 'select 1', data: { d } } as any);`),
    '"data"',
  ),
  wrong('that checks no dataset', 'InvalidStep', body("await check('c', { checks: [] } as any);"), 'dataset'),
  wrong(
    'with a check of nothing',
    'InvalidStep',
    body(`${data}\nawait check('c', { dataset: d, checks: [] });`),
    'checks',
  ),
  wrong(
    'with a check that forgot an await',
    'InvalidStep',
    body("await check('c', { dataset: extract('d', { sql: 'select 1' }) as any, checks: [] });"),
    'await',
  ),
  wrong('that trains on a class that does not exist', 'InvalidStep', body(fit("on: 'gpu'")), '"gpu"', 'classes'),
  wrong('that trains without a program', 'InvalidStep', body("await train('m', {} as any);"), 'run'),
  wrong('that trains for a time that is none', 'InvalidStep', body(fit("maxRuntime: 'long' as any")), 'long'),
  wrong('with a negative budget', 'InvalidStep', body(fit('retry: { errors: -1 }')), 'errors', '-1'),
  wrong('with a budget that is NaN', 'InvalidStep', body(fit('retry: { errors: NaN }')), 'errors', 'NaN'),
  wrong(
    'that forgot an await',
    'InvalidStep',
    body(
      "const m = train('m', { run: python('t.py') });\nawait evaluate('e', { model: m as any, suite: 'eval/holdout' });",
    ),
    'await',
  ),
  wrong(
    'that deploys to an endpoint that does not exist',
    'InvalidStep',
    body(`${fit()}\nawait deploy('shop', { model: m, gates: [] });`),
    '"shop"',
    'endpoints',
  ),
  wrong(
    'with two keys of a map',
    'DuplicateStep',
    body("await map('k', ['a', 'a'], { key: (k) => k }, async () => 1);"),
    '"a"',
  ),
  wrong(
    'whose suite is not there',
    'InvalidStep',
    body(judged("'eval/no'")),
    'eval/no.json',
    'Nothing has been started',
  ),
  wrong(
    'whose cases are not there',
    'InvalidStep',
    body(judged("{ cases: 'data/no.csv', label: 'rent' }")),
    'data/no.csv',
    'Nothing has been started',
  ),
  wrong(
    'whose suite names cases that are not there',
    'InvalidStep',
    { 'eval/holdout.json': { cases: 'data/no.csv', label: 'rent' } },
    'data/no.csv',
  ),
  wrong('whose suite is a folder', 'InvalidStep', body(judged("'eval'")), 'eval.json'),
  wrong(
    'whose suite is no JSON',
    'InvalidStep',
    { 'eval/holdout.json': '{ cases: 1 }' },
    'eval/holdout.json',
    'not JSON',
  ),
  wrong('whose suite is empty', 'InvalidStep', { 'eval/holdout.json': {} }, 'cases', 'label', 'docs/evaluate.md'),
  wrong(
    'whose suite has a field that does not exist',
    'InvalidStep',
    { 'eval/holdout.json': { cases: 'data/holdout.csv', label: 'rent', margn: 1 } },
    'margn',
  ),
  wrong(
    'whose suite has a metric that does not exist',
    'InvalidStep',
    { 'eval/holdout.json': { cases: 'data/holdout.csv', label: 'rent', metric: 'f1' } },
    'metric',
    'absolute_error',
  ),
  wrong('whose suite lies outside of the project', 'InvalidStep', body(judged("'../eval/x'")), 'not below the project'),
];

const loads: readonly Row[] = [
  wrong('that cannot be parsed', 'InvalidConfig', body('const a = ;'), '{root}/pipelines/rents.ts:4'),
  wrong(
    'that imports what is not there',
    'InvalidConfig',
    body('', "import { x } from './x.ts';\nx();\n"),
    'pipelines/rents.ts:1',
    'x.ts',
  ),
  wrong('that exports none', 'InvalidConfig', { 'pipelines/rents.ts': 'export const a = 1;\n' }, 'exports no pipeline'),
  wrong('that is empty', 'InvalidConfig', { 'pipelines/rents.ts': '' }, 'exports no pipeline'),
  wrong(
    'of a name with a space',
    'InvalidConfig',
    {
      'pipelines/rents.ts': `${head}export const p = pipeline({ name: 'my rents', params: z.object({}), run: async () => 1 });`,
    },
    'my rents',
  ),
  wrong(
    'whose parameters are no schema',
    'InvalidConfig',
    {
      'pipelines/rents.ts': `${head}export const p = pipeline({ name: 'rents', params: {} as any, run: async () => 1 });`,
    },
    'params',
  ),
  wrong(
    'that fails while it is loaded',
    'InvalidConfig',
    body('', 'const c = (null as any).x;\n'),
    'pipelines/rents.ts:1',
    "'x'",
  ),
  wrong(
    'that imports node:fs',
    'InvalidConfig',
    body('console.log(readFileSync);', "import { readFileSync } from 'node:fs';\n"),
    '{root}/pipelines/rents.ts:1',
    'imports node:fs',
    'step',
  ),
  wrong(
    'that imports os',
    'InvalidConfig',
    body('console.log(os);', "\nimport os from 'os';\n"),
    'pipelines/rents.ts:2',
    'imports os',
  ),
  wrong(
    'whose helper imports node:path',
    'InvalidConfig',
    {
      ...body('console.log(h);', "import { h } from './h.ts';\n"),
      'pipelines/h.ts': "\n\nimport { join } from 'node:path';\nexport const h = join;\n",
    },
    '{root}/pipelines/h.ts:3',
    'imports node:path',
  ),
];

const needsNode = body('console.log(readFileSync);', "import { readFileSync } from 'node:fs';\n");
const another = `${head}export const q = pipeline({ name: 'other', params: z.object({}), run: async () => 1 });\n`;
const both = {
  ...needsNode,
  'pipelines/other.ts': another,
  'sluice.config.ts': "export default { project: 'rents', pipelines: ['pipelines/*.ts'] };\n",
};

/** One pipeline that cannot be served, alone and beside another. */
const unfit: readonly Row[] = [
  {
    ...wrong('that imports node:fs beside a good one', 'InvalidConfig', both, 'rents.ts:1 imports'),
    args: ['run', 'rents'],
  },
  {
    ...wrong('that is good beside one that imports node:fs, without a server', 'Unreachable', both, '127.0.0.1:1'),
    args: ['run', 'other', ...NOWHERE],
    exit: 6,
  },
];

const runs = (what: string, code: string, files: Row['files'], ...says: (string | RegExp)[]): Row => ({
  what: `a step of a pipeline ${what}`,
  exit: 1,
  code,
  files: files ?? {},
  args: ['step', 'rents'],
  says,
  runs: true,
});
const sql = (text: string) => body(`await extract('d', { sql: ${JSON.stringify(text)} });`);
const trainer = (text: string, options = '') => ({ ...body(`${data}\n${fit(options)}`), 'trainers/train.py': text });

const steps: readonly Row[] = [
  runs(
    'that throws a TypeError',
    'TypeError',
    body('const x: any = 1;\nx.no();'),
    'x.no is not a function',
    'pipelines/rents.ts:5',
  ),
  runs(
    'that throws an error of its own',
    'Error',
    body("throw new Error('no rows today');"),
    'no rows today',
    'pipelines/rents.ts:4',
  ),
  runs('that throws a text', 'Error', body("throw 'no rows';"), 'no rows', 'pipeline rents'),
  runs(
    'that reads a file which is not there',
    'NotFound',
    sql("select * from read_csv('data/no.csv')"),
    'data/no.csv',
    'sluice.config.ts',
  ),
  runs('whose SQL cannot be parsed', 'InvalidSql', sql('selec 1'), 'selec', 'Correct the SQL'),
  runs(
    'whose SQL names a column that does not exist',
    'InvalidSql',
    sql("select nope from read_csv('data/rents.csv')"),
    'nope',
    'Correct the SQL',
  ),
  runs('whose SQL is empty of statements', 'InvalidSql', sql('-- nothing'), 'comments only', 'Write one SELECT'),
  {
    ...runs('whose SQL has a parameter too few', 'InvalidStep', sql('select $largest as a'), 'largest', 'Add largest'),
    exit: 2,
  },
  runs(
    'whose trainer is not there',
    'NotFound',
    body("await train('m', { run: python('trainers/no.py') });"),
    'trainers/no.py',
  ),
  runs(
    'whose program is not installed',
    'CommandNotFound',
    body("await step('s', { run: { interpreter: 'exec', argv: ['no-such-program'], code: [], env: {} } });"),
    'no-such-program',
  ),
  runs('whose trainer raises', 'TrainerFailed', trainer("raise ValueError('no rows')\n"), 'ValueError: no rows'),
  runs('whose trainer cannot be parsed', 'TrainerFailed', trainer('def x(:\n'), 'SyntaxError'),
  runs('whose trainer writes no model', 'NoModel', trainer('pass\n'), 'output directory'),
  runs(
    'whose trainer writes rubbish to its event file',
    'ProtocolError',
    trainer("import os\nopen(os.environ['SLUICE_EVENTS'], 'a').write('hello\\n')\n"),
    'hello',
    'JSON object',
  ),
  runs(
    'whose trainer exits by a code of its own',
    'TrainerFailed',
    trainer("import sys\nprint('disk is upside down')\nsys.exit(9)\n"),
    'code 9',
    'disk is upside down',
  ),
];

const program = (name: string, argv: string, text: string) => ({
  ...body(`await step('s', { run: command(${argv}) });`),
  [`trainers/${name}`]: text,
});

/** What `sluice step` finds before it runs anything. */
const before: readonly Row[] = [
  {
    ...wrong('whose suite is not there, in sluice step', 'InvalidStep', body(judged("'eval/no'")), 'eval/no.json'),
    args: ['step', 'rents'],
    never: ['--no-check'],
  },
];

/** Trainers of other kinds, and what they get wrong in the protocol. */
const others: readonly Row[] = [
  runs(
    'whose program in Node throws',
    'TrainerFailed',
    program('t.mjs', "['node', 'trainers/t.mjs']", "\nthrow new RangeError('no rows today');\n"),
    'exited with code 1: RangeError: no rows today',
  ),
  runs(
    'whose program in Node throws a text',
    'TrainerFailed',
    program('t.mjs', "['node', 'trainers/t.mjs']", "throw 'no rows today';\n"),
    'exited with code 1: no rows today',
  ),
  runs(
    'whose shell script fails',
    'TrainerFailed',
    program('t.sh', "['bash', 'trainers/t.sh']", 'set -e\ncat no-such.csv\n'),
    'exited with code 1: cat: no-such.csv: No such file or directory',
  ),
  runs(
    'whose event has no type',
    'ProtocolError',
    program('t.sh', "['bash', 'trainers/t.sh']", 'echo "{}" >> "$SLUICE_EVENTS"\n'),
    'type',
    'docs/trainer-protocol.md',
  ),
  runs(
    'whose metric is NaN in no JSON',
    'ProtocolError',
    program(
      't.sh',
      "['bash', 'trainers/t.sh']",
      'echo \'{"type":"metric","step":1,"values":{"loss":NaN}}\' >> "$SLUICE_EVENTS"\n',
    ),
    'NaN',
    'docs/trainer-protocol.md',
  ),
];

/** Pipelines, and what their steps do on this machine. */
export const pipelineRows: readonly Row[] = [...plans, ...loads, ...unfit, ...before, ...steps, ...others];
