/** Headers that belong to one connection, or to the gateway; and one after which nobody here could read the answer. */
const DROPPED =
  /^(host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|accept-encoding|x-sluice-.*)$/;

/** Of the headers of a captured request, those with which it is sent again. */
export function headersAgain(headers: Readonly<Record<string, string>>): Record<string, string> {
  const again: Record<string, string> = {};
  for (const name in headers) if (!DROPPED.test(name)) again[name] = headers[name] as string;
  again['x-sluice-replay'] = '1';
  return again;
}
