import { readdirSync } from 'node:fs';

// Writes the files of `vectors/` anew: each script beside this one writes its own.
for (const file of readdirSync(import.meta.dirname).sort()) {
  if (file.endsWith('.ts') && file !== 'index.ts') await import(`./${file}`);
}
