import type { SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { tagVersion } from './model-version.ts';

/**
 * Writes what was decided, by whom and on which evidence: a JSON report in the store, and tags of the model version.
 * The same input makes the same report, so it may be asked again.
 */
export function recordDecisionActivity({
  store,
  mlflow,
}: Pick<ActivityContext, 'store' | 'mlflow'>): SluiceActivities['recordDecision'] {
  return async ({ ref, endpoint, candidate, baseline, verdict, evidence, decision, state }) => {
    const report = { ref, endpoint, candidate, baseline, verdict, decision, state, evidence };
    const artifact = await store.putText(`${JSON.stringify(report, null, 2)}\n`, 'report');
    if (mlflow === null || candidate.registered === null) return artifact;
    await tagVersion(mlflow, candidate.registered, {
      'sluice.state': state,
      'sluice.verdict': verdict,
      'sluice.baseline': baseline,
      'sluice.report': artifact.uri,
      'sluice.report.location': store.locate(artifact),
      'sluice.decision': decision?.decision ?? null,
      'sluice.decision.by': decision?.by ?? null,
      'sluice.decision.reason': decision?.reason ?? null,
      'sluice.decision.at': decision?.at ?? null,
      'sluice.decision.via': decision?.via ?? null,
      'sluice.decision.candidate': decision?.candidate ?? null,
      'sluice.decision.evidence': decision?.evidence ?? null,
      ...Object.fromEntries(evidence.map((gate) => [`sluice.gate.${gate.name}`, gate.verdict])),
    });
    return artifact;
  };
}
