import type { ExplorationDigest } from '../explore/digest.ts'
import { correlation, number, share } from '../explore/wording.ts'
import type { Block } from './blocks.ts'

/** What the exploration found, in a list; every field, folded. */
export function explorationSection({ standsOut, fields, hidden }: ExplorationDigest): readonly Block[] {
  return [
    { kind: 'heading', text: 'Data explored' },
    { kind: 'list', items: standsOut },
    {
      kind: 'folded',
      summary: 'All fields',
      blocks: [
        {
          kind: 'table',
          caption:
            'Fields; with the target: the share of its variance that the field alone explains, and the correlation',
          columns: [
            { name: 'table' },
            { name: 'field' },
            { name: 'missing', numeric: true },
            { name: 'median', numeric: true },
            { name: 'outliers', numeric: true },
            { name: 'with the target', numeric: true },
          ],
          rows: fields.map(({ table, field, missing, median, outliers, explained, pearson }) => [
            { code: table },
            { code: field },
            share(missing),
            median === undefined ? '' : number(median),
            outliers === undefined ? '' : number(outliers),
            [
              ...(explained === undefined ? [] : [share(explained)]),
              ...(pearson === undefined ? [] : [`(${correlation(pearson)})`]),
            ],
          ]),
        },
        ...(hidden.length > 0
          ? [
              {
                kind: 'paragraph',
                text: ['Private, and not looked at:', ...hidden.map((field) => ({ code: field }))],
              } as const,
            ]
          : []),
      ],
    },
    {
      kind: 'paragraph',
      text: [
        'With charts:',
        { code: 'npm run explore' },
        'or, of a workflow run, its artifact',
        { code: 'exploration' },
      ],
    },
  ]
}
