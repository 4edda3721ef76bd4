import { type Command, command as program, python } from '@sluice/sdk';
import { z } from 'zod';
import { type JudgeSettings, judgeMetric } from './judge/judge-settings.ts';
import { duration, marginFields, parameters } from './suite-fields.ts';

const words = z.tuple([z.string().min(1)], z.string());

/** `["python", "score.py"]` is the project's Python, any other first word a program. */
const command = words.transform(([first, ...rest], context): Command => {
  const [script, ...args] = rest;
  try {
    return first === 'python' && script !== undefined ? python(script, args) : program([first, ...rest]);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const protocol = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('invocations') }),
  z.strictObject({
    kind: z.literal('chat'),
    /** Name in the request's `model`. */
    model: z.string().default('model'),
    /** A message of the role `system` before the case's own. */
    system: z.string().nullable().default(null),
    /** Further fields of the request, such as `temperature`. */
    parameters: parameters.default({}),
  }),
  z.strictObject({
    kind: z.literal('embeddings'),
    model: z.string().default('model'),
    parameters: parameters.default({}),
  }),
  z.strictObject({ kind: z.literal('command'), command }),
]);

const rounds = z.int().min(200).max(100_000);
const finite = z.number();
const end = z.number().nullable();

const plainMetric = z
  .strictObject({
    name: z.string().min(1).max(100),
    /** Program that makes of expected value and answer what the metric compares, such as features of images. */
    extract: command.nullable().default(null),
    /** Resamples, where not as many as the suite's. */
    rounds: rounds.optional(),
    ...marginFields,
    options: parameters.default({}),
    /** The most that one case can lose or gain against the baseline. */
    worst: finite.positive().nullable().default(null),
    least: finite.nullable().default(null),
    most: finite.nullable().default(null),
    /** The metric is this program's. */
    command: command.nullable().default(null),
    better: z.enum(['higher', 'lower']).optional(),
    range: z.tuple([end, end]).optional(),
    unit: z.string().nullable().optional(),
  })
  .superRefine((one, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (one.command !== null && one.better === undefined) {
      say('better', "a metric of your own says which is better: 'higher' or 'lower'");
    }
    if (one.command === null) {
      for (const field of ['better', 'range', 'unit'] as const) {
        if (one[field] !== undefined) say(field, 'only for a metric with a command: the others know it');
      }
    }
    if (one.command !== null && one.extract !== null) say('extract', 'only for a metric without a command');
    const [low = null, high = null] = one.range ?? [];
    if (low !== null && high !== null && low >= high) say('range', 'its lower end is not below its upper end');
    if (one.least !== null && one.most !== null && one.least > one.most) say('least', 'it is above most');
    const margins = [...(one.margin === null ? [] : [one.margin]), ...Object.values(one.margins)];
    if (one.worst !== null && margins.some((margin) => margin >= (one.worst ?? 0))) {
      say('worst', 'it must be over every margin');
    }
    if (one.worst !== null && margins.length === 0) say('worst', 'it needs a margin');
  });

export type SuiteMetric = z.output<typeof plainMetric> & {
  /** An LLM compares the answers; null: a metric scores each. */
  readonly judge: JudgeSettings | null;
};

const scored = plainMetric.transform((one): SuiteMetric => ({ ...one, judge: null }));

/** A metric as its name says; a program of the user's may be called judge too. */
const metric = z.unknown().transform((value, context): SuiteMetric => {
  const judged = isObject(value) && value.name === 'judge' && !('command' in value);
  const found = (judged ? judgeMetric : scored).safeParse(value);
  if (found.success) return found.data;
  for (const { message, path } of found.error.issues) context.addIssue({ code: 'custom', message, path: [...path] });
  return z.NEVER;
});

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

const taskSettings = z.strictObject({
  /** How its cases are asked; left out: as the suite's are. */
  protocol: protocol.optional(),
  metrics: z.array(metric).min(1),
});

/** `suite.json` of a suite folder. */
export const suiteFile = z
  .strictObject({
    version: z.literal(1),
    title: z.string().optional(),
    protocol,
    tasks: z.record(z.string().min(1).max(100), taskSettings),
    /** Requests under way at a time, to one model. */
    concurrency: z.int().min(1).max(256).default(8),
    /** Of one request. */
    timeout: duration.default(30_000),
    /** Further tries where no connection came about or it broke. */
    retries: z.int().min(0).max(10).default(2),
    /** Resamples of a metric that is computed over all cases at once. */
    rounds: rounds.default(4_000),
  })
  .superRefine(({ tasks }, context) => {
    const all = Object.entries(tasks);
    if (all.length === 0) context.addIssue({ code: 'custom', path: ['tasks'], message: 'there is no task' });
    for (const [name, { metrics }] of all) {
      const seen = new Set<string>();
      for (const [i, one] of metrics.entries()) {
        const known = one.as ?? one.name;
        const message = `two metrics are called ${JSON.stringify(known)}; give one of them another name by "as"`;
        if (seen.has(known)) context.addIssue({ code: 'custom', path: ['tasks', name, 'metrics', i], message });
        seen.add(known);
      }
    }
    const judged = all.some(([, { metrics }]) => metrics.some(isJudged));
    if (all.length > 0 && !judged) {
      const message = 'no metric has a margin, least or most, so nothing would be judged';
      context.addIssue({ code: 'custom', path: ['tasks'], message });
    }
  });

/** A suite folder's settings, defaults filled in, durations in milliseconds. */
export type SuiteFile = z.output<typeof suiteFile>;
export type SuiteProtocol = SuiteFile['protocol'];

/** Does anything hang on this metric? */
export function isJudged({ margin, margins, least, most }: SuiteMetric): boolean {
  return margin !== null || least !== null || most !== null || Object.keys(margins).length > 0;
}

/** A zod problem as a line: `tasks.summaries.metrics.0.margin: expected number`. */
export function problemLine({ path, message }: z.core.$ZodIssue): string {
  const where = path.length === 0 ? 'suite.json' : path.map(String).join('.');
  return `${where}: ${message.replace(/^Invalid input: /, '').replace(', received undefined', ', and there is nothing')}`;
}
