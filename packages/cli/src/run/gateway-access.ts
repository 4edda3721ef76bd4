import { readFile } from 'node:fs/promises';
import type { ActivityContext } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { DevFile } from '../dev/dev-file.ts';

/** A gateway and how to be let in. */
export type GatewayAccess = NonNullable<ActivityContext['gateway']>;

/**
 * The gateway that is meant, with the token of its admin API: the environment's (`SLUICE_GATEWAY_URL`,
 * `SLUICE_GATEWAY_ADMIN_URL`, `SLUICE_GATEWAY_TOKEN` or `SLUICE_GATEWAY_TOKEN_FILE`), else the one of a running
 * `sluice dev`; null where there is none.
 *
 * @throws SluiceError `InvalidConfig` when the file with the token cannot be read
 */
export async function gatewayAccess(
  stack: Pick<DevFile, 'gateway'> | null,
  env: NodeJS.ProcessEnv = process.env,
): Promise<GatewayAccess | null> {
  const ofStack = stack?.gateway ?? null;
  const url = env.SLUICE_GATEWAY_URL || ofStack?.url;
  const adminUrl = env.SLUICE_GATEWAY_ADMIN_URL || ofStack?.adminUrl;
  if (!url || !adminUrl) return null;
  if (env.SLUICE_GATEWAY_TOKEN) return { url, adminUrl, token: env.SLUICE_GATEWAY_TOKEN };
  // The stack's token is for nobody else's ears.
  const file = env.SLUICE_GATEWAY_TOKEN_FILE || (adminUrl === ofStack?.adminUrl ? ofStack.tokenFile : null);
  return file === null ? { url, adminUrl } : { url, adminUrl, token: await tokenIn(file) };
}

async function tokenIn(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new SluiceError(
      ErrorCode.InvalidConfig,
      `The token of the gateway cannot be read: ${(cause as Error).message}.`,
      {
        where: file,
        fix: 'Only the user who runs the gateway may read it; give SLUICE_GATEWAY_TOKEN instead, or be that user.',
        cause,
      },
    );
  }
}
