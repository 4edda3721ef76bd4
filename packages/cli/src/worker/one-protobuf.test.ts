import { ErrorCode } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { checkOneProtobuf } from './one-protobuf.ts';

test("Temporal's packages have one copy of protobufjs here", () => {
  expect(() => checkOneProtobuf()).not.toThrow();
});

test('a copy for each is told before a run hangs on it, with the way to one', () => {
  const copies = [
    '/p/node_modules/protobufjs/index.js',
    '/p/node_modules/@temporalio/common/node_modules/protobufjs/index.js',
  ];
  expect(() => checkOneProtobuf(copies)).toThrow(
    expect.objectContaining({ code: ErrorCode.InvalidConfig, fix: expect.stringContaining('npm dedupe') }),
  );
});
