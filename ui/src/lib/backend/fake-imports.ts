// Imports of the desk in memory: a file that is always the same, and the reports of one that is read.

import type { CustomFieldId } from '../bindings/CustomFieldId';
import type { CustomValue } from '../bindings/CustomValue';
import type { ImportCounts } from '../bindings/ImportCounts';
import type { ImportFile } from '../bindings/ImportFile';
import type { ImportPlan } from '../bindings/ImportPlan';
import type { ImportProgress } from '../bindings/ImportProgress';
import type { ImportRow } from '../bindings/ImportRow';
import type { ImportState } from '../bindings/ImportState';
import type { ImportTarget } from '../bindings/ImportTarget';
import type { Lead } from '../bindings/Lead';
import type { NewLead } from '../bindings/NewLead';
import type { Refusal } from '../bindings/Refusal';
import type { RefusalReason } from '../bindings/RefusalReason';
import type { Stage } from '../bindings/Stage';
import { NO_TOUCH } from '../leads/no-touch';
import { errorView } from './error-view';
import type { FakeOptions } from './fake-options';

const REPORT_MS = 60;
const REPORTS = 20;
const ROWS = 2140;
const SIZE_BYTES = 318_400;

/** What the file comes to. */
const COUNTS: ImportCounts = { rows: ROWS, new: 2087, in_file: 9, known: 32, refused: 12, imported: 0 };

const REFUSALS: readonly Refusal[] = [
  { line: 14, column: 2, reason: 'phone_country' },
  { line: 31, column: 1, reason: 'email' },
  { line: 212, column: 3, reason: 'stage' },
];

/** What stands in those rows. */
const REFUSED: Partial<Record<RefusalReason, string>> = {
  phone_country: 'Hana Kim · hana.kim@mail.example · 07700 900118',
  email: 'Luca Ferri · luca.ferri',
  stage: 'Sara Haddad · sara@haddad.example · +44 7700 900733 · Elsewhere',
};

const PEOPLE: readonly [name: string, email: string, phone: string][] = [
  ['Mira Castellanos', 'mira@castellanos.example', '+34600900118'],
  ['Jonas Weber', 'jonas.weber@mail.example', '+4915100900118'],
  ['Inês Duarte', 'ines.duarte@mail.example', '+351910900118'],
  ['Priya Nair', 'priya.nair@mail.example', '+447700900441'],
];

interface Column {
  heading: string;
  samples: string[];
  guess: ImportTarget;
}

/** What the last column of the file makes of one of the studio's own fields. */
function sizeIn(target: ImportTarget): [CustomFieldId, CustomValue][] {
  return typeof target === 'string' ? [] : [[target.custom, { number: 38_000 }]];
}

export class FakeImports {
  #timer: ReturnType<typeof setInterval> | undefined;
  #file: ImportFile | null = null;
  #stop: (() => void) | null = null;

  constructor(
    private readonly options: FakeOptions,
    private readonly stages: readonly Stage[],
    private readonly report: (progress: ImportProgress) => void,
  ) {}

  open(): ImportFile {
    if (this.options.importError !== null) throw errorView(this.options.importError);
    this.#file = this.#describe(true);
    return this.#file;
  }

  setHeadings(hasHeadings: boolean): ImportFile {
    this.#file = this.#describe(hasHeadings);
    return this.#file;
  }

  check(plan: ImportPlan, first: Lead | undefined): ImportRow[] {
    this.#begin('checking', 'checked', () => 0);
    const rows = PEOPLE.map(([name, email, phone], n): ImportRow => {
      return {
        line: n + 2,
        lead: this.#lead(plan, name, email, phone),
        text: '',
        outcome: n === 2 ? 'in_file' : 'new',
      };
    });
    const known: ImportRow[] =
      first === undefined
        ? []
        : [
            {
              line: 6,
              lead: this.#lead(plan, first.name, first.email, first.phone),
              text: '',
              outcome: { known: { lead_id: first.id, name: first.name } },
            },
          ];
    const refused = REFUSALS.map((refusal): ImportRow => ({
      line: refusal.line,
      lead: null,
      text: REFUSED[refusal.reason] ?? '',
      outcome: { refused: refusal },
    }));
    return [...rows, ...known, ...refused];
  }

  run(plan: ImportPlan): void {
    const isAll = plan.duplicates === 'import';
    this.#begin('running', 'done', ({ new: fresh, in_file, known }) => (isAll ? fresh + in_file + known : fresh));
  }

  cancel(): void {
    this.#stop?.();
  }

  saveRefused(): number {
    return COUNTS.refused;
  }

  #begin(during: ImportState, end: ImportState, added: (counts: ImportCounts) => number): void {
    clearInterval(this.#timer);
    let reports = 0;
    const tell = (state: ImportState): void => {
      const share = reports / REPORTS;
      const counts = { ...COUNTS };
      for (const key of ['rows', 'new', 'in_file', 'known', 'refused'] as const)
        counts[key] = Math.round(counts[key] * share);
      this.report({
        import_id: 'import-1',
        state,
        counts: { ...counts, imported: added(counts) },
        bytes_done: Math.round(SIZE_BYTES * share),
        bytes_total: SIZE_BYTES,
        refusals: state === during ? [] : [...REFUSALS],
        file_name: this.#file?.file_name ?? '',
      });
    };
    const over = (state: ImportState): void => {
      clearInterval(this.#timer);
      this.#stop = null;
      tell(state);
    };
    this.#stop = () => {
      over('cancelled');
    };
    this.#timer = setInterval(() => {
      reports += 1;
      const error = during === 'running' && reports * 2 > REPORTS ? this.options.importRunError : null;
      if (error !== null) over({ failed: errorView(error, true, 'req-1a907f') });
      else if (reports >= REPORTS) over(end);
      else tell(during);
    }, REPORT_MS);
  }

  #lead(plan: ImportPlan, name: string, email: string | null, phone: string | null): NewLead {
    const { stage_id, owner_id, tag } = plan;
    const tags = tag === null ? [] : [tag];
    return {
      name,
      email,
      phone,
      stage_id,
      owner_id,
      tags,
      source: 'csv_import',
      notes: '',
      value_minor: null,
      custom: Object.fromEntries(plan.targets.flatMap(sizeIn)),
      first_touch: NO_TOUCH,
    };
  }

  #describe(hasHeadings: boolean): ImportFile {
    const stage = this.stages[0]?.name ?? '';
    const columns: Column[] = [
      { heading: 'Full name', samples: PEOPLE.slice(0, 3).map(([name]) => name), guess: 'name' },
      { heading: 'E-mail', samples: PEOPLE.slice(0, 3).map(([, email]) => email), guess: 'email' },
      { heading: 'Mobile', samples: ['+34 600 900 118', '07700 900118'], guess: 'phone' },
      { heading: 'Status', samples: [stage, 'Elsewhere'], guess: 'stage' },
      { heading: 'Shoe size', samples: ['38', '44'], guess: 'ignore' },
    ];
    const isKnown = hasHeadings && !this.options.isImportForeign;
    return {
      import_id: 'import-1',
      file_name: 'studio list.csv',
      size_bytes: SIZE_BYTES,
      encoding: 'windows1252',
      delimiter: 'semicolon',
      has_headings: hasHeadings,
      is_ours: false,
      columns: columns.map((column) => ({
        ...column,
        heading: hasHeadings ? column.heading : '',
        guess: isKnown ? column.guess : 'ignore',
      })),
    };
  }
}
