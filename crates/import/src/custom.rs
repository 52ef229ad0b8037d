//! Cells of the studio's own fields.

use chrono::{Datelike, NaiveDate};
use domain::{CustomField, CustomKind, CustomValue, fold, limits};

use crate::RefusalReason;
use crate::amount::read_thousandths;

/// What a cell holds of a field; nothing where it is blank. In a file of our own export everything is as we write it.
///
/// # Errors
/// Why it holds nothing that the field can.
pub(crate) fn read_custom(
    field: &CustomField,
    cell: &str,
    is_ours: bool,
) -> Result<Option<CustomValue>, RefusalReason> {
    let text = cell.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = match field.form.kind {
        CustomKind::Text => Some(CustomValue::Text(if is_ours { cell } else { text }.to_owned())),
        CustomKind::Number => read_number(text, is_ours).map(CustomValue::Number),
        CustomKind::Date => read_date(text).map(CustomValue::Date),
        CustomKind::YesNo => read_yes_no(text).map(CustomValue::YesNo),
        CustomKind::Choice => find_option(field, text),
    };
    let why = match field.form.kind {
        CustomKind::Text => RefusalReason::Character,
        CustomKind::Number => RefusalReason::Number,
        CustomKind::Date => RefusalReason::Date,
        CustomKind::YesNo => RefusalReason::YesNo,
        CustomKind::Choice => RefusalReason::Choice,
    };
    value.map(Some).ok_or(why)
}

/// Thousandths.
fn read_number(text: &str, is_ours: bool) -> Option<i64> {
    let (text, sign) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (rest, -1),
        None => (text, 1),
    };
    let number = match is_ours {
        true => our_thousandths(text),
        false => read_thousandths(text),
    };
    number.filter(|number| *number <= limits::EXACT_INTEGER).map(|number| number * sign)
}

/// The export writes a point before the decimals and groups nothing.
fn our_thousandths(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = [whole, decimals].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    (are_digits && decimals.len() <= 3).then(|| format!("{whole}{decimals:0<3}").parse().ok()).flatten()
}

/// A day as programs and people write it: the year first, or a point after the day. With slashes or dashes around a day
/// and a month of which either could be the other, it is none: a guess would be wrong for half of the world.
fn read_date(text: &str) -> Option<NaiveDate> {
    let date = text.split(['T', ' ']).next()?;
    let sign = date.chars().find(|c| !c.is_ascii_digit())?;
    let mut parts = date.trim_end_matches('.').split(sign);
    let parts: [&str; 3] = [parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?];
    let [first, second, third] = parts.map(|part| part.parse::<u32>().ok().filter(|_| part.len() <= 4));
    let (first, second, third) = (first?, second?, third?);
    let day = |year: u32, month, day| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    let found = match (sign, parts.map(str::len)) {
        ('-' | '/' | '.', [4, ..]) => day(first, second, third),
        ('.', [.., 4]) => day(third, second, first),
        ('-' | '/', [.., 4]) => match (day(third, second, first), day(third, first, second)) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => one.or(other),
        },
        _ => None,
    };
    found.filter(|date| (1..=9999).contains(&date.year()))
}

fn read_yes_no(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "yes" | "y" | "true" | "1" | "x" | "ja" | "j" | "si" | "oui" | "sim" | "on" => Some(true),
        "no" | "n" | "false" | "0" | "nein" | "non" | "nao" | "off" => Some(false),
        _ => None,
    }
}

/// By its name; one that is offered before one that was retired.
fn find_option(field: &CustomField, text: &str) -> Option<CustomValue> {
    let name = fold(text);
    let mut found: Vec<_> = field.form.options.iter().filter(|option| fold(option.name.trim()) == name).collect();
    found.sort_by_key(|option| option.is_retired);
    found.first().map(|option| CustomValue::Choice(option.id))
}

#[cfg(test)]
mod tests {
    use domain::{ChoiceOption, ChoiceOptionId, CustomFieldForm, CustomFieldId};
    use uuid::Uuid;

    use super::*;

    fn field(kind: CustomKind, options: &[(&str, bool)]) -> CustomField {
        let option = |(n, (name, is_retired)): (usize, &(&str, bool))| ChoiceOption {
            id: ChoiceOptionId::from_uuid(Uuid::from_u128(n as u128)),
            name: (*name).to_owned(),
            is_retired: *is_retired,
        };
        let form = CustomFieldForm {
            name: "Field".to_owned(),
            kind,
            options: options.iter().enumerate().map(option).collect(),
            position: 0,
            is_in_list: false,
            is_archived: false,
        };
        CustomField { id: CustomFieldId::from_uuid(Uuid::nil()), form }
    }

    fn date(text: &str) -> Option<String> {
        read_date(text).map(|date| date.to_string())
    }

    #[test]
    fn days_are_read_where_they_mean_one_day() {
        for (text, day) in [
            ("2026-11-22", "2026-11-22"),
            ("2026/11/22", "2026-11-22"),
            ("2026-11-22T09:30:00+01:00", "2026-11-22"),
            ("2026-11-22 09:30", "2026-11-22"),
            ("22.11.2026", "2026-11-22"),
            ("3.1.2026", "2026-01-03"),
            ("22/11/2026", "2026-11-22"),
            ("11/22/2026", "2026-11-22"),
            ("05/05/2026", "2026-05-05"),
        ] {
            assert_eq!(date(text).as_deref(), Some(day), "{text}");
        }
        for text in ["03/04/2026", "31.02.2026", "22.11.26", "0000-01-01", "tomorrow", "2026-11", "1-2-3-4", "45982"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_amounts_are_and_may_be_negative() {
        for (text, thousandths) in [
            ("3", 3_000),
            ("1,5", 1_500),
            ("-0.25", -250),
            ("1,250", 1_250_000),
            ("1.250,75", 1_250_750),
            ("−2", -2_000),
        ] {
            assert_eq!(read_number(text, false), Some(thousandths), "{text}");
        }
        for text in ["many", "--1", "1e3", "99999999999999999999"] {
            assert_eq!(read_number(text, false), None, "{text}");
        }
        for (text, thousandths) in [("1.25", Some(1_250)), ("-1.125", Some(-1_125)), ("1,250", None), ("1.1234", None)]
        {
            assert_eq!(read_number(text, true), thousandths, "{text}");
        }
    }

    #[test]
    fn words_for_yes_and_no_and_names_of_options() {
        assert_eq!(["Ja", "no", "maybe"].map(read_yes_no), [Some(true), Some(false), None]);
        let plan = field(CustomKind::Choice, &[("Gold", true), ("Silver", false), ("gold", false)]);
        let option = |n| Some(CustomValue::Choice(ChoiceOptionId::from_uuid(Uuid::from_u128(n))));
        assert_eq!(["GOLD", "silver", "Bronze"].map(|name| find_option(&plan, name)), [option(2), option(1), None]);
    }

    #[test]
    fn a_blank_cell_is_nothing_and_a_bad_one_says_what_was_expected() {
        for kind in CustomKind::ALL {
            assert_eq!(read_custom(&field(kind, &[("A", false)]), "  ", false), Ok(None));
        }
        let why = |kind| read_custom(&field(kind, &[("A", false)]), "?", false).err();
        let expected = [None, Some(RefusalReason::Number), Some(RefusalReason::Date), Some(RefusalReason::YesNo)];
        assert_eq!([CustomKind::Text, CustomKind::Number, CustomKind::Date, CustomKind::YesNo].map(why), expected);
        assert_eq!(why(CustomKind::Choice), Some(RefusalReason::Choice));
    }
}
