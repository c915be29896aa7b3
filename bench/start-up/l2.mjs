import fs from 'node:fs';
await import('node:https');
fs.writeFileSync('/tmp/exp/ml-b.json', JSON.stringify(process.moduleLoadList));
