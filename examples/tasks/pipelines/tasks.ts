import { canary, deploy, evaluate, extract, map, merge, pipeline, python, type RolloutSpec, train } from '@sluice/sdk';
import { z } from 'zod';

const kinds = ['summaries', 'entities', 'answers', 'embeddings', 'images'];

/** A script's code is itself and what it imports: a change to either starts training over, a change elsewhere does not. */
const script = (path: string) => python(path, [], { code: [path, 'answering/**/*.py', 'eval/features.json'] });

export const tasks = pipeline({
  name: 'tasks',
  params: z.object({
    /** Says which 95 % of the examples a training looks at: two seeds make two models that are about as good. */
    seed: z.int().nonnegative().default(0),
    /** How fast traffic moves: `quick` is for tests, which have none to wait for. */
    pace: z.enum(['careful', 'quick']).default('careful'),
    /** Plants a regression in one category of one task, to be found. Never yours. */
    damage: z.enum(['none', 'entities/dates']).default('none'),
  }),
  async run({ seed, pace, damage }) {
    const [damagedTask, category = 'none'] = damage.split('/');
    const examples = await extract('examples', {
      sql: `
        select task, id, category, input::varchar as input, expected::varchar as expected
        from read_json('data/examples.jsonl', format = 'newline_delimited',
          columns = { task: 'varchar', id: 'varchar', category: 'varchar', held: 'boolean', input: 'json', expected: 'json' })
        where not held`,
    });
    const models = await map('task', kinds, { concurrency: 2 }, (task) =>
      train('model', {
        run: script('trainers/train.py'),
        data: { examples },
        hyper: { task, damage: task === damagedTask ? category : 'none' },
        seed,
      }),
    );
    const model = await merge('all-tasks', { run: script('trainers/merge.py'), models });
    const quality = await evaluate('suite', { model, suite: 'eval/tasks', against: 'production' });
    return deploy('tasks', {
      model,
      gates: [examples, quality],
      approval: { within: '2 days' },
      rollout: rollouts[pace],
    });
  },
});

const rollouts: Record<'careful' | 'quick', RolloutSpec> = {
  careful: canary([5, 25, 50], { hold: '5 minutes', bake: '30 minutes' }),
  quick: canary([50], { hold: '1 second', extend: '10 seconds', bake: '1 second', lease: '20 seconds' }),
};
