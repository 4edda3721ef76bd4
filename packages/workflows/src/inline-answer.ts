import { INLINE_PAYLOAD } from '@sluice/sdk';
import { defaultPayloadConverter, RawValue } from '@temporalio/common';

/** An answer to a query that stays out of the artifact store, whatever its size: whoever gives it bounds that. */
export function inlineAnswer<Value>(value: Value): Value {
  const payload = defaultPayloadConverter.toPayload(value);
  const marked = { ...payload, metadata: { ...payload.metadata, [INLINE_PAYLOAD]: new Uint8Array() } };
  // The SDK takes what it wraps for the value itself.
  return RawValue.fromPayload(marked) as unknown as Value;
}
