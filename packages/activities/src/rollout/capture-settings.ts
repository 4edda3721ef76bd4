import { type CaptureSettings, type EndpointConfig, milliseconds } from '@sluice/sdk';

/** What the config asks of captures, as the gateway takes it. */
export function captureSettings(capture: EndpointConfig['capture'], endpoint: string): CaptureSettings {
  const {
    percent = 100,
    redact,
    keep,
    maxBytes,
  } = typeof capture === 'number' ? { percent: capture } : (capture ?? {});
  return {
    percent,
    ...(redact === undefined ? {} : { redact }),
    ...(keep === undefined ? {} : { keepMs: milliseconds(keep, `endpoints.${endpoint}.capture.keep`) }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}
