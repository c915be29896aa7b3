/** The longest head of an HTTP/1.1 message, and the longest trailer section. Bytes. */
export const MAX_HEAD_BYTES = 65_536;

/** The longest request line or status line. Bytes. */
export const MAX_START_LINE_BYTES = 16_384;

/**
 * The most bytes that all chunk extensions of one message may have together: they cost the reader, and carry nothing for it
 * (CVE-2024-22019).
 */
export const MAX_EXTENSION_BYTES = 16_384;

/** The most digits of a chunk's size: 2^48 bytes are more than anybody sends at once, and are still exact in a number. */
export const MAX_CHUNK_DIGITS = 12;
