import { canary, deploy, type Model, pipeline, replay, type StandardSchema } from '@sluice/sdk';

interface Params {
  readonly model: Model;
  readonly endpoint: string;
}

const anything: StandardSchema<Params, Params> = {
  '~standard': { version: 1, vendor: 'soak', validate: (value) => ({ value: value as Params }) },
};

/** Takes a model that was made elsewhere to an endpoint, if it answers captured requests as production does. */
export const release = pipeline({
  name: 'release',
  params: anything,
  async run({ model, endpoint }) {
    const replayed = await replay('traffic', { model, endpoint, last: '10 minutes', limit: 200 });
    const rollout = canary([50], { hold: '2 seconds', bake: '2 seconds' });
    return deploy('release', { model, endpoint, gates: [replayed], approval: 'none', rollout });
  },
});
