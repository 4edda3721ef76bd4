import { gatewayClient } from '@sluice/gateway';
import type { EndpointState } from '@sluice/sdk';
import { readDevFile } from '../dev/dev-file.ts';
import { ExitCode } from '../exit-code.ts';
import { shortDigest, table } from '../follow/format.ts';
import { type EndpointLook, lookAtEndpoint } from '../run/endpoint-look.ts';
import { type GatewayAccess, gatewayAccess } from '../run/gateway-access.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

/** What the gateway does, as far as it answers. */
type Traffic = Awaited<ReturnType<ReturnType<typeof gatewayClient>['endpoint']>>;

/** `sluice endpoints` */
export async function endpointsCommand(options: CommonOptions, io: Io): Promise<ExitCode> {
  return withServer(options, async ({ client, loaded }) => {
    const gateway = await gatewayAccess(await readDevFile(loaded.root));
    const names = Object.keys(loaded.config.endpoints);
    if (names.length === 0) io.line('The config has no endpoints.');
    for (const name of names) {
      const look = await lookAtEndpoint(client, name);
      const { state } = look;
      const traffic = gateway === null ? null : await trafficOf(gateway, name);
      const url = gateway === null ? null : `${gateway.url}/${encodeURIComponent(name)}/invocations`;
      io.object({ type: 'endpoint', endpoint: name, url, state, traffic });
      for (const line of endpointLines(name, url, look, traffic, io)) io.line(line);
    }
    return ExitCode.done;
  });
}

async function trafficOf({ adminUrl, token }: GatewayAccess, name: string): Promise<Traffic | null> {
  try {
    return await gatewayClient(adminUrl, { timeoutMs: 5000, ...(token === undefined ? {} : { token }) }).endpoint(name);
  } catch {
    return null;
  }
}

function endpointLines(
  name: string,
  url: string | null,
  { state, running }: EndpointLook,
  traffic: Traffic | null,
  { paint }: Io,
): string[] {
  const lines = [`${paint('name', name)}${url === null ? '' : `  ${paint('link', url)}`}`];
  if (!running && traffic !== null && Object.keys(traffic.weights).length > 0) {
    lines.push(
      `  ${paint('bad', 'nobody owns its traffic')}: its workflow ended; the next deploy or rollback takes stock`,
    );
  }
  if (state === null) return [...lines, ...(running ? [] : ['  empty: nothing was ever deployed to it'])];
  if (state.alarm !== null) lines.push(`  ${paint('bad', state.alarm)}`);
  lines.push(
    `  ${state.phase}${state.rollout === null ? '' : ` of ${state.rollout}`}${state.queued.length > 0 ? `, ${state.queued.length} waiting` : ''}`,
  );
  const rows = rolesOf(state).flatMap(([role, version]) => {
    if (version === null) return [];
    const running = traffic?.versions.find(({ id }) => id === version.id);
    const weight = traffic === null ? state.weights[version.id] : traffic.weights[version.id];
    return [
      [
        role,
        version.id,
        version.registered === null ? '' : `v${version.registered.version}`,
        shortDigest(version.digest),
        `${weight ?? 0} %`,
        running?.state ?? (traffic === null ? '' : 'not running'),
      ],
    ];
  });
  for (const line of table([['', 'version', 'registry', 'digest', 'traffic', 'state'], ...rows]))
    lines.push(`  ${line}`);
  const last = state.history.at(-1);
  if (last !== undefined)
    lines.push(
      `  last: ${last.state} ${new Date(last.endedAt).toISOString()}${last.reason === null ? '' : `, ${last.reason}`}`,
    );
  return lines;
}

/** What a rollback could go to is listed with what serves. */
function rolesOf(state: EndpointState): [string, EndpointState['stable']][] {
  const former = state.formers.map((version): [string, EndpointState['stable']] => ['former', version]);
  return [['stable', state.stable], ['candidate', state.candidate], ...former];
}
