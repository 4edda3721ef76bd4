import { type EndpointConfig, type GatewayEndpointSpec, milliseconds } from '@sluice/sdk';
import { captureSettings } from './capture-settings.ts';

/** As `EndpointConfig` states them: a limit that is taken out of the config goes back to its default. */
const DEFAULTS = { deadline: '30 seconds', idle: '60 seconds', maxInFlight: 256 } as const;

/** What the config says of an endpoint, in the gateway's words; what it leaves out is at its default. */
export function endpointSpec(endpoint: string, config: EndpointConfig): GatewayEndpointSpec {
  const ms = (limit: 'deadline' | 'idle') => milliseconds(config[limit] ?? DEFAULTS[limit], `${endpoint}.${limit}`);
  return {
    capture: captureSettings(config.capture, endpoint),
    deadlineMs: ms('deadline'),
    idleMs: ms('idle'),
    maxInFlight: config.maxInFlight ?? DEFAULTS.maxInFlight,
  };
}
