import { registerSearchAttributes, searchAttributes } from '../dev/search-attributes.ts';
import { ExitCode } from '../exit-code.ts';
import { temporalCall } from '../run/temporal-call.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

/** `sluice setup`: makes any Temporal server ready for Sluice; safe to run again. */
export async function setupCommand(options: CommonOptions, io: Io): Promise<ExitCode> {
  return withServer(options, async ({ connection, target }) => {
    const added = await temporalCall(target, () => registerSearchAttributes(connection, target.namespace));
    io.object({ type: 'setup', at: Date.now(), address: target.address, namespace: target.namespace, added });
    const where = `${target.address}, namespace ${target.namespace}`;
    io.line(
      added.length === 0
        ? `All ${searchAttributes.length} search attributes are there (${where}).`
        : `Registered ${added.join(', ')} (${where}).`,
    );
    return ExitCode.done;
  });
}
