import { join } from 'node:path';
import {
  collectGarbage,
  defaultLocalAges,
  type KindTally,
  mlflowClient,
  openStore,
  temporalRuns,
} from '@sluice/activities';
import { payloadOpener } from '@sluice/activities/payloads';
import { type Duration, milliseconds } from '@sluice/sdk';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatBytes, table } from '../follow/format.ts';
import { mlflowUrl } from '../run/mlflow-url.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

export interface GcOptions extends CommonOptions {
  readonly delete?: boolean;
  readonly grace: string;
  readonly payloads: string;
  readonly logs: string;
}

/** Less would not leave a job the time to say what it has just stored. */
const leastGraceMs = 3600_000;

/** `sluice gc` */
export async function gcCommand(options: GcOptions, io: Io): Promise<ExitCode> {
  const grace = milliseconds(options.grace as Duration, '--grace');
  if (grace < leastGraceMs) {
    throw new UsageError(
      `--grace ${options.grace} is too short.`,
      'Give an hour at least: jobs name what they store when they end.',
    );
  }
  const payloadAge = milliseconds(options.payloads as Duration, '--payloads');
  const logs = milliseconds(options.logs as Duration, '--logs');
  return withServer(options, async ({ client, loaded, target }) => {
    const { config, root } = loaded;
    const url = await mlflowUrl(loaded);
    if (url === null && config.mlflow !== false) {
      throw new UsageError(
        'No MLflow server is known, and what its registry names is kept.',
        'Give SLUICE_MLFLOW_URL or mlflow.url in sluice.config.ts; a project without MLflow says mlflow: false. Nothing was deleted.',
      );
    }
    const deletes = options.delete === true;
    const openPayload = payloadOpener(client.options.loadedDataConverter.payloadCodecs);
    const kinds = await collectGarbage({
      store: openStore(config.store, root),
      runs: temporalRuns(client),
      namespace: target.namespace,
      mlflow: url === null ? null : mlflowClient({ url }),
      stateDir: join(root, '.sluice'),
      grace,
      payloadAge,
      ...(openPayload === undefined ? {} : { openPayload }),
      localAges: { ...defaultLocalAges, logs },
      delete: deletes,
    });
    io.object({ type: 'gc', at: Date.now(), deleted: deletes, kinds });
    for (const line of gcLines(kinds, deletes, io)) io.line(line);
    return ExitCode.done;
  });
}

function gcLines(kinds: readonly KindTally[], deletes: boolean, { paint }: Io): string[] {
  const cell = ({ count, bytes }: KindTally['kept']): string => (count === 0 ? '' : `${count}, ${formatBytes(bytes)}`);
  const rows = kinds.map((one) => [
    one.kind,
    cell(one.kept),
    cell(one.young),
    cell(deletes ? one.deleted : one.garbage),
  ]);
  const total = kinds.reduce((sum, one) => sum + (deletes ? one.deleted : one.garbage).bytes, 0);
  return [
    ...table([['', 'needed', 'young', deletes ? 'deleted' : 'garbage'], ...rows]),
    '',
    deletes
      ? `${paint('good', formatBytes(total))} deleted`
      : `${paint('good', formatBytes(total))} can go; nothing was deleted: ${paint('quiet', 'sluice gc --delete')}`,
  ];
}
