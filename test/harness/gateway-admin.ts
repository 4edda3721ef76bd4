import { readFile } from 'node:fs/promises';
import { type GatewayClient, gatewayClient } from '@sluice/gateway';
import type { DevStack } from '../../packages/cli/src/dev/dev.ts';

/** The admin API of a stack's gateway, by the token that only its user can read. */
export async function adminOf({ gateway }: Pick<DevStack, 'gateway'>): Promise<GatewayClient> {
  return gatewayClient(gateway.adminUrl, { token: (await readFile(gateway.tokenFile, 'utf8')).trim() });
}
