import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Trouble } from '../api.ts';
import { ask } from './answer.ts';
import { listenLive, type Since } from './live.ts';

export interface Asked<T> {
  /** The newest answer; kept while a later question fails. */
  readonly value: T | null;
  readonly trouble: Trouble | null;
  /** Asks again, unless it is asking. */
  readonly again: () => void;
  /** Takes a newer value that came by another way. */
  readonly set: (value: T) => void;
}

/**
 * The answer to `path`; asked once, again when the path changes, and never by a clock. What was there stays until the
 * next answer comes, so that a filter that is being typed does not lose its page.
 */
export function useAsk<T>(path: string | null): Asked<T> {
  const [state, setState] = useState<{ value: T | null; trouble: Trouble | null }>({ value: null, trouble: null });
  const asking = useRef<AbortController | null>(null);
  const start = useCallback(() => {
    if (path === null) return;
    const control = new AbortController();
    asking.current = control;
    void ask<T>(path, control.signal).then((answer) => {
      if (control.signal.aborted) return;
      asking.current = null;
      setState((before) =>
        answer.ok ? { value: answer.value, trouble: null } : { value: before.value, trouble: answer.trouble },
      );
    });
  }, [path]);
  useEffect(() => {
    start();
    return () => {
      asking.current?.abort();
      asking.current = null;
    };
  }, [start]);
  const again = useCallback(() => {
    if (asking.current === null) start();
  }, [start]);
  const set = useCallback((value: T) => setState({ value, trouble: null }), []);
  return { ...state, again, set };
}

/** Calls `onEvent` for what is new under `path`; null listens to nothing. @returns since when a server is away */
export function useLive(
  path: string | null,
  names: readonly string[],
  onEvent: (name: string, value: unknown) => void,
): Since | null {
  const [away, setAway] = useState<Since | null>(null);
  const latest = useRef(onEvent);
  latest.current = onEvent;
  const key = names.join();
  useEffect(() => {
    setAway(null);
    if (path === null) return;
    return listenLive(path, key.split(','), {
      onEvent: (name, value) => latest.current(name, value),
      onTrouble: setAway,
    });
  }, [path, key]);
  return away;
}

/** Lets a call through at once, and those that follow together after `ms`. */
export function useAtMost(ms: number, call: () => void): () => void {
  const latest = useRef(call);
  latest.current = call;
  const state = useRef<{ timer: ReturnType<typeof setTimeout> | null; again: boolean }>({ timer: null, again: false });
  useEffect(() => () => clearTimeout(state.current.timer ?? undefined), []);
  return useCallback(() => {
    const go = () => {
      state.current.again = false;
      latest.current();
      state.current.timer = setTimeout(() => {
        state.current.timer = null;
        if (state.current.again) go();
      }, ms);
    };
    if (state.current.timer === null) go();
    else state.current.again = true;
  }, [ms]);
}
