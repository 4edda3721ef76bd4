import type { LogView } from '../api.ts';
import { counted } from '../format.ts';
import { pageLink } from '../route.ts';
import { ScrollText } from './scroll.tsx';

/** The end of an attempt's log, and links to those of the other attempts. */
export function Log({ log, run }: { log: LogView; run: string }) {
  return (
    <>
      <div class="log-head">
        {log.attempts.length < 2 ? (
          <span class="muted">attempt {log.attempt}</span>
        ) : (
          <nav aria-label="Logs by attempt" class="tabs">
            {log.attempts.map((attempt) => (
              <a
                key={attempt}
                href={pageLink({ page: 'step', run, step: log.step, attempt })}
                {...(attempt === log.attempt ? { 'aria-current': 'page' as const } : {})}
              >
                attempt {attempt}
              </a>
            ))}
          </nav>
        )}
        <span class="muted">
          {log.cut ? `the last ${counted(log.lines.length, 'line')}` : counted(log.lines.length, 'line')}
        </span>
      </div>
      <ScrollText
        kind="log"
        text={log.lines.length === 0 ? 'Nothing was written.' : log.lines.join('\n')}
        label={`Log of attempt ${log.attempt}`}
      />
    </>
  );
}
