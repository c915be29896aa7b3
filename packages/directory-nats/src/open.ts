import { openShelfDirectory, type Directory, type DirectoryAddress } from '@themis-mesh/directory';
import { Link } from './link.ts';
import { NatsDirectory } from './nats-directory.ts';
import { NatsShelf } from './nats-shelf.ts';
import { parseNatsUrl } from './nats-url.ts';
import { DEFAULT_RESCAN_MS, readLinkOptions, type NatsDirectoryOptions } from './options.ts';

/**
 * A directory in buckets of NATS JetStream. Its rules are those of every directory; the servers keep bytes, and nothing is
 * believed because one says it: they, and whoever else can write there, can withhold and can bring back what was, but readers
 * keep floors.
 *
 * It does not wait for a server: while none can be reached, calls are answered `unavailable`, within the time given. Closing
 * it ends its connection.
 *
 * @throws ThemisError `THEMIS_DIRECTORY_INVALID` for wrong options; `THEMIS_FILE_MISSING`, `THEMIS_FILE_MALFORMED`,
 * `THEMIS_KEY_FILE_READABLE` and others of private files for those of credentials and certificates
 */
export async function openNatsDirectory(options: NatsDirectoryOptions): Promise<Directory> {
  const { rescanMs = DEFAULT_RESCAN_MS, app, now, onFork, alarms, maxInstances } = options;
  const resolved = readLinkOptions(options);
  const link = await Link.open(resolved);
  const directory = openShelfDirectory(new NatsShelf(link, rescanMs), {
    ...{ app, alarms },
    ...(now === undefined ? {} : { now }),
    ...(onFork === undefined ? {} : { onFork }),
    ...(maxInstances === undefined ? {} : { maxInstances }),
  });
  return new NatsDirectory(directory, link, resolved.timeoutMs);
}

/**
 * The directory at an address, as homes and `themis.yaml` name it: `nats://HOST:PORT,…?creds=FILE&replicas=3`. It is what
 * `join` takes as `openDirectory`.
 *
 * @throws ThemisError as {@link openNatsDirectory} does
 */
export async function openNatsAddress({ address, ...options }: DirectoryAddress): Promise<Directory> {
  return openNatsDirectory({ ...parseNatsUrl(address), ...options });
}
