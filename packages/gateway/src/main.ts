import { parseArgs } from 'node:util';
import { startGatewayHost } from './host.ts';

const USAGE = `Runs the gateway in this process.

  node main.ts --state-dir DIR [--port N] [--admin-port N]

Environment: SLUICE_GATEWAY_STATE_DIR, SLUICE_GATEWAY_PORT, SLUICE_GATEWAY_ADMIN_PORT, SLUICE_GATEWAY_TOKEN.
Without a token it makes one, in the file admin-token of DIR.
Prints one line of JSON when it is ready: {"url","adminUrl","tokenFile","pid"}.
`;

try {
  const host = await startGatewayHost(readOptions());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void host.close());
  const { url, adminUrl, tokenFile } = host;
  process.stdout.write(`${JSON.stringify({ url, adminUrl, tokenFile, pid: process.pid })}\n`);
  await host.closed;
  process.exit(0);
} catch (error) {
  const { code = 'Error', fix } = error as { code?: string; fix?: string };
  process.stderr.write(`${code}: ${error instanceof Error ? error.message : String(error)}${fix ? ` ${fix}` : ''}\n`);
  process.exit(1);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      'state-dir': { type: 'string' },
      port: { type: 'string' },
      'admin-port': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { env } = process;
  const stateDir = values['state-dir'] ?? env.SLUICE_GATEWAY_STATE_DIR;
  if (values.help || !stateDir) {
    process.stderr.write(USAGE);
    process.exit(values.help ? 0 : 2);
  }
  const token = env.SLUICE_GATEWAY_TOKEN;
  return {
    stateDir,
    port: portOf(values.port ?? env.SLUICE_GATEWAY_PORT),
    adminPort: portOf(values['admin-port'] ?? env.SLUICE_GATEWAY_ADMIN_PORT),
    ...(token ? { adminToken: token } : {}),
  };
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`${text} is not a port.`);
  return port;
}
