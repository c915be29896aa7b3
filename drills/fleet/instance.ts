import { join } from '@themis-mesh/mesh';

/** One instance of `server`, in a process of its own. Arguments: the home, its name, how long it takes to answer. */
const [home = '', instance = '', delay = '0'] = process.argv.slice(2);

const mesh = await join({ service: 'server', home, instance });
const server = mesh.createServer((_, response) => {
  const answer = (): unknown => response.end(instance);
  if (Number(delay) > 0) setTimeout(answer, Number(delay));
  else answer();
});
server.listen(0, () => console.log('ready'));
