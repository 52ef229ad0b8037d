//! Custom fields (B2): what a studio wants to know of its leads besides what everybody does.
//!
//! A studio defines its fields; a lead holds values of them. A field keeps its kind for good, is put away and never
//! removed, and so are the options of a choice: a value that was typed before on a device that was away still means what
//! it meant.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, Object, ObjectBuilder, OneOf, OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::{ChoiceOptionId, CustomFieldId, InvalidField, check_filled_line, fold, limits};

/// What values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CustomKind {
    /// One line.
    Text,
    Number,
    /// A day, wherever one is.
    Date,
    YesNo,
    /// One of the field's options.
    Choice,
}

impl CustomKind {
    /// Every kind, in the order in which people are offered them.
    pub const ALL: [Self; 5] = [Self::Text, Self::Number, Self::Date, Self::YesNo, Self::Choice];
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct ChoiceOption {
    pub id: ChoiceOptionId,
    /// Not blank; no other option of the field that is offered folds alike.
    #[schema(max_length = 60, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub name: String,
    /// It is not offered any more; leads that have it keep it.
    pub is_retired: bool,
}

/// What a studio says of one of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct CustomFieldForm {
    /// Not blank; no other field in use folds alike.
    #[schema(max_length = 60, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub name: String,
    /// For good.
    pub kind: CustomKind,
    /// Of a choice, in the order they are offered in; of any other kind none. None is ever removed.
    #[schema(max_items = 100)]
    pub options: Vec<ChoiceOption>,
    /// Order among the fields, lowest first.
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    pub position: i64,
    /// Whether the list of leads has a column of it.
    pub is_in_list: bool,
    /// It is not in use any more; leads keep what they have of it.
    pub is_archived: bool,
}

/// A field that a studio defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CustomField {
    pub id: CustomFieldId,
    #[serde(flatten)]
    pub form: CustomFieldForm,
}

/// Written by hand: the derive would describe it as a form with something besides, and a form has nothing besides.
impl PartialSchema for CustomField {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(form)) = CustomFieldForm::schema() else { unreachable!("a struct is an object") };
        let field = ObjectBuilder::from(form).description(Some("A field that a studio defined."));
        let field = field.property("id", Ref::from_schema_name(<CustomFieldId as ToSchema>::name())).required("id");
        field.additional_properties(None::<AdditionalProperties<Schema>>).into()
    }
}

impl ToSchema for CustomField {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CustomFieldForm::schemas(schemas);
        schemas.push((<CustomFieldId as ToSchema>::name().into_owned(), CustomFieldId::schema()));
    }
}

/// What a lead has in a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CustomValue {
    /// Not blank; at most 200 characters.
    #[schema(value_type = CustomText)]
    Text(String),
    /// In thousandths.
    #[schema(value_type = CustomNumber)]
    Number(i64),
    /// `YYYY-MM-DD`, of the years 1 to 9999.
    #[schema(value_type = String, format = Date)]
    Date(#[ts(type = "string")] NaiveDate),
    YesNo(bool),
    Choice(ChoiceOptionId),
}

/// Written by hand: what a lead has never reaches a log.
impl std::fmt::Debug for CustomValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Number(_) => "Number",
            Self::Date(_) => "Date",
            Self::YesNo(_) => "YesNo",
            Self::Choice(_) => "Choice",
        })
    }
}

/// Describes a text in a field: what the derive can't say of a variant's value it says of a type.
#[derive(ToSchema)]
#[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
#[expect(dead_code, reason = "a description")]
struct CustomText(String);

/// Describes a number in a field, in thousandths.
#[derive(ToSchema)]
#[schema(minimum = -9007199254740991_i64, maximum = 9007199254740991_i64)]
#[expect(dead_code, reason = "a description")]
struct CustomNumber(i64);

/// Describes what a lead has in the studio's own fields.
pub(crate) fn described_values() -> Object {
    described_map(Ref::from_schema_name("CustomValue"))
}

/// Describes changes of values: of each field what it becomes, or `null` where it is to have none.
pub(crate) fn described_changes() -> Object {
    described_map(OneOf::builder().item(Object::with_type(Type::Null)).item(Ref::from_schema_name("CustomValue")))
}

