import type { Row } from './row.ts';

const empty = { base: 'empty', code: 'Usage', exit: 2 } as const;

/** `sluice init` */
export const initRows: readonly Row[] = [
  {
    ...empty,
    what: 'a new project of a name that no endpoint can have',
    args: ['init', 'größe'],
    says: ['"größe"', 'ASCII', '--name'],
  },
  {
    ...empty,
    what: 'a new project whose --name no endpoint can have',
    args: ['init', 'x', '--name', 'größe'],
    says: ['"größe"', 'ASCII', '--name'],
  },
  {
    ...empty,
    what: 'a new project in a file',
    files: { datei: 'x' },
    args: ['init', 'datei'],
    says: ['{root}/datei', 'is a file', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project below a file',
    files: { datei: 'x' },
    args: ['init', 'datei/mine'],
    says: ['{root}/datei', 'is a file', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project where no folder can be made',
    args: ['init', '/proc/mine'],
    exit: 1,
    code: 'FileFailed',
    says: ['/proc/mine cannot be made', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project far below where no folder can be made',
    args: ['init', '/proc/a/b/mine'],
    exit: 1,
    code: 'FileFailed',
    says: ['/proc/a cannot be made', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project without permission',
    args: ['init', '/sys/mine'],
    exit: 1,
    code: 'FileFailed',
    says: ['/sys/mine cannot be made: permission denied', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project in a folder that nothing can be written to',
    args: ['init', '/proc', '--name', 'mine'],
    exit: 1,
    code: 'FileFailed',
    says: ['/proc/package.json cannot be written', 'another folder'],
  },
  {
    ...empty,
    what: 'a new project of a name that is too long for a folder',
    args: ['init', 'x'.repeat(300), '--name', 'mine'],
    exit: 1,
    code: 'FileFailed',
    says: ['cannot be made: its name is too long', 'another folder'],
  },
  { ...empty, what: 'a new project of an empty name', args: ['init', 'x', '--name', ''], says: ['""', '--name'] },
  {
    ...empty,
    what: 'a new project with a space in its name',
    args: ['init', 'x', '--name', 'my rents'],
    says: ['"my rents"', '--name'],
  },
  {
    ...empty,
    what: 'a new project with a slash in its name',
    args: ['init', 'x', '--name', '../rents'],
    says: ['"../rents"', '--name'],
  },
  {
    ...empty,
    what: 'a new project of a name of 64 letters',
    args: ['init', 'x', '--name', 'a'.repeat(64)],
    says: ['a'.repeat(64), '--name'],
  },
  {
    ...empty,
    what: 'a new project that is called like a step of it',
    args: ['init', 'holdout'],
    says: ['"holdout"', '--name'],
  },
  {
    ...empty,
    what: 'a new project that is called like a workflow of Sluice’s',
    args: ['init', 'endpoint'],
    says: ['"endpoint"', '--name'],
  },
  {
    ...empty,
    what: 'a new project where one is already',
    base: 'project',
    args: ['init', '.', '--name', 'rents'],
    says: ['sluice.config.ts', 'nothing was written', 'empty folder'],
  },
  {
    ...empty,
    what: 'two folders for one new project',
    args: ['init', 'a', 'b'],
    says: [/[Tt]oo many arguments/, 'sluice init --help'],
  },
];
