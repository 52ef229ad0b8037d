//! Numbers and times as text, appended to a buffer: millions of them, so without an allocation each.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use domain::UnixMs;

const DAY_MS: i64 = 86_400_000;

/// Appends hundredths as a decimal with two places: `-5` becomes `-0.05`.
pub(crate) fn push_amount(minor: i64, out: &mut String) {
    if minor < 0 {
        out.push('-');
    }
    push_integer(minor.unsigned_abs() / 100, out);
    out.push('.');
    push_padded(minor.unsigned_abs() % 100, 2, out);
}

/// Appends thousandths as a decimal with as many places as it takes: `-1250` becomes `-1.25`.
pub(crate) fn push_thousandths(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    push_integer(number.unsigned_abs() / 1_000, out);
    if !number.unsigned_abs().is_multiple_of(1_000) {
        out.push('.');
        push_padded(number.unsigned_abs() % 1_000, 3, out);
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// Appends a count in decimal.
pub(crate) fn push_integer(number: u64, out: &mut String) {
    push_padded(number, 1, out);
}

/// Appends at least `width` digits.
fn push_padded(mut number: u64, width: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    while number > 0 || digits.len() - start < width {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend(digits[start..].iter().map(|digit| char::from(*digit)));
}

/// Milliseconds to add to UTC for the wall clock in `zone` at `time`; `None` beyond the years a calendar knows.
pub(crate) fn offset_ms(time: UnixMs, zone: Tz) -> Option<i64> {
    let utc = DateTime::from_timestamp_millis(time.0)?.naive_utc();
    Some(i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1_000)
}

/// Appends `time` as RFC 3339 in `zone` with its offset. A time outside the years 0000 to 9999, which RFC 3339 can't
/// write, is appended as the integer it is.
pub(crate) fn push_time(time: UnixMs, zone: Tz, out: &mut String) {
    let Some(mut offset) = offset_ms(time, zone) else {
        return push_signed(time.0, out);
    };
    // RFC 3339 has no seconds in an offset; the local mean times of the 19th century do. UTC is exact.
    if offset % 60_000 != 0 {
        offset = 0;
    }
    let local = time.0 + offset;
    let (year, month, day) = civil_from_days(local.div_euclid(DAY_MS));
    let Ok(year @ 0..=9999) = u64::try_from(year) else {
        return push_signed(time.0, out);
    };
    let ms = local.rem_euclid(DAY_MS).unsigned_abs();
    push_padded(year, 4, out);
    for (separator, number, width) in [
        ('-', month, 2),
        ('-', day, 2),
        ('T', ms / 3_600_000, 2),
        (':', ms / 60_000 % 60, 2),
        (':', ms / 1_000 % 60, 2),
        ('.', ms % 1_000, 3),
    ] {
        out.push(separator);
        push_padded(number, width, out);
    }
    out.push(if offset < 0 { '-' } else { '+' });
    push_padded(offset.unsigned_abs() / 3_600_000, 2, out);
    out.push(':');
    push_padded(offset.unsigned_abs() / 60_000 % 60, 2, out);
}

/// Appends a day as ISO 8601 has it.
pub(crate) fn push_date(date: NaiveDate, out: &mut String) {
    // Writing to a string can't fail.
    let _ = write!(out, "{date}");
}

fn push_signed(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    push_integer(number.unsigned_abs(), out);
}

/// Year, month and day of the proleptic Gregorian calendar, from days since 1970-01-01 (Howard Hinnant, "chrono-
/// Compatible Low-Level Date Algorithms").
const fn civil_from_days(days: i64) -> (i64, u64, u64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097).unsigned_abs();
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era.cast_signed() + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};
    use domain::UnixMs;
    use proptest::prelude::*;

    use super::{push_amount, push_thousandths, push_time};

    fn time(ms: i64, zone: &str) -> String {
        let mut out = String::new();
        push_time(UnixMs(ms), zone.parse().expect("zone"), &mut out);
        out
    }

    #[test]
    fn hundredths_become_a_decimal() {
        for (minor, text) in
            [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (42_000, "420.00"), (i64::MIN, "-92233720368547758.08")]
        {
            let mut out = String::new();
            push_amount(minor, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn thousandths_become_a_decimal_without_zeros_at_its_end() {
        for (number, text) in [(0, "0"), (10_000, "10"), (-1_250, "-1.25"), (5, "0.005"), (1_100, "1.1")] {
            let mut out = String::new();
            push_thousandths(number, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn times_are_in_the_zone_of_the_studio() {
        assert_eq!(time(0, "UTC"), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(time(1_763_230_800_123, "Europe/London"), "2025-11-15T18:20:00.123+00:00");
        assert_eq!(time(1_752_000_000_000, "Europe/London"), "2025-07-08T19:40:00.000+01:00");
        assert_eq!(time(1_752_000_000_000, "Asia/Kolkata"), "2025-07-09T00:10:00.000+05:30");
        assert_eq!(time(1_752_000_000_000, "America/St_Johns"), "2025-07-08T16:10:00.000-02:30");
    }

    #[test]
    fn times_no_calendar_can_write_are_integers() {
        assert_eq!(time(i64::MIN, "UTC"), "-9223372036854775808");
        assert_eq!(time(i64::MAX, "UTC"), "9223372036854775807");
        assert_eq!(time(253_402_300_800_000, "UTC"), "253402300800000");
    }

    proptest! {
        #[test]
        fn times_read_back(ms in -62_135_596_800_000_i64..253_402_300_000_000, zone in prop::sample::select(vec![
            "UTC", "Europe/London", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "Africa/Monrovia",
        ])) {
            let written = time(ms, zone);
            let read = DateTime::parse_from_rfc3339(&written).expect("RFC 3339");
            prop_assert_eq!(read.timestamp_millis(), ms);
            prop_assert_eq!(read.to_rfc3339_opts(SecondsFormat::Millis, false), written);
        }
    }
}