/// Describes values that a lead is to begin with.
pub(crate) fn described_new_values() -> Object {
    described_map(untried(OneOf::builder()))
}

/// Describes edits of values, each with both sides.
pub(crate) fn described_edits() -> Object {
    let side = || untried(OneOf::builder().item(Object::with_type(Type::Null)));
    let edited = Object::builder().property("from", side()).property("to", side()).required("from").required("to");
    described_map(edited.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false))))
}

/// Values as acts of devices bring them: what is too long or too large refuses the act, and not the request.
fn untried(choices: OneOfBuilder) -> OneOfBuilder {
    let closed = || Some(AdditionalProperties::<Schema>::FreeForm(false));
    let of_kind = |kind: &str, value: RefOr<Schema>| {
        Object::builder().property(kind, value).required(kind).additional_properties(closed())
    };
    let formatted = |kind, format| Object::builder().schema_type(kind).format(Some(SchemaFormat::KnownFormat(format)));
    choices
        .item(of_kind("text", Object::with_type(Type::String).into()))
        .item(of_kind("number", formatted(Type::Integer, KnownFormat::Int64).into()))
        .item(of_kind("date", formatted(Type::String, KnownFormat::Date).into()))
        .item(of_kind("yes_no", Object::with_type(Type::Boolean).into()))
        .item(of_kind("choice", Ref::from_schema_name(<ChoiceOptionId as ToSchema>::name()).into()))
}

/// Describes what goes by the ids of fields.
fn described_map(value: impl Into<RefOr<Schema>>) -> Object {
    let ids = Object::builder().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    Object::builder().property_names(Some(ids)).additional_properties(Some(value.into())).build()
}

/// What a lead has in the fields of its studio; fields without a value are absent.
pub type CustomValues = BTreeMap<CustomFieldId, CustomValue>;

impl CustomValue {
    /// The kind of field that it is a value of.
    pub const fn kind(&self) -> CustomKind {
        match self {
            Self::Text(_) => CustomKind::Text,
            Self::Number(_) => CustomKind::Number,
            Self::Date(_) => CustomKind::Date,
            Self::YesNo(_) => CustomKind::YesNo,
            Self::Choice(_) => CustomKind::Choice,
        }
    }

    /// What can be told wrong of it without asking the studio.
    ///
    /// # Errors
    /// What is wrong with it; `field` is its name.
    pub fn check(&self, field: impl Into<String>) -> Result<(), InvalidField> {
        match self {
            Self::Text(text) => check_filled_line(field, text, limits::CUSTOM_TEXT_CHARS),
            Self::Number(number) if number.unsigned_abs() > limits::EXACT_INTEGER.unsigned_abs() => {
                Err(InvalidField::new(field, "is too large"))
            }
            Self::Date(date) if !(1..=9999).contains(&date.year()) => {
                Err(InvalidField::new(field, "is not of the years 1 to 9999"))
            }
            Self::Number(_) | Self::Date(_) | Self::YesNo(_) | Self::Choice(_) => Ok(()),
        }
    }
}

impl CustomField {
    /// Whether the field can hold the value: a value of its kind, and of its options. What is put away can be held, since
    /// it may have been typed before.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_value(&self, value: &CustomValue) -> Result<(), InvalidField> {
        let field = || custom_path(self.id);
        value.check(field())?;
        if value.kind() != self.form.kind {
            return Err(InvalidField::new(field(), "is of another kind than the field"));
        }
        match value {
            CustomValue::Choice(id) if self.form.options.iter().all(|option| option.id != *id) => {
                Err(InvalidField::new(field(), "is none of the field's options"))
            }
            _ => Ok(()),
        }
    }

    /// The option of a choice.
    pub fn find_option(&self, id: ChoiceOptionId) -> Option<&ChoiceOption> {
        self.form.options.iter().find(|option| option.id == id)
    }
}

/// How a value is named in what is said of it.
pub fn custom_path(id: CustomFieldId) -> String {
    format!("custom.{id}")
}

