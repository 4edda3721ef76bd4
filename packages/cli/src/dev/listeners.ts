import type { DevOptions } from './dev-stack.ts';
import type { Listener, PortMemory } from './port-memory.ts';

type Asked = Extract<keyof DevOptions, `${string}Port`>;

/** What of the stack listens, and the option that names its port. */
const listeners = {
  temporal: { what: 'the Temporal server', flag: '--temporal-port', asked: 'temporalPort' },
  'temporal-ui': { what: "Temporal's UI", flag: '--ui-port', asked: 'uiPort' },
  mlflow: { what: 'MLflow', flag: '--mlflow-port', asked: 'mlflowPort' },
  gateway: { what: 'the gateway', flag: '--gateway-port', asked: 'gatewayPort' },
  'gateway-admin': { what: "the gateway's administration", flag: '--gateway-admin-port', asked: 'gatewayAdminPort' },
  'preemption-notices': { what: 'preemption notices', flag: '--events-port', asked: 'scheduledEventsPort' },
  pages: { what: 'the pages', flag: '--page-port', asked: 'pagePort' },
} as const satisfies Readonly<Record<string, Omit<Listener, 'name'> & { readonly asked: Asked }>>;

export type ListenerName = keyof typeof listeners;

/**
 * A port for each of them, before anything is started and before anything is installed.
 *
 * @throws SluiceError `PortInUse` naming the flag whose port is occupied.
 */
export async function takePorts(memory: PortMemory, options: DevOptions): Promise<Record<ListenerName, number>> {
  const ports: [string, number][] = [];
  for (const [name, { asked, ...listener }] of Object.entries(listeners)) {
    ports.push([name, await memory.take({ name, ...listener }, options[asked])]);
  }
  return Object.fromEntries(ports) as Record<ListenerName, number>;
}
