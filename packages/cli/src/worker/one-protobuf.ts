import { createRequire } from 'node:module';
import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Temporal's packages that hand each other types of protobufjs. */
const packages = ['@temporalio/common', '@temporalio/proto', '@temporalio/worker'];

/**
 * With a copy of protobufjs each, as npm may leave them, Temporal can write no value of 32 kB to a history: the run would be
 * tried again for ever, with "type must be a Type".
 *
 * @throws SluiceError `InvalidConfig`
 */
export function checkOneProtobuf(found: readonly string[] = packages.map(protobufOf)): void {
  const [first] = found;
  if (found.every((path) => path === first)) return;
  throw new SluiceError(ErrorCode.InvalidConfig, "Temporal's packages do not share one copy of protobufjs.", {
    where: 'node_modules',
    fix: 'Run: npm install protobufjs@8 && npm dedupe',
  });
}

function protobufOf(name: string): string {
  const own = createRequire(createRequire(import.meta.url).resolve(name));
  return own.resolve('protobufjs');
}
