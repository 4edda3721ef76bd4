import {
  type EndpointConfig,
  file,
  milliseconds,
  type ResourceClass,
  type SluiceConfig,
  type StoreConfig,
} from '@sluice/sdk';

/** A config with its defaults filled in. */
export interface ResolvedConfig extends SluiceConfig {
  readonly classes: Readonly<Record<string, ResolvedClass>>;
  readonly defaultClass: string;
  readonly endpoints: Readonly<Record<string, EndpointConfig>>;
  readonly store: StoreConfig;
}

export interface ResolvedClass extends ResourceClass {
  readonly gpus: number;
  readonly slots: number;
  readonly interruptible: boolean;
}

/** Stands where a class's name stands for other workers: the one that runs the workflows. */
export const CONTROL = 'control';

/** Fills in what a config left out. */
export function resolveConfig(config: SluiceConfig): ResolvedConfig {
  const classes = Object.fromEntries(
    Object.entries(config.classes ?? { cpu: {} }).map(([name, one]) => [
      name,
      { ...one, gpus: one.gpus ?? 0, slots: one.slots ?? 1, interruptible: one.interruptible ?? false },
    ]),
  );
  return {
    ...config,
    classes,
    defaultClass: config.defaultClass ?? Object.keys(classes)[0] ?? 'cpu',
    endpoints: config.endpoints ?? {},
    store: config.store ?? file(),
  };
}

/** What is wrong with a config whose shape is right: names that point nowhere, times that cannot be. */
export function crossCheck(config: SluiceConfig): string[] {
  const problems: string[] = [];
  const names = Object.keys(config.classes ?? { cpu: {} });
  const has = (name: string) => names.includes(name);
  const list = names.join(', ');
  if (config.defaultClass !== undefined && !has(config.defaultClass)) {
    problems.push(`defaultClass: there is no class "${config.defaultClass}"; there is ${list}`);
  }
  if (has(CONTROL)) problems.push(`classes.${CONTROL}: that name is taken by the worker that runs the workflows`);
  for (const [name, one] of Object.entries(config.classes ?? {})) {
    if (one.fallback === undefined) continue;
    if (one.fallback === name) problems.push(`classes.${name}.fallback: a class cannot fall back to itself`);
    else if (!has(one.fallback)) {
      problems.push(`classes.${name}.fallback: there is no class "${one.fallback}"; there is ${list}`);
    }
  }
  for (const [name, one] of Object.entries(config.endpoints ?? {})) {
    if (one.ready !== undefined && milliseconds(one.ready, name) === 0) {
      problems.push(`endpoints.${name}.ready: a server needs some time to come up`);
    }
    for (const limit of ['deadline', 'idle'] as const) {
      const given = one[limit];
      if (given !== undefined && milliseconds(given, name) === 0) {
        problems.push(`endpoints.${name}.${limit}: a server needs some time to answer`);
      }
    }
  }
  if (config.approvers?.oidc !== undefined && config.encryption === undefined) {
    problems.push(
      "approvers.oidc: tokens must not stand in clear in Temporal's histories; name a key to seal them by: encryption: { keyEnv: 'SLUICE_KEY' }",
    );
  }
  const { store } = config;
  if (store?.kind === 'azure-blob' && (store.url === undefined) === (store.connectionStringEnv === undefined)) {
    problems.push('store: give either url or connectionStringEnv');
  }
  return problems;
}
