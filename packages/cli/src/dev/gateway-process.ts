/** Program of the gateway's process in the dev stack; its options come as JSON in `SLUICE_GATEWAY_OPTIONS`. */
import { startGatewayHost } from '@sluice/gateway';

const options = JSON.parse(process.env.SLUICE_GATEWAY_OPTIONS ?? '{}');
const host = await startGatewayHost(options);
let closing = false;
const close = () => {
  if (closing) return;
  closing = true;
  void host.close().finally(() => process.exit(0));
};
process.on('SIGTERM', close);
process.on('disconnect', close);
process.send?.({ type: 'ready', url: host.url, adminUrl: host.adminUrl });
