import type { EndpointView } from '../api.ts';
import { formatMs, shortDigest } from '../format.ts';
import { pageLink } from '../route.ts';
import { Gate } from './question.tsx';
import { versionName, versionsOf } from './rollout.tsx';
import { Badge } from './state.tsx';
import { Ago } from './time.tsx';

/** How rollouts ended, newest first, with the evidence that ended them. */
export function RolloutHistory({ view }: { view: EndpointView }) {
  const { state, runs } = view;
  const name = (digest: string) => {
    const known = versionsOf(state).find((one) => one.digest === digest || one.id === digest);
    return known === undefined ? shortDigest(digest) : versionName(known.id, state);
  };
  return (
    <ol class="history">
      {state.history.toReversed().map((one) => {
        const run = runs[one.id];
        return (
          <li key={one.id}>
            <div class="history-head">
              <Badge state={one.state} />
              <a href={pageLink({ page: 'artifact', digest: one.candidate })}>{name(one.candidate)}</a>
              {one.previous === null ? null : <span class="muted">instead of {name(one.previous)}</span>}
              <Ago at={one.endedAt} />
              <span class="muted">took {formatMs(one.endedAt - one.startedAt)}</span>
              {one.firstBadAt !== null && one.offTrafficAt !== null ? (
                <span class="muted">
                  traffic was back {formatMs(one.offTrafficAt - one.firstBadAt)} after the first bad answer
                </span>
              ) : null}
              {run === undefined ? null : <a href={pageLink({ page: 'run', id: run })}>{run}</a>}
            </div>
            {one.reason === null ? null : <p class="history-reason">{one.reason}</p>}
            {one.evidence.length === 0 ? null : (
              <Gate
                gate={{ name: 'health', verdict: one.state === 'deployed' ? 'pass' : 'fail', evidence: one.evidence }}
                open={false}
              />
            )}
          </li>
        );
      })}
    </ol>
  );
}
