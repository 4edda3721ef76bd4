/** What a pipeline file imports. Safe in Temporal's workflow sandbox: no Node API, no client, no server. */
export * from './artifact.ts';
export { describeAttempts, isOutage, isPreemption, listedAttempts, spentOn } from './attempts.ts';
export * from './candidate.ts';
export type * from './capture.ts';
export type { RowCheck, WholeCheck } from './checks/chain.ts';
export {
  type ExpectationSuite,
  suiteFromGreatExpectations,
  suiteToGreatExpectations,
} from './checks/great-expectations/suite.ts';
export { expectationOf } from './checks/great-expectations/write.ts';
export { childEnv, type Environment, inheritedEnv, missedVariable } from './child-env.ts';
export { closest } from './closest.ts';
export * from './column.ts';
export { type Command, type CommandOptions, command, python } from './command.ts';
export * from './config.ts';
export * from './contract.ts';
export * from './decision.ts';
export { type Duration, inWords, milliseconds } from './duration.ts';
export * from './endpoint.ts';
export * from './errors.ts';
export type * from './gateway-api.ts';
export { INLINE_PAYLOAD } from './inline-payload.ts';
export { type JsonPath, parseJsonPath } from './json-path.ts';
export { deployInLargeMap, INLINE_KEYS, NESTED_KEYS, tooManyNestedKeys, VALUE_LIMIT } from './map-limits.ts';
export { checkName, encodeKey, stepPath } from './name.ts';
export { parseParams } from './params.ts';
export { patched } from './patched.ts';
export { type Pipeline, pipeline, pipelineDefinition } from './pipeline.ts';
export { placeIn } from './place.ts';
export type { Plan, PlanBudgets, PlannedStep } from './plan.ts';
export { recordPlan } from './recorder.ts';
export {
  BAKE,
  blueGreen,
  canary,
  type HealthOptions,
  type HealthPolicy,
  type LatencyFactors,
  type Reaction,
  ROLLBACK_LIMIT,
  type RolloutOptions,
  type RolloutSpec,
  rollbackBudget,
  SCRAPE,
} from './rollout.ts';
export {
  currentRuntime,
  type Failure,
  type PipelineDefinition,
  type Runtime,
  type Settled,
  useRuntime,
} from './runtime.ts';
export type { ShadowChecks, ShadowOptions } from './shadow.ts';
export * from './spec.ts';
export type { InferInput, InferOutput, SchemaIssue, StandardSchema } from './standard-schema.ts';
export * from './status.ts';
export { keysOf, type Scope, StepNames } from './step-names.ts';
export type { BodyDifferences, DifferenceOptions, DifferenceTolerance } from './steps/body-differences.ts';
export {
  type CapturedOptions,
  type CapturedRows,
  type Checked,
  type CheckOptions,
  type CheckSpec,
  check,
} from './steps/check.ts';
export {
  type ApprovalOptions,
  type ApprovalSpec,
  type Deployed,
  type DeployOptions,
  type DeployResult,
  type DeploySpec,
  deploy,
  type Expired,
  type Gate,
  type NotDeployed,
  type NotKept,
  type Rejected,
} from './steps/deploy.ts';
export {
  type Baseline,
  type EvaluateOptions,
  type EvaluateSpec,
  evaluate,
  type RegisteredVersion,
  type StoredResult,
  type Suite,
  type SuiteOptions,
  suiteOf,
} from './steps/evaluate.ts';
export { type ExtractOptions, type ExtractSpec, extract } from './steps/extract.ts';
export {
  type Budgets,
  type CommandStepOptions,
  type JobOptions,
  type JobSpec,
  type MergeOptions,
  merge,
  step,
  train,
} from './steps/job.ts';
export type { StepKind } from './steps/kind.ts';
export {
  isJob,
  isWork,
  kindOf,
  type SpecOf,
  type StepSpec,
  stepKinds,
  type WorkKind,
  type WorkSpec,
} from './steps/kinds.ts';
export { type MapOptions, type MapResult, map } from './steps/map.ts';
export { type Pace, type ReplayOptions, type ReplaySpec, replay } from './steps/replay.ts';
export { hasExpired, type Waiver, waiverName } from './steps/waiver.ts';
export * from './traffic.ts';
export * from './verdict.ts';
