import { expect, it } from 'vitest';
import * as sdk from './index.ts';

it('what a pipeline file can import is what is listed here: an addition is a decision', () => {
  expect(Object.keys(sdk).sort()).toEqual(
    [
      // to write a pipeline
      ...['pipeline', 'extract', 'train', 'merge', 'step', 'check', 'evaluate', 'replay', 'deploy', 'map'],
      ...['patched', 'column', 'table', 'checked', 'isRowRule', 'expectationOf'],
      ...['suiteFromGreatExpectations', 'suiteToGreatExpectations'],
      ...['python', 'command', 'canary', 'blueGreen', 'rollbackBudget', 'ROLLBACK_LIMIT'],
      ...['ErrorCode', 'SluiceError', 'describeError', 'errorCode', 'recordPlan', 'verdicts', 'worstOf', 'worstFirst'],
      // to write a config
      ...['defineConfig', 'local', 'file', 'azureBlob'],
      // for runtimes, activities and the command
      ...[
        'useRuntime',
        'currentRuntime',
        'pipelineDefinition',
        'parseJsonPath',
        'parseParams',
        'suiteOf',
        'milliseconds',
        'inWords',
        'hasExpired',
        'waiverName',
      ],
      ...[
        'checkName',
        'encodeKey',
        'placeIn',
        'stepPath',
        'StepNames',
        'keysOf',
        'stepKinds',
        'kindOf',
        'isJob',
        'isWork',
        'decisionKinds',
        'personName',
        'isSealed',
        'SEALED',
        'endpointWorkflowId',
        'taskQueue',
      ],
      ...[
        'describeAttempts',
        'isTolerated',
        'decisionsInOrder',
        'saysWhere',
        'closest',
        'isOutage',
        'isPreemption',
        'listedAttempts',
        'spentOn',
        'ATTEMPTS_LISTED',
        'PARENTS_LISTED',
      ],
      ...['INLINE_PAYLOAD', 'VALUE_LIMIT', 'INLINE_KEYS', 'NESTED_KEYS', 'deployInLargeMap', 'tooManyNestedKeys'],
      ...['isInfrastructure', 'isMisdeclared', 'notInConfig', 'childEnv', 'inheritedEnv', 'missedVariable'],
      ...['CALLER_BUCKETS', 'BAKE', 'SCRAPE', 'ENDPOINT_WORKFLOW', 'Signal', 'Update', 'Query', 'SearchAttribute'],
    ].sort(),
  );
});
