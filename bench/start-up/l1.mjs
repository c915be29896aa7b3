import fs from 'node:fs';
await import('@themis-mesh/mesh');
fs.writeFileSync('/tmp/exp/ml-a.json', JSON.stringify(process.moduleLoadList));
