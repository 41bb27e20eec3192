/**
 * What passengers, drivers, rides and cells of the map say to each other, and the names by which they do.
 */
import { defineEgress, type Egress, type FunctionType, functionType } from '../../src/index.ts';

/** What the apps send, and what comes back from a ride. */
export type PassengerMessage =
  | { readonly kind: 'request ride'; readonly from: string; readonly to: string }
  | { readonly kind: 'ride failed' | 'ride started' | 'ride ended'; readonly ride: string };

export type DriverMessage =
  | { readonly kind: 'drive to'; readonly cell: string }
  | { readonly kind: 'pick up'; readonly ride: string; readonly passenger: string }
  | { readonly kind: 'start ride' | 'end ride' };

export type RideMessage =
  | { readonly kind: 'begin'; readonly passenger: string; readonly from: string; readonly to: string }
  | { readonly kind: 'nearby driver'; readonly driver: string | undefined }
  | { readonly kind: 'driver accepts' | 'driver refuses' | 'driver starts' | 'driver ends'; readonly driver: string };

export type CellMessage =
  | { readonly kind: 'join' | 'leave'; readonly driver: string }
  /** Whoever asks is a ride, which is told of a driver; `not` are those that have refused it. */
  | { readonly kind: 'who is near?'; readonly not: readonly string[] };

export const passenger: FunctionType<PassengerMessage> = functionType('rides/passenger');
export const driver: FunctionType<DriverMessage> = functionType('rides/driver');
export const ride: FunctionType<RideMessage> = functionType('rides/ride');
export const cell: FunctionType<CellMessage, RideMessage> = functionType('rides/cell');

/** What the apps show. */
export interface Notice {
  readonly to: 'passenger' | 'driver';
  readonly id: string;
  readonly ride: string;
  readonly text: 'no driver' | 'started' | 'ended' | 'pick up';
}

export const notices: Egress<Notice> = defineEgress({ type: 'rides/notices' });
