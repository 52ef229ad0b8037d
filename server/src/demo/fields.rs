//! What Lumen Studio wants to know of its leads besides what everybody does.

use chrono::{DateTime, Days, NaiveDate};
use domain::{
    ChoiceOption, ChoiceOptionId, CustomField, CustomFieldForm, CustomFieldId, CustomKind, CustomValue, CustomValues,
    UnixMs,
};
use wire::changes::Row;

use super::draw::{Draw, Stream};
use super::studio::founded_at;

/// Name, kind, and whether lists show it.
const FIELDS: [(&str, CustomKind, bool); 5] = [
    ("Event date", CustomKind::Date, true),
    ("Package", CustomKind::Choice, true),
    ("People", CustomKind::Number, false),
    ("Style", CustomKind::Text, false),
    ("Trial done", CustomKind::YesNo, false),
];
const PACKAGES: [&str; 3] = ["Mini", "Classic", "Signature"];
const STYLES: [&str; 8] = [
    "Outdoors, golden hour",
    "Black and white",
    "Natural light, nothing posed",
    "Contemporary, beginner",
    "Ballet, returned after a break",
    "Soft glam",
    "أبيض وأسود",
    "Klassisch, im Studio",
];

/// The studio's own fields.
pub(super) struct Fields {
    seed: u64,
    fields: Vec<CustomField>,
}

impl Fields {
    pub(super) fn new(seed: u64, now: UnixMs) -> Self {
        let mut draw = Draw::new(seed, Stream::Fields);
        let founded = founded_at(now);
        let fields = (0..).zip(FIELDS).map(|(position, (name, kind, is_in_list))| {
            let id = CustomFieldId::from_uuid(draw.uuid(founded));
            let names: &[&str] = if kind == CustomKind::Choice { &PACKAGES } else { &[] };
            let options = names.iter().map(|name| ChoiceOption {
                id: ChoiceOptionId::from_uuid(draw.uuid(founded)),
                name: (*name).to_owned(),
                is_retired: false,
            });
            let (name, options) = (name.to_owned(), options.collect());
            CustomField { id, form: CustomFieldForm { name, kind, options, position, is_in_list, is_archived: false } }
        });
        Self { seed, fields: fields.collect() }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row> + use<> {
        self.fields.clone().into_iter().map(|field| Row::CustomField(Box::new(field)))
    }

    /// What is known of lead number `index`: of most some, of many nothing.
    pub(super) fn values(&self, index: u64, created_at: UnixMs) -> CustomValues {
        let mut draw = Draw::new(self.seed, Stream::LeadFields(index));
        let draw = &mut draw;
        let mut values = CustomValues::new();
        for field in &self.fields {
            let share = match field.form.kind {
                CustomKind::Choice => 0.45,
                CustomKind::Date => 0.35,
                CustomKind::YesNo => 0.3,
                CustomKind::Number => 0.25,
                CustomKind::Text => 0.2,
            };
            if draw.chance(share) {
                values.insert(field.id, value(draw, &field.form, created_at));
            }
        }
        values
    }
}

fn value(draw: &mut Draw, form: &CustomFieldForm, created_at: UnixMs) -> CustomValue {
    match form.kind {
        CustomKind::Text => CustomValue::Text(draw.pick(&STYLES).to_owned()),
        // Now and then somebody brings a child, which counts half.
        CustomKind::Number => CustomValue::Number(draw.between(1, 6) * 1_000 + if draw.chance(0.1) { 500 } else { 0 }),
        CustomKind::Date => CustomValue::Date(day_of(created_at) + Days::new(14 + draw.below(280))),
        CustomKind::YesNo => CustomValue::YesNo(draw.chance(0.6)),
        CustomKind::Choice => CustomValue::Choice(form.options[draw.index(form.options.len())].id),
    }
}

fn day_of(at: UnixMs) -> NaiveDate {
    DateTime::from_timestamp_millis(at.0).expect("a time of the demo").date_naive()
}
