/** Program of the gateway's process in the dev stack; its options come as JSON in `SLUICE_GATEWAY_OPTIONS`. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDir } from '../cache-dir.ts';

enableCompileCache(join(cacheDir(), 'node'));
const { startGatewayHost } = await import('@sluice/gateway');

const host = await startGatewayHost(JSON.parse(process.env.SLUICE_GATEWAY_OPTIONS ?? '{}'));
let closing = false;
const close = () => {
  if (closing) return;
  closing = true;
  void host.close().finally(() => process.exit(0));
};
process.on('SIGTERM', close);
process.on('disconnect', close);
process.send?.({ type: 'ready', url: host.url, adminUrl: host.adminUrl, tokenFile: host.tokenFile });