impl CustomFieldForm {
    /// What can be told wrong of it alone.
    ///
    /// # Errors
    /// The first field that is.
    pub fn check(&self) -> Result<(), InvalidField> {
        check_filled_line("name", &self.name, limits::CUSTOM_NAME_CHARS)?;
        if !(0..=limits::EXACT_INTEGER).contains(&self.position) {
            return Err(InvalidField::new("position", "is negative or too large"));
        }
        if self.kind != CustomKind::Choice && !self.options.is_empty() {
            return Err(InvalidField::new("options", "are of a choice only"));
        }
        if self.kind == CustomKind::Choice && self.options.is_empty() {
            return Err(InvalidField::new("options", "are none, of a choice"));
        }
        if self.options.len() > limits::CHOICE_OPTIONS {
            return Err(InvalidField::new("options", "are too many"));
        }
        let (mut ids, mut names) = (HashSet::new(), HashSet::new());
        for (index, option) in self.options.iter().enumerate() {
            let field = format!("options[{index}]");
            check_filled_line(format!("{field}.name"), &option.name, limits::CUSTOM_NAME_CHARS)?;
            if !ids.insert(option.id) || (!option.is_retired && !names.insert(fold(option.name.trim()))) {
                return Err(InvalidField::new(field, "is there twice"));
            }
        }
        Ok(())
    }

