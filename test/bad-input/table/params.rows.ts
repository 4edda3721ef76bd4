import type { Row } from './row.ts';

const usage = { exit: 2, code: 'Usage' } as const;
const invalid = { exit: 2, code: 'InvalidParams' } as const;
const param = (...pairs: string[]) => ['run', 'rents', ...pairs.flatMap((pair) => ['--param', pair])];
const file = (name: string) => ['run', 'rents', '--params', name];

/** Parameters, from flags and from files. */
export const paramRows: readonly Row[] = [
  { ...usage, what: 'a parameter without a value', args: param('steps'), says: ['--param steps', 'epochs=5'] },
  { ...usage, what: 'a parameter without a name', args: param('=5'), says: ['--param =5', 'epochs=5'] },
  { ...usage, what: 'an empty parameter', args: param(''), says: ['name=value', 'epochs=5'] },
  { ...usage, what: 'a list that is no JSON', args: param('steps=[1,'), says: ['[1,', '--param'] },
  { ...usage, what: 'an object that is no JSON', args: param('steps={a: 1}'), says: ['{a: 1}', '--param'] },
  { ...usage, what: 'a name with an empty part', args: param('a..b=1'), says: ['a..b=1', 'empty'] },
  { ...usage, what: 'a name that ends in a dot', args: param('a.=1'), says: ['a.=1', 'empty'] },
  { ...usage, what: 'a name that is forbidden', args: param('__proto__.x=1'), says: ['__proto__', 'forbidden'] },
  { ...usage, what: 'a part of a plain value', args: param('steps=1', 'steps.x=2'), says: ['reaches into steps'] },
  { ...invalid, what: 'a number that is text', args: param('steps=many'), says: ['steps: ', 'expected number'] },
  { ...invalid, what: 'a number that is NaN', args: param('largest=NaN'), says: ['largest: ', 'expected number'] },
  { ...invalid, what: 'a number that is infinite', args: param('largest=Infinity'), says: ['largest: ', 'number'] },
  { ...invalid, what: 'a number that is too large for one', args: param('largest=1e999'), says: ['largest: '] },
  { ...invalid, what: 'a number with a comma', args: param('largest=1,5'), says: ['largest: ', 'expected number'] },
  { ...invalid, what: 'a number that is empty', args: param('steps='), says: ['steps: ', 'expected number'] },
  { ...invalid, what: 'a number that is null', args: param('steps=null'), says: ['steps: ', 'received null'] },
  { ...invalid, what: 'a whole number with a fraction', args: param('steps=1.5'), says: ['steps: ', 'expected int'] },
  { ...invalid, what: 'a number below its least', args: param('steps=0'), says: ['steps: ', '>0'] },
  { ...invalid, what: 'a number in quotes', args: param('steps="5"'), says: ['steps: ', 'received string'] },
  { ...invalid, what: 'a number that is a list', args: param('steps=[5]'), says: ['steps: ', 'received array'] },
  { ...invalid, what: 'a number that is an object', args: param('steps.a=5'), says: ['steps: ', 'received object'] },
  {
    ...invalid,
    what: 'two parameters that are wrong',
    args: param('steps=x', 'largest=-1'),
    says: ['- steps: ', '- largest: ', 'nothing has been started'],
  },
  {
    ...invalid,
    what: 'a parameter of sluice step that is wrong, before anything runs',
    args: ['step', 'rents', '--param', 'steps=x'],
    says: ['steps: ', 'expected number'],
  },
  {
    ...usage,
    what: 'a file of parameters that is not there',
    args: file('no.json'),
    says: ['no.json', 'no such file'],
  },
  { ...usage, what: 'a file of parameters that is a folder', args: file('data'), says: ['data', 'JSON file'] },
  {
    ...usage,
    what: 'a file of parameters that is empty',
    files: { 'p.json': '' },
    args: file('p.json'),
    says: ['p.json is not JSON', 'one JSON object'],
  },
  {
    ...usage,
    what: 'a file of parameters that is YAML',
    files: { 'p.yaml': 'steps: 5\n' },
    args: file('p.yaml'),
    says: ['p.yaml is not JSON', 'one JSON object'],
  },
  {
    ...usage,
    what: 'a file of parameters that is a list',
    files: { 'p.json': '[1]' },
    args: file('p.json'),
    says: ['p.json holds no JSON object', 'one JSON object'],
  },
  {
    ...usage,
    what: 'a file of parameters that is no text',
    files: { 'p.json': Buffer.from([0, 255, 254, 1]) },
    args: file('p.json'),
    says: ['p.json is not JSON'],
  },
  {
    ...usage,
    what: 'a file of parameters with a comma too much',
    files: { 'größe.json': '{"steps": 5,}' },
    args: file('größe.json'),
    says: ['größe.json is not JSON', 'one JSON object'],
  },
  {
    ...invalid,
    what: 'a wrong value in a file of parameters with a byte order mark',
    files: { 'p.json': '\uFEFF{"steps": "x"}' },
    args: file('p.json'),
    says: ['steps: '],
  },
];
