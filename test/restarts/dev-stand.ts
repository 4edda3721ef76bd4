import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../packages/cli/src/commands/cli.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { type RunHandle, runHandle } from '../harness/project.ts';
import type { Shopping } from '../rollback/shop.ts';
import { type DevCommand, sluiceDev } from './dev-command.ts';

/** A project whose stack is run by the command `sluice dev`. */
export interface DevStand extends Shopping {
  readonly dev: DevCommand;
  readonly mlflowUrl: string;
  handle(workflowId: string): RunHandle;
  /** Leaves the stack as it is. */
  disconnect(): Promise<void>;
}

/** Starts `sluice dev` in the folder, whatever a former one left there. */
export async function devStand(root: string): Promise<DevStand> {
  const dev = await sluiceDev(root);
  const { address, namespace, uiUrl } = dev.temporal;
  const { client, close } = await connectClient(plainTarget(address, namespace, 'sluice dev', uiUrl));
  const handle = (workflowId: string): RunHandle => runHandle(client, root, workflowId);
  return {
    dev,
    client,
    stack: { gateway: dev.gateway, mlflow: dev.mlflow },
    mlflowUrl: dev.mlflow.url,
    handle,
    async start(pipeline, params, key = randomBytes(4).toString('hex')) {
      const file = join(root, `params-${key}.json`);
      await writeFile(file, JSON.stringify(params));
      const config = join(root, 'sluice.config.ts');
      const code = await runCli([
        'run',
        pipeline,
        '--params',
        file,
        '--key',
        key,
        '--by',
        'tester',
        '--config',
        config,
      ]);
      await rm(file);
      if (code !== 0) throw new Error(`sluice run ended with ${code}`);
      return handle(`${pipeline}/${key}`);
    },
    disconnect: close,
  };
}
