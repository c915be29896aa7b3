/**
 * A serial number as a text that names a certificate among those of its issuer: lowercase hexadecimal, two digits an octet,
 * without the octets of zero in front that an INTEGER in DER does not hold (X.690 section 8.3.2), so that it is one text on both
 * sides.
 *
 * @param serial not all zeros
 */
export function showSerial(serial: Uint8Array): string {
  const first = serial.findIndex((octet) => octet !== 0);
  return Buffer.from(serial.subarray(Math.max(first, 0))).toString('hex');
}
