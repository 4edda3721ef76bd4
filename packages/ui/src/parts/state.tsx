import { type Tone, toneOf } from './tone.ts';

const glyphs: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✕', busy: '◐', quiet: '–' };

/** A state or verdict as a word and a sign, so that colour is never all there is. */
export function Badge({ state, label }: { state: string; label?: string }) {
  const tone = toneOf(state);
  const sign = state === 'waiting' || state === 'awaiting-approval' ? '?' : glyphs[tone];
  return (
    <span class={`badge ${tone}`}>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
      {label ?? state.replaceAll('-', ' ')}
    </span>
  );
}
