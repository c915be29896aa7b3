// Preloaded into the process of each test file. Node's own --test-timeout ends a test, not a file whose tests are
// done and that left a socket or a child process open: such a file would run for ever.
const limit = Number(process.env['THEMIS_TEST_FILE_LIMIT']);

if (process.env['NODE_TEST_CONTEXT'] !== undefined && limit > 0) {
  setTimeout(() => {
    console.error(`stopped after ${String(limit)} s: ${process.argv[1] ?? ''}; still open: ${listOpen()}`);
    process.exit(1);
  }, limit * 1000).unref();
}

function listOpen(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'PipeWrap') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind} (${count})`)).join(', ') || 'nothing known';
}
