// SPDX-License-Identifier: Apache-2.0
/** Undefined is the user's own. */
export type Zone = 'UTC' | undefined;

const kDay_s = 86_400;
const kMinute_s = 60;

function text(seconds: number, options: Intl.DateTimeFormatOptions, zone: Zone): string {
  return new Date(seconds * 1000).toLocaleString('en-GB', { ...options, timeZone: zone });
}

/** Of a tick: "14:05", "14:05:30" where ticks are close, "2 Mar" where a day begins. */
export function axisText(seconds: number, step: number, zone: Zone): string {
  const clock = text(seconds, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, zone);
  const isMidnight = clock === '00:00:00';
  if (step >= kDay_s || isMidnight) return text(seconds, { day: 'numeric', month: 'short' }, zone);
  return step < kMinute_s ? clock : clock.slice(0, 5);
}

/** Of a row of the table: the day, or the whole time. */
export function fullText(seconds: number, isDay: boolean, zone: Zone): string {
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  if (isDay) return text(seconds, day, zone);
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  return text(seconds, { ...day, ...clock, timeZoneName: 'short' }, zone);
}
