import { ServiceError } from '@temporalio/client';
import { ApplicationFailure, NamespaceNotFoundError } from '@temporalio/common';
import { expect, test } from 'vitest';
import { NoWorker } from '../follow/look.ts';
import { explained } from './explained.ts';

const grpc = (code: number, details: string) =>
  new ServiceError('Unexpected error', {
    cause: Object.assign(new Error(`${code} X: ${details}`), { code, details, metadata: {} }),
  });
const file = (code: string, syscall: string, path: string) => Object.assign(new Error(code), { code, syscall, path });

test.each([
  ['a namespace that is not there', grpc(5, 'Namespace dev is not found.'), 'NamespaceNotFound', 'no namespace "dev"'],
  ['a namespace that the client misses', new NamespaceNotFoundError('dev'), 'NamespaceNotFound', 'no namespace "dev"'],
  [
    'a namespace that a worker misses',
    new Error('Namespace dev was not found or otherwise could not be described'),
    'NamespaceNotFound',
    'no namespace "dev"',
  ],
  ['a right that is missing', grpc(7, 'Request unauthorized.'), 'Refused', 'Request unauthorized'],
  ['a server that is away', grpc(14, 'No connection established'), 'Unreachable', 'does not answer'],
  ['more than a server takes', grpc(3, 'Blob data size exceeds limit.'), 'TooLarge', 'exceeds limit'],
  [
    'a value that is too large to be stored',
    new ServiceError('x', {
      cause: ApplicationFailure.create({ type: 'TooLarge', message: 'Too much. What now: Less.' }),
    }),
    'TooLarge',
    'Too much.',
  ],
  [
    'a pipeline that the workers do not have',
    new NoWorker('This worker has no pipeline "rents"; it has life.', null),
    'WorkersFail',
    'do not know the pipeline "rents"',
  ],
  ['a run that nobody takes further', new NoWorker(null, null), 'Unreachable', 'No worker answers'],
  ['a full disk', file('ENOSPC', 'write', '/a/b'), 'StorageFull', '/a/b'],
  ['a folder without rights', file('EACCES', 'mkdir', '/a/b'), 'FileFailed', '/a/b cannot be made: permission denied'],
])('%s has a code and a way out', (_, error, code, says) => {
  expect(explained(error)).toMatchObject({
    code,
    message: expect.stringContaining(says),
    fix: expect.stringMatching(/\S/),
  });
});

test('what nobody has a name for stays what it is', () => {
  for (const error of [new TypeError('x'), 'text', undefined, grpc(13, 'internal')])
    expect(explained(error)).toBe(error);
});
