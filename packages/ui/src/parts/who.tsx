/** Commit, and whether the checkout had changes that are in no commit. */
export function Commit({ commit, dirty }: { commit: string | null; dirty: boolean }) {
  if (commit === null) return <span class="muted">no commit</span>;
  return (
    <span>
      <code title={commit}>{commit.slice(0, 8)}</code>
      {dirty ? (
        <span class="warn-text" title="The checkout had changes that are in no commit.">
          {' '}
          + changes
        </span>
      ) : null}
    </span>
  );
}