    /// Whether the field may become this, beside the `others` of the studio. `before` is what it is, if it is there already.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn check_beside(&self, before: Option<&Self>, others: &[CustomField]) -> Result<(), InvalidField> {
        self.check()?;
        match before {
            None if others.len() >= limits::CUSTOM_FIELDS => {
                return Err(InvalidField::new("custom_fields", "are too many, those put away included"));
            }
            Some(before) if before.kind != self.kind => return Err(InvalidField::new("kind", "can't change")),
            // Somebody else may have added it meanwhile, too.
            Some(before) if before.options.iter().any(|old| self.options.iter().all(|new| new.id != old.id)) => {
                return Err(InvalidField::new("options", "lack one that there is: it can be retired, not removed"));
            }
            _ => {}
        }
        let name = fold(self.name.trim());
        let is_taken = |other: &CustomField| !other.form.is_archived && fold(other.form.name.trim()) == name;
        if !self.is_archived && others.iter().any(is_taken) {
            return Err(InvalidField::new("name", "is another field's"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> CustomFieldId {
        CustomFieldId::from_uuid(uuid::Uuid::from_u128(n))
    }

    fn option(n: u128, name: &str) -> ChoiceOption {
        ChoiceOption {
            id: ChoiceOptionId::from_uuid(uuid::Uuid::from_u128(n)),
            name: name.to_owned(),
            is_retired: false,
        }
    }

    fn form(name: &str, kind: CustomKind) -> CustomFieldForm {
        let options =
            if kind == CustomKind::Choice { vec![option(1, "Gold"), option(2, "Silver")] } else { Vec::new() };
        CustomFieldForm { name: name.to_owned(), kind, options, position: 0, is_in_list: true, is_archived: false }
    }

    fn wrong(result: Result<(), InvalidField>) -> String {
        result.map_or_else(|error| error.field, |()| "nothing".to_owned())
    }

    #[test]
    fn a_value_is_of_its_fields_kind_and_of_its_options() {
        let values = [
            CustomValue::Text("Ballet".to_owned()),
            CustomValue::Number(-1_500),
            CustomValue::Date(NaiveDate::from_ymd_opt(2026, 11, 22).expect("a day")),
            CustomValue::YesNo(false),
            CustomValue::Choice(option(2, "").id),
        ];
        for (kind, value) in CustomKind::ALL.into_iter().zip(&values) {
            let field = CustomField { id: id(7), form: form("Field", kind) };
            assert_eq!(field.check_value(value), Ok(()), "{kind:?}");
            for other in values.iter().filter(|other| other.kind() != kind) {
                assert_eq!(wrong(field.check_value(other)), custom_path(id(7)), "{other:?} in {kind:?}");
            }
        }
        let mut choice = CustomField { id: id(7), form: form("Plan", CustomKind::Choice) };
        assert!(choice.check_value(&CustomValue::Choice(option(3, "").id)).is_err());
        choice.form.options[1].is_retired = true;
        choice.form.is_archived = true;
        assert_eq!(choice.check_value(&values[4]), Ok(()), "typed before it was put away");
    }

    #[test]
    fn values_that_no_field_can_hold_are_told() {
        let year = |year| CustomValue::Date(NaiveDate::from_ymd_opt(year, 1, 1).expect("a day"));
        for bad in [
            CustomValue::Text("  ".to_owned()),
            CustomValue::Text("x".repeat(limits::CUSTOM_TEXT_CHARS + 1)),
            CustomValue::Text("a\nb".to_owned()),
            CustomValue::Number(i64::MIN),
            CustomValue::Number(limits::EXACT_INTEGER + 1),
            year(0),
            year(10_000),
        ] {
            assert_eq!(wrong(bad.check("f")), "f", "{bad:?}");
        }
        assert_eq!(CustomValue::Number(-limits::EXACT_INTEGER).check("f"), Ok(()));
    }

    #[test]
    fn a_form_is_checked_alone() {
        let choice = form("Plan", CustomKind::Choice);
        let with = |options: Vec<ChoiceOption>| CustomFieldForm { options, ..choice.clone() };
        let retired = ChoiceOption { is_retired: true, ..option(3, "gold") };
        for (form, field) in [
            (form(" ", CustomKind::Text), "name"),
            (form(&"x".repeat(61), CustomKind::Text), "name"),
            (CustomFieldForm { position: -1, ..choice.clone() }, "position"),
            (CustomFieldForm { kind: CustomKind::Text, ..choice.clone() }, "options"),
            (with(Vec::new()), "options"),
            (with((0..101).map(|n| option(n, &n.to_string())).collect()), "options"),
            (with(vec![option(1, "Gold"), option(1, "Silver")]), "options[1]"),
            (with(vec![option(1, "Gold"), option(2, " GOLD ")]), "options[1]"),
            (with(vec![option(1, "Gold"), option(2, "")]), "options[1].name"),
            (with(vec![option(1, "Gold"), retired]), "nothing"),
            (choice.clone(), "nothing"),
        ] {
            assert_eq!(wrong(form.check()), field);
        }
    }

    #[test]
    fn a_field_keeps_its_kind_and_its_options_and_its_name_is_its_own() {
        let choice = form("Plan", CustomKind::Choice);
        let other = |n: u128, name: &str| CustomField { id: id(n), form: form(name, CustomKind::Text) };
        assert_eq!(choice.check_beside(Some(&choice), &[other(1, "Other")]), Ok(()));
        let fewer = CustomFieldForm { options: vec![option(1, "Gold")], ..choice.clone() };
        assert_eq!(wrong(fewer.check_beside(Some(&choice), &[])), "options");
        assert_eq!(wrong(form("Plan", CustomKind::Date).check_beside(Some(&choice), &[])), "kind");
        assert_eq!(wrong(choice.check_beside(None, &[other(1, " PLAN")])), "name");
        let mut away = other(1, "plan");
        away.form.is_archived = true;
        assert_eq!(choice.check_beside(None, &[away]), Ok(()));
        let many: Vec<_> = (0..50).map(|n| other(n, &n.to_string())).collect();
        assert_eq!(wrong(choice.check_beside(None, &many)), "custom_fields");
        assert_eq!(choice.check_beside(Some(&choice), &many), Ok(()), "one that is there already");
    }

    #[test]
    fn a_field_reads_back_and_debug_shows_nothing_of_a_value() {
        let field = CustomField { id: id(1), form: form("Plan", CustomKind::Choice) };
        let json = serde_json::to_string(&field).expect("text");
        assert_eq!(serde_json::from_str::<CustomField>(&json).expect("a field"), field);
        let values = CustomValues::from([(id(1), CustomValue::Text("Zeisig".to_owned()))]);
        let json = serde_json::to_string(&values).expect("text");
        assert_eq!(json, r#"{"00000000-0000-0000-0000-000000000001":{"text":"Zeisig"}}"#);
        assert_eq!(serde_json::from_str::<CustomValues>(&json).expect("values"), values);
        assert!(!format!("{values:?}").contains("Zeisig"));
    }
}
