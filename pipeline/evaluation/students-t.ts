/** By degrees of freedom from 1. */
const t975 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12],
  ...[2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042, 2.04, 2.037],
]

/** The 97.5 % quantile of Student's t (NIST/SEMATECH e-Handbook, 1.3.6.7.2); beyond 32 degrees of `freedom` that of 32, which is at most 4 % too large. Parts of a degree count as none. */
export const studentsT975 = (freedom: number): number =>
  t975[Math.min(t975.length, Math.max(1, Math.floor(freedom))) - 1] as number
