// Starts scripts/commands/NAME.ts. Plain JavaScript that old releases of Node.js can read, so that they get a
// sentence instead of a syntax error. npm puts node_modules/.bin first on the PATH of every script, and with it
// the Node.js that `npm ci` brought; the machine's own runs only where no package exists for the platform.
const FLOOR = [24, 11];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < FLOOR[0] || (major === FLOOR[0] && minor < FLOOR[1])) {
  console.error(
    `The scripts of this repository need Node.js ${FLOOR.join('.')} or newer; this is ${process.version} (${process.execPath}).\n` +
      'Start them by npm (npm test, npm run …) after npm ci, which brings a newer one as an optional dependency.\n' +
      `If you did: none is installed for ${process.platform}-${process.arch} (was npm told to omit optional dependencies?).`,
  );
  process.exitCode = 1;
} else {
  const [name] = process.argv.splice(2, 1);
  process.argv[1] = new URL(`./commands/${name}.ts`, import.meta.url).pathname;
  try {
    await import(new URL(`./commands/${name}.ts`, import.meta.url).href);
  } catch (error) {
    console.error(error.name === 'UsageError' ? error.message : error);
    process.exitCode = 1;
  }
}
