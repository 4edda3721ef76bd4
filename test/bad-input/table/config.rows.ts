import type { Row } from './row.ts';

const invalid = { exit: 2, code: 'InvalidConfig' } as const;
const NOWHERE = ['--address', '127.0.0.1:1'];
const status = ['status', ...NOWHERE];

/** A config with these options over a good one. */
const config = (options: string) => ({
  'sluice.config.ts': `export default { project: 'rents', pipelines: ['pipelines/rents.ts'], ${options} };\n`,
});
const wrong = (what: string, options: string, ...says: (string | RegExp)[]): Row => ({
  ...invalid,
  what: `a config with ${what}`,
  files: config(options),
  args: status,
  says: ['{root}/sluice.config.ts', ...says],
});

const options: readonly Row[] = [
  wrong('an option that does not exist', 'clases: {}', 'clases', 'Did you mean "classes"'),
  wrong('a project of two words', "project: 'my rents'", 'project', '"my rents"'),
  wrong('no project', 'project: undefined', 'project'),
  wrong('a project that is a number', 'project: 7', 'project', 'expected string'),
  wrong('no pipelines', 'pipelines: []', 'pipelines'),
  wrong('pipelines that are a text', "pipelines: 'pipelines/rents.ts'", 'pipelines', 'expected array'),
  wrong('a pipeline file that is not there', "pipelines: ['pipelines/rent.ts']", 'pipelines.0', 'pipelines/rent.ts'),
  wrong('a pattern that finds nothing', "pipelines: ['models/*.ts']", 'pipelines.0', 'no file is like models/*.ts'),
  wrong('no classes', 'classes: {}', 'classes', 'at least one class'),
  wrong('a class of negative slots', 'classes: { cpu: { slots: -1 } }', 'classes.cpu.slots'),
  wrong('a class of half a GPU', 'classes: { cpu: { gpus: 0.5 } }', 'classes.cpu.gpus'),
  wrong('a class of NaN GPUs', 'classes: { cpu: { gpus: NaN } }', 'classes.cpu.gpus'),
  wrong('a class called control', 'classes: { control: {} }', 'classes.control', 'taken'),
  wrong('a class whose name has a slash', "classes: { 'a/b': {} }", 'a/b'),
  wrong('a class with a typo in an option', 'classes: { cpu: { slot: 1 } }', 'Did you mean "slots"'),
  wrong('a class that falls back to itself', "classes: { a: { fallback: 'a' } }", 'classes.a.fallback', 'itself'),
  wrong('a fallback that does not exist', "classes: { a: { fallback: 'b' } }", 'there is no class "b"'),
  wrong('a price without a currency', 'classes: { a: { price: { perHour: 1 } } }', 'classes.a.price'),
  wrong('a default class that does not exist', "defaultClass: 'gpu'", 'there is no class "gpu"'),
  wrong('an endpoint in another script', 'endpoints: { größe: { serve: null } }', 'größe', 'ASCII'),
  wrong('an endpoint without a server', 'endpoints: { a: {} }', 'endpoints.a.serve', 'command'),
  wrong('a server that is a text', "endpoints: { a: { serve: 'serve.py' } }", 'endpoints.a.serve', 'python('),
  wrong('a time that is none', "endpoints: { a: { serve: null, ready: 'soon' } }", 'endpoints.a.ready', 'soon'),
  wrong('a capture over 100 %', 'endpoints: { a: { serve: null, capture: 101 } }', 'endpoints.a.capture'),
  wrong('a store of no kind', "store: { kind: 's3' }", 'store'),
  wrong('a store that is a path', "store: '/data'", 'store'),
  wrong('MLflow without a scheme', "mlflow: { url: 'mlflow:5000' , x: 1 }", 'mlflow'),
  wrong('MLflow turned on by true', 'mlflow: true', 'mlflow'),
  wrong('requirements that are not there', "python: { requirements: 'req.txt' }", 'no file req.txt'),
  wrong('two ways to a Python', "python: { requirements: 'r.txt', interpreter: 'python3' }", 'python'),
  wrong('a key instead of its name', "encryption: { keyEnv: 'c2VjcmV0=' }", 'encryption.keyEnv', 'never the key'),
  wrong('approvers of no name', "approvers: { names: [''] }", 'approvers.names.0'),
  wrong('a webhook that is no URL', "notify: [{ webhook: 'slack' }]", 'notify.0.webhook'),
];

const file = (what: string, text: string, ...says: (string | RegExp)[]): Row => ({
  ...invalid,
  what: `a config file that ${what}`,
  files: { 'sluice.config.ts': text },
  args: status,
  says,
});

const files: readonly Row[] = [
  file('is empty', '', 'no default export', 'defineConfig'),
  file('has no default export', 'export const config = {};\n', 'no default export', 'defineConfig'),
  file('exports a text', "export default 'rents';\n", 'expected object'),
  file('exports null', 'export default null;\n', 'expected object'),
  file('cannot be parsed', 'export default {\n  project: "a",\n  pipelines: [;\n};\n', '{root}/sluice.config.ts:3'),
  file('is cut off', 'export default {\n', '{root}/sluice.config.ts:1'),
  file('has an enum', 'const a = 1;\nenum B { C }\nexport default a;\n', '{root}/sluice.config.ts:2', 'enum'),
  file('throws', '\nthrow new Error("no mood");\n', '{root}/sluice.config.ts:2', 'no mood'),
  file('throws a text', 'throw "no mood";\n', 'no mood'),
  file('reads what is not there', '\nexport default (undefined as any).x;\n', '{root}/sluice.config.ts:2', "'x'"),
  file('imports a file that is not there', "\nimport a from './a.ts';\nexport default a;\n", 'config.ts:2', 'a.ts'),
  file(
    'imports a package that is not there',
    "import a from 'none-such';\nexport default a;\n",
    'config.ts:1',
    'none-such',
  ),
  file(
    'imports a name that is not there',
    "import { no } from '@sluice/sdk';\nexport default no;\n",
    'config.ts:1',
    "'no'",
  ),
];

/** `sluice.config.ts` and where it is looked for. */
export const configRows: readonly Row[] = [
  ...options,
  ...files,
  {
    ...invalid,
    what: 'a folder without a project',
    base: 'empty',
    args: ['run', 'x'],
    says: ['sluice.config.ts', 'sluice init'],
  },
  {
    ...invalid,
    what: 'a --config that is not there',
    args: ['status', '--config', 'no.ts'],
    says: ['{root}/no.ts', '--config'],
  },
  {
    ...invalid,
    what: 'a --config that is a folder',
    args: ['status', '--config', 'data'],
    says: ['{root}/data', 'is a folder'],
  },
  {
    ...invalid,
    what: 'a --config that is JSON',
    files: { 'c.json': { project: 'x' } },
    args: ['status', '--config', 'c.json'],
    says: ['c.json'],
  },
];
