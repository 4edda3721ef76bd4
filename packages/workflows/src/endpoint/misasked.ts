/** What is wrong with the argument of an update, in a sentence; null when it can be taken. Never throws. */
export function problemOfRollout(request: unknown, endpoint: string): string | null {
  const fields = fieldsOf(request);
  if (fields === null) return 'A rollout is asked for with one JSON object; `sluice run` and `deploy` send it.';
  for (const name of ['id', 'endpoint', 'onBusy', 'replyTo', 'by'] as const) {
    if (!isText(fields[name])) return `The rollout's "${name}" is missing.`;
  }
  if (fields.endpoint !== endpoint)
    return `The rollout is for "${String(fields.endpoint)}", and this is "${endpoint}".`;
  const candidate = fieldsOf(fields.candidate);
  if (candidate === null || !isText(candidate.id) || !isText(candidate.digest) || !isText(candidate.uri)) {
    return 'The rollout names no candidate with id, digest and uri.';
  }
  const spec = fieldsOf(fields.spec);
  if (spec === null || !Array.isArray(spec.steps) || fieldsOf(spec.health) === null) return 'The rollout has no spec.';
  if (!Number.isFinite(fields.decidedAt))
    return 'The rollout does not say when it was decided ("decidedAt", epoch ms).';
  return null;
}

export function problemOfRollback(request: unknown): string | null {
  const example = '{"id": "…", "by": "ana", "reason": "…", "from": "v-…"}';
  const fields = fieldsOf(request);
  if (fields === null) return `A rollback is asked for with one JSON object: ${example}.`;
  if (!isText(fields.by)) return `A rollback needs to say who asks for it: ${example}.`;
  if (!isText(fields.id))
    return `A rollback needs an "id" of its own, so that asked for twice it is done once: ${example}.`;
  if (!isText(fields.from)) return `A rollback names the version that it leaves: ${example}.`;
  for (const name of ['to', 'reason'] as const) {
    if (fields[name] !== undefined && fields[name] !== null && typeof fields[name] !== 'string') {
      return `The rollback's "${name}" is not text.`;
    }
  }
  return null;
}

function fieldsOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
