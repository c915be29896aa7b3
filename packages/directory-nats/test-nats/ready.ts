// Says why the suite cannot run; nothing where it can. What it needs is brought.
import { currentServer, debianServer } from './programs.ts';

const servers = [debianServer(), currentServer()];
const reasons = servers.flatMap((server) => ('why' in server ? [server.why] : []));
if (reasons.length === servers.length) console.log(reasons.join('; '));
