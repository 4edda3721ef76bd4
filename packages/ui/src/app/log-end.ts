import { useEffect, useRef } from 'preact/hooks';
import type { LogView } from '../api.ts';

/** Pixels from the end at which somebody still reads the end. */
const NEAR = 40;

/** Shows the end of a log, and stays there while lines come, unless somebody scrolled up to read. */
export function useLogEnd(log: LogView | null, askedFor: boolean): void {
  const shown = useRef<{ attempt: number; height: number } | null>(null);
  useEffect(() => {
    const box = document.querySelector('main section.log');
    if (box === null || log === null) return;
    const before = shown.current;
    const fresh = before?.attempt !== log.attempt;
    if (fresh || box.scrollTop + box.clientHeight >= before.height - NEAR) box.scrollTop = box.scrollHeight;
    if (fresh && askedFor) box.scrollIntoView({ block: 'center' });
    shown.current = { attempt: log.attempt, height: box.scrollHeight };
  }, [log, askedFor]);
}
