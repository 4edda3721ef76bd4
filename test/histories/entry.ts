import { sluiceWorkflows } from '@sluice/workflows';
import * as digits from '../../examples/digits/pipelines/digits.ts';
import * as flightDelays from '../../examples/flight-delays/pipelines/flight-delays.ts';
import * as fixtures from '../fixtures/pipelines.ts';
import * as pipelines from './pipelines.ts';

/** All pipelines whose histories are kept: the examples', the tests' and the endpoint. */
export default sluiceWorkflows(fixtures, pipelines, digits, flightDelays);
