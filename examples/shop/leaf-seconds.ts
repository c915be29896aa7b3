/** How long a leaf of the shop's own programs lives: an hour, or as the environment says. */
export const LEAF_SECONDS: number = Number(process.env['SHOP_LEAF_SECONDS'] ?? 3600);
