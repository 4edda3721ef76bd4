import type { ActivityContext } from '../context.ts';
import { localTarget } from './local-target.ts';
import type { Target } from './target.ts';

/** The target that the config gives an endpoint. */
export function targetOf(context: ActivityContext, endpoint: string): Target {
  const { kind } = context.config.endpoints?.[endpoint]?.target ?? { kind: 'local' };
  switch (kind) {
    case 'local':
      return localTarget(context);
  }
}
