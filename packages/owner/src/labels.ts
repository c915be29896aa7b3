import { labelsShape, shape, ThemisError } from '@themis-mesh/core';

/** @throws ThemisError THEMIS_LABELS_INVALID */
export function parseLabels(labels: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  try {
    return labelsShape(labels, 'labels');
  } catch (error) {
    throw error instanceof shape.ShapeError ? new ThemisError('THEMIS_LABELS_INVALID', error.message, { cause: error }) : error;
  }
}
