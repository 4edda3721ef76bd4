import { checkName, milliseconds } from '@sluice/sdk';
import { jsonPlace } from '@sluice/sdk/redact';
import { z } from 'zod';

const name = (what: string) =>
  z.string().check((context) => {
    try {
      checkName(what, context.value);
    } catch (error) {
      context.issues.push({ code: 'custom', input: context.value, message: (error as Error).message });
    }
  });

const duration = z.union([z.string(), z.number()]).check((context) => {
  try {
    milliseconds(context.value as never, 'config');
  } catch (error) {
    context.issues.push({ code: 'custom', input: context.value, message: (error as Error).message });
  }
});

const price = z.strictObject({
  perHour: z.number().nonnegative(),
  currency: z.string().min(1),
  source: z.string().min(1),
  at: z.string().min(1),
});

const resourceClass = z.strictObject({
  gpus: z.int().nonnegative().optional(),
  slots: z.int().positive().optional(),
  interruptible: z.boolean().optional(),
  fallback: z.string().optional(),
  image: z.string().optional(),
  price: price.optional(),
});

const command = z.strictObject(
  {
    interpreter: z.enum(['python', 'exec']),
    argv: z.array(z.string()).min(1),
    code: z.array(z.string()),
    env: z.record(z.string(), z.string()),
  },
  { error: "expected a command: write python('serve.py') or command(['./serve'])" },
);

const percent = z.number().min(0).max(100);

const jsonPath = z.string().check((context) => {
  try {
    jsonPlace(context.value);
  } catch (error) {
    context.issues.push({ code: 'custom', input: context.value, message: (error as Error).message });
  }
});

const names = z.array(z.string().min(1));

const capture = z.strictObject({
  percent: percent.optional(),
  redact: z
    .strictObject({ headers: names.optional(), query: names.optional(), json: z.array(jsonPath).optional() })
    .optional(),
  keep: duration.optional(),
  maxBytes: z.number().int().positive().optional(),
});

/** Part of a URL, and of a cookie's name. */
export const endpointNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const endpointName = z
  .string()
  .regex(endpointNamePattern, 'an endpoint name is 1 to 63 ASCII letters, digits, ".", "_" or "-"');

const endpoint = z.strictObject({
  serve: command,
  target: z.strictObject({ kind: z.literal('local') }).optional(),
  model: z.string().min(1).optional(),
  ready: duration.optional(),
  capture: z.union([percent, capture]).optional(),
  deadline: duration.optional(),
  idle: duration.optional(),
  maxInFlight: z.int().positive().optional(),
});

const store = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), root: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('azure-blob'),
    url: z.url().optional(),
    connectionStringEnv: z.string().min(1).optional(),
    container: z.string().min(1),
    prefix: z.string().optional(),
  }),
]);

const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, never the key itself');

const approvers = z.strictObject({
  names: z.array(z.string().min(1)).min(1).optional(),
  selfApproval: z.boolean().optional(),
  oidc: z
    .strictObject({
      issuer: z.url(),
      audience: z.string().min(1),
      claim: z.string().min(1).optional(),
      jwks: z.url().optional(),
    })
    .optional(),
});

/** The shape of `sluice.config.ts`. Every object is strict: a key it does not know is a mistake. */
export const configSchema = z.strictObject({
  project: name('project'),
  pipelines: z.array(z.string().min(1)).min(1),
  classes: z
    .record(name('class'), resourceClass)
    .refine((classes) => Object.keys(classes).length > 0, 'expected at least one class')
    .optional(),
  defaultClass: z.string().optional(),
  endpoints: z.record(endpointName, endpoint).optional(),
  store: store.optional(),
  mlflow: z.union([z.literal(false), z.strictObject({ url: z.url() })]).optional(),
  python: z
    .union([z.strictObject({ interpreter: z.string().min(1) }), z.strictObject({ requirements: z.string().min(1) })])
    .optional(),
  temporal: z
    .strictObject({ address: z.string().min(1).optional(), namespace: z.string().min(1).optional() })
    .optional(),
  approvers: approvers.optional(),
  encryption: z
    .strictObject({
      keyEnv: variable,
      oldKeyEnvs: z.array(variable).optional(),
      payloads: z.boolean().optional(),
    })
    .optional(),
  notify: z.array(z.strictObject({ webhook: z.url() })).optional(),
  reports: z.enum(['attached', 'stored', 'off']).optional(),
});
