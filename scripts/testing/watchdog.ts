// Preloaded into the process of each test file. Node's own --test-timeout ends a test, not a file whose tests are
// done and that left a socket or a child process open: such a file would run for ever.
const limit = Number(process.env['THEMIS_TEST_FILE_LIMIT']);

if (process.env['NODE_TEST_CONTEXT'] !== undefined && limit > 0) {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap');
    console.error(`stopped after ${String(limit)} s; still open: ${open.join(', ') || 'nothing known'}`);
    process.exit(1);
  }, limit * 1000).unref();
}
