//! JSON: one array, an object a lead, each on a line of its own.

use std::io::{BufWriter, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::record::{Cell, custom_columns};
use crate::target::Target;
use crate::{ExportContext, ExportError, Finished, LeadRecord, LeadWriter, text};

const BUFFER_BYTES: usize = 1 << 18;

pub(crate) struct JsonWriter {
    out: BufWriter<Target>,
    context: ExportContext,
    /// Names of the studio's own columns.
    own: Vec<String>,
    rows: u64,
}

impl JsonWriter {
    pub(crate) fn new(target: Target, context: &ExportContext) -> Result<Self, ExportError> {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, target);
        out.write_all(b"[")?;
        Ok(Self { out, context: context.clone(), own: custom_columns(context), rows: 0 })
    }
}

impl LeadWriter for JsonWriter {
    fn write(&mut self, record: &LeadRecord<'_>) -> Result<(), ExportError> {
        self.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, &Row { record, context: &self.context, own: &self.own })?;
        self.rows += 1;
        Ok(())
    }

    fn size_bytes(&self) -> u64 {
        self.out.get_ref().written()
    }

    fn finish(mut self: Box<Self>) -> Result<Finished, ExportError> {
        self.out.write_all(b"\n]\n")?;
        let target = self.out.into_inner().map_err(|failed| ExportError::from(failed.error().kind()))?;
        Ok(Finished { rows: self.rows, size_bytes: target.commit()?, continued_cells: 0 })
    }
}

struct Row<'a> {
    record: &'a LeadRecord<'a>,
    context: &'a ExportContext,
    own: &'a [String],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.record.cells(self.context);
        let mut map = serializer.serialize_map(Some(cells.len() + self.own.len()))?;
        let mut scratch = String::new();
        let own = self.own.iter().map(String::as_str).zip(self.record.custom_cells(self.context));
        for (column, cell) in cells.into_iter().chain(own) {
            match cell {
                Cell::Empty => map.serialize_entry(column, &())?,
                Cell::Id(id) => map.serialize_entry(column, &id)?,
                Cell::Text(text) => map.serialize_entry(column, text)?,
                Cell::Tags(tags) => map.serialize_entry(column, tags)?,
                Cell::Count(count) => map.serialize_entry(column, &count)?,
                // A string: a binary fraction would not be the amount.
                Cell::Amount(minor) => {
                    scratch.clear();
                    text::push_amount(minor, &mut scratch);
                    map.serialize_entry(column, &scratch)?;
                }
                Cell::Number(thousandths) => {
                    scratch.clear();
                    text::push_thousandths(thousandths, &mut scratch);
                    map.serialize_entry(column, &scratch)?;
                }
                Cell::Date(date) => map.serialize_entry(column, &date)?,
                Cell::YesNo(yes) => map.serialize_entry(column, &yes)?,
                Cell::Time(time) => {
                    scratch.clear();
                    text::push_time(time, self.context.time_zone, &mut scratch);
                    map.serialize_entry(column, &scratch)?;
                }
            }
        }
        map.end()
    }
}
