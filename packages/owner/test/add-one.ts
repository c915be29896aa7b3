// Run as a process of its own: adds the service named last to the home named first.
import { Home, parseServiceName } from '@themis-mesh/storage';
import { addService } from '../src/index.ts';
import { NOW, openPlace } from './workshop.ts';

process.stdout.write('begins\n');
const [root = '', name = ''] = process.argv.slice(2);
await addService(await openPlace(Home.at(root), NOW), parseServiceName(name));
