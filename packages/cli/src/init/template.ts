/** The files of a new pipeline repository: rents by flat size, small enough to read in one sitting. */
export interface TemplateOptions {
  /** Name of the project, its pipeline and its endpoint. */
  readonly name: string;
  /** Version ranges or `file:` paths of Sluice's packages. */
  readonly sdk: string;
  readonly cli: string;
  /** npm's `overrides`: where the packages come from that those two need. @default none */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Command that installs them. */
  readonly install: string;
}

/** Names of the pipeline's steps; the deploy has the project's name, which therefore must be another. */
export const stepNames: readonly string[] = ['flats', 'fit', 'holdout'];

/** Text by path, relative to the new folder. */
export function templateFiles(options: TemplateOptions): Readonly<Record<string, string>> {
  const { name } = options;
  return {
    'package.json': packageJson(options),
    'tsconfig.json': tsconfig,
    'sluice.config.ts': config(name),
    [`pipelines/${name}.ts`]: pipeline(name),
    'trainers/train.py': trainer,
    'server/serve.py': server,
    'data/rents.csv': rents(1, 240),
    'data/holdout.csv': rents(2, 60),
    'eval/holdout.json': suite,
    '.gitignore': 'node_modules/\n.sluice/\n__pycache__/\n',
    'README.md': readme(options),
  };
}

function packageJson({ name, sdk, cli, overrides }: TemplateOptions): string {
  const value = {
    name,
    private: true,
    type: 'module',
    scripts: { check: 'tsc', dev: 'sluice dev', start: `sluice run ${name} --wait=approval` },
    engines: { node: '>=22.18' },
    dependencies: { '@sluice/sdk': sdk, zod: '^4.0.0' },
    devDependencies: { '@sluice/cli': cli, typescript: '^7.0.0' },
    ...(overrides === undefined ? {} : { overrides }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** For the editor and `npm run check`: Node runs the files without it, by leaving the types out. */
const tsconfig = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'es2024',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
    },
    include: ['sluice.config.ts', 'pipelines'],
  },
  null,
  2,
)}\n`;

function config(name: string): string {
  return `import { defineConfig, python } from '@sluice/sdk';

export default defineConfig({
  project: '${name}',
  pipelines: ['pipelines/${name}.ts'],
  classes: {
    cpu: {},
    // A spot machine may be taken away at any time; what it did since its last checkpoint is done again.
    spot: { interruptible: true, fallback: 'cpu' },
  },
  endpoints: {
    '${name}': { serve: python('server/serve.py') },
  },
  // \`sluice dev\` starts a real MLflow server when this line is removed.
  mlflow: false,
});
`;
}

function pipeline(name: string): string {
  return `import { canary, column, deploy, evaluate, extract, pipeline, python, train } from '@sluice/sdk';
import { z } from 'zod';

