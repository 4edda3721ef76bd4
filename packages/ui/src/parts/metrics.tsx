import { formatNumber } from '../format.ts';
import { Section } from './frame.tsx';

/** The last value of each metric. */
export function Metrics({ metrics }: { metrics: Readonly<Record<string, number>> }) {
  const rows = Object.entries(metrics);
  if (rows.length === 0) return null;
  return (
    <Section title="Metrics">
      <dl class="metrics">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num" title={String(value)}>
              {formatNumber(value)}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
