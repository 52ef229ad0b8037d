//! CSV as RFC 4180 has it, formula-safe.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::record::{Cell, columns, custom_columns};
use crate::target::Target;
use crate::{ExportContext, ExportError, Finished, LeadRecord, LeadWriter, formula, tags, text};

/// One `write` call a few thousand rows.
const BUFFER_BYTES: usize = 1 << 18;

pub(crate) struct CsvWriter {
    out: Writer<Target>,
    context: ExportContext,
    /// The cell at hand, when it is not written as it came; kept for its allocation.
    scratch: String,
    rows: u64,
}

impl CsvWriter {
    pub(crate) fn new(mut target: Target, context: &ExportContext) -> Result<Self, ExportError> {
        if context.byte_order_mark {
            std::io::Write::write_all(&mut target, "\u{feff}".as_bytes())?;
        }
        let mut out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .buffer_capacity(BUFFER_BYTES)
            .from_writer(target);
        let own = custom_columns(context);
        let headings = columns().into_iter().chain(own.iter().map(String::as_str));
        let headings: Vec<_> = headings.map(formula::escape_cell).collect();
        out.write_record(headings.iter().map(|heading| heading.as_bytes()))?;
        Ok(Self { out, context: context.clone(), scratch: String::new(), rows: 0 })
    }
}

impl LeadWriter for CsvWriter {
    fn write(&mut self, record: &LeadRecord<'_>) -> Result<(), ExportError> {
        let Self { out, context, scratch, rows } = self;
        for cell in record.cells(context).into_iter().map(|(_, cell)| cell).chain(record.custom_cells(context)) {
            scratch.clear();
            match cell {
                Cell::Empty => {
                    out.write_field("")?;
                    continue;
                }
                Cell::Text(text) => {
                    write_escaped(out, scratch, text)?;
                    continue;
                }
                // A UUID, a count and a time begin with a digit.
                Cell::Id(id) => {
                    out.write_field(id.hyphenated().encode_lower(&mut [0; 36]))?;
                    continue;
                }
                Cell::Count(count) => text::push_integer(count, scratch),
                Cell::Tags(list) => tags::join_tags(list, scratch),
                Cell::Amount(minor) => text::push_amount(minor, scratch),
                Cell::Time(time) => text::push_time(time, context.time_zone, scratch),
                Cell::Number(thousandths) => text::push_thousandths(thousandths, scratch),
                Cell::Date(date) => text::push_date(date, scratch),
                Cell::YesNo(yes) => scratch.push_str(if yes { "yes" } else { "no" }),
            }
            if formula::is_dangerous(scratch) {
                scratch.insert(0, '\'');
            }
            out.write_field(&*scratch)?;
        }
        out.write_record(None::<&[u8]>)?;
        *rows += 1;
        Ok(())
    }

    fn size_bytes(&self) -> u64 {
        self.out.get_ref().written()
    }

    fn finish(self: Box<Self>) -> Result<Finished, ExportError> {
        let target = self.out.into_inner().map_err(|failed| ExportError::from(failed.error().kind()))?;
        Ok(Finished { rows: self.rows, size_bytes: target.commit()?, continued_cells: 0 })
    }
}

fn write_escaped(out: &mut Writer<Target>, scratch: &mut String, text: &str) -> Result<(), csv::Error> {
    if formula::is_dangerous(text) {
        scratch.push('\'');
        scratch.push_str(text);
        out.write_field(&*scratch)
    } else {
        out.write_field(text)
    }
}
