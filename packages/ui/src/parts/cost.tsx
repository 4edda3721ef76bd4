import type { Cost } from '../api.ts';
import { formatMoney, formatMs } from '../format.ts';

/** Money, or machine time where no price is known; what was lost beside it. */
export function CostText({ cost }: { cost: Cost }) {
  if (cost.amount === null) {
    return (
      <span title={cost.why ?? ''}>
        {formatMs(cost.seconds * 1000)} of machines
        {cost.secondsLost > 0 ? <span class="muted"> ({formatMs(cost.secondsLost * 1000)} lost)</span> : null}
        {cost.why === null ? null : <span class="muted">; {cost.why}</span>}
      </span>
    );
  }
  return (
    <span title={`${formatMs(cost.seconds * 1000)} of machines`}>
      {formatMoney(cost.amount, cost.currency)}
      {cost.lost !== null && cost.lost > 0 ? <span class="muted"> ({formatMoney(cost.lost, null)} lost)</span> : null}
    </span>
  );
}