export const ${identifier(name)} = pipeline({
  name: '${name}',
  params: z.object({
    /** Flats up to this size, in square metres. */
    largest: z.number().positive().default(200),
    steps: z.int().positive().default(2000),
  }),
  async run({ largest, steps }) {
    const flats = await extract('flats', {
      sql: \`select size, rent from read_csv('data/rents.csv') where size <= $largest\`,
      params: { largest },
      checks: [column('rent').notNull(), column('size').between(10, 400)],
    });
    const model = await train('fit', {
      // Inputs come as Parquet. This trainer does without a library that reads it, so it reads the CSV itself, and
      // the file counts as its code: another file is another model.
      run: python('trainers/train.py', [], { code: ['trainers/*.py', 'data/rents.csv'] }),
      data: { flats },
      hyper: { steps, largest },
      on: 'spot',
    });
    const quality = await evaluate('holdout', { model, suite: 'eval/holdout' });
    return deploy('${name}', {
      model,
      gates: [flats, quality],
      rollout: canary([50], { hold: '10 seconds', bake: '10 seconds' }),
    });
  },
});
`;
}

const trainer = `"""Fits rent = slope * size + base by gradient steps, with a checkpoint every 200."""

import csv
import json
import time

import sluice

with sluice.step() as job:
    table = csv.DictReader(open("data/rents.csv", newline=""))
    flats = [(float(row["size"]), float(row["rent"])) for row in table]
    rows = [(size / 100, rent / 1000) for size, rent in flats if size <= job.hyper.largest]
    slope, base, first = 0.0, 0.0, 1
    start = job.resume()
    if start is not None:
        state = json.loads((start.path / "state.json").read_text())
        slope, base, first = state["slope"], state["base"], start.step + 1

    steps = job.hyper.steps
    for step in range(first, steps + 1):
        errors = [slope * size + base - rent for size, rent in rows]
        slope -= 0.3 * sum(e * size for e, (size, _) in zip(errors, rows)) / len(rows)
        base -= 0.3 * sum(errors) / len(rows)
        time.sleep(0.002)  # a real model takes its time
        if step % 100 == 0:
            job.log(step=step, loss=sum(e * e for e in errors) / len(rows))
            job.progress(step, steps)
        if job.should_checkpoint(step, every=200):
            state = json.dumps({"slope": slope, "base": base})
            job.checkpoint(step, lambda folder: (folder / "state.json").write_text(state))

    model = json.dumps({"slope": slope * 10, "base": base * 1000})
    job.save_model(lambda folder: (folder / "model.json").write_text(model))
`;

const server = `"""Serves the model: GET /ping, and POST /invocations with {"dataframe_records": [{"size": 70}]}."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

model = json.loads((Path(os.environ["SLUICE_MODEL"]) / "model.json").read_text())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self):
        try:
            records = json.loads(self.rfile.read(int(self.headers["content-length"])))["dataframe_records"]
            rents = [model["slope"] * float(one["size"]) + model["base"] for one in records]
        except (KeyError, TypeError, ValueError) as error:
            return self.answer(400, {"message": f"expected dataframe_records with a size each: {error}"})
        self.answer(200, {"predictions": rents})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


ThreadingHTTPServer((os.environ["SLUICE_HOST"], int(os.environ["SLUICE_PORT"])), Handler).serve_forever()
`;

const suite = `${JSON.stringify(
  { cases: 'data/holdout.csv', label: 'rent', inputs: ['size'], metric: 'absolute_error', margin: 25, worst: 250 },
  null,
  2,
)}\n`;

/** Flats with a rent of about 11 a square metre over 180; the same for the same seed. */
function rents(seed: number, count: number): string {
  let state = seed * 2654435761;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const rows = Array.from({ length: count }, () => {
    const size = Math.round(20 + random() * 130);
    return `${size},${Math.round(180 + 11 * size + (random() + random() - 1) * 120)}`;
  });
  return `size,rent\n${rows.join('\n')}\n`;
}

function readme({ name, install }: TemplateOptions): string {
  return `# ${name}

A model's whole life as one program: \`pipelines/${name}.ts\` reads the data, trains, evaluates against what is in
production, asks for approval and moves traffic step by step.

\`\`\`
${install}
npx sluice doctor                       # is everything here that is needed?
npx sluice dev                          # Temporal, the gateway and the workers, until Ctrl-C
npx sluice run ${name} --wait=approval  # in a second terminal
npx sluice approve
npx sluice endpoints                    # what it serves, and where
\`\`\`

Try also:

- \`npx sluice run ${name} --param steps=20000 --wait\`, and in another terminal \`npx sluice preempt --hard\`: the
  training resumes at its last checkpoint, on another machine.
- \`npm run check\` finds mistakes in the pipeline's types.
- \`npx sluice step ${name} fit\` runs the pipeline up to one step in one process, without Temporal.
- \`npx sluice rollback ${name}\` puts the former version back.
`;
}

/** A name as an identifier that no import has, and no word of the language: `flight-delays` is `flightDelaysPipeline`. */
function identifier(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const joined = words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('');
  return /^\p{L}/u.test(joined) ? `${joined}Pipeline` : `pipeline${joined}`;
}
