import { Type } from 'typebox'

const word = <const T extends string>(words: readonly [T, T], what: string) =>
  Type.Enum(words, { type: 'string', default: words[0], description: `${words.join(' or ')}: ${what}` })
const count = (otherwise: number, most: number, what: string) =>
  Type.Integer({
    minimum: 1,
    maximum: most,
    default: otherwise,
    description: `a whole number from 1 to ${most}, ${what}`,
  })

/** The settings of the audit log, by the name of their environment variable. */
export const auditSettings = {
  MERGELINE_AUDIT_DIR: Type.Optional(
    Type.String({ description: "the folder of this server's audit log; without it there is none" }),
  ),
  MERGELINE_AUDIT_DURABILITY: word(['process', 'power'], 'what a record outlives once its prediction was answered'),
  MERGELINE_AUDIT_UNWRITABLE: word(['refuse', 'serve'], 'what happens to requests while no record can be written'),
  MERGELINE_AUDIT_PRIVATE: word(['hash', 'omit'], 'what stands for the values of private fields'),
  MERGELINE_AUDIT_SALT_FILE: Type.Optional(
    Type.String({
      description: "the file of the environment's salt for hashes of private values; made where it is missing",
    }),
  ),
  MERGELINE_AUDIT_SEGMENT_MIB: count(64, 1024, 'the size in MiB at which a segment ends'),
  MERGELINE_AUDIT_SEGMENT_HOURS: count(24, 8760, 'the age in hours at which a segment ends'),
  MERGELINE_AUDIT_KEEP_DAYS: count(400, 36_500, 'how many days segments are kept'),
  MERGELINE_AUDIT_KEEP_GIB: count(20, 100_000, 'how many GiB of segments are kept'),
}
