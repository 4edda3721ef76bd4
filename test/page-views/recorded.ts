/** What the recorded runs of the demo were asked at, epoch ms. */
export const recordedAt = 1795634400000;
/** A name that would run if any page forgot to escape it. */
export const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
