export { DIRECTIONS, type Direction } from './direction.ts';
