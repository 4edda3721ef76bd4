import { signOf, toneOf } from './tone.ts';

/** A state or verdict as a word and a sign, so that colour is never all there is. */
export function Badge({ state, label }: { state: string; label?: string }) {
  return (
    <span class={`badge ${toneOf(state)}`}>
      <span class="sign" aria-hidden="true">
        {signOf(state)}
      </span>
      {label ?? state.replaceAll('-', ' ')}
    </span>
  );
}
