import { expect, test } from 'vitest';
import { pinOf, pinTo } from './deployment.ts';

const [pinned, follows] = [1, 2];
const version = (buildId: string) => ({ deploymentName: 'p', buildId });

test('a run is kept on the build it began on, unless it was moved to another', () => {
  expect(pinOf({ behavior: pinned, deploymentVersion: version('b1') })).toEqual(version('b1'));
  const moved = { behavior: pinned, deploymentVersion: version('b1'), versioningOverride: pinTo('p', 'b2') };
  expect(pinOf(moved)).toEqual(version('b2'));
});

test('a run that follows the newest build, or knows of none, is kept on none', () => {
  expect(pinOf({ behavior: follows, deploymentVersion: version('b1') })).toBeNull();
  expect(pinOf({ behavior: 0 })).toBeNull();
  expect(pinOf(undefined)).toBeNull();
});
